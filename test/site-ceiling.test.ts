import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { operate } from './ocpp/operator.ts';
import { eventually } from './support/eventually.ts';
import { globalId } from './support/global-id.ts';
import { startTestServer, type TestServer } from './support/server.ts';
import { type Frame, RawStation } from './support/station.ts';

// What stations hold for charges that have not begun: nobody draws more than the ceiling leaves, from the first second.

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({ settings: { COMMAND_TIMEOUT_SECONDS: '1' } });
});
afterAll(() => server.close());

const VERSIONS = ['ocpp1.6', 'ocpp2.0.1'] as const;
const MAX_W = 22_000;
const WATTS_PER_AMP = Math.sqrt(3) * 400;
/** 6 A of three lines. */
const BEGIN_W = 6 * WATTS_PER_AMP;

/** A mutation, and what it answers; that it answers an error is one. */
async function mutate<Result extends object>(
  field: string,
  selection: string,
  input: object,
): Promise<Result> {
  const result = await operate<Result>(server, `mutation ${field}`, selection, { ...input });
  if (result.code) throw new Error(JSON.stringify(result));
  return result;
}

const uuidOf = (id: string): string => atob(id).split(':')[1]!;

/** Nothing is left to do now. */
const settled = () =>
  eventually(
    async () => (await server.sql('select 1 from graphile_worker.jobs where run_at <= now()')).length === 0,
  );

interface Held {
  readonly purpose: string;
  readonly level: number;
  readonly watts: number;
}

interface Schedule {
  readonly chargingRateUnit: 'A' | 'W';
  readonly chargingSchedulePeriod: readonly { readonly limit: number }[];
}

/** A station that does what profiles say: Tx before TxDefault, the highest level of these. */
class Station {
  readonly uid: string;
  readonly password: string;
  readonly id: string;
  readonly version: (typeof VERSIONS)[number];
  readonly #profiles = new Map<number, Held>();
  raw!: RawStation;
  refuses = false;
  delayMs = 0;
  /** What it was told: amperes, watts, or `clear`. */
  told: string[] = [];
  isCharging = false;
  transactionId: string | number = 0;
  #sequence = 0;
  onChange = () => {};

  constructor(uid: string, id: string, password: string, version: (typeof VERSIONS)[number]) {
    this.uid = uid;
    this.id = id;
    this.password = password;
    this.version = version;
  }

