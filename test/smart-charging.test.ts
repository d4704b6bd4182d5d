import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { demoCharger } from './support/charge.ts';
import { conforms, documentedRoute, shapeOf } from './support/contract.ts';
import { appKey, signIn } from './support/driver.ts';
import { eventually } from './support/eventually.ts';
import { startTestServer, type TestServer } from './support/server.ts';
import { type Frame, RawStation } from './support/station.ts';

let server: TestServer;
let otherKey: string;
beforeAll(async () => {
  server = await startTestServer({ settings: { COMMAND_TIMEOUT_SECONDS: '1' } });
  otherKey = await keyOfAnotherNetwork();
});
afterAll(() => server.close());

type Answer = 'Accepted' | 'Rejected' | 'NotSupported' | 'silence' | 'CALLERROR';
interface Profile {
  readonly connectorId: number;
  readonly csChargingProfiles: {
    readonly chargingProfileId: number;
    readonly chargingSchedule: {
      readonly chargingRateUnit: 'A' | 'W';
      readonly chargingSchedulePeriod: readonly { readonly startPeriod: number; readonly limit: number }[];
    };
  };
}

const WATTS_PER_AMP = Math.sqrt(3) * 400;
const MAX_W = 22_000;

function wattsOf({ csChargingProfiles: { chargingSchedule } }: Profile): number {
  const [{ limit }] = chargingSchedule.chargingSchedulePeriod as unknown as [{ limit: number }];
  return chargingSchedule.chargingRateUnit === 'W' ? limit : limit * WATTS_PER_AMP;
}

/** A station that answers limits as it is told to, and remembers what it holds. */
class LimitedStation {
  readonly raw: RawStation;
  readonly uid: string;
  answer: Answer = 'Accepted';
  delayMs = 0;
  /** Every SetChargingProfile and ClearChargingProfile, as it came. */
  readonly calls: { action: string; payload: unknown }[] = [];
  /** Connector 1: what it holds itself to; null where it has no profile. */
  heldW: number | null = null;
  isCharging = false;
  transactionId = 0;

  private constructor(raw: RawStation, uid: string) {
    this.raw = raw;
    this.uid = uid;
    raw.socket.on('message', data => this.#hear(JSON.parse(String(data)) as Frame));
  }

  static async boot(uid: string): Promise<LimitedStation> {
    const station = await LimitedStation.connect(uid);
    await station.raw.call('BootNotification', { chargePointVendor: 'Test', chargePointModel: 'Raw' });
    await station.raw.call('StatusNotification', {
      connectorId: 1,
      errorCode: 'NoError',
      status: 'Available',
    });
    return station;
  }

  /** Connected, and hears from the first word; it does not boot. */
  static async connect(uid: string): Promise<LimitedStation> {
    const { password } = demoCharger(server, uid);
    const raw = await RawStation.connect({ socketUrl: server.socketUrl, uid, password });
    const station = new LimitedStation(raw, uid);
    stations.push(station);
    return station;
  }

  /** What it was told of connector 1. */
  get limits(): string[] {
    const ofFirst = this.calls.filter(({ payload }) => {
      const { id, connectorId } = payload as { id?: number; connectorId?: number };
      return id === 90_001 || connectorId === 1;
    });
    return ofFirst.map(({ action, payload }) => {
      if (action !== 'SetChargingProfile') return 'clear';
      const schedule = (payload as Profile).csChargingProfiles.chargingSchedule;
      return `${schedule.chargingSchedulePeriod[0]!.limit} ${schedule.chargingRateUnit}`;
    });
  }

  async start(idTag = server.demo.idTag): Promise<void> {
    this.isCharging = true;
    sums.push(drawnW());
    const { transactionId } = await this.raw.call<{ transactionId: number }>('StartTransaction', {
      connectorId: 1,
      idTag,
      meterStart: 0,
      timestamp: new Date().toISOString(),
    });
    this.transactionId = transactionId;
  }

  async stop(): Promise<void> {
    await this.raw.call('StopTransaction', {
      transactionId: this.transactionId,
      meterStop: 1_000,
      timestamp: new Date().toISOString(),
    });
    this.isCharging = false;
  }

  async close(): Promise<void> {
    if (this.isCharging && this.transactionId) await this.stop();
    await this.raw.close();
  }

  #hear([type, id, action, payload]: Frame): void {
    if (type !== 2 || (action !== 'SetChargingProfile' && action !== 'ClearChargingProfile')) return;
    this.calls.push({ action, payload });
    const { answer } = this;
    if (answer === 'silence') return;
    setTimeout(() => {
      if (answer === 'CALLERROR') return this.raw.send([4, id, 'InternalError', '', {}]);
      if (action === 'ClearChargingProfile') {
        const isKnown = this.heldW !== null;
        this.#hold(null);
        return this.raw.reply(id, { status: isKnown ? 'Accepted' : 'Unknown' });
      }
      if (answer === 'Accepted') this.#hold(payload as Profile);
      this.raw.reply(id, { status: answer });
    }, this.delayMs);
  }

