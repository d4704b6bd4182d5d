import { createRPCError } from 'ocpp-rpc';
import { describe, expect, test } from 'vitest';
import { startFleet } from '../../simulator/fleet.ts';
import { describeSummary, renderFleet } from '../../simulator/progress.ts';
import {
  becomes,
  central,
  online,
  password,
  registerOf,
  registers,
  simulate,
  stageCentral,
  startRemotely,
  stations,
  statusOf,
  until,
} from './central.ts';

stageCentral();

describe('a station comes online', () => {
  test('with Basic auth, one boot, and the status of connector 0 and of each connector', async () => {
    const station = simulate({ connectors: 2 });
    await online(station);
    await until(() => expect(central.received).toHaveLength(4));
    expect(central.received.map(each => [each.action, each.request.connectorId])).toEqual([
      ['BootNotification', undefined],
      ['StatusNotification', 0],
      ['StatusNotification', 1],
      ['StatusNotification', 2],
    ]);
    expect(central.of('BootNotification')[0]).toMatchObject({
      chargePointVendor: 'Chargegraph',
      chargePointModel: 'Simulator',
      chargePointSerialNumber: 'CP-1',
    });
  });

  test('only when the boot is accepted, and asks again after the given interval', async () => {
    const answers = ['Rejected', 'Pending', 'Accepted'];
    central.answers.BootNotification = () => ({
      status: answers[central.of('BootNotification').length - 1],
      currentTime: new Date().toISOString(),
      interval: 1,
    });
    const station = simulate();
    await until(() => expect(central.of('BootNotification')).toHaveLength(2));
    expect(station.status().connection).toBe('registering');
    expect(await central.command('CP-1', 'RemoteStartTransaction', { idTag: 'DEMO' })).toEqual({
      status: 'Rejected',
    });
    await online(station);
    expect(central.received.slice(0, 3).map(each => each.action)).toEqual(Array(3).fill('BootNotification'));
  });

  test('with heartbeats at the interval of the boot', async () => {
    central.answers.BootNotification = () => ({
      status: 'Accepted',
      currentTime: new Date().toISOString(),
      interval: 1,
    });
    await online(simulate());
    await until(() => expect(central.of('Heartbeat').length).toBeGreaterThan(0));
  });

  test('on the central clock, for its time stamps', async () => {
    central.answers.BootNotification = () => ({
      status: 'Accepted',
      currentTime: '2031-05-06T07:08:09.000Z',
      interval: 300,
    });
    const station = simulate();
    await startRemotely(station);
    expect(central.of('StartTransaction')[0].timestamp).toMatch(/^2031-05-06T07:08:/);
  });

  test('never with a wrong password, and says so', async () => {
    const station = simulate({ password: 'wrong' });
    await until(() => expect(station.status().lastError).toBe('cannot connect: Unauthorized (401)'));
    expect(station.status().connection).toBe('connecting');
    await until(() => expect(station.status().totals.errors).toBeGreaterThan(2));
  });
});

