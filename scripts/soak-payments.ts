import { parseArgs } from 'node:util';
import { startVitest } from 'vitest/node';

const usage = `npm run soak:payments -- [options]     random sequences of charges, faults and kills, the books compared

  --sequences N   how many (default 200); a quarter of them with kills
  --seed N        the same sequences again
  --help          this text`;

const { values } = parseArgs({
  options: {
    sequences: { type: 'string', default: '200' },
    seed: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) {
  console.log(usage);
} else {
  process.env.PAYMENT_SEQUENCES = values.sequences;
  if (values.seed !== undefined) process.env.PAYMENT_SEED = values.seed;
  const vitest = await startVitest('test', ['test/payments-model.test.ts'], { watch: false });
  await vitest.close();
}
