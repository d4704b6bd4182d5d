import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readOptions } from '../../simulator/options.ts';

describe('the options', () => {
  let folder: string;
  let demo: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'simulator-'));
    demo = join(folder, 'demo.json');
    const charger = (n: number, simulated: boolean) => ({
      id: `${n}`,
      uid: `D-${n}`,
      password: 'p',
      simulated,
    });
    const chargers = [charger(0, false), ...[1, 2, 3].map(n => charger(n, true))];
    writeFileSync(
      demo,
      JSON.stringify({ idTag: 'DEMO', chargers: chargers.map(each => ({ ...each, connectors: 2 })) }),
    );
  });
  afterEach(() => rmSync(folder, { recursive: true }));
  const read = (...args: string[]) => readOptions(args, { DATA_DIR: folder, PORT: '4321' });

  test('default to all simulated chargers of the demo, at the port of the server', () => {
    expect(read()).toMatchObject({
      url: 'ws://127.0.0.1:4321',
      chargers: [{ uid: 'D-1', connectors: 2 }, { uid: 'D-2' }, { uid: 'D-3' }],
      speed: 1,
      meterIntervalMs: 2000,
      durationMs: 0,
      tags: [],
    });
    expect(read('--stations', '2', '--autostart')).toMatchObject({
      chargers: [{ uid: 'D-1' }, { uid: 'D-2' }],
      tags: ['DEMO'],
    });
    expect(read('--help')).toBeUndefined();
  });

  test('take stations given by hand in pairs, without a demo file', () => {
    rmSync(demo);
    expect(read('--uid', 'A', '--password', 'a', '--uid', 'B', '--password', 'b')?.chargers).toEqual([
      { uid: 'A', password: 'a' },
      { uid: 'B', password: 'b' },
    ]);
  });

  test.each([
    [['--stations', '4'], /no apiKey/],
    [['--stations', '0'], /--stations/],
    [['--stations', '1.5'], /--stations/],
    [['--speed', 'fast'], /--speed/],
    [['--speed', '0'], /--speed/],
    [['--meter-interval', ''], /--meter-interval/],
    [['--duration', '-1'], /--duration/],
    [['--url', 'http://x'], /--url/],
    [['--uid', 'A'], /--uid and --password go in pairs/],
    [['--uid', 'A', '--password', 'p', '--stations', '1'], /--stations/],
    [['--nonsense'], /--nonsense/],
    [['stray'], /stray/],
    [['--demo', '/nowhere/demo.json'], /start it first \(npm start\)/],
  ])('%j is refused with a message which names it', (args, message) => {
    expect(() => read(...args)).toThrow(message);
  });
});
