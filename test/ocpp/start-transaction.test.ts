import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import type { RawStation } from '../support/station.ts';
import {
  addCharger,
  addToken,
  ago,
  billsOf,
  bootedWithTwo,
  connect,
  hold,
  type StagedCharger,
  sessionsOf,
  setAsideOf,
  waitingForLock,
} from './stage.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());

let charger: StagedCharger;
let station: RawStation;
let idTag: string;
beforeEach(async () => {
  charger = await addCharger(server);
  station = await bootedWithTwo(server, charger);
  idTag = await addToken(server);
  return () => station.close();
});

interface StartAnswer {
  readonly transactionId: number;
  readonly idTagInfo: {
    readonly status: string;
    readonly expiryDate?: string;
    readonly parentIdTag?: string;
  };
}

const start = (fields: object = {}, on = station) =>
  on.call<StartAnswer>('StartTransaction', {
    connectorId: 1,
    idTag,
    meterStart: 1000,
    timestamp: ago({ minutes: 10 }),
    ...fields,
  });

const stop = (transactionId: number, fields: object = {}) =>
  station.call('StopTransaction', { transactionId, meterStop: 3000, timestamp: ago(), ...fields });

describe('a start', () => {
  it.each([
    ['unknown', async () => 'Nobody-has-this', 'Invalid'],
    ['blocked', () => addToken(server, { isBlocked: true }), 'Blocked'],
    ['expired', () => addToken(server, { expiresAt: '2020-01-01T00:00:00Z' }), 'Expired'],
    ['empty', async () => '', 'Invalid'],
  ])('line 23: with a token that is %s gets a transaction id and is stored', async (_, tag, status) => {
    const given = await tag();
    const { transactionId, idTagInfo } = await start({ idTag: given });
    expect(idTagInfo.status).toBe(status);
    expect(transactionId).toBeGreaterThan(0);
    expect(await sessionsOf(server, charger)).toMatchObject([
      {
        id_tag: given,
        status: 'active',
        transaction_number: transactionId,
        flags: [`token_${status.toLowerCase()}`],
      },
    ]);
  });

  it('line 23: with a token that charges elsewhere is told so, gets a transaction id and is stored', async () => {
    const first = await start();
    const second = await start({ connectorId: 2 });
    expect(first.idTagInfo.status).toBe('Accepted');
    expect(second.idTagInfo.status).toBe('ConcurrentTx');
    expect(second.transactionId).not.toBe(first.transactionId);
    expect(await sessionsOf(server, charger)).toMatchObject([
      { connector_number: 1, status: 'active', flags: [] },
      { connector_number: 2, status: 'active', flags: ['token_concurrent'] },
    ]);
  });

  it.each([0, -1, 7, 2 ** 31, 2 ** 40])(
    'line 23: on connector %s, which nobody entered, gets a transaction id and is stored',
    async connectorId => {
      const { transactionId } = await start({ connectorId });
      expect(transactionId).toBeGreaterThan(0);
      expect(await sessionsOf(server, charger)).toMatchObject([{ transaction_number: transactionId }]);
      await stop(transactionId);
      expect(await billsOf(server, charger)).toHaveLength(1);
    },
  );

  it.each([-5, 2 ** 36])(
    'line 23: with a meter at %s gets a transaction id and is stored',
    async meterStart => {
      const { transactionId } = await start({ meterStart });
      expect(await sessionsOf(server, charger)).toMatchObject([
        { transaction_number: transactionId, flags: [] },
      ]);
    },
  );

  it.each([2 ** 40, 2 ** 52, -(2 ** 52), 1e300])(
    'lines 9, 23 and 28: with a meter at %s, which no meter shows, is stored once, set aside and billed for no more than was metered',
    async meterStart => {
      const timestamp = ago({ minutes: 10 });
      const { transactionId } = await start({ meterStart, timestamp });
      expect((await start({ meterStart, timestamp })).transactionId).toBe(transactionId);
      for (const [minutes, value] of [
        [8, '1000'],
        [4, '1250'],
      ] as const) {
        await station.call('MeterValues', {
          connectorId: 1,
          transactionId,
          meterValue: [{ timestamp: ago({ minutes }), sampledValue: [{ value }] }],
        });
      }
      await stop(transactionId, { meterStop: 1500 });
      const [session, ...others] = await sessionsOf(server, charger);
      expect(others).toEqual([]);
      expect(session!.flags).toContain('implausible_start_meter');
      expect(Number(session!.energy_wh)).toBeLessThanOrEqual(1500);
      expect((await setAsideOf(server, charger))[0]).toBe('implausible_start_meter');
    },
  );

  it.each(['no time at all', '2026-13-45T99:99:99Z', ''])(
    'line 23: at %j gets a transaction id or an error that repeats nothing, never silence',
    async timestamp => {
      const frame = await station.callFrame('StartTransaction', {
        connectorId: 1,
        idTag,
        meterStart: 0,
        timestamp,
      });
      expect(frame[0] === 3 || JSON.stringify(frame[4]) === '{}').toBe(true);
      expect(await station.call('Heartbeat', {})).toHaveProperty('currentTime');
    },
  );

  it('line 23: gets an id that is a positive 32-bit integer no other transaction has, whatever comes at once', async () => {
    const stations = await Promise.all(
      Array.from({ length: 5 }, async () => connect(server, await addCharger(server))),
    );
    const answers = await Promise.all(
      stations.flatMap(each =>
        [1, 2].map(connectorId => start({ connectorId, idTag: `Many-${connectorId}` }, each)),
      ),
    );
    const ids = answers.map(({ transactionId }) => transactionId);
    expect(new Set(ids).size).toBe(10);
    for (const id of ids) {
      expect(Number.isInteger(id)).toBe(true);
      expect(id).toBeGreaterThan(0);
      expect(id).toBeLessThan(2 ** 31);
    }
    await Promise.all(stations.map(each => each.close()));
  });

  it('line 23: with a tag padded by zero bytes is the same tag', async () => {
    const { idTagInfo } = await start({ idTag: `${idTag}\u0000\u0000` });
    expect(idTagInfo.status).toBe('Accepted');
    expect(await sessionsOf(server, charger)).toMatchObject([{ status: 'active', id_tag: idTag }]);
  });
});

