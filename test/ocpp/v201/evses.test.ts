import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { rowId } from '../../support/global-id.ts';
import { startTestServer, type TestServer } from '../../support/server.ts';
import type { RawStation } from '../../support/station.ts';
import { booted201, eventsOf, register, sendAll, status201 } from '../../support/station-201.ts';
import { operate } from '../operator.ts';
import { addToken, ago, billsOf, type StagedCharger, sessionsOf, setAsideOf } from '../stage.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());

const CONNECTOR = {
  standard: 'IEC_62196_T2_COMBO',
  format: 'CABLE',
  powerType: 'DC',
  maxVoltageV: 800,
  maxCurrentA: 200,
  maxPowerW: 150_000,
};
interface Made {
  password: string;
  charger: { id: string; connectors: { number: number; evseNumber: number; evseConnectorNumber: number }[] };
  details: { field: string }[];
}
let count = 0;
const create = (connectors: object[]) =>
  operate<Made>(
    server,
    'mutation createCharger',
    `... on ChargerCredentials { password charger { id connectors { number evseNumber evseConnectorNumber } } }`,
    { uid: `EVSES-${++count}`, connectors: connectors.map(one => ({ ...CONNECTOR, ...one })) },
  );
const placesOf = ({ charger }: Made) =>
  charger.connectors.map(one => [one.number, one.evseNumber, one.evseConnectorNumber]);

describe('a charger’s connectors', () => {
  it('are an EVSE each where nothing is said of EVSEs', async () => {
    expect(placesOf(await create([{ number: 1 }, { number: 2, evseNumber: null }]))).toEqual([
      [1, 1, 1],
      [2, 2, 1],
    ]);
  });

  it('are counted within the EVSE that they are given, or have the numbers that they are given', async () => {
    const made = await create([
      { number: 1, evseNumber: 2 },
      { number: 2, evseNumber: 2 },
      { number: 3, evseNumber: 1, evseConnectorNumber: 2 },
      { number: 4, evseNumber: 1, evseConnectorNumber: 1 },
    ]);
    expect(placesOf(made)).toEqual([
      [1, 2, 1],
      [2, 2, 2],
      [3, 1, 2],
      [4, 1, 1],
    ]);
  });

  it.each([
    ['connectors', [{ number: 1 }, { number: 2, evseNumber: 1, evseConnectorNumber: 1 }]],
    ['connectors[0].evseNumber', [{ number: 1, evseNumber: 0 }]],
    ['connectors[0].evseConnectorNumber', [{ number: 1, evseConnectorNumber: -1 }]],
  ])('are refused where %s cannot be', async (field, connectors) => {
    expect((await create(connectors)).details).toMatchObject([{ field }]);
  });
});

describe('a station with two EVSEs of two connectors each', () => {
  let charger: StagedCharger;
  let station: RawStation;
  beforeEach(async () => {
    const made = await create([
      { number: 1, evseNumber: 1 },
      { number: 2, evseNumber: 1 },
      { number: 3, evseNumber: 2 },
      { number: 4, evseNumber: 2 },
    ]);
    charger = { id: rowId(made.charger.id), uid: `EVSES-${count}`, password: made.password };
    station = await booted201({ socketUrl: server.socketUrl, ...charger, evses: [] });
    for (const evse of [1, 2]) {
      for (const connector of [1, 2])
        await status201(station, evse, connector, 'Available', ago({ hours: 2 }));
    }
    return () => station.close();
  });

  const connectors = () =>
    server.sql<{ number: number; status: string; max_power_w: number }>(
      'select number, status, max_power_w from connectors where charger_id = $1 order by number',
      [charger.id],
    );
  const statuses = async () => (await connectors()).map(({ status }) => status);

  it('line 22: has the connectors that were entered, each by its EVSE and number', async () => {
    await status201(station, 1, 2, 'Faulted');
    await status201(station, 2, 1, 'Unavailable');
    expect(await connectors()).toEqual(
      ['AVAILABLE', 'FAULTED', 'UNAVAILABLE', 'AVAILABLE'].map((status, at) => ({
        number: at + 1,
        status,
        max_power_w: 150_000,
      })),
    );
  });

  it('line 29: charges at one connector of each; what is metered of an EVSE is of its charge', async () => {
    const charges = await Promise.all(
      [
        { evse: 1, connector: 2, transactionId: 'first', end: 3_000 },
        { evse: 2, connector: 2, transactionId: 'second', end: 5_000 },
      ].map(async one => {
        const [started, ended] = eventsOf({
          transactionId: one.transactionId,
          idToken: await addToken(server),
          at: ago({ minutes: 60 }),
          steps: [],
          stop: { minute: 40, meter: one.end },
        });
        return {
          ...one,
          started: { ...started!, evse: { id: one.evse, connectorId: one.connector } },
          ended: ended!,
        };
      }),
    );
    for (const { started } of charges) await sendAll(station, [started]);
    expect(await statuses()).toEqual(['AVAILABLE', 'CHARGING', 'AVAILABLE', 'CHARGING']);
    for (const [evseId, wh] of [
      [1, 1_000],
      [2, 2_000],
    ] as const) {
      await station.call('MeterValues', { evseId, meterValue: [register(ago({ minutes: 40 }), wh)] });
    }
    expect(await sessionsOf(server, charger)).toMatchObject([
      { connector_number: 2, status: 'active', energy_wh: '1000.000' },
      { connector_number: 4, status: 'active', energy_wh: '2000.000' },
    ]);
    // the end of the one names its EVSE alone, of the other nothing
    await sendAll(station, [{ ...charges[0]!.ended, evse: { id: 1 } }, charges[1]!.ended]);
    expect(await sessionsOf(server, charger)).toMatchObject([
      { connector_number: 2, status: 'completed', energy_wh: '3000.000', flags: [] },
      { connector_number: 4, status: 'completed', energy_wh: '5000.000', flags: [] },
    ]);
    expect(await billsOf(server, charger)).toHaveLength(2);
    expect(await statuses()).toEqual(['AVAILABLE', 'FINISHING', 'AVAILABLE', 'FINISHING']);
    expect(await setAsideOf(server, charger)).toEqual([]);
    expect(await connectors()).toHaveLength(4);
  });

  it('line 30: is asked for the EVSE of a connector, and for the connector where OCPP has a name for it', async () => {
    const idTag = await addToken(server);
    const started = server.rest('POST', '/charging/start', {
      body: { chargerId: charger.id, connectorNumber: 3, idTag },
    });
    const start = await station.expectCall('RequestStartTransaction');
    expect(start.payload).toMatchObject({ evseId: 2 });
    station.reply(start.id, { status: 'Accepted' });
    expect((await started).body.data).toMatchObject({ connectorNumber: 3, status: 'pending' });
    const unlocked = server.rest('POST', `/remote-control/${charger.id}/unlock`, {
      body: { connectorNumber: 2 },
    });
    const unlock = await station.expectCall('UnlockConnector');
    expect(unlock.payload).toEqual({ evseId: 1, connectorId: 2 });
    station.reply(unlock.id, { status: 'Unlocked' });
    expect((await unlocked).body.data).toMatchObject({ accepted: true });
  });
});