  get heldW(): number | null {
    const held = [...this.#profiles.values()];
    const highest = (purpose: string) =>
      held.filter(one => one.purpose === purpose).sort((a, b) => b.level - a.level)[0];
    return (highest('TxProfile') ?? highest('TxDefaultProfile'))?.watts ?? null;
  }

  get drawnW(): number {
    return this.isCharging ? Math.min(MAX_W, this.heldW ?? MAX_W) : 0;
  }

  async connect(): Promise<void> {
    const { uid, password, version } = this;
    this.raw = await RawStation.connect({ socketUrl: server.socketUrl, uid, password, protocols: [version] });
    this.raw.socket.on('message', data => this.#hear(JSON.parse(String(data)) as Frame));
  }

  async boot(): Promise<void> {
    if (this.version === 'ocpp1.6') {
      await this.raw.call('BootNotification', { chargePointVendor: 'Test', chargePointModel: 'Raw' });
      await this.raw.call('StatusNotification', {
        connectorId: 1,
        errorCode: 'NoError',
        status: 'Available',
      });
      return;
    }
    const chargingStation = { vendorName: 'Test', model: 'Raw201' };
    await this.raw.call('BootNotification', { reason: 'PowerUp', chargingStation });
    const timestamp = new Date().toISOString();
    await this.raw.call('StatusNotification', {
      evseId: 1,
      connectorId: 1,
      connectorStatus: 'Available',
      timestamp,
    });
  }

  /** The charge begins; the station tells of it if it can. */
  begin(): Promise<void> {
    this.isCharging = true;
    this.#sequence = 0;
    this.onChange();
    return this.tellBegin();
  }

  async tellBegin(): Promise<void> {
    const timestamp = new Date().toISOString();
    if (this.version === 'ocpp1.6') {
      const start = { connectorId: 1, idTag: server.demo.idTag, meterStart: 0, timestamp };
      const answer = await this.raw.call<{ transactionId: number }>('StartTransaction', start);
      this.transactionId = answer.transactionId;
      return;
    }
    this.transactionId = crypto.randomUUID();
    await this.#event('Started', 'Authorized', 0);
  }

  async end(): Promise<void> {
    this.isCharging = false;
    const { transactionId } = this;
    const timestamp = new Date().toISOString();
    if (this.version === 'ocpp1.6') {
      await this.raw.call('StopTransaction', { transactionId, meterStop: 1_000, timestamp });
    } else await this.#event('Ended', 'StopAuthorized', 1_000);
    this.forgetStart();
  }

  /** A Tx profile is gone with its charge, or with the start that nobody plugged in for. */
  forgetStart(): void {
    for (const [number, { purpose }] of this.#profiles) {
      if (purpose === 'TxProfile') this.#profiles.delete(number);
    }
  }

  #event(eventType: string, triggerReason: string, value: number) {
    const timestamp = new Date().toISOString();
    const measurand = 'Energy.Active.Import.Register';
    return this.raw.call('TransactionEvent', {
      eventType,
      triggerReason,
      timestamp,
      seqNo: this.#sequence++,
      transactionInfo: { transactionId: this.transactionId },
      evse: { id: 1, connectorId: 1 },
      idToken: { idToken: server.demo.idTag, type: 'ISO14443' },
      meterValue: [{ timestamp, sampledValue: [{ value, measurand }] }],
    });
  }

  /** The socket is gone, and the server knows. */
  async go(): Promise<void> {
    await this.raw.close();
    const sql = 'select 1 from charger_connections where charger_id = $1 and node_id is null';
    await eventually(async () => (await server.sql(sql, [this.id])).length > 0);
  }

  #hear([type, id, action, payload]: Frame): void {
    if (type !== 2) return;
    setTimeout(() => {
      if (action === 'SetChargingProfile')
        return this.raw.reply(id, { status: this.#take(payload as object) });
      if (action === 'ClearChargingProfile') {
        const clear = payload as { id?: number; chargingProfileId?: number };
        this.told.push('clear');
        const isKnown = this.#profiles.delete((clear.id ?? clear.chargingProfileId)!);
        return this.raw.reply(id, { status: isKnown ? 'Accepted' : 'Unknown' });
      }
    }, this.delayMs);
  }

  #take(payload: {
    csChargingProfiles?: Record<string, unknown>;
    chargingProfile?: Record<string, unknown>;
  }): 'Accepted' | 'Rejected' {
    const profile = (payload.csChargingProfiles ?? payload.chargingProfile)!;
    const [schedule] = [profile.chargingSchedule].flat() as [Schedule];
    const { limit } = schedule.chargingSchedulePeriod[0]!;
    this.told.push(`${limit} ${schedule.chargingRateUnit}`);
    if (this.refuses) return 'Rejected';
    this.hold((profile.chargingProfileId ?? profile.id) as number, profile);
    return 'Accepted';
  }

  hold(number: number, profile: Record<string, unknown>): void {
    const [schedule] = [profile.chargingSchedule].flat() as [Schedule];
    const { limit } = schedule.chargingSchedulePeriod[0]!;
    this.#profiles.set(number, {
      purpose: profile.chargingProfilePurpose as string,
      level: profile.stackLevel as number,
      watts: schedule.chargingRateUnit === 'W' ? limit : limit * WATTS_PER_AMP,
    });
    this.onChange();
  }
}

let count = 0;
let locationId: string;
let stations: Station[] = [];
/** What all stations drew together, each time that one begins or takes a limit. */
let sums: number[] = [];
beforeEach(async () => {
  count += 1;
  const location = await mutate<{ id: string }>('createLocation', '... on Location { id }', {
    name: `Site ${count}`,
    address: 'Main Street 1',
    city: 'Springfield',
    country: 'US',
    latitude: 40,
    longitude: -90,
    timeZone: 'America/Chicago',
  });
  locationId = location.id;
  stations = [];
  sums = [];
  return () => Promise.all(stations.map(station => station.raw?.close()));
});

