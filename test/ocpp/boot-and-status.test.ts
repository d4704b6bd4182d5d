import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startTestServer, type TestServer } from '../support/server.ts';
import type { RawStation } from '../support/station.ts';
import { addCharger, ago, billsOf, bootedWithTwo, connect, type StagedCharger, sessionsOf } from './stage.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());

let charger: StagedCharger;
let station: RawStation;
beforeEach(async () => {
  charger = await addCharger(server);
  station = await bootedWithTwo(server, charger);
  return () => station.close();
});

const boot = () => station.call('BootNotification', { chargePointVendor: 'Test', chargePointModel: 'Raw' });
const report = (connectorId: number, status: string, timestamp?: string) =>
  station.call('StatusNotification', {
    connectorId,
    errorCode: 'NoError',
    status,
    ...(timestamp !== undefined && { timestamp }),
  });
const shown = async (): Promise<string> =>
  (await server.rest('GET', `/chargers/${charger.id}`)).body.data.status.toUpperCase();
const connectorStatuses = async () =>
  (
    await server.sql<{ number: number; status: string }>(
      'select number, status from connectors where charger_id = $1 order by number',
      [charger.id],
    )
  ).map(({ number, status }) => [number, status]);

describe('a boot', () => {
  it.each(['Pending', 'Rejected'])(
    'line 20: that is %s is answered with the retry interval, other calls are refused until one is accepted, and triggers work',
    async status => {
      await server.sql(
        'update chargers set registration_status = $2, heartbeat_interval_seconds = 45 where id = $1',
        [charger.id, status],
      );
      expect(await boot()).toMatchObject({ status, interval: 45, currentTime: expect.any(String) });
      const refused = await station.callFrame('Heartbeat', {}, 'too-early');
      expect(refused.slice(0, 3)).toEqual([4, 'too-early', 'SecurityError']);
      expect(
        (
          await station.callFrame('StartTransaction', {
            connectorId: 1,
            idTag: 'X',
            meterStart: 0,
            timestamp: ago(),
          })
        )[0],
      ).toBe(4);
      expect(await sessionsOf(server, charger)).toEqual([]);

      const asked = server.rest('POST', `/remote-control/${charger.id}/trigger`, {
        body: { message: 'BootNotification' },
      });
      const { id, payload } = await station.expectCall('TriggerMessage');
      expect(payload).toEqual({ requestedMessage: 'BootNotification' });
      station.reply(id, { status: 'Accepted' });
      expect((await asked).body.data).toMatchObject({ accepted: true });

      await server.sql(`update chargers set registration_status = 'Accepted' where id = $1`, [charger.id]);
      expect(await boot()).toMatchObject({ status: 'Accepted' });
      expect(await station.call('Heartbeat', {})).toHaveProperty('currentTime');
    },
  );

  it('line 20: is answered with a heartbeat interval of 120 s unless set otherwise', async () => {
    expect(await boot()).toMatchObject({ status: 'Accepted', interval: 120 });
  });

  it('line 21: ends no transaction, and a stop for the loss of power may follow', async () => {
    const { transactionId } = await station.call<{ transactionId: number }>('StartTransaction', {
      connectorId: 1,
      idTag: server.demo.idTag,
      meterStart: 0,
      timestamp: ago({ minutes: 60 }),
    });
    await station.close();
    station = await connect(server, charger);
    await boot();
    await report(1, 'Available');
    expect(await sessionsOf(server, charger)).toMatchObject([{ status: 'active', end_time: null }]);
    await station.call('StopTransaction', {
      transactionId,
      meterStop: 1500,
      timestamp: ago({ minutes: 30 }),
      reason: 'PowerLoss',
    });
    expect(await sessionsOf(server, charger)).toMatchObject([
      { status: 'completed', stop_reason: 'PowerLoss', energy_wh: '1500.000' },
    ]);
    expect(await billsOf(server, charger)).toHaveLength(1);
  });
});

describe('a status', () => {
  it('line 22: of connector 0 is the whole station’s and makes no connector', async () => {
    await report(0, 'Faulted');
    expect(await connectorStatuses()).toEqual([
      [1, 'AVAILABLE'],
      [2, 'AVAILABLE'],
    ]);
    expect(await shown()).toBe('FAULTED');
    await report(0, 'Available');
    expect(await shown()).toBe('AVAILABLE');
  });

  it('line 22: of connector -1 or beyond 32 bits does no harm and makes no connector', async () => {
    await report(-1, 'Faulted');
    await report(2 ** 40, 'Faulted');
    expect(await connectorStatuses()).toEqual([
      [1, 'AVAILABLE'],
      [2, 'AVAILABLE'],
    ]);
  });

  it('line 22: of a connector nobody entered makes it', async () => {
    await report(3, 'Preparing');
    expect((await connectorStatuses())[2]).toEqual([3, 'PREPARING']);
  });

  it('line 22: that is older never overwrites a newer one', async () => {
    await report(1, 'Charging', ago({ seconds: -2 }));
    await report(1, 'Faulted', ago({ minutes: 5 }));
    expect((await connectorStatuses())[0]).toEqual([1, 'CHARGING']);
    await report(1, 'Finishing', ago({ seconds: -3 }));
    expect((await connectorStatuses())[0]).toEqual([1, 'FINISHING']);
  });

  it('line 22: of the station that is older never overwrites a newer one, not even one that said the same again', async () => {
    await report(0, 'Available', ago({ minutes: 30 }));
    await report(0, 'Available', ago({ minutes: 10 }));
    await report(0, 'Faulted', ago({ minutes: 20 }));
    expect(await shown()).toBe('AVAILABLE');
    await report(0, 'Faulted', ago({ minutes: 5 }));
    expect(await shown()).toBe('FAULTED');
  });

  it('line 22: without a time is as of its receipt', async () => {
    await report(1, 'Charging', ago({ minutes: 5 }));
    await report(1, 'Preparing');
    await report(1, 'Faulted', ago({ minutes: 1 }));
    expect((await connectorStatuses())[0]).toEqual([1, 'PREPARING']);
  });

  it.each([
    ['shows 1970', '1970-01-01T00:00:30Z'],
    ['is decades ahead', '2099-01-01T00:00:00Z'],
    ['tells no time', 'soon'],
  ])('line 22: by a clock that %s is as of its receipt, and the next one is newer', async (_, timestamp) => {
    const frame = await station.callFrame('StatusNotification', {
      connectorId: 1,
      errorCode: 'NoError',
      status: 'Faulted',
      timestamp,
    });
    // a text that is no time may be refused as what it is
    if (frame[0] === 3) expect((await connectorStatuses())[0]).toEqual([1, 'FAULTED']);
    await report(1, 'Preparing');
    expect((await connectorStatuses())[0]).toEqual([1, 'PREPARING']);
    await report(0, 'Faulted', timestamp === 'soon' ? undefined : timestamp);
    await report(0, 'Available');
    expect(await shown()).toBe('AVAILABLE');
  });

  it('line 22: sent right behind the boot, without waiting for its answer, counts', async () => {
    const booted = boot();
    const reported = report(2, 'Unavailable');
    expect(await booted).toMatchObject({ status: 'Accepted' });
    expect(await reported).toEqual({});
    expect((await connectorStatuses())[1]).toEqual([2, 'UNAVAILABLE']);
  });
});