  #hold(profile: Profile | null): void {
    if (profile && profile.connectorId !== 1) return;
    this.heldW = profile && wattsOf(profile);
    sums.push(drawnW());
  }
}

let stations: LimitedStation[] = [];
/** What all charging stations may draw together, each time that one begins, or takes a limit. */
let sums: number[] = [];
const drawnW = () =>
  stations
    .filter(({ isCharging }) => isCharging)
    .reduce((sum, { heldW }) => sum + Math.min(MAX_W, heldW ?? MAX_W), 0);

afterEach(async () => {
  await Promise.all(stations.map(station => station.close()));
  stations = [];
  sums = [];
  await settled();
  await server.sql('update locations set power_limit_w = null');
  await server.sql('delete from charging_limits');
});

/** Nothing is left to do now. */
const settled = () =>
  eventually(
    async () => (await server.sql('select 1 from graphile_worker.jobs where run_at <= now()')).length === 0,
  );

const idOf = (uid: string) => demoCharger(server, uid).id;
const path = (uid: string) => `/smart-charging/${idOf(uid)}/limit`;
const put = (uid: string, body: object, options: object = {}) =>
  server.rest('PUT', path(uid), { body, ...options });

async function keyOfAnotherNetwork(): Promise<string> {
  const asPlatform = { 'x-api-key': server.demo.platformKey };
  await server.graphql(
    `mutation {
      createNetwork(input: { name: "Other", countryCode: "US", partyId: "OTH", currency: "USD" }) { __typename }
    }`,
    {},
    asPlatform,
  );
  const [network] = await server.sql<{ id: string }>("select id from networks where name = 'Other'");
  const { data } = await server.graphql<{ key: { secret: string } }>(
    `mutation ($network: ID!) {
      key: createApiKey(input: { name: "Other", kind: OPERATOR, scopes: [READ, CONTROL, WRITE], networkId: $network }) {
        ... on CreateApiKeyPayload { secret }
      }
    }`,
    { network: btoa(`Network:${network!.id}`) },
    asPlatform,
  );
  return data.key.secret;
}

interface Limit {
  requestedUnit: string | null;
  requestedLimit: string | null;
  shareW: number | null;
  sentW: number | null;
}

async function limitOf(uid: string): Promise<Limit | null> {
  const { data } = await server.graphql<{ node: { connectors: { limit: Limit | null }[] } }>(
    `query ($id: ID!) {
      node(id: $id) {
        ... on Charger { connectors { limit { requestedUnit requestedLimit shareW sentW } } }
      }
    }`,
    { id: btoa(`Charger:${idOf(uid)}`) },
  );
  return data.node.connectors[0]!.limit;
}

/** Sets what the charger's location may draw. */
async function setCeiling(uid: string, powerLimitW: number | null, headers = {}) {
  const [charger] = await server.sql<{ location_id: string }>(
    'select location_id from chargers where uid = $1',
    [uid],
  );
  const { data } = await server.graphql<{ result: { powerLimitW?: number; code?: string } }>(
    `mutation ($id: ID!, $watts: Int) {
      result: setLocationPowerLimit(input: { locationId: $id, powerLimitW: $watts }) {
        ... on Location { powerLimitW }
        ... on Error { code }
      }
    }`,
    { id: btoa(`Location:${charger!.location_id}`), watts: powerLimitW },
    headers,
  );
  await settled();
  return data.result;
}

