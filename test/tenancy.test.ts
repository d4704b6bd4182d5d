import { GraphQLInputObjectType, getNamedType } from 'graphql';
import { sql } from 'kysely';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { schema } from '../schema/index.ts';
import { system } from '../src/auth/viewer.ts';
import { Charger } from '../src/domains/chargers/charger.entity.ts';
import { db } from '../src/domains/db.ts';
import { eventFeed } from '../src/domains/notifications/event-feed.ts';
import { inScopeOf } from '../src/kernel/context.ts';
import { APP_ROLE } from '../src/kernel/database.ts';
import { ValidationError } from '../src/kernel/errors.ts';
import { networksScope, runInScope, systemScope } from '../src/kernel/scope.ts';
import { newDriver, newKey, type TestDriver } from './support/callers.ts';
import { bootedStation, demoCharger, playCharge } from './support/charge.ts';
import { globalId } from './support/global-id.ts';
import { quiet } from './support/notifications.ts';
import {
  chargeThere,
  driverThere,
  maintainThere,
  makeOtherNetwork,
  moneyThere,
  type OtherDriver,
  type OtherNetwork,
} from './support/other-network.ts';
import { startTestServer, type TestServer } from './support/server.ts';
import type { RawStation } from './support/station.ts';

let server: TestServer;
let other: OtherNetwork;
let oscar: OtherDriver;
/** A driver of the demo network. */
let ana: TestDriver;
let own: RawStation;
let app: pg.Client;
/** Every table whose rows belong to a network, and the column that says to which. */
let tables: { name: string; column: 'network_id' | 'id' }[];

beforeAll(async () => {
  server = await startTestServer();
  other = await makeOtherNetwork(server);
  await chargeThere(server, other);
  const { networkId } = server.demo;
  const [place] = await server.sql<{ id: string }>('select id from locations where network_id = $1 limit 1', [
    networkId,
  ]);
  oscar = await driverThere(server, other, { networkId, locationId: place!.id });
  await maintainThere(server, other);
  await server.sql(`insert into unknown_chargers (uid, network_id) values ('STRAY', $1)`, [networkId]);
  ana = await newDriver(server, await newKey(server, { kind: 'APP', scopes: ['READ', 'WRITE', 'CONTROL'] }));
  await moneyThere(server, other);
  own = await bootedStation(server, 'DEMO-AC-01');
  await playCharge(own, {
    idTag: server.demo.idTag,
    at: '2026-06-18T10:00:00Z',
    steps: [{ minute: 10, meter: 4_000, powerW: 22_000 }],
    stop: { minute: 20, meter: 8_000 },
  });
  await quiet(server);
  app = new pg.Client({
    connectionString: server.databaseUrl,
    options: `-c role=${APP_ROLE}`,
    application_name: 'test',
  });
  await app.connect();
  tables = await server.sql(`
    select c.relname as name, 'network_id' as column from pg_class c
      join pg_attribute a on a.attrelid = c.oid and a.attname = 'network_id' and not a.attisdropped
     where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
    union all select 'networks', 'id' order by 1`);
});

afterAll(async () => {
  await app?.end();
  await own?.close();
  await server?.close();
});

/** Makes the connection a tenant's, as the pool does at each checkout. */
const actFor = (...networkIds: string[]) =>
  app.query(`select set_config('app.networks', $1, false), set_config('app.system', 'off', false)`, [
    `{${networkIds.join(',')}}`,
  ]);

const count = async (table: string, column: string, networkId: string): Promise<number> =>
  Number((await app.query(`select count(*) from ${table} where ${column} = $1`, [networkId])).rows[0].count);

