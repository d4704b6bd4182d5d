import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type Faults, faultsOf, noFaults } from '../../simulator/faults.ts';
import { type Fleet, startFleet } from '../../simulator/fleet.ts';
import { readScenario, type Scenario, type ScenarioFaults } from '../../simulator/scenario.ts';
import type { Station } from '../../simulator/station.ts';
import {
  becomes,
  central,
  online,
  password,
  simulate,
  stageCentral,
  startRemotely,
  stations,
  statusOf,
  until,
} from './central.ts';

stageCentral();

/** A station at which this goes wrong, each time that it can. */
const certainly = (given: ScenarioFaults): Faults =>
  faultsOf(given, () => 0, { isOver: false, struck: new Map() });

const callsOf = (action: string) =>
  central.frames.map(frame => JSON.parse(frame)).filter(([type, , name]) => type === 2 && name === action);

async function chargeOnce(station: Station): Promise<void> {
  await startRemotely(station);
  await until(() => expect(central.of('MeterValues').length).toBeGreaterThan(1));
  station.unplug(1);
  await until(() => expect(station.status()).toMatchObject({ queued: 0, totals: { transactionsEnded: 1 } }));
}

describe('on the wire', () => {
  test('nothing is doubled, lost or refused where no scenario says so', async () => {
    await chargeOnce(simulate());
    const ids = central.frames
      .map(frame => JSON.parse(frame))
      .filter(([type]) => type === 2)
      .map(([, id]) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(callsOf('StartTransaction')).toHaveLength(1);
    expect(callsOf('StopTransaction')).toHaveLength(1);
  });

  test('doubled frames are the same message twice, with one id', async () => {
    simulate({ faults: certainly({ duplicateFrames: 1 }) });
    await until(() => expect(callsOf('BootNotification')).toHaveLength(2));
    const [first, second] = callsOf('BootNotification');
    expect(second).toEqual(first);
  });

  test('a repeated message comes once more after its answer, with a new id and the same words', async () => {
    await chargeOnce(simulate({ faults: certainly({ repeatedMessages: 1 }) }));
    for (const action of ['StartTransaction', 'StopTransaction']) {
      const [first, second] = callsOf(action);
      expect(callsOf(action)).toHaveLength(2);
      expect(second[1]).not.toBe(first[1]);
      expect(second[3]).toEqual(first[3]);
    }
  });

  test('an answer that got lost is as if it had never come: the message goes out again', async () => {
    let lost = 0;
    const faults: Faults = { ...noFaults, losesAnswer: () => lost++ === 0 };
    const station = simulate({ faults, lostAnswerMs: 5 });
    await online(station);
    await central.command('CP-1', 'RemoteStartTransaction', { idTag: 'DEMO', connectorId: 1 });
    await until(() => expect(callsOf('StartTransaction')).toHaveLength(2));
    const [first, second] = callsOf('StartTransaction');
    expect(second[3]).toEqual(first[3]);
    expect(second[1]).not.toBe(first[1]);
    // the central system gave two numbers; the station knows of the second alone
    await until(() => expect(statusOf(station)?.transactionId).toBe(102));
  });

  test('events overtake each other, the end the one before it too', async () => {
    const station = simulate({
      version: '2.0.1',
      faults: certainly({ outOfOrder: 1 }),
      random: () => 0,
    });
    await online(station);
    await station.plugIn(1, 'DEMO');
    await becomes(station, 'Charging');
    station.unplug(1);
    await until(() =>
      expect(station.status()).toMatchObject({ queued: 0, totals: { transactionsEnded: 1 } }),
    );
    const numbers = central.of('TransactionEvent').map(event => event.seqNo);
    expect(numbers).not.toEqual(numbers.toSorted((a, b) => a - b));
    expect(numbers.toSorted((a, b) => a - b)).toEqual(numbers.map((_, i) => i));
  });

  test('messages of 1.6 never overtake each other: a stop needs the answer to its start', async () => {
    await chargeOnce(simulate({ faults: certainly({ outOfOrder: 1 }) }));
    const actions = central.received
      .map(each => each.action)
      .filter(action => /Start|MeterV|Stop/.test(action));
    expect([actions[0], actions.at(-1)]).toEqual(['StartTransaction', 'StopTransaction']);
  });

  test('a station that does not number puts 0 on every event', async () => {
    const station = simulate({ version: '2.0.1', faults: certainly({ unnumbered: 1 }) });
    await online(station);
    await station.plugIn(1, 'DEMO');
    await until(() => expect(central.of('TransactionEvent').length).toBeGreaterThan(4));
    expect(new Set(central.of('TransactionEvent').map(event => event.seqNo))).toEqual(new Set([0]));
  });

  test('a clock that is off stays off, whatever the central system says', async () => {
    const faults = { ...noFaults, clockSkewMs: -200_000 };
    const station = simulate({ faults });
    await startRemotely(station);
    const told = Date.parse(central.of('StartTransaction')[0].timestamp);
    expect(Math.abs(told + 200_000 - Date.now())).toBeLessThan(10_000);
    expect(station.counted()[0]?.startedAt).toBe(central.of('StartTransaction')[0].timestamp);
  });

  test('a meter may tell phases alone, which add up to the register', async () => {
    const station = simulate({ faults: certainly({ phaseRegisters: 1 }) });
    await startRemotely(station);
    await until(() => expect(central.of('MeterValues').length).toBeGreaterThan(2));
    station.unplug(1);
    await until(() => expect(central.of('StopTransaction')).toHaveLength(1));
    const [stop] = central.of('StopTransaction');
    const energy: { value: string; phase: string }[] = stop.transactionData[0].sampledValue;
    expect(energy.map(({ phase }) => phase)).toEqual(['L1', 'L2', 'L3']);
    expect(energy.reduce((sum, { value }) => sum + Number(value), 0)).toBe(stop.meterStop);
  });

  test('a command is refused, and then nothing comes of it', async () => {
    const station = simulate({ faults: certainly({ refusedCommands: 1 }) });
    await online(station);
    const start = { idTag: 'DEMO', connectorId: 1 };
    expect(await central.command('CP-1', 'RemoteStartTransaction', start)).toEqual({ status: 'Rejected' });
    expect(await central.command('CP-1', 'UnlockConnector', { connectorId: 1 })).toEqual({
      status: 'UnlockFailed',
    });
    expect(statusOf(station)?.status).toBe('Available');
    expect(callsOf('StartTransaction')).toEqual([]);
  });
});

describe('a power cut in mid-charge', () => {
  test('ends the transaction at the register of then, told after the boot', async () => {
    const station = simulate();
    const transactionId = await startRemotely(station);
    await until(() => expect(central.of('MeterValues').length).toBeGreaterThan(1));
    station.losePower(20, () => false);
    const { registerWh } = statusOf(station) ?? {};
    await until(() => expect(central.of('StopTransaction')).toHaveLength(1));
    expect(central.of('StopTransaction')[0]).toMatchObject({
      transactionId,
      reason: 'PowerLoss',
      meterStop: registerWh,
    });
    expect(central.received.map(each => each.action).lastIndexOf('BootNotification')).toBeLessThan(
      central.received.findIndex(each => each.action === 'StopTransaction'),
    );
    expect(central.of('BootNotification')).toHaveLength(2);
  });

  test.each(['1.6', '2.0.1'] as const)('or goes on after it (OCPP %s)', async version => {
    const station = simulate({ version });
    await online(station);
    await station.plugIn(1, 'DEMO');
    await becomes(station, 'Charging');
    const before = statusOf(station)?.transactionId;
    station.losePower(20, () => true);
    expect(statusOf(station)?.powerW).toBe(0);
    await until(() => expect(central.of('BootNotification')).toHaveLength(2));
    await until(() => expect(statusOf(station)?.powerW).toBeGreaterThan(0));
    expect(statusOf(station)?.transactionId).toBe(before);
    station.unplug(1);
    await until(() => expect(station.status()).toMatchObject({ totals: { transactionsEnded: 1 } }));
    expect(station.counted()).toHaveLength(1);
  });
});

describe('a server with too much to do', () => {
  test('is left alone for as long as it asks, and then the station is back', async () => {
    central.putOffForSeconds = 1;
    const knockedAt = Date.now();
    const station = simulate();
    await until(() => expect(station.status().totals.putOff).toBe(1));
    central.putOffForSeconds = undefined;
    await online(station);
    expect(Date.now() - knockedAt).toBeGreaterThanOrEqual(1000);
    expect(station.status().totals).toMatchObject({ putOff: 1, errors: 0 });
  });
});

describe('a fleet under a scenario', () => {
  const scenario: Scenario = {
    ...readScenario('calm'),
    drivers: {
      firstWithinSeconds: 0,
      awaySeconds: [0.1, 0.3],
      staySeconds: [0.2, 0.5],
      byApp: 0,
      reserved: 0,
      idle: 0.5,
    },
    faults: {
      offline: { stations: 1, everySeconds: [0.1, 0.3], forSeconds: [0.05, 0.1] },
      reboot: { stations: 1, everySeconds: [0.1, 0.5], forSeconds: [0.05, 0.1], continues: 0.5 },
      lostAnswers: 0.1,
    },
  };
  const start = (given: Scenario): Fleet => {
    const fleet = startFleet({
      url: central.url,
      chargers: ['1.6', '2.0.1'].map(version => ({ uid: version, password, version: version as '1.6' })),
      scenario: given,
      tags: ['A', 'B'],
      connectsPerSecond: 1000,
      station: {
        speed: 10_000,
        meterIntervalMs: 50,
        plugInDelayMs: 1,
        finishingMs: 1,
        lostAnswerMs: 5,
        backoff: { initialMs: 10, maxMs: 20 },
        configuration: { AllowOfflineTxForUnknownId: 'true' },
      },
    });
    stations.push(...fleet.stations);
    return fleet;
  };

  test('has its lines and its power cut while drivers come and go; in the end all is told', async () => {
    const fleet = start(scenario);
    await until(() => {
      expect(fleet.struck().get('lines cut')).toBeGreaterThan(1);
      expect(fleet.struck().get('power cuts')).toBeGreaterThan(1);
      expect(fleet.counted().length).toBeGreaterThan(5);
    });
    await fleet.settle();
    await until(() => expect(fleet.isSettled()).toBe(true));
    const struck = fleet.struck().get('lines cut');
    const counted = fleet.counted();
    expect(counted.every(each => each.meterStopWh !== undefined)).toBe(true);
    const stopped = central.of('StopTransaction').map(each => each.transactionId);
    const ended = central
      .of('TransactionEvent')
      .filter(each => each.eventType === 'Ended')
      .map(each => each.transactionInfo.transactionId);
    expect(new Set([...stopped, ...ended])).toEqual(new Set(counted.map(each => each.transactionId)));
    expect(counted.some(each => each.version === '1.6')).toBe(true);
    expect(counted.some(each => each.version === '2.0.1')).toBe(true);
    // and nobody comes, and nothing strikes, after that
    expect(fleet.struck().get('lines cut')).toBe(struck);
    expect(fleet.counted()).toHaveLength(counted.length);
  });
});

describe('a scenario file', () => {
  test.each(['calm', 'offline', 'chaos', 'evening-peak'])('comes with the simulator: %s', name => {
    expect(readScenario(name).description).toBeTruthy();
  });

  test('may be one’s own, and says what is wrong with it', () => {
    const folder = mkdtempSync(join(tmpdir(), 'scenario-'));
    const path = join(folder, 'own.json');
    const drivers = { awaySeconds: [1, 2], staySeconds: [3, 4] };
    writeFileSync(path, JSON.stringify({ description: 'mine', drivers }));
    expect(readScenario(path)).toMatchObject({ description: 'mine', speed: 1, faults: {} });
    writeFileSync(path, JSON.stringify({ description: 'mine', drivers, faults: { lostAnswers: 2 } }));
    expect(() => readScenario(path)).toThrow(/lostAnswers/);
    writeFileSync(path, JSON.stringify({ description: 'x', drivers: { ...drivers, staySeconds: [5, 4] } }));
    expect(() => readScenario(path)).toThrow(/staySeconds/);
    writeFileSync(path, JSON.stringify({ description: 'x', drivers, nonsense: 1 }));
    expect(() => readScenario(path)).toThrow(/nonsense/);
    expect(() => readScenario('nowhere')).toThrow(/calm, chaos, evening-peak, offline/);
    rmSync(folder, { recursive: true });
  });
});