describe('a limit', () => {
  it('is sent as a profile of its own, and answered as the contract says', async () => {
    const station = await LimitedStation.boot('DEMO-AC-03');
    const { status, body } = await put('DEMO-AC-03', { connectorNumber: 1, unit: 'A', limit: 16 });
    expect(status).toBe(200);
    expect(body.data).toEqual({
      chargerId: idOf('DEMO-AC-03'),
      connectorNumber: 1,
      unit: 'A',
      limit: 16,
      profileId: 90_001,
      accepted: true,
      reason: null,
      retryable: false,
    });
    expect(
      conforms(shapeOf(documentedRoute('PUT', '/smart-charging/{chargerId}/limit'), '200'), body),
    ).toEqual([]);
    expect(station.calls).toEqual([
      {
        action: 'SetChargingProfile',
        payload: {
          connectorId: 1,
          csChargingProfiles: {
            chargingProfileId: 90_001,
            stackLevel: 1,
            chargingProfilePurpose: 'TxDefaultProfile',
            chargingProfileKind: 'Relative',
            chargingSchedule: {
              chargingRateUnit: 'A',
              chargingSchedulePeriod: [{ startPeriod: 0, limit: 16 }],
            },
          },
        },
      },
    ]);
    expect(await limitOf('DEMO-AC-03')).toEqual({
      requestedUnit: 'A',
      requestedLimit: '16.0',
      shareW: null,
      sentW: 11_086,
    });
  });

  it('is for connector 1 and in amperes where nothing else is said, and goes out with one decimal', async () => {
    const station = await LimitedStation.boot('DEMO-AC-03');
    expect((await put('DEMO-AC-03', { limit: 16.19 })).body.data).toMatchObject({
      connectorNumber: 1,
      unit: 'A',
      limit: 16.19,
      accepted: true,
    });
    expect((await put('DEMO-AC-03', { unit: 'w', limit: 5_000 })).body.data.unit).toBe('W');
    expect((await put('DEMO-AC-03', { limit: 500 })).body.data.accepted).toBe(true);
    expect((await put('DEMO-AC-03', { limit: 0 })).body.data.accepted).toBe(true);
    expect(station.limits).toEqual(['16.1 A', '5000 W', '500 A', '0 A']);
  });

  it('goes to the connector that is named, under its own profile', async () => {
    const station = await LimitedStation.boot('DEMO-AC-01');
    const { body } = await put('DEMO-AC-01', { connectorNumber: 2, limit: 10 });
    expect(body.data).toMatchObject({ connectorNumber: 2, profileId: 90_002, accepted: true });
    expect(station.calls[0]!.payload).toMatchObject({ connectorId: 2 });
  });

  it.each([
    ['limit', {}],
    ['limit', { limit: null }],
    ['limit', { limit: -1 }],
    ['limit', { limit: 1e9 }],
    ['limit', { limit: '16' }],
    ['unit', { unit: 'kW', limit: 16 }],
    ['connectorNumber', { connectorNumber: 9, limit: 16 }],
    ['connectorNumber', { connectorNumber: 1.5, limit: 16 }],
  ])('with a wrong "%s" is refused, naming it: %j', async (field, wrong) => {
    const { status, body } = await put('DEMO-AC-03', wrong);
    expect([status, body.error, body.details[0].field]).toEqual([400, 'validation_error', field]);
    expect(await limitOf('DEMO-AC-03')).toBe(null);
  });

  it.each([
    ['Rejected', 'The charger rejected the request.'],
    ['NotSupported', 'The charger does not support charging limits.'],
    ['CALLERROR', 'The charger rejected the request.'],
  ] as const)(
    'that the station answers with %s is not kept: the one before it stays',
    async (answer, reason) => {
      const station = await LimitedStation.boot('DEMO-AC-03');
      await put('DEMO-AC-03', { limit: 20 });
      station.answer = answer;
      const { status, body } = await put('DEMO-AC-03', { limit: 10 });
      expect(status).toBe(200);
      expect(body.data).toMatchObject({ limit: 10, accepted: false, reason, retryable: false });
      expect(await limitOf('DEMO-AC-03')).toMatchObject({ requestedLimit: '20.0' });
    },
  );

  it('without an answer may be tried again, and is sent when the station has booted', async () => {
    const station = await LimitedStation.boot('DEMO-AC-03');
    station.answer = 'silence';
    const asked = put('DEMO-AC-03', { limit: 12 });
    await eventually(() => station.limits.length > 0);
    // noted before a word was sent: what may come of it is counted, even if nobody lives to hear the answer
    const [noted] = await server.sql('select sent_w, sending_w from charging_limits where charger_id = $1', [
      idOf('DEMO-AC-03'),
    ]);
    expect(noted).toEqual({ sent_w: null, sending_w: 8_314 });
    const { body } = await asked;
    expect(body.data).toMatchObject({
      accepted: false,
      reason: 'The charger did not answer in time.',
      retryable: true,
    });
    await station.close();
    const again = await LimitedStation.boot('DEMO-AC-03');
    await eventually(() => again.limits.length > 0);
    await eventually(async () => (await limitOf('DEMO-AC-03'))?.sentW === 8_314);
    expect(again.limits).toEqual(['12 A']);
  });

  it('for a station that is offline may be tried again, and is sent when the station is back', async () => {
    const { status, body } = await put('DEMO-AC-03', { limit: 12 });
    expect(status).toBe(200);
    expect(body.data).toMatchObject({ accepted: false, reason: 'The charger is offline.', retryable: true });
    expect(await limitOf('DEMO-AC-03')).toMatchObject({ requestedLimit: '12.0', sentW: null });
    const station = await LimitedStation.boot('DEMO-AC-03');
    await eventually(() => station.limits.length > 0);
    expect(station.limits).toEqual(['12 A']);
  });

  it('is sent to a station that comes back without a boot', async () => {
    await put('DEMO-AC-03', { limit: 12 });
    const station = await LimitedStation.connect('DEMO-AC-03');
    await eventually(() => station.limits.length > 0);
    expect(station.limits).toEqual(['12 A']);
  });

  it('is sent again to a station that has started anew', async () => {
    const station = await LimitedStation.boot('DEMO-AC-03');
    await put('DEMO-AC-03', { limit: 12 });
    await station.raw.call('BootNotification', { chargePointVendor: 'Test', chargePointModel: 'Raw' });
    await eventually(() => station.limits.length === 2);
    expect(station.limits).toEqual(['12 A', '12 A']);
  });

  it('waits its turn behind another for the same connector', async () => {
    const station = await LimitedStation.boot('DEMO-AC-03');
    station.delayMs = 200;
    const both = await Promise.all([put('DEMO-AC-03', { limit: 10 }), put('DEMO-AC-03', { limit: 11 })]);
    expect(both.map(({ body }) => body.data.accepted)).toEqual([true, true]);
    const { requestedLimit, sentW } = (await limitOf('DEMO-AC-03'))!;
    const lastSent = station.limits.at(-1);
    expect(`${Number(requestedLimit)} A`).toBe(lastSent);
    expect(sentW).toBe(Math.ceil(Number(requestedLimit) * WATTS_PER_AMP));
    expect(station.heldW).toBeCloseTo(Number(requestedLimit) * WATTS_PER_AMP);
  });
});

