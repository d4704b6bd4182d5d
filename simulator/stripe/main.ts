import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { startStripe } from './start-stripe.ts';

const usage = `node simulator/stripe/main.ts [options]     a Stripe of one's own, on this machine only

  --port N              default 12111
  --key SECRET          the secret key it accepts (default sk_test_loopback)
  --webhook URL         where events are sent; repeat for several
  --webhook-secret S    what they are signed with (default whsec_loopback)
  --help                this text`;

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '12111' },
    key: { type: 'string', default: 'sk_test_loopback' },
    webhook: { type: 'string', multiple: true, default: [] },
    'webhook-secret': { type: 'string', default: 'whsec_loopback' },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) {
  console.log(usage);
} else {
  const stripe = await startStripe({ port: Number(values.port), secretKey: values.key });
  for (const url of values.webhook) stripe.webhooks.register({ url, secret: values['webhook-secret'] });
  console.log(`Loopback Stripe   ${stripe.url}
Secret key        ${stripe.secretKey}
Publishable key   ${stripe.publishableKey}
Webhook secret    ${values['webhook-secret']}
Webhooks to       ${values.webhook.join(', ') || 'nobody; --webhook URL'}
Ctrl-C ends`);
  await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
  await stripe.close();
}