describe('the same start again', () => {
  const timestamp = ago({ minutes: 30 });

  it('line 24: with a new message id and after a reconnect gets the same transaction id, and is one session', async () => {
    const first = await start({ timestamp });
    const again = await start({ timestamp });
    await station.close();
    station = await connect(server, charger);
    const afterReconnect = await start({ timestamp });
    expect(again).toEqual(first);
    expect(afterReconnect).toEqual(first);
    expect(await sessionsOf(server, charger)).toHaveLength(1);
  });

  it.each([
    [1, timestamp],
    [0, timestamp],
    [1, '1970-01-01T00:00:07Z'],
  ])(
    'line 24: five times at once over reconnects (connector %s, at %s) gets one transaction id, and is one session',
    async (connectorId, timestamp) => {
      // the first stands before its commit; each socket is replaced by the next while its call is in flight
      const token = await hold(server, 'select from tokens where uid = $1 for update', [idTag]);
      const answers: Promise<StartAnswer>[] = [];
      for (let at = 1; at <= 5; at++) {
        const socket = await connect(server, charger);
        answers.push(start({ connectorId, timestamp }, socket));
        await eventually(async () => (await waitingForLock(server)) === at);
      }
      await token.release();
      const [first, ...others] = await Promise.all(answers);
      for (const other of others) expect(other).toEqual(first);
      expect(await sessionsOf(server, charger)).toHaveLength(1);
    },
  );

  it('line 24: after its stop still gets the same transaction id, and stays one session with one bill', async () => {
    const first = await start({ timestamp });
    await stop(first.transactionId);
    expect(await start({ timestamp })).toEqual(first);
    expect(await sessionsOf(server, charger)).toMatchObject([{ status: 'completed' }]);
    expect(await billsOf(server, charger)).toHaveLength(1);
  });

  it('line 24: of a concurrent token is told the same again', async () => {
    await start();
    const second = await start({ connectorId: 2, timestamp });
    expect(second.idTagInfo.status).toBe('ConcurrentTx');
    expect(await start({ connectorId: 2, timestamp })).toEqual(second);
  });

  it.each([
    ['another meter', { meterStart: 2000 }],
    ['another time', { timestamp: ago({ minutes: 5 }) }],
    ['another connector', { connectorId: 2 }],
    ['another tag', { idTag: 'Another' }],
  ])('line 24: with %s is another transaction', async (_, difference) => {
    const first = await start({ timestamp });
    const other = await start({ timestamp, ...difference });
    expect(other.transactionId).not.toBe(first.transactionId);
    expect(await sessionsOf(server, charger)).toHaveLength(2);
  });

  it('line 24: by a clock that shows 1970 it is the same only while its session is open', async () => {
    const unset = { timestamp: '1970-01-01T00:00:07Z' };
    const first = await start(unset);
    expect(await start(unset)).toEqual(first);
    // the clock of a station that was never set begins anew at each boot
    expect(await start({ timestamp: '1970-01-01T00:03:00Z' })).toEqual(first);
    expect(await sessionsOf(server, charger)).toMatchObject([{ flags: ['implausible_time'] }]);
    await stop(first.transactionId);
    const next = await start(unset);
    expect(next.transactionId).not.toBe(first.transactionId);
    expect(next.idTagInfo.status).toBe('Accepted');
    const sessions = await sessionsOf(server, charger);
    expect(sessions).toMatchObject([{ status: 'completed' }, { status: 'active' }]);
    for (const session of sessions) expect(session.start_time.getUTCFullYear()).toBeGreaterThan(2020);
    const aside = await setAsideOf(server, charger);
    expect(aside.filter(reason => reason === 'implausible_time')).toHaveLength(2);
  });
});