describe('who may limit a charger', () => {
  const everyRoute = ['GET', 'PUT', 'DELETE'] as const;

  it('not another network: for it there is no such charger, whatever it sends', async () => {
    for (const method of everyRoute) {
      for (const body of method === 'PUT' ? [{ limit: 16 }, { limit: 'much' }] : [undefined]) {
        const answer = await server.rest(method, path('DEMO-AC-03'), { body, apiKey: otherKey });
        expect([method, answer.status, answer.body.error]).toEqual([method, 404, 'not_found']);
      }
    }
    expect(await setCeiling('DEMO-AC-03', 10_000, { 'x-api-key': otherKey })).toEqual({ code: 'not_found' });
  });

  it('a driver where they charge, and nowhere else; their limit ends with their charge', async () => {
    const driver = await signIn(server);
    const station = await LimitedStation.boot('DEMO-AC-03');
    const limit = { limit: 8 };
    for (const method of everyRoute) {
      const body = method === 'PUT' ? limit : undefined;
      const answer = await driver.rest(method, path('DEMO-AC-03'), { body });
      expect([method, answer.status]).toEqual([method, 404]);
    }
    await station.start(driver.tokenUid);
    const { status, body } = await driver.rest('PUT', path('DEMO-AC-03'), { body: limit });
    expect([status, body.data.accepted]).toEqual([200, true]);
    const { data } = await server.graphql<{ node: { connectors: { limit: Limit }[] } }>(
      'query ($id: ID!) { node(id: $id) { ... on Charger { connectors { limit { requestedLimit } } } } }',
      { id: btoa(`Charger:${idOf('DEMO-AC-03')}`) },
      driver.headers,
    );
    expect(data.node.connectors[0]!.limit.requestedLimit).toBe('8.0');
    await station.stop();
    await eventually(() => station.limits.at(-1) === 'clear');
    await eventually(async () => (await limitOf('DEMO-AC-03'))?.sentW === null);
    expect(station.limits).toEqual(['8 A', 'clear']);
    expect((await limitOf('DEMO-AC-03'))?.requestedLimit).toBe(null);
  });

  it('an operator’s limit outlives a charge', async () => {
    const station = await LimitedStation.boot('DEMO-AC-03');
    await put('DEMO-AC-03', { limit: 20 });
    await station.start();
    await station.stop();
    await settled();
    expect(station.limits).toEqual(['20 A']);
    expect(await limitOf('DEMO-AC-03')).toMatchObject({ requestedLimit: '20.0' });
  });

  it('an app reads no ceiling and no limits, with a driver or without', async () => {
    await setCeiling('DEMO-AC-03', 10_000);
    await put('DEMO-AC-03', { limit: 10 });
    const driver = await signIn(server);
    for (const headers of [driver.headers, { 'x-api-key': await appKey(server) }]) {
      const { data } = await server.graphql<{
        node: { location: { powerLimitW: number | null }; connectors: { limit: Limit | null }[] };
      }>(
        `query ($id: ID!) {
          node(id: $id) { ... on Charger { location { powerLimitW } connectors { limit { sentW } } } }
        }`,
        { id: btoa(`Charger:${idOf('DEMO-AC-03')}`) },
        headers,
      );
      expect(data.node).toEqual({ location: { powerLimitW: null }, connectors: [{ limit: null }] });
    }
    expect(await limitOf('DEMO-AC-03')).toMatchObject({ requestedLimit: '10.0' });
  });
});