/** A charger of the site with one connector of 22 kW. */
async function add(version: (typeof VERSIONS)[number] = 'ocpp1.6', isThere = true): Promise<Station> {
  const uid = `SITE-${count}-${stations.length + 1}`;
  const credentials = await mutate<{ charger: { id: string }; password: string }>(
    'createCharger',
    '... on ChargerCredentials { password charger { id } }',
    {
      uid,
      ...(isThere && { locationId }),
      connectors: [
        {
          number: 1,
          standard: 'IEC_62196_T2',
          format: 'CABLE',
          powerType: 'AC_3_PHASE',
          maxVoltageV: 400,
          maxCurrentA: 32,
          maxPowerW: MAX_W,
        },
      ],
    },
  );
  const station = new Station(uid, uuidOf(credentials.charger.id), credentials.password, version);
  station.onChange = () => sums.push(stations.reduce((sum, { drawnW }) => sum + drawnW, 0));
  stations.push(station);
  await station.connect();
  await station.boot();
  return station;
}

async function setCeiling(powerLimitW: number | null, id = locationId): Promise<void> {
  const input = { locationId: id, powerLimitW };
  await mutate('setLocationPowerLimit', '... on Location { powerLimitW }', input);
  await settled();
}

interface Limit {
  readonly shareW: number | null;
  readonly sentW: number | null;
  readonly refusedAt: string | null;
}

async function limitOf(station: Station): Promise<Limit | null> {
  const { data } = await server.graphql<{ node: { connectors: { limit: Limit | null }[] } }>(
    'query ($id: ID!) { node(id: $id) { ... on Charger { connectors { limit { shareW sentW refusedAt } } } } }',
    { id: globalId('Charger', station.id) },
  );
  return data.node.connectors[0]!.limit;
}

const alerts = (station: Station) =>
  server.sql<{ resolved: boolean; occurrences: number }>(
    `select resolved_at is not null resolved, occurrences from alerts where type = 'limit_refused' and charger_id = $1`,
    [station.id],
  );

/** Nobody, at no moment, was let draw more. */
function expectWithin(ceilingW: number): void {
  expect(sums.length).toBeGreaterThan(3);
  for (const sum of sums) expect(sum).toBeLessThanOrEqual(ceilingW);
}

describe.each(VERSIONS)('a station under a ceiling (%s)', version => {
  it('knows what a charge may begin with before one begins, has its share then, and is back to it afterwards', async () => {
    const station = await add(version);
    await setCeiling(30_000);
    expect(station.told).toEqual(['6 A']);
    expect(await limitOf(station)).toMatchObject({ shareW: 4_157, sentW: 4_157 });
    await station.begin();
    expect(sums.at(-1)).toBeLessThanOrEqual(MAX_W);
    await settled();
    await station.end();
    await settled();
    expect(station.told).toEqual(['6 A', '32 A', '6 A']);
  });

  it('is told nothing again when it is back, all of it when it has started anew, and to forget it with the ceiling', async () => {
    const station = await add(version);
    await setCeiling(30_000);
    await station.go();
    await station.connect();
    await server.sql("update graphile_worker._private_jobs set run_at = now() where key like 'balance:%'");
    await settled();
    expect(station.told).toEqual(['6 A']);
    await station.boot();
    await settled();
    expect(station.told).toEqual(['6 A', '6 A']);
    await setCeiling(null);
    expect(station.told).toEqual(['6 A', '6 A', 'clear']);
    expect(station.heldW).toBe(null);
    expect(await limitOf(station)).toMatchObject({ shareW: null, sentW: null });
  });

  it('three at once, from the first second of each charge: the limits are within the ceiling', async () => {
    const [first, second, third] = [await add(version), await add(version), await add('ocpp1.6')] as const;
    await setCeiling(30_000);
    first.delayMs = 120;
    second.delayMs = 40;
    for (let round = 0; round < 3; round++) {
      await Promise.all(stations.map(station => station.begin()));
      await settled();
      for (const { heldW } of stations) expect(heldW).toBeCloseTo(14.4 * WATTS_PER_AMP);
      await Promise.all([first.end(), third.end()]);
      await third.begin();
      await settled();
      await Promise.all([second.end(), third.end()]);
    }
    await settled();
    expectWithin(30_000);
  });
});

