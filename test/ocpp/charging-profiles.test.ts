import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { signIn } from '../support/driver.ts';
import { eventually } from '../support/eventually.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import type { RawStation } from '../support/station.ts';
import { chargerId, operate, query, whileAnswering } from './operator.ts';
import {
  addCharger,
  addToken,
  ago,
  bootedWithTwo,
  callsTo,
  connect,
  roundTrips,
  type StagedCharger,
} from './stage.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({ settings: { COMMAND_TIMEOUT_SECONDS: '1' } });
});
afterAll(() => server.close());

let charger: StagedCharger;
let station: RawStation;
beforeEach(async () => {
  charger = await addCharger(server);
  station = await bootedWithTwo(server, charger);
  return () => station.close();
});

const amps = (limit: number, startPeriod = 0) => ({ startPeriod, limit });
const RELATIVE = { kind: 'RELATIVE', unit: 'A', periods: [amps(16)] };

interface Profile {
  profileId: number;
  status: string;
  sentPeriods: { limit: number }[] | null;
}
const set = (purpose: string, connectorNumber: number, schedule: object = {}) =>
  operate<Profile & { details?: { field: string }[] }>(
    server,
    'mutation setChargingProfile',
    '... on ChargingProfile { profileId status sentPeriods { startPeriod limit } }',
    { chargerId: chargerId(charger), purpose, connectorNumber, schedule: { ...RELATIVE, ...schedule } },
  );
const clear = (filter: object = {}) =>
  operate<{ profileIds: number[]; pendingProfileIds: number[] }>(
    server,
    'mutation clearChargingProfiles',
    '... on ClearChargingProfilesPayload { profileIds pendingProfileIds }',
    { chargerId: chargerId(charger), ...filter },
  );
const profiles = () =>
  query<Profile[]>(
    server,
    `chargingProfiles(chargerId: "${chargerId(charger)}") { connectorNumber profileId status purpose stackLevel sentPeriods { limit } }`,
  );
const statuses = async () => (await profiles()).map(({ profileId, status }) => `${profileId} ${status}`);
const limit = (amount: number) =>
  server.rest('PUT', `/smart-charging/${charger.id}/limit`, { body: { limit: amount, unit: 'A' } });

/** The server knows that the station has no socket. */
const gone = () =>
  eventually(async () => {
    const sql = 'select node_id from charger_connections where charger_id = $1';
    return (await server.sql<{ node_id: string | null }>(sql, [charger.id]))[0]!.node_id === null;
  });

const accepts = (action = 'SetChargingProfile') => [action, { status: 'Accepted' }] as const;
const refuses = ['SetChargingProfile', { status: 'Rejected' }] as const;
const profileIn = (payload: Record<string, unknown> | undefined) =>
  payload!.csChargingProfiles as Record<string, unknown> & {
    chargingSchedule: { chargingSchedulePeriod: { limit: number }[] };
  };
/** `id: limit` of each profile that the station was given. */
const given = (asked: readonly Record<string, unknown>[]) =>
  asked.map(payload => {
    if (!payload.csChargingProfiles) return `clear ${payload.id}`;
    const profile = profileIn(payload);
    return `${profile.chargingProfileId}: ${profile.chargingSchedule.chargingSchedulePeriod.map(it => it.limit)}`;
  });

async function start(idTag?: string): Promise<number> {
  const { transactionId } = await station.call<{ transactionId: number }>('StartTransaction', {
    connectorId: 1,
    idTag: idTag ?? (await addToken(server)),
    meterStart: 0,
    timestamp: ago(),
  });
  return transactionId;
}

