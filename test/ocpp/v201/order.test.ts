import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startTestServer, type TestServer } from '../../support/server.ts';
import type { RawStation } from '../../support/station.ts';
import { booted201, type Event201, eventsOf, sendAll } from '../../support/station-201.ts';
import { addCharger, addToken, type StagedCharger } from '../stage.ts';

let server: TestServer;
let charger: StagedCharger;
let station: RawStation;
let idToken: string;
beforeAll(async () => {
  server = await startTestServer();
  charger = await addCharger(server);
  station = await booted201({ socketUrl: server.socketUrl, ...charger });
  idToken = await addToken(server);
});
afterAll(async () => {
  await station.close();
  await server.close();
});

const AT = '2026-06-18T10:00:00Z';
const STEPS = [
  { minute: 5, meter: 2_000, powerW: 22_000 },
  { minute: 10, state: 'SuspendedEVSE' },
  { minute: 12, state: 'Charging' },
  { minute: 20, meter: 7_301, powerW: 0 },
  { minute: 20, state: 'SuspendedEV' },
  { minute: 45, meter: 7_301, powerW: 0 },
];

/** A charge whose EVSE, token and remote start come once, with messages of their own. */
function messages(transactionId: string, remoteStartId: number | null, counts: boolean): Event201[] {
  return eventsOf({ transactionId, idToken, at: AT, steps: STEPS, stop: { minute: 50, meter: 7_350 } }).map(
    ({ evse, idToken: token, ...event }, at) => ({
      ...event,
      seqNo: counts ? event.seqNo : 0,
      ...(at === 1 && { evse: { id: 2, connectorId: 1 } }),
      ...(at === 2 && { idToken: { idToken, type: 'ISO14443' } }),
      ...(at === 3 &&
        remoteStartId !== null && {
          transactionInfo: { ...(event.transactionInfo as object), remoteStartId },
        }),
    }),
  ) as Event201[];
}

/** All that is known of the charge but what names its rows. */
async function outcome(transactionId: string) {
  const rows = await server.sql<{ id: string }>(
    `select s.id, s.status, s.connector_number, s.id_tag, s.driver_id, s.start_time, s.end_time, s.start_meter_wh,
            s.end_meter_wh, s.energy_wh, s.idle_seconds, s.is_idle, s.max_power_w, s.stop_reason, s.start_reason, s.flags,
            s.metered, s.tariff, t.energy_cost, t.idle_fee, t.total, t.connector_number as billed_connector,
            t.driver_id as billed_driver, t.start_time as billed_start,
            (select count(*) from meter_values m where m.session_id = s.id and m.connector_number = 2) as samples,
            (select k.status from connectors k where k.id = s.connector_id) as connector_status
       from sessions s left join transactions t on t.session_id = s.id where s.station_transaction_id = $1`,
    [transactionId],
  );
  expect(rows).toHaveLength(1);
  const { id: sessionId, ...known } = rows[0]!;
  return { sessionId, known };
}

/** A remote start that the station was asked for, as the pending session that it leaves behind. */
async function pending(): Promise<{ sessionId: string; remoteStartId: number }> {
  const asked = server.rest('POST', '/charging/start', {
    body: { chargerId: charger.id, connectorNumber: 2, idTag: idToken },
  });
  const refused = asked.then(answer => {
    if (answer.status !== 200) throw new Error(JSON.stringify(answer.body));
    return new Promise<never>(() => {});
  });
  const { id, payload } = await Promise.race([
    station.expectCall<{ remoteStartId: number }>('RequestStartTransaction'),
    refused,
  ]);
  station.reply(id, { status: 'Accepted' });
  const { body } = await asked;
  return { sessionId: body.data.id, remoteStartId: payload.remoteStartId };
}

it('line 35: in whatever order and however often its messages come, a charge has the same bill and state', async () => {
  const inOrder = new Map<boolean, object>();
  for (const counts of [true, false]) {
    const transactionId = randomUUID();
    await sendAll(station, messages(transactionId, null, counts));
    const { known } = await outcome(transactionId);
    expect(known).toMatchObject({
      status: 'completed',
      energy_wh: '7350.000',
      idle_seconds: 1500,
      flags: [],
      connector_status: 'FINISHING',
    });
    inOrder.set(counts, known);
  }
  const indexes = messages('', null, true).map((_, at) => at);
  await fc.assert(
    fc.asyncProperty(
      fc.shuffledSubarray([...indexes, ...indexes], { minLength: indexes.length }),
      fc.boolean(),
      fc.boolean(),
      async (picked, counts, isRemote) => {
        // each at least once
        const order = [...picked, ...indexes.filter(at => !picked.includes(at))];
        const transactionId = randomUUID();
        const asked = isRemote ? await pending() : null;
        const all = messages(transactionId, asked?.remoteStartId ?? null, counts);
        await sendAll(
          station,
          order.map(at => all[at]!),
        );
        const { sessionId, known } = await outcome(transactionId);
        expect(known).toEqual(inOrder.get(counts));
        if (asked) expect(sessionId).toBe(asked.sessionId);
      },
    ),
    // the first: which EVSE it is comes last, after the end of a charge that the remote start had put there
    { numRuns: 25, endOnFailure: true, examples: [[[4, 0, 3, 5, 6, 6, 4, 7, 1, 2], true, true]] },
  );
}, 120_000);