describe('a site under a ceiling', () => {
  it('gives what a charge may begin with only of what nobody who charges can use', async () => {
    for (let station = 0; station < 4; station++) await add();
    const [first, second, third, fourth] = stations as [Station, Station, Station, Station];
    await setCeiling(27_000);
    expect(stations.map(({ heldW }) => heldW)).toEqual([BEGIN_W, BEGIN_W, BEGIN_W, BEGIN_W]);
    await first.begin();
    await settled();
    expect(first.heldW).toBeCloseTo(32 * WATTS_PER_AMP);
    expect([second.heldW, third.heldW, fourth.heldW].sort()).toEqual([0, 0, BEGIN_W]);
    await second.begin();
    await settled();
    expect([first.heldW, second.heldW]).toEqual([19.4 * WATTS_PER_AMP, 19.4 * WATTS_PER_AMP]);
    expect([third.heldW, fourth.heldW]).toEqual([0, 0]);
    expectWithin(27_000);
  });

  it('counts a station that is out of reach with what it holds, whether it charges on or begins meanwhile', async () => {
    const [first, second, third] = [await add(), await add('ocpp2.0.1'), await add()] as const;
    await setCeiling(30_000);
    await first.begin();
    await second.begin();
    await settled();
    await first.go();
    await third.go();
    // a charge that the server does not know of
    third.isCharging = true;
    third.onChange();
    await second.end();
    await second.begin();
    await settled();
    expect([first, second, third].map(({ heldW }) => heldW! / WATTS_PER_AMP)).toEqual([21.6, 21.7, 0]);
    expect(await limitOf(first)).toMatchObject({ shareW: 14_965, sentW: 14_965 });
    await third.connect();
    await third.tellBegin();
    await settled();
    expect([second.heldW, third.heldW]).toEqual([10.8 * WATTS_PER_AMP, 10.8 * WATTS_PER_AMP]);
    await first.connect();
    await first.end();
    await settled();
    expect([second.heldW, third.heldW]).toEqual([21.6 * WATTS_PER_AMP, 21.6 * WATTS_PER_AMP]);
    expectWithin(30_000);
  });

  it('counts a station that refuses at its maximum, charge or no charge, and tells the operators once', async () => {
    const [refuser, other] = [await add(), await add()] as const;
    refuser.refuses = true;
    await setCeiling(30_000);
    await other.begin();
    await settled();
    expect(await limitOf(refuser)).toMatchObject({
      shareW: MAX_W,
      sentW: null,
      refusedAt: expect.any(String),
    });
    expect(other.heldW).toBeCloseTo(11.5 * WATTS_PER_AMP);
    await other.raw.call('StatusNotification', { connectorId: 1, errorCode: 'NoError', status: 'Charging' });
    await settled();
    expect(refuser.told).toHaveLength(1);
    expect(await alerts(refuser)).toEqual([{ resolved: false, occurrences: 1 }]);
    await refuser.begin();
    await settled();
    expect([refuser.drawnW, other.heldW]).toEqual([MAX_W, 11.5 * WATTS_PER_AMP]);
    expectWithin(30_000);

    refuser.refuses = false;
    await refuser.boot();
    await settled();
    expect([refuser.heldW, other.heldW]).toEqual([21.6 * WATTS_PER_AMP, 21.6 * WATTS_PER_AMP]);
    expect(await limitOf(refuser)).toMatchObject({ refusedAt: null });
    expect(await alerts(refuser)).toEqual([{ resolved: true, occurrences: 1 }]);
    expectWithin(30_000);
  });

  it('does not count against a station that it refuses what somebody asks of it', async () => {
    const [asked, other] = [await add(), await add()] as const;
    await setCeiling(30_000);
    await Promise.all([asked.begin(), other.begin()]);
    await settled();
    asked.refuses = true;
    const { body } = await server.rest('PUT', `/smart-charging/${asked.id}/limit`, { body: { limit: 10 } });
    expect(body.data.accepted).toBe(false);
    await settled();
    expect([asked.heldW, other.heldW]).toEqual([21.6 * WATTS_PER_AMP, 21.6 * WATTS_PER_AMP]);
    expect(await limitOf(asked)).toMatchObject({ refusedAt: null });
    expect(await alerts(asked)).toEqual([]);
  });

  it('takes in a charger that comes to stand there, and lets one go that is moved away', async () => {
    const here = await add();
    const arriving = await add('ocpp1.6', false);
    await setCeiling(30_000);
    expect(arriving.told).toEqual([]);
    const move = (to: string | null) =>
      mutate('updateCharger', '... on Charger { uid }', {
        id: globalId('Charger', arriving.id),
        locationId: to,
      });
    await move(locationId);
    await settled();
    expect(arriving.told).toEqual(['6 A']);
    await here.begin();
    await arriving.begin();
    await settled();
    expect([here.heldW, arriving.heldW]).toEqual([21.6 * WATTS_PER_AMP, 21.6 * WATTS_PER_AMP]);
    await move(null);
    await settled();
    expect([here.heldW, arriving.heldW]).toEqual([32 * WATTS_PER_AMP, null]);
  });

  it('counts the profile of a remote start that waits for the plug, which cannot be lowered before', async () => {
    const [waiting, other, third] = [await add(), await add(), await add()] as const;
    await setCeiling(30_000);
    const cancelled = await startRemotely(waiting);
    await Promise.all([other.begin(), third.begin()]);
    await settled();
    await server.rest('POST', '/charging/stop', { body: { sessionId: cancelled } });
    await settled();
    expect([other.heldW, third.heldW]).toEqual([21.6 * WATTS_PER_AMP, 21.6 * WATTS_PER_AMP]);
    waiting.forgetStart();
    await Promise.all([other.end(), third.end()]);
    await settled();

    await startRemotely(waiting);
    await Promise.all([other.begin(), third.begin()]);
    await settled();
    const heldBefore = other.heldW! + third.heldW!;
    expect(heldBefore).toBeGreaterThan(25_500);
    expect(heldBefore).toBeLessThanOrEqual(30_000 - BEGIN_W);
    await waiting.begin();
    expect(sums.at(-1)).toBeGreaterThan(29_500);
    await settled();
    for (const { heldW } of stations) expect(heldW).toBeCloseTo(14.4 * WATTS_PER_AMP);
    expectWithin(30_000);
  });

  it('holds for what operators set: a connector’s default, and the profile of a remote start', async () => {
    const station = await add();
    await setCeiling(30_000);
    const schedule = { kind: 'RELATIVE', unit: 'A', stackLevel: 3, periods: [{ startPeriod: 0, limit: 25 }] };
    await mutate('setChargingProfile', '... on ChargingProfile { status }', {
      chargerId: globalId('Charger', station.id),
      purpose: 'TX_DEFAULT',
      connectorNumber: 1,
      schedule,
    });
    expect(station.heldW).toBeCloseTo(BEGIN_W);
    expect(await scheduleOf(station)).toEqual([{ startPeriod: 0, limit: 6 }]);

    await startRemotely(station);
    expect(station.heldW).toBeCloseTo(BEGIN_W);
    await station.begin();
    await settled();
    expect(station.heldW).toBeCloseTo(20 * WATTS_PER_AMP);
    await station.end();
    await settled();
    expect(station.heldW).toBeCloseTo(BEGIN_W);
    expect(await scheduleOf(station)).toEqual([{ startPeriod: 0, limit: 6 }]);
  });
});

