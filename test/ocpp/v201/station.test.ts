import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startTestServer, type TestServer } from '../../support/server.ts';
import { booted201, eventsOf, status201 } from '../../support/station-201.ts';
import { addCharger, ago, billsOf, connect, refusal, type StagedCharger, sessionsOf } from '../stage.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());

let charger: StagedCharger;
beforeEach(async () => {
  charger = await addCharger(server);
});

const boot201 = { reason: 'PowerUp', chargingStation: { vendorName: 'Maker', model: 'Two' } };
const boot16 = { chargePointVendor: 'Maker', chargePointModel: 'One' };
const chargerRow = async () =>
  (await server.sql('select * from chargers where id = $1', [charger.id]))[0] as Record<string, unknown>;
const connectors = () =>
  server.sql(
    `select number, evse_number as evse, evse_connector_number as connector, status from connectors
      where charger_id = $1 order by number`,
    [charger.id],
  );

describe('the version', () => {
  it.each([
    [['ocpp2.0.1', 'ocpp1.6'], 'ocpp2.0.1'],
    [['ocpp1.6', 'ocpp2.0.1'], 'ocpp1.6'],
    [['ocpp2.1', 'ocpp2.0.1'], 'ocpp2.0.1'],
    [['ocpp0.1', 'ocpp1.6'], 'ocpp1.6'],
  ])('line 12: of a station that offers %j is %s', async (protocols, chosen) => {
    const station = await connect(server, charger, { protocols });
    expect(station.socket.protocol).toBe(chosen);
    await station.close();
  });

  it('line 12: that nobody here speaks is refused', async () => {
    expect(await refusal(connect(server, charger, { protocols: ['ocpp2.1', 'constructor'] }))).toBe(400);
  });

  it('line 2: decides by which schemas a message is validated, and what may be called', async () => {
    const station = await connect(server, charger, { protocols: ['ocpp2.0.1'] });
    // the schema's word for what lacks: no handler has seen the message
    expect((await station.callFrame('BootNotification', boot16))[2]).toMatch(/^Occurr?enceConstraint/);
    expect(await station.call('BootNotification', boot201)).toMatchObject({
      status: 'Accepted',
      interval: 120,
    });
    const frame = await station.callFrame('StartTransaction', {
      connectorId: 1,
      idTag: 'x',
      meterStart: 0,
      timestamp: ago(),
    });
    expect(frame[2]).toBe('NotImplemented');
    expect((await station.callFrame('NotifyMonitoringReport', {}))[0]).toBe(4);
    expect(await station.call('DataTransfer', { vendorId: 'X' })).toEqual({ status: 'UnknownVendorId' });
    await station.close();
  });

  it('is kept with the charger, and follows a station that was upgraded', async () => {
    const old = await connect(server, charger);
    await old.call('BootNotification', boot16);
    expect(await chargerRow()).toMatchObject({ ocpp_version: '1.6', model: 'One' });
    await old.close();
    const upgraded = await connect(server, charger, { protocols: ['ocpp2.0.1', 'ocpp1.6'] });
    await upgraded.call('BootNotification', boot201);
    expect(await chargerRow()).toMatchObject({ ocpp_version: '2.0.1', model: 'Two', manufacturer: 'Maker' });
    await upgraded.close();
  });
});