describe('the schedule that is in effect', () => {
  const route = documentedRoute('GET', '/smart-charging/{chargerId}/limit');
  const schedule = {
    duration: 86_400,
    chargingRateUnit: 'W',
    chargingSchedulePeriod: [{ startPeriod: 0, limit: 7_400.5, numberPhases: 3 }],
  };

  it('is answered as the station gave it', async () => {
    const station = await LimitedStation.boot('DEMO-AC-01');
    const asked = server.rest('GET', `${path('DEMO-AC-01')}?connector=2&unit=w`);
    const call = await station.raw.expectCall('GetCompositeSchedule');
    expect(call.payload).toEqual({ connectorId: 2, duration: 86_400, chargingRateUnit: 'W' });
    station.raw.reply(call.id, { status: 'Accepted', connectorId: 2, chargingSchedule: schedule });
    const { status, body } = await asked;
    expect(status).toBe(200);
    expect(body.data).toEqual({
      chargerId: idOf('DEMO-AC-01'),
      connectorNumber: 2,
      unit: 'W',
      accepted: true,
      schedule,
    });
    expect(conforms(shapeOf(route, '200'), { ...body, data: { ...body.data, schedule: null } })).toEqual([]);
  });

  it('is null where the station has none, refuses, does not answer, or is offline', async () => {
    const nothing = { connectorNumber: 1, unit: 'A', schedule: null };
    expect((await server.rest('GET', path('DEMO-AC-01'))).body.data).toMatchObject({
      ...nothing,
      accepted: false,
    });
    const station = await LimitedStation.boot('DEMO-AC-01');
    for (const status of ['Accepted', 'Rejected']) {
      const asked = server.rest('GET', path('DEMO-AC-01'));
      const call = await station.raw.expectCall('GetCompositeSchedule');
      station.raw.reply(call.id, { status });
      expect((await asked).body.data).toMatchObject({ ...nothing, accepted: status === 'Accepted' });
    }
    const { body } = await server.rest('GET', path('DEMO-AC-01'));
    expect(body.data).toMatchObject({ ...nothing, accepted: false });
  });

  it.each(['connector=9', 'connector=x', 'unit=V'])('is refused for %s', async query => {
    expect((await server.rest('GET', `${path('DEMO-AC-01')}?${query}`)).status).toBe(400);
  });
});