describe('39: a charging profile', () => {
  it('is what the operator said, in OCPP 1.6’s words', async () => {
    const { result, asked } = await whileAnswering(
      station,
      set('TX_DEFAULT', 1, {
        kind: 'RECURRING',
        recurrency: 'DAILY',
        startsAt: '2026-10-01T22:00:00Z',
        durationSeconds: 28_800,
        validFrom: '2026-10-01T00:00:00Z',
        validTo: '2099-01-01T00:00:00Z',
        stackLevel: 3,
        minChargingRate: 6,
        periods: [amps(32.04), { ...amps(10, 14_400), numberPhases: 1 }],
      }),
      accepts(),
    );
    expect(asked).toEqual([
      {
        connectorId: 1,
        csChargingProfiles: {
          chargingProfileId: 1,
          stackLevel: 3,
          chargingProfilePurpose: 'TxDefaultProfile',
          chargingProfileKind: 'Recurring',
          recurrencyKind: 'Daily',
          validFrom: '2026-10-01T00:00:00Z',
          validTo: '2099-01-01T00:00:00Z',
          chargingSchedule: {
            duration: 28_800,
            startSchedule: '2026-10-01T22:00:00Z',
            chargingRateUnit: 'A',
            chargingSchedulePeriod: [
              { startPeriod: 0, limit: 32 },
              { startPeriod: 14_400, limit: 10, numberPhases: 1 },
            ],
            minChargingRate: 6,
          },
        },
      },
    ]);
    expect(result).toMatchObject({ profileId: 1, status: 'ACCEPTED' });
  });

  it('has the station’s answers told apart', async () => {
    for (const [reply, status] of [
      [{ status: 'Accepted' }, 'ACCEPTED'],
      [{ status: 'Rejected' }, 'REJECTED'],
      [{ status: 'NotSupported' }, 'NOT_SUPPORTED'],
      [['InternalError'], 'REJECTED'],
    ] as const) {
      const cap = set('CHARGE_POINT_MAX', 0, { kind: 'ABSOLUTE', startsAt: '2026-01-01T00:00:00Z' });
      const { result, asked } = await whileAnswering(station, cap, [
        'SetChargingProfile',
        reply as { status: string },
      ]);
      expect(result.status).toBe(status);
      expect(asked[0]).toMatchObject({
        connectorId: 0,
        csChargingProfiles: { chargingProfilePurpose: 'ChargePointMaxProfile' },
      });
    }
    // those that were refused left the first in force
    expect(await statuses()).toEqual(['1 ACCEPTED', '1 REJECTED']);
  });

  it('takes the place of the one with the same connector, purpose and level, and of no other', async () => {
    await whileAnswering(station, set('TX_DEFAULT', 1, { stackLevel: 2 }), accepts());
    await whileAnswering(station, set('TX_DEFAULT', 1, { stackLevel: 3 }), accepts());
    await whileAnswering(station, set('TX_DEFAULT', 2, { stackLevel: 2 }), accepts());
    const again = set('TX_DEFAULT', 1, { stackLevel: 2, periods: [amps(8)] });
    const { asked } = await whileAnswering(station, again, accepts());
    expect(given(asked)).toEqual(['1: 8']);
    expect(await statuses()).toEqual(['1 ACCEPTED', '2 ACCEPTED', '3 ACCEPTED']);
  });

  it('waits for a station that is offline, or does not answer, and comes again after a restart', async () => {
    await station.close();
    await gone();
    expect((await set('TX_DEFAULT', 1, { stackLevel: 2 })).status).toBe('PENDING');
    station = await connect(server, charger);
    const boot = async () => {
      await station.call('BootNotification', { chargePointVendor: 'Test', chargePointModel: 'Raw' });
      const call = await station.expectCall('SetChargingProfile');
      station.reply(call.id, { status: 'Accepted' });
      return given([call.payload]);
    };
    expect(await boot()).toEqual(['1: 16']);
    await eventually(async () => (await statuses()).join() === '1 ACCEPTED');
    expect(await boot()).toEqual(['1: 16']);
    await eventually(async () => (await statuses()).join() === '1 ACCEPTED');
    const silent = set('CHARGE_POINT_MAX', 0, { kind: 'ABSOLUTE', startsAt: '2026-01-01T00:00:00Z' });
    await station.expectCall('SetChargingProfile');
    expect((await silent).status).toBe('PENDING');
  });

  it('of a charge carries its transaction, is refused where none runs, and ends with it', async () => {
    expect(await set('TX', 1)).toMatchObject({
      code: 'validation_error',
      details: [{ field: 'connectorNumber' }],
    });
    const transactionId = await start();
    const { asked } = await whileAnswering(station, set('TX', 1), accepts());
    expect(profileIn(asked[0])).toMatchObject({ chargingProfilePurpose: 'TxProfile', transactionId });
    await station.call('StopTransaction', { transactionId, meterStop: 10, timestamp: ago() });
    expect(await statuses()).toEqual(['1 ENDED']);
    const calls = callsTo(station);
    await station.call('BootNotification', { chargePointVendor: 'Test', chargePointModel: 'Raw' });
    await roundTrips(station);
    expect(calls).toEqual([]);
  });

  it('goes with a remote start without a transaction, and its fate is the start’s', async () => {
    const idTag = await addToken(server);
    const remote = (reply: object) =>
      whileAnswering(
        station,
        operate(server, 'mutation startSession', '... on Session { status }', {
          chargerId: chargerId(charger),
          idTag,
          chargingProfile: { ...RELATIVE, periods: [amps(10), amps(20, 600)] },
        }),
        ['RemoteStartTransaction', reply],
      );
    const refused = await remote({ status: 'Rejected' });
    expect(refused.result).toMatchObject({ code: 'charger_rejected' });
    const { result, asked } = await remote({ status: 'Accepted' });
    expect(result).toMatchObject({ status: 'PENDING' });
    const { chargingProfile } = asked[0] as { chargingProfile: object };
    expect(chargingProfile).toMatchObject({
      chargingProfilePurpose: 'TxProfile',
      chargingProfileKind: 'Relative',
      chargingSchedule: { chargingSchedulePeriod: [amps(10), amps(20, 600)] },
    });
    expect(chargingProfile).not.toHaveProperty('transactionId');
    expect((await statuses()).filter(status => !status.endsWith('ENDED'))).toEqual(['1 ACCEPTED']);
    const calls = callsTo(station);
    await start(idTag);
    await roundTrips(station);
    expect(calls).toEqual([]);
  });

  it('is for operators: a driver’s start carries none', async () => {
    const { headers, tokenUid } = await signIn(server);
    const input = { chargerId: chargerId(charger), idTag: tokenUid, chargingProfile: RELATIVE };
    const result = await operate(
      server,
      'mutation startSession',
      '... on Session { status }',
      input,
      headers,
    );
    expect(result).toMatchObject({ code: 'forbidden' });
  });

  it('is told by what is wrong with it', async () => {
    const wrong: readonly [string, number, object, string][] = [
      ['CHARGE_POINT_MAX', 1, { kind: 'ABSOLUTE', startsAt: '2026-01-01T00:00:00Z' }, 'connectorNumber'],
      ['CHARGE_POINT_MAX', 0, {}, 'kind'],
      ['TX', 0, {}, 'connectorNumber'],
      ['TX_DEFAULT', 9, { stackLevel: 2 }, 'connectorNumber'],
      // there stands the connector’s own limit
      ['TX_DEFAULT', 1, { stackLevel: 1 }, 'stackLevel'],
      ['TX_DEFAULT', 0, { stackLevel: 1 }, 'stackLevel'],
      ['TX_DEFAULT', 1, { stackLevel: 2, kind: 'RECURRING' }, 'recurrency'],
      ['TX_DEFAULT', 1, { stackLevel: 2, kind: 'ABSOLUTE' }, 'startsAt'],
      ['TX_DEFAULT', 1, { stackLevel: 2, periods: [] }, 'periods'],
      ['TX_DEFAULT', 1, { stackLevel: 2, periods: [amps(1, 1)] }, 'periods'],
      ['TX_DEFAULT', 1, { stackLevel: 2, periods: [amps(1), amps(2)] }, 'periods'],
      ['TX_DEFAULT', 1, { stackLevel: 2, periods: [amps(-1)] }, 'periods'],
      ['TX_DEFAULT', 1, { stackLevel: 2, durationSeconds: 60, periods: [amps(1), amps(2, 60)] }, 'periods'],
      [
        'TX_DEFAULT',
        1,
        { stackLevel: 2, validFrom: '2026-01-01T00:00:00Z', validTo: '2026-01-01T00:00:00Z' },
        'validTo',
      ],
    ];
    for (const [purpose, connector, schedule, field] of wrong) {
      const { code, details } = await set(purpose, connector, schedule);
      expect([code, details?.map(detail => detail.field)]).toEqual(['validation_error', [field]]);
    }
    expect(await profiles()).toEqual([]);
  });
});

