import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startTestServer, type TestServer } from '../support/server.ts';
import type { RawStation } from '../support/station.ts';
import {
  addCharger,
  addToken,
  ago,
  billsOf,
  bootedWithTwo,
  type StagedCharger,
  sessionsOf,
  setAsideOf,
} from './stage.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());

let charger: StagedCharger;
let station: RawStation;
let idTag: string;
let transactionId: number;
beforeEach(async () => {
  charger = await addCharger(server);
  station = await bootedWithTwo(server, charger);
  idTag = await addToken(server, { groupUid: 'Family' });
  ({ transactionId } = await station.call<{ transactionId: number }>('StartTransaction', {
    connectorId: 1,
    idTag,
    meterStart: 1000,
    timestamp: ago({ minutes: 60 }),
  }));
  return () => station.close();
});

const stop = (fields: object = {}) =>
  station.call<{ idTagInfo?: { status: string } }>('StopTransaction', {
    transactionId,
    meterStop: 3000,
    timestamp: ago(),
    ...fields,
  });

describe('a stop that fits no transaction', () => {
  it.each([
    ['unknown', () => 2_000_000_000],
    ['-1', () => -1],
    ['0', () => 0],
    ['beyond 32 bits', () => 2 ** 40],
  ])('line 27: of transaction %s is answered and kept aside, and nothing else changes', async (_, id) => {
    const before = await sessionsOf(server, charger);
    expect(await stop({ transactionId: id() })).toEqual({});
    expect(await sessionsOf(server, charger)).toEqual(before);
    expect(await setAsideOf(server, charger)).toEqual(['unknown_transaction']);
    expect(await billsOf(server, charger)).toEqual([]);
  });

  it('line 27: of another station’s transaction is answered and kept aside, and that charge goes on', async () => {
    const other = await addCharger(server);
    const otherStation = await bootedWithTwo(server, other);
    const before = await sessionsOf(server, charger);
    const answer = await otherStation.call('StopTransaction', {
      transactionId,
      idTag,
      meterStop: 9000,
      timestamp: ago(),
    });
    expect(answer).toEqual({ idTagInfo: { status: 'Accepted', parentIdTag: 'Family' } });
    expect(await sessionsOf(server, charger)).toEqual(before);
    expect(await setAsideOf(server, other)).toEqual(['unknown_transaction']);
    expect(await setAsideOf(server, charger)).toEqual([]);
    await otherStation.close();
  });

  it('line 27: is kept aside whole', async () => {
    const message = {
      transactionId: 0,
      meterStop: 3000,
      timestamp: '2026-06-19T18:42:07Z',
      reason: 'PowerLoss',
    };
    await station.call('StopTransaction', message);
    const rows = await server.sql<{ action: string; payload: unknown }>(
      'select action, payload from set_aside_messages where charger_id = $1',
      [charger.id],
    );
    expect(rows).toEqual([{ action: 'StopTransaction', payload: message }]);
  });
});

describe('a stop', () => {
  it('line 27: again is answered, and nothing is doubled', async () => {
    await stop();
    const before = await sessionsOf(server, charger);
    const bills = await billsOf(server, charger);
    expect(bills).toHaveLength(1);
    expect(await stop()).toEqual({});
    expect(await stop({ meterStop: 90_000, timestamp: ago({ minutes: 1 }), reason: 'Remote' })).toEqual({});
    expect(await sessionsOf(server, charger)).toEqual(before);
    expect(await billsOf(server, charger)).toEqual(bills);
  });

  it('line 27: without a tag is valid, and its answer says nothing of a tag', async () => {
    expect(await stop()).toEqual({});
    expect(await sessionsOf(server, charger)).toMatchObject([
      { status: 'completed', energy_wh: '2000.000', flags: [], stop_reason: 'Local' },
    ]);
  });

  it('line 27: by the same tag in another case is no doubt, by another is one, where neither has a group', async () => {
    const alone = await addToken(server);
    const begin = async () =>
      (
        await station.call<{ transactionId: number }>('StartTransaction', {
          connectorId: 2,
          idTag: alone,
          meterStart: 0,
          timestamp: ago({ minutes: 30 }),
        })
      ).transactionId;
    await stop({ transactionId: await begin(), idTag: alone.toUpperCase() });
    await station.close();
    charger = await addCharger(server);
    station = await bootedWithTwo(server, charger);
    await stop({ transactionId: await begin(), idTag: await addToken(server) });

    const flags = await server.sql('select flags from sessions where id_tag = $1 order by id', [alone]);
    expect(flags).toEqual([{ flags: [] }, { flags: ['stopped_by_other_token'] }]);
  });

  it('line 27: by another tag of the same group is no doubt', async () => {
    await stop({ idTag: await addToken(server, { groupUid: 'Family' }) });
    expect(await sessionsOf(server, charger)).toMatchObject([{ status: 'completed', flags: [] }]);
  });

  it.each([
    ['of another group', () => addToken(server, { groupUid: 'Strangers' })],
    ['without a group', () => addToken(server)],
    ['that nobody knows', async () => 'Nobody-has-this'],
  ])('line 27: by a tag %s is kept, billed and flagged', async (_, tag) => {
    await stop({ idTag: await tag() });
    expect(await sessionsOf(server, charger)).toMatchObject([
      { status: 'completed', flags: ['stopped_by_other_token'] },
    ]);
    expect(await billsOf(server, charger)).toHaveLength(1);
  });

  it('line 27: by a token that was blocked meanwhile is answered so, and ends the charge all the same', async () => {
    await server.sql('update tokens set is_blocked = true where uid = $1', [idTag]);
    expect((await stop({ idTag })).idTagInfo?.status).toBe('Blocked');
    expect(await sessionsOf(server, charger)).toMatchObject([{ status: 'completed' }]);
  });
});