describe('clearing a limit', () => {
  it('makes the station forget the profile; again, there is none', async () => {
    const station = await LimitedStation.boot('DEMO-AC-03');
    await put('DEMO-AC-03', { limit: 10 });
    const { status, body } = await server.rest('DELETE', path('DEMO-AC-03'));
    expect([status, body.data]).toEqual([
      200,
      {
        chargerId: idOf('DEMO-AC-03'),
        connectorNumber: 1,
        profileId: 90_001,
        accepted: true,
        reason: null,
        retryable: false,
      },
    ]);
    expect(
      conforms(shapeOf(documentedRoute('DELETE', '/smart-charging/{chargerId}/limit'), '200'), body),
    ).toEqual([]);
    expect(station.calls.at(-1)).toEqual({ action: 'ClearChargingProfile', payload: { id: 90_001 } });
    const again = await server.rest('DELETE', `${path('DEMO-AC-03')}?connector=1`);
    expect(again.body.data).toMatchObject({
      accepted: false,
      reason: 'The charger holds no such limit.',
      retryable: false,
    });
  });

  it('for a station that is offline happens when it is back', async () => {
    const station = await LimitedStation.boot('DEMO-AC-03');
    await put('DEMO-AC-03', { limit: 10 });
    await station.close();
    await eventually(async () => {
      const { body } = await server.rest('DELETE', path('DEMO-AC-03'));
      return body.data.reason === 'The charger is offline.' && body.data.retryable;
    });
    const back = await LimitedStation.boot('DEMO-AC-03');
    await eventually(() => back.limits.length > 0);
    expect(back.limits).toEqual(['clear']);
  });

  it('sends the site’s share again where one binds', async () => {
    const station = await LimitedStation.boot('DEMO-AC-03');
    await setCeiling('DEMO-AC-03', 15_000);
    await station.start();
    await settled();
    await put('DEMO-AC-03', { unit: 'W', limit: 6_000 });
    await settled();
    expect((await server.rest('DELETE', path('DEMO-AC-03'))).body.data.accepted).toBe(true);
    await settled();
    expect(station.limits).toEqual(['6 A', '21.6 A', '6000 W', '21.6 A']);
  });
});

