import { randomUUID } from 'node:crypto';
import { newDriver, newKey, newLocation } from './callers.ts';
import { makeOtherNetwork } from './other-network.ts';
import type { TestServer } from './server.ts';

/** Where charges are made up: places and drivers of two networks that a key reaches, and of one that it does not. */
export interface Market {
  readonly apiKey: string;
  /** The demo network's first: that is the key's primary one, and its currency USD. */
  readonly networks: readonly MarketNetwork[];
}

export interface MarketNetwork {
  readonly id: string;
  readonly isReached: boolean;
  readonly chargerId: string;
  readonly chargerUid: string;
  readonly locations: readonly { readonly id: string; readonly name: string }[];
  readonly drivers: readonly {
    readonly id: string;
    readonly email: string;
    readonly first_name: string;
    readonly last_name: string;
  }[];
}

const PLACES = 12;

export async function openMarket(server: TestServer): Promise<Market> {
  const others = [await makeOtherNetwork(server), await makeOtherNetwork(server, 'OUT')];
  for (let place = 0; place < PLACES; place++) await newLocation(server, { name: `Place ${place}` });
  const app = await newKey(server, { kind: 'APP' });
  for (const name of ['Ana', 'Eva']) await newDriver(server, app, name);
  const [reached] = others;
  const apiKey = await newKey(server, { kind: 'OPERATOR', alsoReaches: [reached!.networkId] });
  const networks: MarketNetwork[] = [];
  for (const id of [server.demo.networkId, ...others.map(other => other.networkId)]) {
    const all = <Row extends object>(columns: string, table: string) =>
      server.sql<Row>(`select ${columns} from ${table} where network_id = $1 order by id`, [id]);
    const [charger] = await all<{ id: string; uid: string }>('id, uid', 'chargers');
    networks.push({
      id,
      isReached: id !== others[1]!.networkId,
      chargerId: charger!.id,
      chargerUid: charger!.uid,
      locations: await all('id, name', 'locations'),
      drivers: await all('id, email, first_name, last_name', 'drivers'),
    });
  }
  return { apiKey, networks };
}

/** A charge that was made up. Times are epoch milliseconds, energy is in thousandths of a Wh, amounts in minor units. */
export interface Charge {
  readonly id: string;
  readonly network: MarketNetwork;
  readonly location: MarketNetwork['locations'][number] | null;
  readonly driver: MarketNetwork['drivers'][number] | null;
  readonly status: string;
  readonly start: number;
  readonly end: number | null;
  readonly energy: number;
  readonly bill: {
    readonly id: string;
    readonly currency: string;
    readonly total: number;
    readonly tax: number;
    readonly refunded: number;
  } | null;
}

/** The ids of a charge: in the order of the numbers that are given. */
export const chargeId = (number: number): string =>
  `019a0000-0000-7000-8000-${String(number).padStart(12, '0')}`;
export const billId = (): string => randomUUID();

/** Replaces all sessions and bills by these. */
export async function playCharges(server: TestServer, charges: readonly Charge[]): Promise<void> {
  const rows = charges.map((charge, number) => ({
    ...charge,
    number,
    network: charge.network.id,
    charger: charge.network.chargerId,
    uid: charge.network.chargerUid,
    location: charge.location?.id,
    driver: charge.driver?.id,
    start: new Date(charge.start).toISOString(),
    end: charge.end === null ? null : new Date(charge.end).toISOString(),
    energy: (charge.energy / 1000).toFixed(3),
  }));
  const given = `jsonb_to_recordset($1) as c(id uuid, number int, network uuid, charger uuid, uid text, location uuid,
    driver uuid, status text, start timestamptz, "end" timestamptz, energy numeric, bill jsonb)`;
  await server.sql('delete from transactions');
  await server.sql('delete from sessions');
  await server.sql(
    `insert into sessions (id, network_id, charger_id, connector_number, location_id, driver_id, id_tag, status,
       auth_method, correlation_id, start_time, end_time, energy_wh)
     select id, network, charger, number, location, driver, 'TAG', status, 'RFID', id, start, "end", energy
       from ${given}`,
    [JSON.stringify(rows)],
  );
  await server.sql(
    `insert into transactions (id, network_id, session_id, driver_id, ocpi_id, location_id, charger_uid,
       connector_number, start_time, end_time, energy_wh, charging_seconds, idle_seconds, chargeable_idle_seconds,
       currency, energy_cost, time_cost, session_fee, idle_fee, subtotal, tax, total, refunded, tariff)
     select (bill->>'id')::uuid, network, id, driver, 'TEST-' || number, location, uid, 1, start, "end", energy, 0, 0, 0,
            bill->>'currency', 0, 0, 0, 0, 0, (bill->>'tax')::bigint, (bill->>'total')::bigint,
            (bill->>'refunded')::bigint, '{}'
       from ${given} where jsonb_typeof(bill) = 'object'`,
    [JSON.stringify(rows)],
  );
}