describe('in the database, under the role that the product runs under', () => {
  it('the role is no superuser, bypasses nothing and owns no table', async () => {
    const [role] = await server.sql(
      `select rolsuper, rolbypassrls, rolcreaterole,
              exists (select from pg_class where relowner = r.oid) "ownsTables",
              exists (select from pg_auth_members where member = r.oid) "isMember"
         from pg_roles r where rolname = $1`,
      [APP_ROLE],
    );
    expect(role).toEqual({
      rolsuper: false,
      rolbypassrls: false,
      rolcreaterole: false,
      ownsTables: false,
      isMember: false,
    });
    expect((await app.query('select current_user')).rows[0].current_user).toBe(APP_ROLE);
  });

  it('every table of a network has row-level security that binds even its owner', async () => {
    const open = await server.sql(
      `select relname from pg_class where relnamespace = 'public'::regnamespace and relname = any($1)
          and not (relrowsecurity and relforcerowsecurity)`,
      [tables.map(table => table.name)],
    );
    expect(tables.length).toBeGreaterThan(23);
    expect(open).toEqual([]);
  });

  it('a partition, which has no policies of its own, cannot be reached past its table', async () => {
    const partitions = await server.sql<{ name: string }>(
      `select oid::regclass::text as name from pg_class where relispartition and relkind in ('r', 'p')`,
    );
    expect(partitions.length).toBeGreaterThan(0);
    await actFor(other.networkId);
    for (const { name } of partitions) {
      await expect(app.query(`select from ${name}`), name).rejects.toMatchObject({ code: '42501' });
      await expect(app.query(`delete from ${name}`), name).rejects.toMatchObject({ code: '42501' });
    }
  });

  it('a policy for every command names the tenant: none lets a row be written across networks', async () => {
    const policies = await server.sql<{ tablename: string; cmd: string; qual: string; with_check: string }>(
      `select tablename, cmd, qual, with_check from pg_policies where schemaname = 'public'`,
    );
    const writing = policies.filter(policy => policy.cmd !== 'SELECT');
    for (const policy of writing)
      expect(`${policy.with_check}`, policy.tablename).toContain('app.networks()');
    expect([...new Set(writing.map(policy => policy.tablename))].sort()).toEqual(
      tables.map(table => table.name).sort(),
    );
  });

  it('there is a row of the other network in every table: what follows proves something', async () => {
    await actFor(other.networkId);
    const empty: string[] = [];
    for (const { name, column } of tables) {
      if ((await count(name, column, other.networkId)) === 0) empty.push(name);
    }
    expect(empty).toEqual([]);
  });

  it('reads nothing of another network, from any table', async () => {
    await actFor(server.demo.networkId);
    for (const { name, column } of tables) {
      expect(await count(name, column, other.networkId), name).toBe(0);
      const { rows } = await app.query(`select count(*) from ${name} where ${column} <> $1`, [
        server.demo.networkId,
      ]);
      expect(rows, name).toEqual([{ count: '0' }]);
    }
  });

  it('sees nothing at all where no network is set', async () => {
    const nobody = new pg.Client({ connectionString: server.databaseUrl, options: `-c role=${APP_ROLE}` });
    await nobody.connect();
    try {
      for (const { name } of tables) {
        expect((await nobody.query(`select count(*) from ${name}`)).rows, name).toEqual([{ count: '0' }]);
      }
    } finally {
      await nobody.end();
    }
  });

  it('updates nothing of another network', async () => {
    for (const { name, column } of tables) {
      const touch = () =>
        app.query(`update ${name} set ${column} = ${column} where ${column} = $1`, [other.networkId]);
      await actFor(server.demo.networkId);
      expect((await touch()).rowCount, name).toBe(0);
      await actFor(other.networkId);
      expect((await touch()).rowCount, name).toBeGreaterThan(0);
    }
  });

  it('gives no row of its own to another network', async () => {
    await actFor(server.demo.networkId);
    for (const { name, column } of tables) {
      if ((await count(name, column, server.demo.networkId)) === 0) continue;
      const giving = app.query(`update ${name} set ${column} = $1 where ${column} = $2`, [
        other.networkId,
        server.demo.networkId,
      ]);
      await expect(giving, name).rejects.toMatchObject({ code: '42501' });
    }
  });

  it('deletes nothing of another network', async () => {
    await actFor(server.demo.networkId);
    for (const { name, column } of tables) {
      const deleted = await app.query(`delete from ${name} where ${column} = $1`, [other.networkId]);
      expect(deleted.rowCount, name).toBe(0);
    }
    await actFor(other.networkId);
    for (const { name, column } of tables) {
      expect(await count(name, column, other.networkId), name).toBeGreaterThan(0);
    }
  });

  it('inserts nothing into another network', async () => {
    for (const { name, column } of tables) {
      const [{ row }] = (await server.sql<{ row: object }>(
        `select to_jsonb(t) as row from ${name} t where ${column} = $1 limit 1`,
        [other.networkId],
      )) as [{ row: object }];
      const insert = () =>
        app.query(`insert into ${name} select * from jsonb_populate_record(null::${name}, $1)`, [
          JSON.stringify(row),
        ]);
      await actFor(server.demo.networkId);
      await expect(insert(), name).rejects.toMatchObject({ code: '42501' });
      // the wall is what stops it: the network itself gets as far as the row that is there already
      await actFor(other.networkId);
      await expect(insert(), name).rejects.toMatchObject({ code: '23505' });
    }
  });

  it('the system scope finds a row’s tenant across networks and writes nothing', async () => {
    await app.query(`select set_config('app.networks', '{}', false), set_config('app.system', 'on', false)`);
    expect(await count('chargers', 'network_id', other.networkId)).toBe(1);
    for (const { name, column } of tables) {
      if (name === 'unknown_chargers') continue; // a stranger's knock has no tenant yet
      const touched = await app.query(`update ${name} set ${column} = ${column}`);
      expect(touched.rowCount, name).toBe(0);
    }
    for (const name of ['drivers', 'tokens', 'sessions', 'transactions', 'meter_values', 'tariffs']) {
      expect((await app.query(`select count(*) from ${name}`)).rows, name).toEqual([{ count: '0' }]);
    }
  });
});