describe('a stop that cannot be so', () => {
  it('line 28: with a meter below the start is set aside, and its energy is not negative', async () => {
    expect(await stop({ meterStop: 400 })).toEqual({});
    const [session] = await sessionsOf(server, charger);
    expect(session!.flags).toContain('implausible_stop_meter');
    expect(Number(session!.energy_wh)).toBe(0);
    expect(await setAsideOf(server, charger)).toEqual(['implausible_stop_meter']);
  });

  it('line 28: with a meter below the start is billed by what was metered on the way', async () => {
    await station.call('MeterValues', {
      connectorId: 1,
      transactionId,
      meterValue: [{ timestamp: ago({ minutes: 30 }), sampledValue: [{ value: '2500' }] }],
    });
    await stop({ meterStop: 0 });
    expect(await sessionsOf(server, charger)).toMatchObject([{ status: 'completed', energy_wh: '1500.000' }]);
    expect(await billsOf(server, charger)).toHaveLength(1);
  });

  it.each([2 ** 40, 2 ** 52, -(2 ** 52)])(
    'line 28: with a meter at %s ends the charge, and the next start is a new one',
    async meterStop => {
      expect(await stop({ meterStop })).toEqual({});
      const [session] = await sessionsOf(server, charger);
      expect(session!.end_time).not.toBeNull();
      expect(Number(session!.energy_wh)).toBeGreaterThanOrEqual(0);
    },
  );

  it.each([
    ['before the start', () => ago({ hours: 3 })],
    ['by a clock that shows 1970', () => '1970-01-01T00:10:00Z'],
    ['far in the future', () => '2099-01-01T00:00:00Z'],
  ])(
    'line 28: %s is set aside, ends the charge, and makes it neither negative nor endless',
    async (_, time) => {
      expect(await stop({ timestamp: time() })).toEqual({});
      const [session] = await sessionsOf(server, charger);
      expect(session!.flags).toContain('implausible_stop_time');
      expect(session!.energy_wh).toBe('2000.000');
      const seconds = (session!.end_time!.getTime() - session!.start_time.getTime()) / 1000;
      expect(seconds).toBeGreaterThanOrEqual(0);
      expect(seconds).toBeLessThanOrEqual(3600 + 60);
      expect(await setAsideOf(server, charger)).toEqual(['implausible_stop_time']);
      for (const bill of await billsOf(server, charger)) expect(bill).toBeGreaterThanOrEqual(0);
    },
  );

  it('line 28: by a clock that shows 1970, as it happens, has ended when it was received', async () => {
    await server.sql(
      `update charger_connections set connected_at = now() - interval '2 hours' where charger_id = $1`,
      [charger.id],
    );
    const word = ago({ seconds: 1 });
    await station.call('MeterValues', {
      connectorId: 1,
      transactionId,
      meterValue: [{ timestamp: word, sampledValue: [{ value: '2000' }] }],
    });
    await server.sql(
      `update sessions set updated_at = updated_at - interval '20 minutes',
              metering = jsonb_set(metering, '{lastObservedAt}', to_jsonb((metering->>'lastObservedAt')::bigint - 1200000))
        where transaction_number = $1`,
      [transactionId],
    );
    const before = Date.now();
    await stop({ timestamp: '1970-01-01T00:10:00Z' });
    const [session] = await sessionsOf(server, charger);
    expect(session!.end_time!.getTime()).toBeGreaterThanOrEqual(before - 1000);
    expect(session!.flags).toContain('implausible_stop_time');
  });

  it('line 28: by a clock that shows 1970, from a station that was away, has ended at the last word of the charge', async () => {
    const word = ago({ minutes: 20 });
    await station.call('MeterValues', {
      connectorId: 1,
      transactionId,
      meterValue: [{ timestamp: word, sampledValue: [{ value: '2000' }] }],
    });
    await stop({ timestamp: '1970-01-01T00:10:00Z' });
    const [session] = await sessionsOf(server, charger);
    expect(session!.end_time!.toISOString()).toBe(new Date(word).toISOString());
  });

  it('line 28: a few minutes ahead of our clock is believed', async () => {
    await stop({ timestamp: Temporal.Now.instant().add({ minutes: 5 }).toString() });
    expect(await sessionsOf(server, charger)).toMatchObject([{ status: 'completed', flags: [] }]);
    expect(await setAsideOf(server, charger)).toEqual([]);
  });
});