describe('a remote start', () => {
  test('leads to Preparing, StartTransaction, Charging and rising meter values of that transaction', async () => {
    const station = simulate();
    const transactionId = await startRemotely(station);
    await until(() => expect(registers().length).toBeGreaterThan(3));
    const [start] = central.of('StartTransaction');
    expect(start).toMatchObject({ connectorId: 1, idTag: 'DEMO', meterStart: 0 });
    const values = registers();
    expect(values).toEqual([...new Set(values)].sort((a, b) => a - b));
    expect(central.of('MeterValues').every(each => each.transactionId === transactionId)).toBe(true);
    expect(central.statuses(1)).toEqual(['Available', 'Preparing', 'Charging']);
    const sample = central.of('MeterValues')[0].meterValue[0].sampledValue;
    expect(sample.map((each: { measurand: string; unit: string }) => [each.measurand, each.unit])).toEqual([
      ['Energy.Active.Import.Register', 'Wh'],
      ['Power.Active.Import', 'W'],
      ['Current.Import', 'A'],
      ['Voltage', 'V'],
      ['SoC', 'Percent'],
    ]);
    expect(sample.map((each: { value: string }) => each.value).slice(1)).toEqual([
      '11000',
      '15.9',
      '230.0',
      '20',
    ]);
  });

  test('is answered before the station tells of it', async () => {
    await startRemotely(simulate({ plugInDelayMs: 0 }));
    await until(() => expect(central.statuses(1)).toContain('Preparing'));
    const answer = central.frames.findIndex(frame => frame.startsWith('[3,') && frame.includes('Accepted'));
    const status = central.frames.findIndex(frame => frame.includes('Preparing'));
    expect(answer).toBeGreaterThan(-1);
    expect(answer).toBeLessThan(status);
  });

  test('is refused for a connector in use, or one which is not there', async () => {
    const station = simulate();
    await startRemotely(station);
    for (const connectorId of [1, 2, undefined]) {
      const answer = await central.command('CP-1', 'RemoteStartTransaction', {
        idTag: 'DEMO',
        ...(connectorId && { connectorId }),
      });
      expect(answer).toEqual({ status: 'Rejected' });
    }
    expect(central.of('StartTransaction')).toHaveLength(1);
  });

  test('twice at once takes one connector each', async () => {
    const station = simulate({ connectors: 2 });
    await online(station);
    const start = () => central.command('CP-1', 'RemoteStartTransaction', { idTag: 'DEMO' });
    expect(await Promise.all([start(), start()])).toEqual([{ status: 'Accepted' }, { status: 'Accepted' }]);
    await until(() => expect(central.of('StartTransaction').map(each => each.connectorId)).toEqual([1, 2]));
  });

  test('asks Authorize first when configured, and ends there for an invalid tag', async () => {
    central.answers.Authorize = () => ({ idTagInfo: { status: 'Invalid' } });
    const station = simulate({ configuration: { AuthorizeRemoteTxRequests: 'true' } });
    await online(station);
    await central.command('CP-1', 'RemoteStartTransaction', { idTag: 'NOBODY' });
    await until(() => expect(central.statuses(1)).toEqual(['Available', 'Preparing', 'Available']));
    expect(central.of('Authorize')).toEqual([{ idTag: 'NOBODY' }]);
    expect(central.of('StartTransaction')).toEqual([]);
  });
});

