import { describe, expect, test } from 'vitest';
import type { Station, StationOptions } from '../../simulator/station.ts';
import {
  becomes,
  central,
  online,
  password,
  simulate,
  stageCentral,
  stations,
  statusOf,
  until,
} from './central.ts';

stageCentral();

/** 0: the token comes after the start, 0.9: with it. */
const simulate201 = (given: Partial<StationOptions> = {}): Station =>
  simulate({ version: '2.0.1', random: () => 0.9, ...given });

const events = () => central.of('TransactionEvent');
const token = { idToken: 'DEMO', type: 'ISO14443' };
const registerIn = (event: ReturnType<typeof events>[number]): number =>
  event.meterValue[0].sampledValue.find(
    (each: { measurand: string }) => each.measurand === 'Energy.Active.Import.Register',
  ).value;

async function startRemotely(station: Station): Promise<string> {
  await online(station);
  const request = { evseId: 1, remoteStartId: 7, idToken: token };
  expect(await central.command('CP-1', 'RequestStartTransaction', request)).toEqual({ status: 'Accepted' });
  await becomes(station, 'Charging');
  return String(statusOf(station)?.transactionId);
}

describe('a 2.0.1 station', () => {
  test('boots with a reason, and tells the status of each of its EVSEs', async () => {
    const station = simulate201({ connectors: 2 });
    await online(station);
    await until(() => expect(central.received).toHaveLength(3));
    expect(central.of('BootNotification')[0]).toMatchObject({
      reason: 'PowerUp',
      chargingStation: { vendorName: 'Chargegraph', model: 'Simulator', serialNumber: 'CP-1' },
    });
    expect(central.of('StatusNotification')).toMatchObject([
      { evseId: 1, connectorId: 1, connectorStatus: 'Available' },
      { evseId: 2, connectorId: 1, connectorStatus: 'Available' },
    ]);
  });

  test('tells a remote start, the charge and its end by numbered events of one transaction', async () => {
    const station = simulate201();
    const transactionId = await startRemotely(station);
    await until(() => expect(events().length).toBeGreaterThan(4));
    expect(await central.command('CP-1', 'RequestStopTransaction', { transactionId })).toEqual({
      status: 'Accepted',
    });
    await becomes(station, 'Available');
    await until(() => expect(station.status().queued).toBe(0));

    const all = events();
    expect(all.map(event => event.seqNo)).toEqual(all.map((_, i) => i));
    expect(new Set(all.map(event => event.transactionInfo.transactionId))).toEqual(new Set([transactionId]));
    expect(all[0]).toMatchObject({
      eventType: 'Started',
      triggerReason: 'RemoteStart',
      evse: { id: 1, connectorId: 1 },
      idToken: token,
      transactionInfo: { remoteStartId: 7 },
    });
    expect(all[1]).toMatchObject({
      eventType: 'Updated',
      triggerReason: 'ChargingStateChanged',
      transactionInfo: { chargingState: 'Charging' },
    });
    expect(all.at(-2)).toMatchObject({ transactionInfo: { chargingState: 'EVConnected' } });
    expect(all.at(-1)).toMatchObject({
      eventType: 'Ended',
      triggerReason: 'RemoteStop',
      transactionInfo: { stoppedReason: 'Remote' },
    });
    expect(registerIn(all.at(-1)) - registerIn(all[0])).toBe(statusOf(station)?.registerWh);
    const words = () => central.of('StatusNotification').map(each => each.connectorStatus);
    await until(() => expect(words()).toEqual(['Available', 'Occupied', 'Available']));
  });

  test('of those that begin with the cable, tells the token with the second event', async () => {
    const station = simulate201({ random: () => 0 });
    await online(station);
    expect(await station.plugIn(1, 'DEMO')).toBe('Accepted');
    await becomes(station, 'Charging');
    const [first, second] = events();
    expect(first).toMatchObject({ eventType: 'Started', triggerReason: 'CablePluggedIn' });
    expect(first.idToken).toBeUndefined();
    expect(second).toMatchObject({ eventType: 'Updated', triggerReason: 'Authorized', idToken: token });
  });

  test('marks what happened offline, and tells it after the return', async () => {
    const station = simulate201();
    await startRemotely(station);
    central.refuseConnections = true;
    await central.cut('CP-1');
    await until(() => expect(station.status().connection).toBe('offline'));
    station.unplug(1);
    central.refuseConnections = false;
    await until(() => expect(events().at(-1)).toMatchObject({ eventType: 'Ended', offline: true }));
    expect(events()[0].offline).toBeUndefined();
    expect(events().at(-1)).toMatchObject({ transactionInfo: { stoppedReason: 'EVDisconnected' } });
    expect(central.of('BootNotification')).toHaveLength(1);
  });

  test('ends at once where its token is refused', async () => {
    central.answers.TransactionEvent = request =>
      request.idToken ? { idTokenInfo: { status: 'Blocked' } } : {};
    const station = simulate201();
    await online(station);
    await station.plugIn(1, 'DEMO');
    await until(() => expect(events().at(-1)).toMatchObject({ eventType: 'Ended' }));
    expect(events().at(-1)).toMatchObject({ transactionInfo: { stoppedReason: 'DeAuthorized' } });
    expect(registerIn(events().at(-1))).toBe(0);
  });

  test('answers what it is asked about its transactions, settings, limits and reservations', async () => {
    const station = simulate201();
    const transactionId = await startRemotely(station);
    const ask = (action: string, request: object) => central.command('CP-1', action, request);
    expect(await ask('GetTransactionStatus', { transactionId })).toMatchObject({ ongoingIndicator: true });
    expect(await ask('GetTransactionStatus', { transactionId: 'another' })).toMatchObject({
      ongoingIndicator: false,
    });
    const interval = { component: { name: 'OCPPCommCtrlr' }, variable: { name: 'HeartbeatInterval' } };
    expect(await ask('SetVariables', { setVariableData: [{ ...interval, attributeValue: '77' }] })).toEqual({
      setVariableResult: [{ ...interval, attributeStatus: 'Accepted' }],
    });
    expect(await ask('GetVariables', { getVariableData: [interval] })).toEqual({
      getVariableResult: [{ ...interval, attributeStatus: 'Accepted', attributeValue: '77' }],
    });
    const profile = {
      id: 90_001,
      stackLevel: 1,
      chargingProfilePurpose: 'TxDefaultProfile',
      chargingProfileKind: 'Relative',
      chargingSchedule: [
        { id: 1, chargingRateUnit: 'W', chargingSchedulePeriod: [{ startPeriod: 0, limit: 4200 }] },
      ],
    };
    expect(await ask('SetChargingProfile', { evseId: 1, chargingProfile: profile })).toEqual({
      status: 'Accepted',
    });
    expect(statusOf(station)?.powerW).toBe(4200);
    expect(
      await ask('GetCompositeSchedule', { evseId: 1, duration: 60, chargingRateUnit: 'W' }),
    ).toMatchObject({
      status: 'Accepted',
      schedule: { evseId: 1, chargingSchedulePeriod: [{ startPeriod: 0, limit: 4200 }] },
    });
    const expiryDateTime = new Date(Date.now() + 60_000).toISOString();
    expect(await ask('ReserveNow', { id: 1, evseId: 1, idToken: token, expiryDateTime })).toEqual({
      status: 'Occupied',
    });
    expect(await ask('UnlockConnector', { evseId: 1, connectorId: 1 })).toEqual({ status: 'Unlocked' });
    await until(() => expect(events().at(-1)).toMatchObject({ triggerReason: 'UnlockCommand' }));
    await becomes(station, 'Available');
    expect(await ask('ReserveNow', { id: 1, evseId: 1, idToken: token, expiryDateTime })).toEqual({
      status: 'Accepted',
    });
    expect(await ask('CancelReservation', { reservationId: 1 })).toEqual({ status: 'Accepted' });
    expect(await ask('Reset', { type: 'Immediate' })).toEqual({ status: 'Accepted' });
    await until(() => expect(central.of('BootNotification').at(-1)).toMatchObject({ reason: 'RemoteReset' }));
  });
});

test('a station of each version can be at one central system', async () => {
  const first = simulate201({ uid: 'A', password });
  const second = simulate({ uid: 'B' });
  await online(first);
  await online(second);
  expect(stations).toHaveLength(2);
  expect(central.of('BootNotification', 'A')[0]).toHaveProperty('reason');
  expect(central.of('BootNotification', 'B')[0]).toHaveProperty('chargePointVendor');
});