describe('39: taking profiles back', () => {
  it('is done by number, purpose, level or connector, one by one, and never touches a limit', async () => {
    await whileAnswering(station, limit(12), accepts());
    await whileAnswering(station, set('TX_DEFAULT', 1, { stackLevel: 2 }), accepts(), accepts());
    await whileAnswering(station, set('TX_DEFAULT', 1, { stackLevel: 3 }), accepts(), accepts());
    await whileAnswering(station, set('TX_DEFAULT', 2, { stackLevel: 2 }), accepts());
    const one = await whileAnswering(
      station,
      clear({ connectorNumber: 1, stackLevel: 3 }),
      accepts('ClearChargingProfile'),
      accepts(),
    );
    expect(given(one.asked)).toEqual(['clear 2', '90001: 12']);
    expect(one.result).toMatchObject({ profileIds: [2], pendingProfileIds: [] });
    const unknown = ['ClearChargingProfile', { status: 'Unknown' }] as const;
    const rest = await whileAnswering(station, clear({ purpose: 'TX_DEFAULT' }), unknown, accepts(), unknown);
    expect(given(rest.asked)).toEqual(['clear 1', '90001: 12', 'clear 3']);
    expect(await profiles()).toEqual([]);
    expect((await clear({ profileIds: [1] })).profileIds).toEqual([]);
  });

  it('waits for a station that is offline', async () => {
    await whileAnswering(station, set('TX_DEFAULT', 1, { stackLevel: 2 }), accepts());
    await station.close();
    await gone();
    expect((await clear()).pendingProfileIds).toEqual([1]);
    expect(await statuses()).toEqual(['1 REMOVING']);
    station = await connect(server, charger);
    await station.call('BootNotification', { chargePointVendor: 'Test', chargePointModel: 'Raw' });
    const call = await station.expectCall('ClearChargingProfile');
    expect(call.payload).toEqual({ id: 1 });
    station.reply(call.id, { status: 'Accepted' });
    await eventually(async () => (await profiles()).length === 0);
  });
});

