import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startTestServer, type TestServer } from '../../support/server.ts';
import type { RawStation } from '../../support/station.ts';
import { booted201, register, status201 } from '../../support/station-201.ts';
import { chargerId, operate, query, whileAnswering } from '../operator.ts';
import { addCharger, addToken, ago, type StagedCharger } from '../stage.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({ settings: { COMMAND_TIMEOUT_SECONDS: '1' } });
});
afterAll(() => server.close());

let charger: StagedCharger;
let station: RawStation;
beforeEach(async () => {
  charger = await addCharger(server);
  station = await booted201({ socketUrl: server.socketUrl, ...charger });
  return () => station.close();
});

const amps = (limit: number, startPeriod = 0) => ({ startPeriod, limit });
const set = (purpose: string, connectorNumber: number, schedule: object = {}) =>
  operate<{ profileId: number; status: string }>(
    server,
    'mutation setChargingProfile',
    '... on ChargingProfile { profileId status }',
    {
      chargerId: chargerId(charger),
      purpose,
      connectorNumber,
      schedule: { kind: 'RELATIVE', unit: 'A', periods: [amps(16)], ...schedule },
    },
  );
const ACCEPTS = ['SetChargingProfile', { status: 'Accepted' }] as const;
const ABSOLUTE = { kind: 'ABSOLUTE', startsAt: '2026-01-01T00:00:00Z' };

const reported = async () =>
  (
    await query<
      { status: string; connectorNumber: number; source: string; purpose: string; profileId: number }[]
    >(
      server,
      `chargingProfiles(chargerId: "${chargerId(charger)}") { status connectorNumber source purpose profileId }`,
    )
  )
    .filter(({ status }) => status === 'REPORTED')
    .map(it => `${it.connectorNumber} ${it.source} ${it.purpose} ${it.profileId}`);
const oursOf = async (connectorNumber = 1) =>
  (
    await whileAnswering(
      station,
      query<{ ours: { limit: number | null }[] }>(
        server,
        `compositeSchedule(chargerId: "${chargerId(charger)}", connectorNumber: ${connectorNumber}) { ours { limit } }`,
      ),
      ['GetCompositeSchedule', { status: 'Rejected' }],
    )
  ).result.ours.map(({ limit }) => limit);

const schedule = (limit: number, more: object = {}) => ({
  id: 1,
  chargingRateUnit: 'A',
  chargingSchedulePeriod: [amps(limit)],
  ...more,
});