describe('a transaction ends', () => {
  test('by a remote stop, with the last register as meterStop, then Finishing and Available', async () => {
    const station = simulate();
    const transactionId = await startRemotely(station);
    await until(() => expect(registers().length).toBeGreaterThan(1));
    expect(await central.command('CP-1', 'RemoteStopTransaction', { transactionId })).toEqual({
      status: 'Accepted',
    });
    await becomes(station, 'Available');
    const [stop] = central.of('StopTransaction');
    expect(stop).toMatchObject({ transactionId, reason: 'Remote' });
    expect(stop.meterStop).toBe(statusOf(station)?.registerWh);
    expect(stop.meterStop).toBe(registerOf(stop.transactionData[0]));
    expect(stop.meterStop).toBeGreaterThanOrEqual(registers().at(-1) ?? Number.POSITIVE_INFINITY);
    await until(() => expect(central.statuses(1).slice(-2)).toEqual(['Finishing', 'Available']));
    expect(station.status()).toMatchObject({ queued: 0, totals: { transactionsEnded: 1, errors: 0 } });
  });

  test('and the next one goes on from its register', async () => {
    const station = simulate();
    const transactionId = await startRemotely(station);
    await until(() => expect(registers().length).toBeGreaterThan(1));
    await central.command('CP-1', 'RemoteStopTransaction', { transactionId });
    await becomes(station, 'Available');
    await startRemotely(station);
    const [stop] = central.of('StopTransaction');
    expect(central.of('StartTransaction')[1].meterStart).toBe(stop.meterStop);
  });

  test('not by a remote stop for another transaction', async () => {
    const station = simulate();
    const transactionId = await startRemotely(station);
    const answer = await central.command('CP-1', 'RemoteStopTransaction', {
      transactionId: transactionId + 1,
    });
    expect(answer).toEqual({ status: 'Rejected' });
    expect(statusOf(station)?.status).toBe('Charging');
  });

  test('not when the battery is full: SuspendedEV, at no more than its capacity', async () => {
    const station = simulate({ batteryOptions: { capacityWh: 500, startSoc: 0.5, maxPowerW: 11_000 } });
    await online(station);
    await central.command('CP-1', 'RemoteStartTransaction', { idTag: 'DEMO' });
    await becomes(station, 'SuspendedEV');
    await until(() => expect(central.statuses(1)).toContain('SuspendedEV'));
    expect(statusOf(station)?.powerW).toBe(0);
    expect([249, 250]).toContain(statusOf(station)?.registerWh);
    expect(central.of('StopTransaction')).toEqual([]);
  });

  test('by DeAuthorized when its start is answered with a blocked tag, without any energy', async () => {
    central.answers.StartTransaction = () => ({ transactionId: 7, idTagInfo: { status: 'Blocked' } });
    const station = simulate();
    await online(station);
    await central.command('CP-1', 'RemoteStartTransaction', { idTag: 'BLOCKED' });
    await until(() => expect(central.of('StopTransaction')).toHaveLength(1));
    expect(central.of('StopTransaction')[0]).toMatchObject({
      transactionId: 7,
      meterStop: 0,
      reason: 'DeAuthorized',
    });
    expect(station.status().lastError).toBe('start of a transaction: BLOCKED is Blocked');
  });

  test('locally when the driver, who came with a card, unplugs', async () => {
    const station = simulate();
    await online(station);
    expect(await station.plugIn(1, 'CARD')).toBe('Accepted');
    expect(await station.plugIn(1, 'CARD')).toBe('Occupied');
    await becomes(station, 'Charging');
    station.unplug(1);
    expect(statusOf(station)?.status).toBe('Available');
    await until(() => expect(central.of('StopTransaction')[0]).toMatchObject({ reason: 'EVDisconnected' }));
    expect(central.of('Authorize')).toEqual([{ idTag: 'CARD' }]);
  });
});