describe('meter values', () => {
  const report = (fields: object, value = '1700') =>
    station.call('MeterValues', {
      connectorId: 1,
      meterValue: [{ timestamp: ago({ minutes: 30 }), sampledValue: [{ value }] }],
      ...fields,
    });
  const stored = () =>
    server.sql<{ session_id: string | null; energy_wh: string }>(
      'select session_id, energy_wh from meter_values where charger_id = $1 order by id',
      [charger.id],
    );

  it.each([
    ['no transaction', {}],
    ['transaction 0', { transactionId: 0 }],
    ['transaction -1', { transactionId: -1 }],
    ['a transaction beyond 32 bits', { transactionId: 2 ** 40 }],
  ])('line 29: that name %s belong to the only charge on their connector', async (_, fields) => {
    expect(await report(fields)).toEqual({});
    const [session] = await sessionsOf(server, charger);
    expect(await stored()).toEqual([{ session_id: session!.id, energy_wh: '1700.000' }]);
    expect(session!.energy_wh).toBe('700.000');
  });

  it.each([
    ['another connector', () => ({ connectorId: 2 })],
    ['the station itself', () => ({ connectorId: 0 })],
    ['a connector beyond 32 bits', () => ({ connectorId: 2 ** 40 })],
    ['a transaction nobody knows', () => ({ transactionId: 2_000_000_000 })],
  ])('line 29: of %s are kept, and touch no charge', async (_, fields) => {
    const before = await sessionsOf(server, charger);
    expect(await report(fields())).toEqual({});
    expect(await stored()).toEqual([{ session_id: null, energy_wh: '1700.000' }]);
    expect(await sessionsOf(server, charger)).toEqual(before);
  });

  it.each(['0000-01-01T00:00:00Z', '1969-07-20T20:17:40Z', '1970-01-01T00:00:01Z', '2099-01-01T00:00:00Z'])(
    'line 29: at %s do no harm to the charge that they name',
    async timestamp => {
      const meterValue = [{ timestamp, sampledValue: [{ value: '1700' }] }];
      expect(await report({ transactionId, meterValue })).toEqual({});
      await stop();
      const [session] = await sessionsOf(server, charger);
      expect(session).toMatchObject({ status: 'completed', energy_wh: '2000.000' });
      expect(session!.end_time!.getTime()).toBeLessThan(Date.now() + 60_000);
      const [transaction] = await server.sql<{ seconds: number }>(
        'select charging_seconds + idle_seconds as seconds from transactions where session_id = $1',
        [session!.id],
      );
      expect(transaction!.seconds).toBeLessThanOrEqual(3600 + 60);
    },
  );

  it('line 29: of another station’s transaction are kept, and touch no charge', async () => {
    const other = await addCharger(server);
    const otherStation = await bootedWithTwo(server, other);
    const before = await sessionsOf(server, charger);
    await otherStation.call('MeterValues', {
      connectorId: 1,
      transactionId,
      meterValue: [{ timestamp: ago({ minutes: 30 }), sampledValue: [{ value: '99000' }] }],
    });
    expect(await sessionsOf(server, charger)).toEqual(before);
    await otherStation.close();
  });

  it('line 29: that name no transaction are kept without one where two charges run on their connector', async () => {
    await station.call('StartTransaction', {
      connectorId: 1,
      idTag: await addToken(server),
      meterStart: 1500,
      timestamp: ago({ minutes: 40 }),
    });
    await report({});
    expect(await stored()).toEqual([{ session_id: null, energy_wh: '1700.000' }]);
  });

  it.each([
    'NaN',
    'Infinity',
    '1e400',
    '1e999999999',
    '1e-999999999',
    '',
    'seven',
    '\u0000',
    '9'.repeat(400),
  ])('line 29: with the value %j do no harm', async value => {
    expect(
      (
        await station.callFrame('MeterValues', {
          connectorId: 1,
          transactionId,
          meterValue: [{ timestamp: ago({ minutes: 30 }), sampledValue: [{ value }] }],
        })
      )[0],
    ).toBe(3);
    await stop();
    expect(await sessionsOf(server, charger)).toMatchObject([{ status: 'completed', energy_wh: '2000.000' }]);
  });
});