describe('a location’s ceiling', () => {
  const UIDS = ['DEMO-AC-01', 'DEMO-AC-02', 'DEMO-OWN-01'];
  /** A share in amperes, rounded down, in watts. */
  const asSent = (shareW: number) => (Math.floor((shareW / WATTS_PER_AMP) * 10) / 10) * WATTS_PER_AMP;

  // one connector each, so that what a station holds is what its connector holds
  beforeAll(() => server.sql('delete from connectors where number > 1'));

  async function boot() {
    const [first, second, third] = await Promise.all(UIDS.map(uid => LimitedStation.boot(uid)));
    return { first: first!, second: second!, third: third! };
  }

  it('is shared as stations start and stop, and the limits that they hold are never above it on the way', async () => {
    const ceilingW = 30_000;
    const { first, second, third } = await boot();
    // slower than what comes after it: a raise or a newcomer's share must wait for it
    first.delayMs = 150;
    second.delayMs = 60;
    expect(await setCeiling(UIDS[0]!, ceilingW)).toEqual({ powerLimitW: ceilingW });

    await first.start();
    await settled();
    expect(first.limits).toEqual(['6 A', '32 A']);

    await second.start();
    await settled();
    expect([first.heldW, second.heldW]).toEqual([asSent(15_000), asSent(15_000)]);

    await third.start();
    await settled();
    for (const station of [first, second, third]) expect(station.heldW).toBeCloseTo(asSent(10_000));

    await second.stop();
    await settled();
    expect([first.heldW, second.heldW, third.heldW]).toEqual([asSent(15_000), 0, asSent(15_000)]);
    expect(await limitOf(UIDS[0]!)).toMatchObject({ shareW: 15_000, requestedLimit: null });
    expect(await limitOf(UIDS[1]!)).toMatchObject({ shareW: 0, sentW: 0 });

    expect(sums.length).toBeGreaterThan(6);
    for (const sum of sums) expect(sum).toBeLessThanOrEqual(ceilingW);
  });

  it('the lower of a driver’s limit and the share is sent, and what one leaves is the others’', async () => {
    const { first, second } = await boot();
    await setCeiling(UIDS[0]!, 20_000);
    await first.start();
    await second.start();
    await settled();
    expect(first.heldW).toBeCloseTo(asSent(10_000));

    expect((await put(UIDS[0]!, { limit: 32 })).body.data).toMatchObject({ limit: 32, accepted: true });
    await settled();
    expect(first.heldW).toBeCloseTo(asSent(10_000));

    await put(UIDS[0]!, { limit: 8 });
    await settled();
    expect(first.heldW).toBeCloseTo(8 * WATTS_PER_AMP);
    expect(await limitOf(UIDS[0]!)).toMatchObject({ requestedLimit: '8.0', shareW: 5_543, sentW: 5_543 });
    expect(second.heldW).toBeCloseTo(asSent(20_000 - 5_543));
    for (const sum of sums) expect(sum).toBeLessThanOrEqual(20_000);
  });

  it('a station that does not answer counts at its maximum, until it is heard again', async () => {
    const { first, second, third } = await boot();
    await setCeiling(UIDS[0]!, 32_000);
    await first.start();
    await second.start();
    await settled();
    expect([first.heldW, second.heldW]).toEqual([asSent(16_000), asSent(16_000)]);

    first.answer = 'silence';
    await third.start();
    await settled();
    expect(await limitOf(UIDS[0]!)).toMatchObject({ shareW: MAX_W });
    expect([second.heldW, third.heldW]).toEqual([asSent(5_000), asSent(5_000)]);

    first.answer = 'Accepted';
    await first.raw.call('StatusNotification', { connectorId: 1, errorCode: 'NoError', status: 'Charging' });
    await settled();
    for (const station of [first, second, third]) expect(station.heldW).toBeCloseTo(asSent(10_666));
    for (const sum of sums) expect(sum).toBeLessThanOrEqual(32_000);
  });

  it('so does one that is offline while it charges, and one that refuses', async () => {
    const { first, second, third } = await boot();
    await setCeiling(UIDS[0]!, 32_000);
    await first.start();
    await settled();
    await first.raw.close();
    await eventually(
      async () => (await server.sql('select 1 from charger_connections where node_id is null')).length > 0,
    );
    await second.start();
    await settled();
    expect(second.heldW).toBeCloseTo(asSent(10_000));
    second.answer = 'Rejected';
    await third.start();
    await settled();
    expect(third.heldW).toBe(0);
    first.isCharging = false;
    await server.sql("update sessions set status = 'failed' where status = 'active'");
    second.isCharging = third.isCharging = false;
  });

  it('with too little for all, who came first charges on and the last waits at 0', async () => {
    const { first, second, third } = await boot();
    await setCeiling(UIDS[0]!, 9_000);
    for (const station of [first, second, third]) {
      await station.start();
      await settled();
    }
    expect([first.heldW, second.heldW, third.heldW]).toEqual([6 * WATTS_PER_AMP, 6 * WATTS_PER_AMP, 0]);
    for (const sum of sums) expect(sum).toBeLessThanOrEqual(9_000);
    await first.stop();
    await settled();
    expect([second.heldW, third.heldW]).toEqual([asSent(4_500), asSent(4_500)]);
  });

  it('that is lowered lowers everybody, that is lifted frees everybody', async () => {
    const { first, second } = await boot();
    await first.start();
    await second.start();
    await settled();
    expect(first.limits).toEqual([]);
    await setCeiling(UIDS[0]!, 20_000);
    expect([first.heldW, second.heldW]).toEqual([asSent(10_000), asSent(10_000)]);
    await setCeiling(UIDS[0]!, 12_000);
    expect([first.heldW, second.heldW]).toEqual([asSent(6_000), asSent(6_000)]);
    await setCeiling(UIDS[0]!, null);
    expect([first.heldW, second.heldW]).toEqual([null, null]);
    expect(await limitOf(UIDS[0]!)).toMatchObject({ shareW: null, sentW: null });
  });

  it('many changes at once come to the right shares, and nothing is above the ceiling meanwhile', async () => {
    const { first, second, third } = await boot();
    await setCeiling(UIDS[0]!, 24_000);
    first.delayMs = 40;
    third.delayMs = 25;
    await Promise.all([first.start(), second.start(), third.start()]);
    const limits = [6, 12, 20, 7, 9, 32].map((limit, at) => put(UIDS[at % 3]!, { limit }));
    const answers = await Promise.all(limits);
    for (const { status } of answers) expect(status).toBe(200);
    await settled();
    const limitsNow = await Promise.all(UIDS.map(limitOf));
    expect(limitsNow.reduce((sum, limit) => sum + limit!.sentW!, 0)).toBeLessThanOrEqual(24_000);
    for (const [at, station] of [first, second, third].entries()) {
      const { sentW, shareW, requestedLimit } = limitsNow[at]!;
      const wantedW = Math.min(Number(requestedLimit) * WATTS_PER_AMP, shareW!);
      expect(station.heldW! - wantedW).toBeLessThan(1);
      expect(station.heldW! - wantedW).toBeGreaterThan(-70);
      expect(Math.abs(sentW! - station.heldW!)).toBeLessThan(1.01);
    }
    for (const sum of sums) expect(sum).toBeLessThanOrEqual(24_000);
  });

  it('refuses less than nothing, and is none of a driver’s business', async () => {
    expect(await setCeiling(UIDS[0]!, -1)).toEqual({ code: 'validation_error' });
    const driver = await signIn(server);
    expect(await setCeiling(UIDS[0]!, 1_000, driver.headers)).toEqual({ code: 'forbidden' });
  });

  it('is nothing to a station whose location has none: no work is added', async () => {
    const station = await LimitedStation.boot('DEMO-AC-03');
    await settled();
    await server.sql(`
      create table jobs_added (task text);
      create function note_job() returns trigger language plpgsql security definer as
        $$ begin insert into public.jobs_added select identifier from graphile_worker._private_tasks where id = new.task_id;
           return new; end $$;
      create trigger note_job after insert on graphile_worker._private_jobs for each row execute function note_job()`);
    const balancing = () =>
      server.sql(`select from jobs_added where task in ('balance-location', 'resend-limits')`);
    await station.start();
    await station.raw.call('StatusNotification', {
      connectorId: 1,
      errorCode: 'NoError',
      status: 'Charging',
    });
    await station.stop();
    expect(await balancing()).toHaveLength(0);
    await server.sql(`select app.add_job('resend-limits', $1::json, now() + interval '1 day', null)`, [
      JSON.stringify({ networkId: server.demo.networkId, chargerId: demoCharger(server, 'DEMO-AC-03').id }),
    ]);
    expect(await balancing()).toHaveLength(1);
  });
});