describe('on every way to a connection', () => {
  const em = () => server.app.em.fork();
  const uidsBySql = 'select distinct network_id from chargers';
  type Rows = { network_id: string }[];

  const ways: Record<string, () => Promise<string[]>> = {
    'em.find()': async () => (await em().find(Charger, {})).map(row => row.networkId as unknown as string),
    'em.fork().find()': async () =>
      (await em().fork().find(Charger, {})).map(row => row.networkId as unknown as string),
    'em.createQueryBuilder()': async () =>
      ((await em().createQueryBuilder(Charger).select('*').execute()) as { networkId: string }[]).map(
        row => row.networkId,
      ),
    'em.execute()': async () => ((await em().execute(uidsBySql)) as Rows).map(row => row.network_id),
    'em.getConnection().execute()': async () =>
      ((await em().getConnection().execute(uidsBySql)) as Rows).map(row => row.network_id),
    'em.getKysely()': async () =>
      (await db({ em: em() }).selectFrom('chargers').select('networkId').execute()).map(row => row.networkId),
    'em.getKysely().connection()': () =>
      em()
        .getKysely()
        .connection()
        .execute(async connection =>
          (await sql<{ network_id: string }>`select network_id from chargers`.execute(connection)).rows.map(
            row => row.network_id,
          ),
        ),
    'em.getKysely().transaction()': () =>
      em()
        .getKysely()
        .transaction()
        .execute(async transaction =>
          (await sql<{ network_id: string }>`select network_id from chargers`.execute(transaction)).rows.map(
            row => row.network_id,
          ),
        ),
    'em.find() in a transaction': () =>
      em().transactional(async tx =>
        (await tx.find(Charger, {})).map(row => row.networkId as unknown as string),
      ),
    'em.getKysely() in a transaction': () =>
      em().transactional(async tx =>
        (
          await db({ em: tx as never })
            .selectFrom('chargers')
            .select('networkId')
            .execute()
        ).map(row => row.networkId),
      ),
    'em.execute() in a transaction': () =>
      em().transactional(async tx =>
        ((await (tx as unknown as ReturnType<typeof em>).execute(uidsBySql)) as Rows).map(
          row => row.network_id,
        ),
      ),
    'em.begin()': async () => {
      const tx = em();
      await tx.begin();
      try {
        return (await tx.find(Charger, {})).map(row => row.networkId as unknown as string);
      } finally {
        await tx.rollback();
      }
    },
  };

  describe.each(Object.entries(ways))('%s', (_, read) => {
    it('sees the rows of the running scope, and no others', async () => {
      const mine = await runInScope(networksScope([server.demo.networkId]), read);
      expect([...new Set(mine)]).toEqual([server.demo.networkId]);
      const theirs = await runInScope(networksScope([other.networkId]), read);
      expect([...new Set(theirs)]).toEqual([other.networkId]);
      const both = await runInScope(networksScope([server.demo.networkId, other.networkId]), read);
      expect(new Set(both)).toEqual(new Set([server.demo.networkId, other.networkId]));
      expect(await runInScope(networksScope([]), read)).toEqual([]);
    });

    it('throws outside a scope', async () => {
      await expect((async () => read())()).rejects.toThrow('outside a scope');
    });
  });

  it('a connection keeps nothing of its last tenant: many at once, over one small pool', async () => {
    const reads = Object.values(ways);
    const scopes = [
      { scope: networksScope([server.demo.networkId]), expected: [server.demo.networkId] },
      { scope: networksScope([other.networkId]), expected: [other.networkId] },
      { scope: networksScope([]), expected: [] },
      { scope: systemScope, expected: [server.demo.networkId, other.networkId].sort() },
    ];
    const jobs = Array.from({ length: 200 }, (_, index) => ({
      read: reads[index % reads.length]!,
      ...scopes[Math.floor(index / 3) % scopes.length]!,
    }));
    const seen = await Promise.all(jobs.map(job => runInScope(job.scope, job.read)));
    expect(seen.map(networks => [...new Set(networks)].sort())).toEqual(jobs.map(job => job.expected));
  });

  it('a connection that breaks, or that no scope is named for, is not lost to the pool', async () => {
    const read = ways['em.getKysely()']!;
    for (let round = 0; round < 12; round++) {
      await expect(read()).rejects.toThrow('outside a scope');
      await server.sql(
        `select pg_terminate_backend(pid) from pg_stat_activity
          where datname = current_database() and application_name = '' and pid <> pg_backend_pid()
            and query ~ 'app.networks|chargers'`,
      );
      await runInScope(networksScope([other.networkId]), read).catch(() => {});
    }
    const seen = await Promise.all(
      Array.from({ length: 16 }, () => runInScope(networksScope([other.networkId]), read)),
    );
    expect(seen).toEqual(Array(16).fill([other.networkId]));
  });

  it('a tenant whose transaction failed leaves nothing behind either', async () => {
    for (let round = 0; round < 20; round++) {
      const failing = runInScope(networksScope([other.networkId]), () =>
        em().transactional(async tx => {
          await tx.find(Charger, {});
          throw new Error('rolled back');
        }),
      );
      await expect(failing).rejects.toThrow('rolled back');
      const mine = await runInScope(networksScope([server.demo.networkId]), ways['em.find()']!);
      expect([...new Set(mine)]).toEqual([server.demo.networkId]);
    }
  });
});