describe('a start that cannot be so', () => {
  it('line 28: far in the future is stored as of its receipt, set aside, and makes no negative time', async () => {
    const { transactionId } = await start({ timestamp: '2099-01-01T00:00:00Z' });
    await stop(transactionId);
    const [session, ...others] = await sessionsOf(server, charger);
    expect(others).toEqual([]);
    expect(session).toMatchObject({ status: 'completed', energy_wh: '2000.000' });
    expect(session!.flags).toContain('implausible_time');
    expect(session!.start_time.getTime()).toBeLessThanOrEqual(Date.now());
    expect(session!.end_time!.getTime()).toBeGreaterThanOrEqual(session!.start_time.getTime());
    expect(await setAsideOf(server, charger)).toContain('implausible_time');
    for (const bill of await billsOf(server, charger)) expect(bill).toBeGreaterThanOrEqual(0);
  });
});

describe('a charge that was offline', () => {
  it('line 26: is priced by the tariff at the time of the event, and leaves the current status alone', async () => {
    await station.call('StatusNotification', {
      connectorId: 1,
      errorCode: 'GroundFailure',
      status: 'Faulted',
    });
    await server.sql(
      `insert into tariff_assignments (id, network_id, tariff_id, charger_id, effective_from)
       select gen_random_uuid(), network_id, id, $1, now() - interval '2 hours' from tariffs where code = 'FREE'`,
      [charger.id],
    );
    const before = await start({ timestamp: ago({ hours: 5 }) });
    await stop(before.transactionId, { timestamp: ago({ hours: 4 }) });
    const after = await start({ connectorId: 2 });
    await stop(after.transactionId);
    // 2 kWh at 0.35, 60 minutes at 0.02, a fee of 0.50, 11.5 % tax; then a free one
    expect(await billsOf(server, charger)).toEqual([268, 0]);
    const [connector] = await server.sql(
      'select status, error_code from connectors where charger_id = $1 and number = 1',
      [charger.id],
    );
    expect(connector).toEqual({ status: 'FAULTED', error_code: 'GroundFailure' });
  });

  it('line 26: was authorized if its token was valid then', async () => {
    const expired = await addToken(server, { expiresAt: ago({ hours: 1 }) });
    const before = await start({ idTag: expired, timestamp: ago({ hours: 5 }) });
    expect(before.idTagInfo.status).toBe('Accepted');
    expect((await start({ idTag: expired, connectorId: 2 })).idTagInfo.status).toBe('Expired');
  });
});