describe('a lost connection', () => {
  test('in mid-charge: what happened meanwhile is told after the return, in order, without a new boot', async () => {
    const station = simulate();
    const transactionId = await startRemotely(station);
    central.refuseConnections = true;
    await central.cut('CP-1');
    await until(() => expect(station.status().connection).toBe('offline'));
    const before = central.received.length;
    await until(() => expect(station.status().queued).toBeGreaterThan(2));
    station.unplug(1);
    const { registerWh } = statusOf(station) ?? {};
    central.refuseConnections = false;
    await until(() => expect(central.of('StopTransaction')).toHaveLength(1));

    const replayed = central.received.slice(before);
    const transactional = replayed.filter(each => /MeterValues|StopTransaction/.test(each.action));
    expect(transactional.length).toBeGreaterThan(3);
    expect(transactional.at(-1)?.request).toMatchObject({ transactionId, meterStop: registerWh });
    expect(transactional.every(each => each.request.transactionId === transactionId)).toBe(true);
    const values = registers();
    expect(values).toEqual(values.toSorted((a, b) => a - b));
    expect(central.of('BootNotification')).toHaveLength(1);
    expect(central.statuses(1).at(-1)).toBe('Available');
  });

  test('before the answer to StopTransaction: the same message is sent again', async () => {
    let lose = true;
    central.answers.StopTransaction = async () => {
      if (lose) {
        lose = false;
        await central.cut('CP-1');
      }
      return {};
    };
    const station = simulate();
    const transactionId = await startRemotely(station);
    await central.command('CP-1', 'RemoteStopTransaction', { transactionId });
    await until(() => expect(central.of('StopTransaction')).toHaveLength(2));
    const [first, second] = central.of('StopTransaction');
    expect(second).toEqual(first);
    await until(() =>
      expect(station.status()).toMatchObject({ queued: 0, totals: { transactionsEnded: 1 } }),
    );
  });

  test('at the start: a known card charges, and the transaction id of the replayed start reaches the stop', async () => {
    const station = simulate({ configuration: { AllowOfflineTxForUnknownId: 'true' } });
    await online(station);
    central.refuseConnections = true;
    await central.cut('CP-1');
    await until(() => expect(station.status().connection).toBe('offline'));
    expect(await station.plugIn(1, 'CARD')).toBe('Accepted');
    await becomes(station, 'Charging');
    await until(() => expect(statusOf(station)?.registerWh).toBeGreaterThan(0));
    station.unplug(1);
    central.refuseConnections = false;
    await until(() => expect(central.of('StopTransaction')).toHaveLength(1));
    expect(central.of('StartTransaction')).toHaveLength(1);
    expect(central.of('StopTransaction')[0].transactionId).toBe(101);
    expect(central.of('StopTransaction')[0].meterStop).toBeGreaterThan(0);
  });

  test('to a central system which has forgotten the station: it boots again', async () => {
    const station = simulate();
    await online(station);
    central.answers.StatusNotification = () => {
      if (central.of('BootNotification').length < 2) throw createRPCError('SecurityError', 'boot first');
      return {};
    };
    await central.cut('CP-1');
    await until(() => expect(central.of('BootNotification')).toHaveLength(2));
    await online(station);
  });
});

test('a transaction message which is always refused is given up, and those behind it go on', async () => {
  central.answers.MeterValues = () => {
    throw createRPCError('InternalError', 'no');
  };
  const station = simulate({
    configuration: { TransactionMessageAttempts: '2', TransactionMessageRetryInterval: '0' },
  });
  const transactionId = await startRemotely(station);
  await until(() => expect(central.of('MeterValues').length).toBeGreaterThan(1));
  await central.command('CP-1', 'RemoteStopTransaction', { transactionId });
  await until(() => expect(central.of('StopTransaction')).toHaveLength(1));
  expect(station.status().lastError).toBe('MeterValues: InternalError no');
});

