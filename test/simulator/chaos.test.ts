import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readScenario } from '../../simulator/scenario.ts';
import { endPrograms, runProgram } from '../support/process.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

let server: TestServer;
let dataDir: string;
beforeAll(async () => {
  server = await startTestServer();
  dataDir = mkdtempSync(join(tmpdir(), 'chargegraph-simulator-'));
  writeFileSync(join(dataDir, 'demo.json'), JSON.stringify(server.demo));
  writeFileSync(join(dataDir, 'hurried.json'), JSON.stringify(hurriedChaos()));
});
afterAll(async () => {
  await endPrograms();
  await server.close();
  rmSync(dataDir, { recursive: true, force: true });
});

/** The chaos that comes with the simulator, at a pace at which all of it happens within seconds. */
function hurriedChaos() {
  const { faults, drivers, ...chaos } = readScenario('chaos');
  return {
    ...chaos,
    speed: 600,
    meterIntervalSeconds: 0.5,
    drivers: { ...drivers, firstWithinSeconds: 2, awaySeconds: [0.5, 2], staySeconds: [1, 4] },
    faults: {
      ...faults,
      offline: { stations: 0.7, everySeconds: [1, 4], forSeconds: [0.5, 2] },
      reboot: { stations: 0.5, everySeconds: [2, 5], forSeconds: [0.2, 1], continues: 0.5 },
      // certain to be seen among a few dozen charges
      clockSkew: { stations: 0.5, maxSeconds: 240 },
      duplicateFrames: 0.2,
      repeatedMessages: 0.2,
      lostAnswers: 0.2,
      outOfOrder: 0.6,
      unnumbered: 0.5,
      refusedCommands: 0.3,
      singlePhase: 0.5,
    },
  };
}

async function simulate(...args: string[]) {
  const run = runProgram('simulator/main.ts', { DATA_DIR: dataDir }, [
    ...['--url', server.socketUrl],
    ...args,
  ]);
  return { code: await run.ended, output: run.output() };
}

const kept = () => JSON.parse(readFileSync(join(dataDir, 'simulator.json'), 'utf8'));

describe('a fleet in chaos', { timeout: 120_000 }, () => {
  it('is billed once for each transaction that a station counted, to the watt-hour, and nothing stays open', async () => {
    const { code, output } = await simulate(
      ...['--stations', '20'],
      ...['--scenario', join(dataDir, 'hurried.json')],
      ...['--duration', '15'],
    );
    expect(output).toContain('Every transaction is billed once, to the watt-hour, and none is open.');
    expect(code).toBe(0);
    const wrong = /What went wrong: (.*)/.exec(output)?.[1] ?? '';
    for (const fault of [
      ...['lines cut', 'power cuts', 'clocks off', 'frames doubled', 'messages repeated', 'answers lost'],
      ...['messages overtaken', 'stations that do not number', 'stations on one phase'],
    ]) {
      expect(wrong, fault).toContain(fault);
    }
    // and the books say so too, without the simulator
    const [books] = await server.sql<{ open: number; bills: number; doubled: number; versions: number }>(
      `select (select count(*)::int from sessions
                where status in ('pending', 'active', 'idle', 'stopping')) as open,
              (select count(*)::int from transactions) as bills,
              (select count(*)::int from (select 1 from transactions group by session_id having count(*) > 1) d)
                as doubled,
              (select count(distinct ocpp_version)::int from chargers where ocpp_version is not null) as versions`,
    );
    expect(books).toMatchObject({ open: 0, doubled: 0, versions: 2 });
    expect(books?.bills).toBeGreaterThan(20);
    expect(output).toContain(`and ${books?.bills} bills`);
  });

  it('takes the chargers and tags of the run before', async () => {
    const before = kept();
    const { code, output } = await simulate('--stations', '8', '--scenario', 'calm', '--duration', '3');
    expect(code).toBe(0);
    expect(output).not.toMatch(/Chargers made|Tags made/);
    expect(kept()).toEqual(before);
  });

  it('gets new passwords for chargers that are there already, where the old ones are lost', async () => {
    rmSync(join(dataDir, 'simulator.json'));
    const { code, output } = await simulate('--stations', '6', '--scenario', 'calm', '--duration', '3');
    expect(output).toContain('SIM-0001 is there already');
    expect(code).toBe(0);
  });

  it('whose books are a watt-hour off ends with the difference, named, and exit code 1', async () => {
    await server.sql(`create function public.spoil() returns trigger language plpgsql as
      'begin new.energy_wh := new.energy_wh + 1; return new; end'`);
    await server.sql(`create trigger spoil before insert on transactions
      for each row when (new.charger_uid = 'DEMO-AC-02') execute function public.spoil()`);
    const { code, output } = await simulate(
      ...['--stations', '2', '--ocpp', '2.0.1', '--speed', '600'],
      ...['--scenario', 'calm', '--duration', '12'],
    );
    expect(output).toMatch(/DEMO-AC-02\/1 .*bill .* is for \d+(\.\d+)? Wh rather than \d+/);
    expect(output).toMatch(/\d differences:/);
    expect(code).toBe(1);
  });
});