/** The station accepts a remote start with a profile of 20 A, and waits for the plug. */
async function startRemotely(station: Station): Promise<string> {
  const starting = mutate<{ id: string }>('startSession', '... on Session { id }', {
    chargerId: globalId('Charger', station.id),
    idTag: server.demo.idTag,
    chargingProfile: { kind: 'RELATIVE', unit: 'A', periods: [{ startPeriod: 0, limit: 20 }] },
  });
  const call = await station.raw.expectCall<{ chargingProfile: Record<string, unknown> }>(
    'RemoteStartTransaction',
  );
  station.hold(call.payload.chargingProfile.chargingProfileId as number, call.payload.chargingProfile);
  station.raw.reply(call.id, { status: 'Accepted' });
  return uuidOf((await starting).id);
}

/** What follows from all that is known here; the station itself is not asked to agree. */
async function scheduleOf(station: Station) {
  const asked = server.graphql<{ schedule: { ours: { startPeriod: number; limit: number }[] } }>(
    `query ($id: ID!) { schedule: compositeSchedule(chargerId: $id, connectorNumber: 1) {
      ours { startPeriod limit } } }`,
    { id: globalId('Charger', station.id) },
  );
  const { id } = await station.raw.expectCall('GetCompositeSchedule');
  station.raw.reply(id, { status: 'Rejected' });
  return (await asked).data.schedule.ours;
}