describe.each([
  ['', 'enable'],
  [', even where the database’s wall is down: the services are a wall of their own', 'disable'],
])('through the doors, another network’s things do not exist%s', (_, wall) => {
  beforeAll(async () => {
    for (const { name } of tables) await server.sql(`alter table ${name} ${wall} row level security`);
    ids.session = await rowOf('sessions', other.networkId);
    ids.token = await rowOf('tokens', other.networkId);
    ids.review = await rowOf('reviews', other.networkId);
    ids.alert = await rowOf('alerts', other.networkId);
    ids.favorite = await rowOf('favorites', other.networkId);
    ids.reservation = await rowOf('reservations', other.networkId);
    ids.schedule = await rowOf('schedules', other.networkId);
    ids.chargerJob = await rowOf('charger_jobs', other.networkId);
    ids.securityEvent = await rowOf('security_events', other.networkId);
    ids.certificate = await rowOf('charger_certificates', other.networkId);
    ids.change = await rowOf('configuration_changes', other.networkId);
    ids.webhook = await rowOf('webhook_subscriptions', other.networkId);
    ids.notification = await rowOf('notifications', other.networkId);
    ids.delivery = await rowOf('webhook_deliveries', other.networkId);
    ids.transaction = await rowOf('transactions', other.networkId);
    ids.invoice = await rowOf('invoices', other.networkId);
    ids.ownTariff = globalId('Tariff', await rowOf('tariffs', server.demo.networkId));
    ids.ownLocation = globalId('Location', await rowOf('locations', server.demo.networkId));
  });
  afterAll(async () => {
    for (const { name } of tables) await server.sql(`alter table ${name} enable row level security`);
  });

  interface Case {
    /** The arguments, as paths from the root field, that get another network's id here. */
    readonly covers: string[];
    readonly operation: string;
    /** The demo network's operator where left out. */
    readonly as?: 'driver';
    readonly variables: () => object;
    /** What stands in the field `result`, or the code of the field's error. */
    readonly answer: unknown;
  }

  const gone = { __typename: 'NotFoundError', code: 'not_found' };
  const unknownCredentials = { __typename: 'InvalidCredentialsError', code: 'invalid_credentials' };
  const union = '{ __typename ... on Error { code } }';
  const mine = (uid = 'DEMO-AC-01') => globalId('Charger', demoCharger(server, uid).id);
  const foreign = (type: 'network' | 'location' | 'charger' | 'connector' | 'tariff' | 'driver' | 'apiKey') =>
    globalId(type[0]!.toUpperCase() + type.slice(1), other[`${type}Id`]);
  const rowOf = async (table: string, networkId: string): Promise<string> =>
    (
      await server.sql<{ id: string }>(`select id from ${table} where network_id = $1 limit 1`, [networkId])
    )[0]!.id;
  const ids = {
    session: '',
    token: '',
    transaction: '',
    invoice: '',
    review: '',
    alert: '',
    favorite: '',
    reservation: '',
    schedule: '',
    chargerJob: '',
    securityEvent: '',
    certificate: '',
    change: '',
    webhook: '',
    notification: '',
    delivery: '',
    ownTariff: '',
    ownLocation: '',
  };
  const inAnHour = Temporal.Now.instant().add({ hours: 1 }).toString();
  const callers = { driver: () => ana.headers };

  const connectors = [
    {
      number: 1,
      standard: 'IEC_62196_T2',
      format: 'SOCKET',
      powerType: 'AC_3_PHASE',
      maxVoltageV: 400,
      maxCurrentA: 32,
      maxPowerW: 22000,
    },
  ];
  const place = {
    name: 'Mine',
    address: '1 Street',
    city: 'Ponce',
    country: 'US',
    latitude: 1,
    longitude: 1,
    timeZone: 'UTC',
  };
  const everyNode = [
    () => foreign('network'),
    () => foreign('location'),
    () => foreign('charger'),
    () => foreign('connector'),
    () => foreign('tariff'),
    () => foreign('driver'),
    () => globalId('Session', ids.session),
    () => globalId('Token', ids.token),
    () => globalId('Transaction', ids.transaction),
    () => globalId('Invoice', ids.invoice),
    () => globalId('Review', ids.review),
    () => globalId('Reservation', ids.reservation),
    () => globalId('Schedule', ids.schedule),
    () => globalId('Notification', ids.notification),
  ];
  const webhook = () => globalId('WebhookSubscription', ids.webhook);
  /** With what only an operator may ask for, and only a driver. */
  const nodesOf = {
    operator: [
      ...everyNode,
      () => globalId('Alert', ids.alert),
      () => foreign('apiKey'),
      () => globalId('ChargerJob', ids.chargerJob),
      () => globalId('SecurityEvent', ids.securityEvent),
      () => globalId('ChargerCertificate', ids.certificate),
      () => globalId('ConfigurationChange', ids.change),
      () => webhook(),
      () => globalId('WebhookDelivery', ids.delivery),
    ],
    driver: [...everyNode, () => globalId('Favorite', ids.favorite)],
  };
  const mutation = (
    field: string,
    type: string,
    input: () => object,
    covers: string,
    answer: unknown = gone,
    as?: 'driver',
  ) =>
    ({
      covers: [`${field}.${covers}`],
      operation: `mutation ($input: ${type}!) { result: ${field}(input: $input) ${union} }`,
      variables: () => ({ input: input() }),
      answer,
      ...(as && { as }),
    }) satisfies Case;
  const byId = (field: string, id: () => string, as?: 'driver') =>
    ({
      covers: [`${field}.id`],
      operation: `mutation ($id: ID!) { result: ${field}(id: $id) ${union} }`,
      variables: () => ({ id: id() }),
      answer: gone,
      ...(as && { as }),
    }) satisfies Case;
  const filtered = (field: string, type: string, name: string, id: () => string) =>
    ({
      covers: [`${field}.filter.${name}`],
      operation: `query ($filter: ${type}) { result: ${field}(filter: $filter) { totalCount nodes { id } } }`,
      variables: () => ({ filter: { [name]: id() } }),
      answer: { totalCount: 0, nodes: [] },
    }) satisfies Case;
  /** What an operator asks of a charger: by a query, and by a mutation. */
  const ofCharger = (field: string, selection: string) =>
    ({
      covers: [`${field}.chargerId`],
      operation: `query ($id: ID!) { result: ${field}(chargerId: $id) { ${selection} } }`,
      variables: () => ({ id: foreign('charger') }),
      answer: 'not_found',
    }) satisfies Case;
  const asks = (field: string, more: object = {}) =>
    mutation(
      field,
      `${field[0]!.toUpperCase()}${field.slice(1)}Input`,
      () => ({ chargerId: foreign('charger'), ...more }),
      'input.chargerId',
    );
  const priced = (name: string, id: () => string) =>
    ({
      covers: [`price.input.${name}`],
      operation: 'query ($input: PriceInput!) { result: price(input: $input) { tariffName } }',
      variables: () => ({ input: { [name]: id(), energyKwh: 1 } }),
      answer: 'not_found',
    }) satisfies Case;

  const REPORTS = ['dailySales', 'salesByLocation', 'salesByDriver', 'sessions']
    .map(list => `${list} { totalCount }`)
    .join(' ');

  const cases: Case[] = [
    ...(['operator', 'driver'] as const).flatMap((who): Case[] => [
      ...nodesOf[who].map(
        (id): Case => ({
          covers: ['node.id'],
          operation: 'query ($id: ID!) { result: node(id: $id) { id } }',
          variables: () => ({ id: id() }),
          answer: null,
          ...(who === 'driver' && { as: who }),
        }),
      ),
      {
        covers: ['nodes.ids'],
        operation: 'query ($ids: [ID!]!) { result: nodes(ids: $ids) { id } }',
        variables: () => ({ ids: nodesOf[who].map(id => id()) }),
        answer: nodesOf[who].map(() => null),
        ...(who === 'driver' && { as: who }),
      },
    ]),
    {
      // a network's face is anyone's to see
      covers: ['networkBranding.networkId'],
      operation: 'query ($id: ID!) { result: networkBranding(networkId: $id) { name } }',
      variables: () => ({ id: foreign('network') }),
      answer: { name: 'Network OTH' },
    },
    ...[() => other.uid, () => other.chargerId].map(
      (identifier): Case => ({
        covers: [],
        operation: 'query ($identifier: String!) { result: chargerInfo(identifier: $identifier) { uid } }',
        variables: () => ({ identifier: identifier() }),
        answer: null,
      }),
    ),
    {
      covers: [],
      operation: '{ result: nearestLocations(latitude: 18, longitude: -66.6, radiusKm: 1) { distanceKm } }',
      variables: () => ({}),
      answer: [],
    },
    {
      covers: [],
      operation: `mutation ($email: String!, $password: String!) {
        result: login(email: $email, password: $password) ${union} }`,
      variables: () => ({ email: oscar.email, password: oscar.password }),
      answer: unknownCredentials,
    },
    {
      covers: [],
      operation: `mutation ($token: String!) { result: refresh(refreshToken: $token) ${union} }`,
      variables: () => ({ token: oscar.refreshToken }),
      answer: unknownCredentials,
    },
    {
      covers: [],
      operation: `mutation ($token: String!) {
        result: resetPassword(token: $token, newPassword: "quite another one") ${union} }`,
      variables: () => ({ token: oscar.resetToken }),
      answer: unknownCredentials,
    },
    filtered('tokens', 'TokenFilter', 'driverId', () => foreign('driver')),
    filtered('notifications', 'NotificationFilter', 'driverId', () => foreign('driver')),
    {
      covers: [],
      operation: '{ result: notifications { totalCount nodes { id } } }',
      as: 'driver',
      variables: () => ({}),
      answer: { totalCount: 0, nodes: [] },
    },
    ofCharger('chargerConfiguration', 'variables { value }'),
    ofCharger('configurationChanges', 'totalCount'),
    ofCharger('localList', 'version'),
    ofCharger('availabilityWishes', 'status'),
    ofCharger('chargingProfiles', 'profileId'),
    ofCharger('chargerCertificates', 'totalCount'),
    ofCharger('chargerFrames', 'kind'),
    filtered('chargerJobs', 'ChargerJobFilter', 'chargerId', () => foreign('charger')),
    filtered('securityEvents', 'SecurityEventFilter', 'chargerId', () => foreign('charger')),
    asks('readChargerConfiguration'),
    asks('setChargerConfiguration', { name: { variable: 'Light' }, value: '1' }),
    asks('updateFirmware', { location: 'https://example.com/f' }),
    asks('uploadLog', { location: 'https://example.com/l', log: 'DIAGNOSTICS' }),
    asks('sendLocalList'),
    asks('changeAvailability', { isOperative: false }),
    asks('setChargingProfile', {
      connectorNumber: 1,
      purpose: 'TX',
      schedule: { kind: 'RELATIVE', unit: 'A', periods: [{ startPeriod: 0, limit: 6 }] },
    }),
    asks('clearChargingProfiles'),
    asks('requestChargingProfiles'),
    asks('transferData', { vendorId: 'V' }),
    asks('installCertificate', { use: 'MANUFACTURER_ROOT', certificate: 'X' }),
    asks('deleteCertificate', {
      hashAlgorithm: 'SHA256',
      issuerNameHash: '1',
      issuerKeyHash: '1',
      serialNumber: '1',
    }),
    {
      covers: ['clearAuthorizationCache.chargerId'],
      operation: `mutation ($id: ID!) { result: clearAuthorizationCache(chargerId: $id) ${union} }`,
      variables: () => ({ id: foreign('charger') }),
      answer: gone,
    },
    {
      covers: ['readInstalledCertificates.chargerId'],
      operation: `mutation ($id: ID!) {
        result: readInstalledCertificates(chargerId: $id, use: MANUFACTURER_ROOT) ${union} }`,
      variables: () => ({ id: foreign('charger') }),
      answer: gone,
    },
    {
      covers: ['deliverCertificate.id'],
      operation: `mutation ($id: ID!) { result: deliverCertificate(id: $id, chain: "X") ${union} }`,
      variables: () => ({ id: globalId('ChargerCertificate', ids.certificate) }),
      answer: gone,
    },
    ...(['network', 'location'] as const).map(what =>
      mutation(
        'adoptCharger',
        'AdoptChargerInput',
        () => ({ uid: 'STRAY', [`${what}Id`]: foreign(what) }),
        `input.${what}Id`,
      ),
    ),
    mutation('adoptCharger', 'AdoptChargerInput', () => ({ uid: `STRANGER-${other.uid}` }), 'input.uid'),
    {
      covers: [],
      operation: '{ result: unknownChargers { uid } }',
      variables: () => ({}),
      answer: [{ uid: 'STRAY' }],
    },
    filtered('alerts', 'AlertFilter', 'chargerId', () => foreign('charger')),
    filtered('alerts', 'AlertFilter', 'locationId', () => foreign('location')),
    byId('acknowledgeAlert', () => globalId('Alert', ids.alert)),
    byId('invalidateToken', () => globalId('Token', ids.token)),
    byId('removeFavorite', () => globalId('Favorite', ids.favorite), 'driver'),
    mutation('updateDriver', 'UpdateDriverInput', () => ({ id: foreign('driver'), city: 'X' }), 'input.id'),
    mutation(
      'createDriver',
      'CreateDriverInput',
      () => ({ networkId: foreign('network'), email: 'x@example.com', firstName: 'X', lastName: 'X' }),
      'input.networkId',
    ),
    mutation('createToken', 'CreateTokenInput', () => ({ driverId: foreign('driver') }), 'input.driverId'),
    mutation(
      'addReview',
      'AddReviewInput',
      () => ({ locationId: foreign('location'), rating: 1 }),
      'input.locationId',
      gone,
      'driver',
    ),
    mutation(
      'reportProblem',
      'ReportProblemInput',
      () => ({ locationId: foreign('location'), category: 'OTHER' }),
      'input.locationId',
      gone,
      'driver',
    ),
    mutation(
      'reportProblem',
      'ReportProblemInput',
      () => ({ locationId: ids.ownLocation, chargerId: foreign('charger'), category: 'OTHER' }),
      'input.chargerId',
      gone,
      'driver',
    ),
    ...(['location', 'charger'] as const).map(target =>
      mutation(
        'saveFavorite',
        'SaveFavoriteInput',
        () => ({ targetId: foreign(target) }),
        'input.targetId',
        gone,
        'driver',
      ),
    ),
    filtered('chargers', 'ChargerFilter', 'locationId', () => foreign('location')),
    filtered('sessions', 'SessionFilter', 'chargerId', () => foreign('charger')),
    filtered('sessions', 'SessionFilter', 'locationId', () => foreign('location')),
    filtered('transactions', 'TransactionFilter', 'driverId', () => foreign('driver')),
    filtered('invoices', 'InvoiceFilter', 'driverId', () => foreign('driver')),
    {
      covers: ['invoice.id'],
      operation: 'query ($id: ID!) { result: invoice(id: $id) { id } }',
      variables: () => ({ id: globalId('Invoice', ids.invoice) }),
      answer: null,
    },
    mutation(
      'updatePaymentSettings',
      'PaymentSettingsInput',
      () => ({ networkId: foreign('network'), isEnabled: false }),
      'input.networkId',
    ),
    {
      covers: ['paymentSettings.networkId'],
      operation: 'query ($id: ID!) { result: paymentSettings(networkId: $id) { id } }',
      variables: () => ({ id: foreign('network') }),
      answer: 'not_found',
    },
    mutation(
      'refundTransaction',
      'RefundInput',
      () => ({ transactionId: globalId('Transaction', ids.transaction) }),
      'input.transactionId',
    ),
    {
      covers: ['retryPayment.transactionId'],
      operation: `mutation ($id: ID!) { result: retryPayment(transactionId: $id) ${union} }`,
      variables: () => ({ id: globalId('Transaction', ids.transaction) }),
      answer: gone,
    },
    {
      // told before anything is looked up: the driver's own network takes no payments
      covers: ['paymentReport.sessionId'],
      operation: 'query ($id: ID!) { result: paymentReport(sessionId: $id) { isFree } }',
      variables: () => ({ id: globalId('Session', ids.session) }),
      answer: 'payments_not_enabled',
      as: 'driver',
    },
    byId('markInvoicePaid', () => globalId('Invoice', ids.invoice)),
    byId('voidInvoice', () => globalId('Invoice', ids.invoice)),
    mutation(
      'createInvoice',
      'CreateInvoiceInput',
      () => ({ transactionIds: [globalId('Transaction', ids.transaction)] }),
      'input.transactionIds',
    ),
    priced('tariffId', () => foreign('tariff')),
    priced('connectorId', () => foreign('connector')),
    priced('chargerId', () => foreign('charger')),
    byId('stopSession', () => globalId('Session', ids.session)),
    ...([undefined, 'driver'] as const).flatMap((who): Case[] => [
      byId('cancelReservation', () => globalId('Reservation', ids.reservation), who),
      ...(['unlockConnector', 'triggerMessage', 'resetCharger', 'clearChargingLimit'] as const).map(command =>
        mutation(
          command,
          `${command[0]!.toUpperCase()}${command.slice(1)}Input`,
          () => ({ chargerId: foreign('charger') }),
          'input.chargerId',
          gone,
          who,
        ),
      ),
      mutation(
        'setChargingLimit',
        'SetChargingLimitInput',
        () => ({ chargerId: foreign('charger'), limit: 6 }),
        'input.chargerId',
        gone,
        who,
      ),
      {
        covers: ['mayCommand.chargerId'],
        operation: 'query ($id: ID!) { result: mayCommand(chargerId: $id) }',
        variables: () => ({ id: foreign('charger') }),
        answer: false,
        ...(who && { as: who }),
      },
      {
        covers: ['compositeSchedule.chargerId'],
        operation: 'query ($id: ID!) { result: compositeSchedule(chargerId: $id) { accepted } }',
        variables: () => ({ id: foreign('charger') }),
        answer: 'not_found',
        ...(who && { as: who }),
      },
    ]),
    mutation(
      'rebootCharger',
      'ResetChargerInput',
      () => ({ chargerId: foreign('charger') }),
      'input.chargerId',
    ),
    mutation(
      'setLocationPowerLimit',
      'SetLocationPowerLimitInput',
      () => ({ locationId: foreign('location'), powerLimitW: 1 }),
      'input.locationId',
    ),
    byId('cancelSchedule', () => globalId('Schedule', ids.schedule), 'driver'),
    ...[
      { field: 'reserve', type: 'ReserveInput', when: {} },
      { field: 'createSchedule', type: 'CreateScheduleInput', when: { scheduledTime: inAnHour } },
    ].flatMap(({ field, type, when }) => [
      mutation(
        field,
        type,
        () => ({ chargerId: foreign('charger'), ...when }),
        'input.chargerId',
        gone,
        'driver',
      ),
      mutation(
        field,
        type,
        () => ({ chargerId: mine(), idTag: other.idTag, ...when }),
        'input.chargerId',
        { __typename: 'TokenInvalidError', code: 'token_invalid' },
        'driver',
      ),
    ]),
    ...['reservations', 'schedules'].map(
      (list): Case => ({
        covers: [],
        operation: `{ result: ${list} { totalCount nodes { id } } }`,
        as: 'driver',
        variables: () => ({}),
        answer: { totalCount: 0, nodes: [] },
      }),
    ),
    ...(['location', 'driver'] as const).map(
      (type): Case => ({
        covers: [`report.${type}Id`],
        operation: `query ($id: ID!) { result: report(${type}Id: $id) { ${REPORTS} } }`,
        variables: () => ({ id: foreign(type) }),
        answer: {
          dailySales: { totalCount: 0 },
          salesByLocation: { totalCount: 0 },
          salesByDriver: { totalCount: 0 },
          sessions: { totalCount: 0 },
        },
      }),
    ),
    {
      covers: [],
      operation: `{ result: report(from: "2026-06-01T00:00:00Z") {
        salesByLocation { nodes { locationName } } salesByDriver { nodes { email } }
        sessions { nodes { chargerUid } } dailySales { nodes { sessions } } } }`,
      variables: () => ({}),
      answer: {
        salesByLocation: { nodes: [{ locationName: 'Harbour Garage' }] },
        salesByDriver: { nodes: [{ email: 'luis@example.com' }] },
        sessions: { nodes: [{ chargerUid: 'DEMO-AC-01' }] },
        dailySales: { nodes: [{ sessions: 1 }] },
      },
    },
    {
      covers: [],
      operation: '{ result: sessionAnalytics(from: "2026-06-01T00:00:00Z") { totalSessions } }',
      variables: () => ({}),
      answer: { totalSessions: 1 },
    },
    {
      covers: [],
      operation: '{ result: energyAnalytics(from: "2026-06-01T00:00:00Z") { energyWh } }',
      variables: () => ({}),
      answer: { energyWh: '8000' },
    },
    {
      covers: [],
      operation: `{ result: revenueAnalytics(from: "2026-06-01T00:00:00Z") {
        revenue { amount } topLocations { location { name } } } }`,
      variables: () => ({}),
      answer: { revenue: { amount: '4.13' }, topLocations: [{ location: { name: 'Harbour Garage' } }] },
    },
    mutation(
      'createWebhook',
      'CreateWebhookInput',
      () => ({ url: 'https://hooks.invalid/', events: ['*'], networkId: foreign('network') }),
      'input.networkId',
    ),
    mutation('updateWebhook', 'UpdateWebhookInput', () => ({ id: webhook(), isActive: false }), 'input.id'),
    ...['deleteWebhook', 'testWebhook', 'rotateWebhookSecret'].map(field => byId(field, webhook)),
    byId('retryWebhookDelivery', () => globalId('WebhookDelivery', ids.delivery)),
    {
      covers: ['retryWebhookDelivery.webhookId'],
      operation: `mutation ($id: ID!, $webhookId: ID!) {
        result: retryWebhookDelivery(id: $id, webhookId: $webhookId) ${union} }`,
      variables: () => ({ id: globalId('WebhookDelivery', ids.delivery), webhookId: webhook() }),
      answer: gone,
    },
    {
      covers: ['recoverWebhookDeliveries.webhookId'],
      operation: `mutation ($id: ID!) { result: recoverWebhookDeliveries(webhookId: $id,
        from: "2026-01-01T00:00:00Z", to: "2099-01-01T00:00:00Z") ${union} }`,
      variables: () => ({ id: webhook() }),
      answer: gone,
    },
    byId('renewChargerPassword', () => foreign('charger')),
    byId('revokeApiKey', () => foreign('apiKey')),
    mutation(
      'startSession',
      'StartSessionInput',
      () => ({ chargerId: foreign('charger'), idTag: server.demo.idTag }),
      'input.chargerId',
    ),
    mutation(
      'startSession',
      'StartSessionInput',
      () => ({ chargerId: mine(), idTag: other.idTag }),
      'input.chargerId',
      { __typename: 'TokenInvalidError', code: 'token_invalid' },
    ),
    mutation(
      'updateCharger',
      'UpdateChargerInput',
      () => ({ id: foreign('charger'), floorLevel: 'X' }),
      'input.id',
    ),
    mutation(
      'updateCharger',
      'UpdateChargerInput',
      () => ({ id: mine(), locationId: foreign('location') }),
      'input.locationId',
    ),
    mutation(
      'updateLocation',
      'UpdateLocationInput',
      () => ({ id: foreign('location'), name: 'X' }),
      'input.id',
    ),
    mutation(
      'updateNetwork',
      'UpdateNetworkInput',
      () => ({ id: foreign('network'), name: 'X' }),
      'input.id',
    ),
    mutation('updateTariff', 'UpdateTariffInput', () => ({ id: foreign('tariff'), name: 'X' }), 'input.id'),
    mutation('assignTariff', 'AssignTariffInput', () => ({ tariffId: foreign('tariff') }), 'input.tariffId'),
    ...(['connector', 'charger', 'location'] as const).map(target =>
      mutation(
        'assignTariff',
        'AssignTariffInput',
        () => ({ tariffId: ids.ownTariff, [`${target}Id`]: foreign(target) }),
        `input.${target}Id`,
      ),
    ),
    mutation(
      'createCharger',
      'CreateChargerInput',
      () => ({ uid: 'X1', networkId: foreign('network'), connectors }),
      'input.networkId',
    ),
    mutation(
      'createCharger',
      'CreateChargerInput',
      () => ({ uid: 'X2', locationId: foreign('location'), connectors }),
      'input.locationId',
    ),
    mutation(
      'createLocation',
      'CreateLocationInput',
      () => ({ ...place, networkId: foreign('network') }),
      'input.networkId',
    ),
    mutation(
      'createTariff',
      'CreateTariffInput',
      () => ({ networkId: foreign('network'), code: 'X', name: 'X', currency: 'USD' }),
      'input.networkId',
    ),
    mutation(
      'createApiKey',
      'CreateApiKeyInput',
      () => ({ name: 'X', kind: 'OPERATOR', scopes: ['READ'], networkId: foreign('network') }),
      'input.networkId',
    ),
    mutation(
      'createApiKey',
      'CreateApiKeyInput',
      () => ({
        name: 'X',
        kind: 'OPERATOR',
        scopes: ['READ'],
        networkId: globalId('Network', server.demo.networkId),
        alsoReaches: [foreign('network')],
      }),
      'input.alsoReaches',
    ),
  ];

  it.each(cases.map(one => [`${one.covers[0] ?? 'no id'}: ${one.operation.slice(0, 60)}`, one] as const))(
    '%s',
    async (_, { operation, variables, answer, as }) => {
      const before = await everyRow();
      const { data, errors } = await server.graphql<{ result: unknown }>(
        operation,
        variables(),
        as && callers[as](),
      );
      if (typeof answer === 'string') expect(errors?.[0]?.extensions.code).toBe(answer);
      else expect({ errors, result: data.result }).toEqual({ errors: undefined, result: answer });
      expect(await everyRow()).toEqual(before);
    },
  );

  it('an id argument of the graph that none of these cases covers is a hole in them', () => {
    const all = [schema.getQueryType()!, schema.getMutationType()!].flatMap(root =>
      Object.values(root.getFields()).flatMap(field =>
        field.args.flatMap(arg => idPaths(`${field.name}.${arg.name}`, getNamedType(arg.type))),
      ),
    );
    const covered = new Set(cases.flatMap(one => one.covers));
    expect(all.filter(path => !covered.has(path))).toEqual([]);
    expect(all.length).toBeGreaterThan(20);
  });

  it('its lists hold nothing but the caller’s own', async () => {
    const { data } = await server.graphql<Record<string, { totalCount: number; nodes: { id: string }[] }>>(`{
      networks { totalCount nodes { id } } apiKeys { totalCount nodes { id } }
      locations { totalCount nodes { id } } chargers { totalCount nodes { id } }
      tariffs { totalCount nodes { id } } drivers { totalCount nodes { id } }
      sessions { totalCount nodes { id } } transactions { totalCount nodes { id } }
      tokens { totalCount nodes { id } } alerts { totalCount nodes { id } }
      reservations { totalCount nodes { id } }
      chargerJobs { totalCount nodes { id } } securityEvents { totalCount nodes { id } }
      reservations { totalCount nodes { id } } webhooks { totalCount nodes { id } }
      reservations { totalCount nodes { id } } invoices { totalCount nodes { id } }
    }`);
    const counts = Object.fromEntries(Object.entries(data).map(([list, page]) => [list, page.totalCount]));
    expect(counts).toEqual({
      networks: 1,
      apiKeys: 3,
      locations: 3,
      chargers: 8,
      tariffs: 4,
      drivers: 3,
      sessions: 1,
      transactions: 1,
      tokens: 4,
      alerts: 0,
      reservations: 0,
      chargerJobs: 0,
      securityEvents: 0,
      webhooks: 0,
      invoices: 0,
    });
    const listed = Object.values(data).flatMap(page => page.nodes.map(node => node.id));
    const foreignIds = nodesOf.operator.map(id => id());
    expect(listed.filter(id => foreignIds.includes(id))).toEqual([]);
  });

  it('its event feed knows none of the other’s chargers, neither by id nor by uid', async () => {
    const ctx = server.app.context(system, 'test', { scope: networksScope([server.demo.networkId]) });
    for (const filter of [{ chargerIds: [other.chargerId] }, { chargerUids: [other.uid] }]) {
      await expect(inScopeOf(ctx, () => eventFeed(ctx, filter))).rejects.toBeInstanceOf(ValidationError);
    }
  });

  it('a driver’s access token is none under a key that does not reach the driver’s network', async () => {
    const { errors } = await server.graphql(
      '{ me { id } }',
      {},
      { authorization: `Bearer ${oscar.accessToken}` },
    );
    expect(errors?.[0]?.extensions.code).toBe('unauthorized');
  });

  it('a driver of another network who reviews a place here keeps their name', async () => {
    const { data, errors } = await server.graphql(
      'query ($id: ID!) { node(id: $id) { ... on Location { reviews { nodes { comment authorName } } } } }',
      { id: ids.ownLocation },
    );
    expect({ data, errors }).toEqual({
      data: { node: { reviews: { nodes: [{ comment: 'Away', authorName: null }] } } },
      errors: undefined,
    });
  });

  it('an id that is no UUID, and one of another kind of thing, name nothing', async () => {
    const { data, errors } = await server.graphql('query ($ids: [ID!]!) { nodes(ids: $ids) { id } }', {
      ids: [globalId('Charger', 'abc'), globalId('Session', "1' or '1'='1")],
    });
    expect({ data, errors }).toEqual({ data: { nodes: [null, null] }, errors: undefined });
    const stop = await server.graphql(`mutation ($id: ID!) { result: stopSession(id: $id) ${union} }`, {
      id: globalId('Session', 'abc'),
    });
    expect(stop).toEqual({ data: { result: gone } });
    const wrong = await server.graphql(`mutation ($id: ID!) { result: stopSession(id: $id) ${union} }`, {
      id: mine(),
    });
    expect(wrong.errors?.[0]?.message).toContain('is not of type: Session');
  });

  /** The tables that the mutations above would write to, whole. */
  async function everyRow(): Promise<string> {
    const names = [
      'alerts',
      'api_keys',
      'availability_wishes',
      'charger_certificates',
      'charger_variables',
      'chargers',
      'charging_limits',
      'charging_profiles',
      'configuration_changes',
      'drivers',
      'favorites',
      'local_lists',
      'invoices',
      'invoice_lines',
      'locations',
      'networks',
      'notification_preferences',
      'payment_settings',
      'refunds',
      'session_payments',
      'password_resets',
      'problem_reports',
      'push_subscriptions',
      'refresh_tokens',
      'reservations',
      'reviews',
      'schedules',
      'security_events',
      'sessions',
      'charger_jobs',
      'tariffs',
      'tariff_assignments',
      'tokens',
      'unknown_chargers',
      'webhook_deliveries',
      'webhook_subscriptions',
    ];
    const rows = await server.sql<{ digest: string }>(
      names
        .map(
          name =>
            `select '${name} ' || md5(coalesce(string_agg(t::text, '' order by t::text), '')) digest from ${name} t`,
        )
        .join(' union all '),
    );
    return rows.map(row => row.digest).join('\n');
  }
});

function idPaths(path: string, type: unknown): string[] {
  if (String(type) === 'ID') return [path];
  if (!(type instanceof GraphQLInputObjectType)) return [];
  return Object.values(type.getFields()).flatMap(field =>
    idPaths(`${path}.${field.name}`, getNamedType(field.type)),
  );
}
