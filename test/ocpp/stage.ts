import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { storePassword } from '../../src/domains/chargers/charger-password.ts';
import type { TestServer } from '../support/server.ts';
import { RawStation, RefusedUpgrade, type StationOptions } from '../support/station.ts';

export interface StagedCharger {
  readonly id: string;
  readonly uid: string;
  readonly password: string;
}

let count = 0;

/** A charger of the demo network for one test alone. Its connectors come with what it reports. */
export async function addCharger(
  server: TestServer,
  options: { securityProfile?: number; messageValidation?: 'strict' | 'relaxed' } = {},
) {
  count += 1;
  const charger: StagedCharger = { id: randomUUID(), uid: `TEST-${count}`, password: `secret-of-${count}` };
  const { passwordSalt, passwordHash } = storePassword(charger.password);
  await server.sql(
    `insert into chargers (id, network_id, uid, security_profile, message_validation, password_salt, password_hash)
     values ($1, $2, $3, $4, $5, $6, $7)`,
    [
      charger.id,
      server.demo.networkId,
      charger.uid,
      options.securityProfile ?? 1,
      options.messageValidation ?? 'relaxed',
      passwordSalt,
      passwordHash,
    ],
  );
  return charger;
}

/** A token of the demo driver for one test alone; answers its uid. */
export async function addToken(
  server: TestServer,
  fields: { isBlocked?: boolean; expiresAt?: string; groupUid?: string; type?: string } = {},
): Promise<string> {
  count += 1;
  const uid = `Tag-${count}`;
  await server.sql(
    `insert into tokens (id, network_id, driver_id, uid, type, contract_id, is_blocked, expires_at, group_uid)
     select $1, network_id, driver_id, $2, $7, $2, $3, $4, $5 from tokens where uid = $6`,
    [
      randomUUID(),
      uid,
      fields.isBlocked ?? false,
      fields.expiresAt ?? null,
      fields.groupUid ?? null,
      server.demo.idTag,
      fields.type ?? 'RFID',
    ],
  );
  return uid;
}

export const connect = (
  server: TestServer,
  charger: StagedCharger,
  options: Partial<StationOptions> = {},
): Promise<RawStation> =>
  RawStation.connect({
    socketUrl: server.socketUrl,
    uid: charger.uid,
    password: charger.password,
    ...options,
  });

/** The HTTP status with which the server refuses the upgrade. */
export async function refusal(connecting: Promise<RawStation>): Promise<number> {
  const outcome = await connecting.catch(error => error);
  if (outcome instanceof RefusedUpgrade) return outcome.status;
  throw outcome instanceof RawStation ? new Error('The station was let in.') : outcome;
}

/** Connected, booted, two connectors available. */
export async function bootedWithTwo(server: TestServer, charger: StagedCharger): Promise<RawStation> {
  const station = await connect(server, charger);
  await station.call('BootNotification', { chargePointVendor: 'Test', chargePointModel: 'Raw' });
  for (const connectorId of [1, 2]) {
    await station.call('StatusNotification', { connectorId, errorCode: 'NoError', status: 'Available' });
  }
  return station;
}

/** Whole seconds before now, ISO 8601: stations seldom send more. */
export const ago = (
  duration: { hours?: number; minutes?: number; seconds?: number } = { seconds: 0 },
): string =>
  Temporal.Now.instant()
    .subtract(duration)
    .round({ smallestUnit: 'second', roundingMode: 'floor' })
    .toString();

/** The actions that the server asks of the station from now on, in a list that grows. */
export function callsTo(station: RawStation): string[] {
  const actions: string[] = [];
  station.socket.on('message', data => {
    const [type, , action] = JSON.parse(String(data));
    if (type === 2) actions.push(action);
  });
  return actions;
}

/** Several round trips: what the server sent by now, or was about to send, has come when they are over. */
export async function roundTrips(station: RawStation): Promise<void> {
  for (let trip = 0; trip < 20; trip++) await station.call('Heartbeat', {});
}

export interface SessionRow {
  readonly id: string;
  readonly status: string;
  readonly connector_number: number;
  readonly transaction_number: number | null;
  readonly id_tag: string;
  readonly start_time: Date;
  readonly end_time: Date | null;
  readonly energy_wh: string;
  readonly stop_reason: string | null;
  readonly flags: string[];
}

/** The charger's sessions in the order in which they were made. */
export const sessionsOf = (server: TestServer, charger: StagedCharger): Promise<SessionRow[]> =>
  server.sql<SessionRow>('select * from sessions where charger_id = $1 order by id', [charger.id]);

/** Why messages of the charger were kept for a person, the first one first. */
export async function setAsideOf(server: TestServer, charger: StagedCharger): Promise<string[]> {
  const rows = await server.sql<{ reason: string }>(
    'select reason from set_aside_messages where charger_id = $1 order by id',
    [charger.id],
  );
  return rows.map(row => row.reason);
}

/** What the charger's sessions were billed, in minor units. */
export async function billsOf(server: TestServer, charger: StagedCharger): Promise<number[]> {
  const rows = await server.sql<{ total: string }>(
    `select t.total from transactions t join sessions s on s.id = t.session_id
     where s.charger_id = $1 order by t.start_time`,
    [charger.id],
  );
  return rows.map(row => Number(row.total));
}

/** Holds a row of the database until `release`: whatever needs it waits. */
export async function hold(server: TestServer, sql: string, values: unknown[] = []) {
  const client = new pg.Client({ connectionString: server.databaseUrl });
  await client.connect();
  await client.query('begin');
  const { rowCount } = await client.query(sql, values);
  if (rowCount !== 1) throw new Error(`Held ${rowCount} rows instead of one: ${sql}`);
  return {
    client,
    async release(): Promise<void> {
      await client.query('rollback');
      await client.end();
    },
  };
}

/** How many statements of the product wait for a lock in the server's database. */
export async function waitingForLock(server: TestServer): Promise<number> {
  const rows = await server.sql(
    `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
  );
  return rows.length;
}