describe('39: profiles beside the connector’s limit', () => {
  it('never let more through than the limit: they are sent within it, and again when it changes', async () => {
    const night = { stackLevel: 5, periods: [amps(32), amps(8, 600)] };
    const free = await whileAnswering(station, set('TX_DEFAULT', 1, night), accepts());
    expect(given(free.asked)).toEqual(['1: 32,8']);
    const limited = await whileAnswering(station, limit(16), accepts(), accepts());
    expect(given(limited.asked)).toEqual(['1: 16,8', '90001: 16']);
    const lower = await whileAnswering(station, limit(6), accepts(), accepts());
    expect(given(lower.asked)).toEqual(['1: 6,6', '90001: 6']);
    const higher = await whileAnswering(station, limit(10), accepts(), accepts());
    expect(given(higher.asked)).toEqual(['1: 10,8', '90001: 10']);
    expect((await profiles())[0]!.sentPeriods).toEqual([{ limit: 10 }, { limit: 8 }]);
    const away = await whileAnswering(
      station,
      server.rest('DELETE', `/smart-charging/${charger.id}/limit`),
      accepts(),
      accepts('ClearChargingProfile'),
    );
    expect(given(away.asked)).toEqual(['1: 32,8', 'clear 90001']);
  });

  it('are taken away where the station refuses them within the limit: what it holds would let more through', async () => {
    await whileAnswering(station, set('TX_DEFAULT', 1, { stackLevel: 5, periods: [amps(32)] }), accepts());
    const { asked, result } = await whileAnswering(
      station,
      limit(16),
      refuses,
      accepts('ClearChargingProfile'),
      accepts(),
    );
    expect(given(asked)).toEqual(['1: 16', 'clear 1', '90001: 16']);
    expect(result.body.data).toMatchObject({ accepted: true });
    expect(await statuses()).toEqual(['1 REJECTED']);
  });

  it('come within the limit after a restart too, and so does the one that went with the start', async () => {
    await whileAnswering(station, limit(12), accepts());
    const idTag = await addToken(server);
    const input = { chargerId: chargerId(charger), idTag, chargingProfile: RELATIVE };
    const { asked } = await whileAnswering(
      station,
      operate(server, 'mutation startSession', '... on Session { status }', input),
      ['RemoteStartTransaction', { status: 'Accepted' }],
    );
    expect(asked[0]).toMatchObject({
      chargingProfile: { chargingSchedule: { chargingSchedulePeriod: [amps(12)] } },
    });
    const twoCalls = async () => {
      const calls = [];
      for (let call = 0; call < 2; call++) {
        const { id, payload } = await station.expectCall('SetChargingProfile');
        station.reply(id, { status: 'Accepted' });
        calls.push(payload);
      }
      return calls;
    };
    // the charge is known now: its profile with its transaction
    const transactionId = await start(idTag);
    const atStart = await twoCalls();
    expect(given(atStart)).toEqual(['1: 12', '90001: 12']);
    expect(profileIn(atStart[0])).toMatchObject({ transactionId });
    await eventually(async () => (await statuses()).join() === '1 ACCEPTED');
    await station.call('BootNotification', { chargePointVendor: 'Test', chargePointModel: 'Raw' });
    expect(given(await twoCalls())).toEqual(['1: 12', '90001: 12']);
  });

  it('a limit is not taken for accepted while the station may hold a profile above it', async () => {
    await whileAnswering(station, set('TX_DEFAULT', 1, { stackLevel: 5, periods: [amps(32)] }), accepts());
    const { result } = await whileAnswering(station, limit(16), refuses, [
      'ClearChargingProfile',
      ['InternalError'],
    ]);
    expect(result.body.data).toMatchObject({ accepted: false });
    const rows = await server.sql('select sent_w from charging_limits where charger_id = $1', [charger.id]);
    expect(rows).toEqual([{ sent_w: null }]);
  });
});