describe('39: an OCPP 2.0.1 station', () => {
  it('is given profiles in its own words: by EVSE, 0 for all of it', async () => {
    await status201(station, 2, 2, 'Available');
    const cap = await whileAnswering(station, set('CHARGE_POINT_MAX', 0, ABSOLUTE), ACCEPTS);
    expect(cap.asked).toEqual([
      {
        evseId: 0,
        chargingProfile: {
          id: 1,
          stackLevel: 0,
          chargingProfilePurpose: 'ChargingStationMaxProfile',
          chargingProfileKind: 'Absolute',
          chargingSchedule: [
            {
              id: 1,
              startSchedule: '2026-01-01T00:00:00Z',
              chargingRateUnit: 'A',
              chargingSchedulePeriod: [amps(16)],
            },
          ],
        },
      },
    ]);
    // number 3 is the second connector of the second EVSE
    const other = await whileAnswering(station, set('TX_DEFAULT', 3, { stackLevel: 2 }), ACCEPTS);
    expect(other.asked[0]).toMatchObject({ evseId: 2, chargingProfile: { id: 2 } });
  });

  it('is told a charge by its own transaction’s id', async () => {
    const idToken = await addToken(server);
    await station.call('TransactionEvent', {
      eventType: 'Started',
      seqNo: 0,
      timestamp: ago(),
      triggerReason: 'Authorized',
      transactionInfo: { transactionId: 'T-7', chargingState: 'Charging' },
      evse: { id: 1, connectorId: 1 },
      idToken: { idToken, type: 'ISO14443' },
      meterValue: [register(ago(), 0)],
    });
    const { asked } = await whileAnswering(station, set('TX', 1), ACCEPTS);
    expect(asked[0]).toMatchObject({
      evseId: 1,
      chargingProfile: { chargingProfilePurpose: 'TxProfile', transactionId: 'T-7' },
    });
  });

  it('is given a profile with a remote start, without a transaction', async () => {
    const idTag = await addToken(server);
    const { asked } = await whileAnswering(
      station,
      operate(server, 'mutation startSession', '... on Session { status }', {
        chargerId: chargerId(charger),
        idTag,
        chargingProfile: { kind: 'RELATIVE', unit: 'W', periods: [amps(7000)] },
      }),
      ['RequestStartTransaction', { status: 'Accepted' }],
    );
    const { chargingProfile } = asked[0] as { chargingProfile: object };
    expect(chargingProfile).toMatchObject({ chargingProfilePurpose: 'TxProfile' });
    expect(chargingProfile).not.toHaveProperty('transactionId');
  });

  it('tells who else limits it: that caps our composite schedule until it is cleared', async () => {
    expect(await oursOf()).toEqual([null]);
    const limited = (fields: object) => station.call('NotifyChargingLimit', fields);
    await limited({ chargingLimit: { chargingLimitSource: 'SO' }, chargingSchedule: [schedule(10)] });
    await limited({
      evseId: 1,
      chargingLimit: { chargingLimitSource: 'EMS' },
      chargingSchedule: [schedule(7)],
    });
    expect(await reported()).toEqual(['0 SO EXTERNAL_CONSTRAINTS 1', '1 EMS EXTERNAL_CONSTRAINTS 1']);
    expect([await oursOf(1), await oursOf(2)]).toEqual([[7], [10]]);
    // in place of what was said before
    await limited({
      evseId: 1,
      chargingLimit: { chargingLimitSource: 'EMS' },
      chargingSchedule: [schedule(8)],
    });
    expect(await oursOf()).toEqual([8]);
    await station.call('ClearedChargingLimit', { chargingLimitSource: 'EMS', evseId: 1 });
    expect(await oursOf()).toEqual([10]);
    await station.call('ClearedChargingLimit', { chargingLimitSource: 'SO' });
    expect(await reported()).toEqual([]);
  });

  it.each([7, -1, 2 ** 40])(
    'is not limited, nor freed, by what is said of an EVSE %s that it lacks',
    async evseId => {
      const chargingLimit = { chargingLimitSource: 'SO' };
      await station.call('NotifyChargingLimit', { chargingLimit, chargingSchedule: [schedule(10)] });
      await station.call('NotifyChargingLimit', { evseId, chargingLimit, chargingSchedule: [schedule(3)] });
      await station.call('ClearedChargingLimit', { evseId, chargingLimitSource: 'SO' });
      expect(await reported()).toEqual(['0 SO EXTERNAL_CONSTRAINTS 1']);
      expect(await oursOf()).toEqual([10]);
    },
  );

  it('reports what it holds in parts: what it no longer tells is gone, and ours is known', async () => {
    await whileAnswering(station, set('CHARGE_POINT_MAX', 0, ABSOLUTE), ACCEPTS);
    const profile = (id: number, purpose: string) => ({
      id,
      stackLevel: 0,
      chargingProfilePurpose: purpose,
      chargingProfileKind: 'Absolute',
      chargingSchedule: [schedule(9, { startSchedule: '2026-01-01T00:00:00Z' })],
    });
    const ask = async () => {
      const { result, asked } = await whileAnswering(
        station,
        operate<{ accepted: boolean }>(
          server,
          'mutation requestChargingProfiles',
          '... on RequestChargingProfilesPayload { accepted }',
          { chargerId: chargerId(charger) },
        ),
        ['GetChargingProfiles', { status: 'Accepted' }],
      );
      expect(result.accepted).toBe(true);
      return asked[0]!.requestId as number;
    };
    const report = (requestId: number, source: string, evseId: number, id: number, tbc: boolean) =>
      station.call('ReportChargingProfiles', {
        requestId,
        chargingLimitSource: source,
        evseId,
        tbc,
        chargingProfile: [
          profile(id, id === 1 ? 'ChargingStationMaxProfile' : 'ChargingStationExternalConstraints'),
        ],
      });
    await station.call('NotifyChargingLimit', {
      chargingLimit: { chargingLimitSource: 'Other' },
      chargingSchedule: [schedule(3)],
    });
    const first = await ask();
    await report(first, 'CSO', 0, 1, true);
    await report(first, 'EMS', 1, 5, true);
    expect(await reported()).toEqual(['0 OTHER EXTERNAL_CONSTRAINTS 1', '1 EMS EXTERNAL_CONSTRAINTS 5']);
    await report(first, 'SO', 0, 6, false);
    expect(await reported()).toEqual(['0 SO EXTERNAL_CONSTRAINTS 6', '1 EMS EXTERNAL_CONSTRAINTS 5']);
    expect(await oursOf(2)).toEqual([9]);
  });

  it('is told that no schedule is made for its vehicle: the profiles that it holds are', async () => {
    const answer = await station.call('NotifyEVChargingNeeds', {
      evseId: 1,
      chargingNeeds: { requestedEnergyTransfer: 'AC_three_phase' },
    });
    expect(answer).toEqual({ status: 'Rejected' });
  });
});