describe('commands', () => {
  test('what the station does not know is NotImplemented', async () => {
    await online(simulate());
    await expect(
      central.command('CP-1', 'UpdateFirmware', {
        location: 'ftp://x/y',
        retrieveDate: '2030-01-01T00:00:00Z',
      }),
    ).rejects.toMatchObject({ rpcErrorCode: 'NotImplemented' });
  });

  test('configuration is read, changed, and refused', async () => {
    await online(simulate({ connectors: 2 }));
    const read = (...key: string[]) => central.command('CP-1', 'GetConfiguration', { key });
    const change = async (key: string, value: string) =>
      (await central.command('CP-1', 'ChangeConfiguration', { key, value })).status;
    expect((await central.command('CP-1', 'GetConfiguration')).configurationKey.length).toBeGreaterThan(20);
    expect(await read('NumberOfConnectors', 'Nonsense', 'constructor')).toEqual({
      configurationKey: [{ key: 'NumberOfConnectors', readonly: true, value: '2' }],
      unknownKey: ['Nonsense', 'constructor'],
    });
    expect(await change('MeterValueSampleInterval', '60')).toBe('Accepted');
    expect((await read('MeterValueSampleInterval')).configurationKey[0].value).toBe('60');
    expect(await change('MeterValueSampleInterval', 'often')).toBe('Rejected');
    expect(await change('NumberOfConnectors', '3')).toBe('Rejected');
    expect(await change('Nonsense', '3')).toBe('NotSupported');
  });

  test('a connector in use becomes unavailable when its transaction is over', async () => {
    const station = simulate();
    const transactionId = await startRemotely(station);
    const change = (type: string) => central.command('CP-1', 'ChangeAvailability', { connectorId: 0, type });
    expect(await change('Inoperative')).toEqual({ status: 'Scheduled' });
    await central.command('CP-1', 'RemoteStopTransaction', { transactionId });
    await becomes(station, 'Unavailable');
    expect((await central.command('CP-1', 'RemoteStartTransaction', { idTag: 'DEMO' })).status).toBe(
      'Rejected',
    );
    expect(await change('Operative')).toEqual({ status: 'Accepted' });
    await becomes(station, 'Available');
    await until(() => expect(central.statuses(0)).toEqual(['Available', 'Unavailable', 'Available']));
  });

  test('a soft reset ends the transaction, sends its stop, and boots again', async () => {
    const station = simulate();
    const transactionId = await startRemotely(station);
    expect(await central.command('CP-1', 'Reset', { type: 'Soft' })).toEqual({ status: 'Accepted' });
    await until(() => expect(central.of('BootNotification')).toHaveLength(2));
    const actions = central.received.map(each => each.action);
    expect(actions.indexOf('StopTransaction')).toBeLessThan(actions.lastIndexOf('BootNotification'));
    expect(central.of('StopTransaction')).toMatchObject([{ transactionId, reason: 'SoftReset' }]);
    expect(central.upgrades).toBe(2);
    await online(station);
  });

  test('a hard reset tells the end of the transaction after the boot', async () => {
    const station = simulate();
    await startRemotely(station);
    await central.command('CP-1', 'Reset', { type: 'Hard' });
    await until(() => expect(central.of('BootNotification')).toHaveLength(2));
    await until(() => expect(central.of('StopTransaction').at(-1)).toMatchObject({ reason: 'HardReset' }));
    await until(() => expect(station.status().queued).toBe(0));
  });

  test('a reserved connector is held for its tag until it expires or is cancelled', async () => {
    const station = simulate();
    await online(station);
    const reserve = (reservationId: number, inMs: number) =>
      central.command('CP-1', 'ReserveNow', {
        connectorId: 1,
        reservationId,
        idTag: 'Mine',
        expiryDate: new Date(Date.now() + inMs).toISOString(),
      });
    expect(await reserve(1, -1000)).toEqual({ status: 'Rejected' });
    expect(await reserve(1, 20)).toEqual({ status: 'Accepted' });
    await until(() => expect(central.statuses(1)).toEqual(['Available', 'Reserved', 'Available']));
    expect(await reserve(3, 60_000)).toEqual({ status: 'Accepted' });
    expect(await reserve(2, 60_000)).toEqual({ status: 'Occupied' });
    expect(await central.command('CP-1', 'CancelReservation', { reservationId: 1 })).toEqual({
      status: 'Rejected',
    });
    expect(await central.command('CP-1', 'CancelReservation', { reservationId: 3 })).toEqual({
      status: 'Accepted',
    });
    await becomes(station, 'Available');
    expect(await reserve(4, 60_000)).toEqual({ status: 'Accepted' });
    expect((await central.command('CP-1', 'RemoteStartTransaction', { idTag: 'OTHER' })).status).toBe(
      'Rejected',
    );
    expect((await central.command('CP-1', 'RemoteStartTransaction', { idTag: 'MINE' })).status).toBe(
      'Accepted',
    );
    await until(() => expect(central.of('StartTransaction')[0]).toMatchObject({ reservationId: 4 }));
  });

  test('a charging profile limits the power, suspends at 0, and its end sets the power free', async () => {
    const station = simulate();
    await startRemotely(station);
    const limit = (chargingRateUnit: string, watts: number) =>
      central.command('CP-1', 'SetChargingProfile', {
        connectorId: 1,
        csChargingProfiles: {
          chargingProfileId: 1,
          stackLevel: 0,
          chargingProfilePurpose: 'TxProfile',
          chargingProfileKind: 'Relative',
          chargingSchedule: { chargingRateUnit, chargingSchedulePeriod: [{ startPeriod: 0, limit: watts }] },
        },
      });
    expect(await limit('W', 4200)).toEqual({ status: 'Accepted' });
    expect(statusOf(station)?.powerW).toBe(4200);
    const schedule = await central.command('CP-1', 'GetCompositeSchedule', { connectorId: 1, duration: 600 });
    expect(schedule.chargingSchedule.chargingSchedulePeriod).toEqual([{ startPeriod: 0, limit: 4200 }]);
    expect(await limit('A', 10)).toEqual({ status: 'Accepted' });
    expect(statusOf(station)?.powerW).toBe(6900);
    expect(await limit('A', 0)).toEqual({ status: 'Accepted' });
    expect(statusOf(station)).toMatchObject({ status: 'SuspendedEVSE', powerW: 0 });
    expect(await central.command('CP-1', 'ClearChargingProfile', { id: 1 })).toEqual({ status: 'Accepted' });
    expect(await central.command('CP-1', 'ClearChargingProfile', { id: 1 })).toEqual({ status: 'Unknown' });
    expect(statusOf(station)).toMatchObject({ status: 'Charging', powerW: 11_000 });
  });

  test('triggers, unlocking, the cache and data transfer are answered', async () => {
    const station = simulate();
    await startRemotely(station);
    for (const requestedMessage of [
      'BootNotification',
      'Heartbeat',
      'MeterValues',
      'FirmwareStatusNotification',
    ]) {
      const before = central.of(requestedMessage).length;
      expect(await central.command('CP-1', 'TriggerMessage', { requestedMessage })).toEqual({
        status: 'Accepted',
      });
      await until(() => expect(central.of(requestedMessage).length).toBeGreaterThan(before));
    }
    const triggered = () =>
      central.of('MeterValues').some(each => each.meterValue[0].sampledValue[0].context === 'Trigger');
    await until(() => expect(triggered()).toBe(true));
    const elsewhere = { requestedMessage: 'StatusNotification', connectorId: 9 };
    expect(await central.command('CP-1', 'TriggerMessage', elsewhere)).toEqual({ status: 'Rejected' });
    expect(await central.command('CP-1', 'ClearCache')).toEqual({ status: 'Accepted' });
    expect(await central.command('CP-1', 'DataTransfer', { vendorId: 'X' })).toEqual({
      status: 'UnknownVendorId',
    });
    expect(await central.command('CP-1', 'UnlockConnector', { connectorId: 1 })).toEqual({
      status: 'Unlocked',
    });
    await until(() => expect(central.of('StopTransaction')[0]).toMatchObject({ reason: 'UnlockCommand' }));
  });
});

test('a fleet connects every station, adds up its totals, and closes its sockets', async () => {
  const chargers = Array.from({ length: 30 }, (_, i) => ({
    uid: `F-${i}`,
    password,
    connectors: (i % 2) + 1,
  }));
  const fleet = startFleet({ url: central.url, chargers, connectsPerSecond: 1000, station: { speed: 1000 } });
  stations.push(...fleet.stations);
  await until(() => expect(fleet.snapshots().every(each => each.connection === 'online')).toBe(true));
  expect(renderFleet(fleet.snapshots(), 100).join('\n')).toMatch(/F-29\/2 +online +Available/);
  const sums = renderFleet(fleet.snapshots(), 20);
  expect(sums.length).toBeLessThanOrEqual(20);
  expect(sums.join('\n')).toMatch(/online +30\n\nAvailable +45/);
  await fleet.stop();
  expect(fleet.snapshots().every(each => each.connection === 'stopped')).toBe(true);
  expect(describeSummary(fleet.snapshots()).at(-1)).toMatch(/^Stations 30: 0 transactions started/);
});