describe('a boot', () => {
  it.each(['Pending', 'Rejected'])(
    'line 20: that is %s is answered with the retry interval, other calls are refused until one is accepted, and triggers work',
    async status => {
      await server.sql(
        'update chargers set registration_status = $1, heartbeat_interval_seconds = 45 where id = $2',
        [status, charger.id],
      );
      const station = await connect(server, charger, { protocols: ['ocpp2.0.1'] });
      expect(await station.call('BootNotification', boot201)).toMatchObject({ status, interval: 45 });
      expect((await station.callFrame('Heartbeat', {}))[2]).toBe('SecurityError');
      const asked = server.rest('POST', `/remote-control/${charger.id}/trigger`, {
        body: { message: 'BootNotification' },
      });
      const { id, payload } = await station.expectCall('TriggerMessage');
      expect(payload).toEqual({ requestedMessage: 'BootNotification' });
      station.reply(id, { status: 'Accepted' });
      expect((await asked).body.data).toMatchObject({ accepted: true });
      await server.sql(`update chargers set registration_status = 'Accepted' where id = $1`, [charger.id]);
      expect(await station.call('BootNotification', boot201)).toMatchObject({ status: 'Accepted' });
      expect(await station.call('Heartbeat', {})).toHaveProperty('currentTime');
      await station.close();
    },
  );

  it('line 21: ends no transaction, and an end for the loss of power may follow', async () => {
    let station = await booted201({ socketUrl: server.socketUrl, ...charger });
    const [started, ended] = eventsOf({
      idToken: server.demo.idTag,
      at: ago({ minutes: 60 }),
      steps: [],
      stop: { minute: 30, meter: 1_500, reason: 'PowerLoss' },
    });
    await station.call('TransactionEvent', started);
    await station.close();
    station = await booted201({ socketUrl: server.socketUrl, ...charger });
    expect(await sessionsOf(server, charger)).toMatchObject([{ status: 'active', end_time: null }]);
    await station.call('TransactionEvent', ended);
    expect(await sessionsOf(server, charger)).toMatchObject([
      { status: 'completed', stop_reason: 'PowerLoss', energy_wh: '1500.000' },
    ]);
    expect(await billsOf(server, charger)).toHaveLength(1);
    await station.close();
  });
});

describe('a status', () => {
  it('line 22: names a connector within its EVSE, and each pair is one connector', async () => {
    const station = await booted201({ socketUrl: server.socketUrl, ...charger, evses: [] });
    await status201(station, 1, 1, 'Available');
    await status201(station, 1, 2, 'Unavailable');
    await status201(station, 2, 1, 'Faulted');
    await status201(station, 2, 2, 'Reserved');
    await status201(station, 1, 2, 'Occupied');
    expect(await connectors()).toEqual([
      { number: 1, evse: 1, connector: 1, status: 'AVAILABLE' },
      { number: 2, evse: 1, connector: 2, status: 'PREPARING' },
      { number: 3, evse: 2, connector: 1, status: 'FAULTED' },
      { number: 4, evse: 2, connector: 2, status: 'RESERVED' },
    ]);
    await station.close();
  });

  it('line 22: of connectors that an operator entered keeps their numbers', async () => {
    const column = (number: number, evse: number, connector: number) =>
      server.sql(
        `insert into connectors (id, network_id, charger_id, number, evse_number, evse_connector_number, standard,
           format, power_type, max_voltage_v, max_current_a, max_power_w)
         select gen_random_uuid(), network_id, id, $2, $3, $4, 'IEC_62196_T2', 'SOCKET', 'AC_3_PHASE', 400, 32, 22000
           from chargers where id = $1`,
        [charger.id, number, evse, connector],
      );
    await column(1, 2, 1);
    await column(2, 1, 1);
    const station = await booted201({ socketUrl: server.socketUrl, ...charger, evses: [1, 2] });
    await status201(station, 1, 1, 'Faulted');
    expect(await connectors()).toEqual([
      { number: 1, evse: 2, connector: 1, status: 'AVAILABLE' },
      { number: 2, evse: 1, connector: 1, status: 'FAULTED' },
    ]);
    await station.close();
  });

  it('line 22: of EVSE 0 is the station’s and makes no connector, nor do numbers that are none', async () => {
    const station = await booted201({ socketUrl: server.socketUrl, ...charger, evses: [] });
    await status201(station, 0, 0, 'Unavailable');
    for (const [evse, connector] of [
      [-1, 1],
      [2 ** 40, 1],
      [1, -1],
      [1, 0],
      [1, 2 ** 40],
    ] as const) {
      await status201(station, evse, connector, 'Available');
    }
    expect(await connectors()).toEqual([]);
    expect(await chargerRow()).toMatchObject({ station_status: 'UNAVAILABLE' });
    await station.close();
  });

  it('line 22: that is older never overwrites a newer one', async () => {
    const station = await booted201({ socketUrl: server.socketUrl, ...charger, evses: [] });
    await status201(station, 1, 1, 'Faulted', ago({ minutes: 1 }));
    await status201(station, 1, 1, 'Available', ago({ minutes: 2 }));
    expect(await connectors()).toMatchObject([{ status: 'FAULTED' }]);
    await station.close();
  });
});