describe('39: the composite schedule', () => {
  const OURS = 'ours { startPeriod limit } differences { fromSecond toSecond ours station difference }';
  const composite = () =>
    query<{ accepted: boolean; ours: object[]; differences: object[] | null; startsAt: string }>(
      server,
      `compositeSchedule(chargerId: "${chargerId(charger)}", durationSeconds: 3600) { accepted startsAt ${OURS} }`,
    );
  const answers = (startSchedule: string, ...periods: object[]) =>
    [
      'GetCompositeSchedule',
      {
        status: 'Accepted',
        connectorId: 1,
        scheduleStart: startSchedule,
        chargingSchedule: {
          duration: 3600,
          startSchedule,
          chargingRateUnit: 'A',
          chargingSchedulePeriod: periods,
        },
      },
    ] as const;

  it('is ours beside the station’s, with where they differ and by how much', async () => {
    await whileAnswering(station, limit(20), accepts());
    await start();
    const tx = { periods: [amps(32), amps(10, 1800)], durationSeconds: 7200 };
    await whileAnswering(station, set('TX', 1, tx), accepts(), accepts());
    const at = ago();
    const same = await whileAnswering(station, composite(), answers(at, amps(20), amps(10, 1800)));
    expect(same.result).toEqual({
      accepted: true,
      startsAt: at,
      ours: [amps(20), { startPeriod: expect.any(Number), limit: 10 }],
      differences: [],
    });
    const other = await whileAnswering(station, composite(), answers(at, amps(20)));
    expect(other.result.differences).toEqual([
      { fromSecond: expect.any(Number), toSecond: 3600, ours: 10, station: 20, difference: 10 },
    ]);
  });

  it('is ours alone where the station gives none', async () => {
    await whileAnswering(station, set('TX_DEFAULT', 1, { stackLevel: 2 }), accepts());
    const { result } = await whileAnswering(station, composite(), [
      'GetCompositeSchedule',
      { status: 'Rejected' },
    ]);
    expect(result).toMatchObject({ accepted: false, ours: [amps(16)], differences: null });
  });
});
