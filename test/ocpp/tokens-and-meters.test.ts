import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startTestServer, type TestServer } from '../support/server.ts';
import type { RawStation } from '../support/station.ts';
import { addCharger, addToken, ago, bootedWithTwo, type StagedCharger, sessionsOf } from './stage.ts';

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

const AT = ago({ minutes: 60 });
const time = (minute: number) => Temporal.Instant.from(AT).add({ minutes: minute }).toString();
const start = (idTag: string, fields: object = {}) =>
  station.call<{ transactionId: number; idTagInfo: { status: string } }>('StartTransaction', {
    connectorId: 1,
    idTag,
    meterStart: 1_000,
    timestamp: AT,
    ...fields,
  });
const stop = (transactionId: number, meterStop: number, transactionData: object[] = []) =>
  station.call('StopTransaction', { transactionId, meterStop, timestamp: time(60), transactionData });

describe('a token in OCPP 1.6', () => {
  const ask = (idTag: string) => station.call<{ idTagInfo: object }>('Authorize', { idTag });

  it('line 31: of 20 characters is known without regard to case; one of 21 is no token', async () => {
    const uid = 'Twenty-Characters-20';
    await server.sql('update tokens set uid = $1 where uid = $2', [uid, await addToken(server)]);
    for (const idTag of [uid, uid.toUpperCase(), uid.toLowerCase()]) {
      expect(await ask(idTag)).toEqual({ idTagInfo: { status: 'Accepted' } });
    }
    const { transactionId } = await start(uid.toLowerCase());
    const [row] = await server.sql(
      'select driver_id is not null as known from sessions where charger_id = $1',
      [charger.id],
    );
    expect([transactionId > 0, row]).toEqual([true, { known: true }]);
    expect((await station.callFrame('Authorize', { idTag: `${uid}x` }))[0]).toBe(4);
  });

  it('line 32: is told apart, with its group and how long it holds', async () => {
    const expiresAt = '2099-01-01T00:00:00Z';
    const info = async (idTag: string) => (await ask(idTag)).idTagInfo;
    expect(await info(await addToken(server, { groupUid: 'Family', expiresAt }))).toEqual({
      status: 'Accepted',
      expiryDate: expiresAt,
      parentIdTag: 'Family',
    });
    expect(await info(await addToken(server, { isBlocked: true }))).toEqual({ status: 'Blocked' });
    expect(await info(await addToken(server, { expiresAt: '2020-01-01T00:00:00Z' }))).toEqual({
      status: 'Expired',
      expiryDate: '2020-01-01T00:00:00Z',
    });
    expect(await info('Nobody-has-this')).toEqual({ status: 'Invalid' });
  });

  it('line 32: that charges elsewhere is told so at the start alone', async () => {
    const idTag = await addToken(server);
    const { transactionId } = await start(idTag);
    expect(await ask(idTag)).toEqual({ idTagInfo: { status: 'Accepted' } });
    const second = await start(idTag, { connectorId: 2 });
    expect(second.idTagInfo.status).toBe('ConcurrentTx');
    const answer = await station.call('StopTransaction', {
      transactionId,
      idTag,
      meterStop: 2_000,
      timestamp: time(60),
    });
    expect(answer).toEqual({ idTagInfo: { status: 'Accepted' } });
  });
});

describe('meter values in OCPP 1.6', () => {
  let transactionId: number;
  beforeEach(async () => {
    ({ transactionId } = await start(await addToken(server)));
  });

  const sample = (minute: number, ...sampledValue: object[]) => ({ timestamp: time(minute), sampledValue });
  const meter = (...meterValue: object[]) =>
    station.call('MeterValues', { connectorId: 1, transactionId, meterValue });
  const stored = () =>
    server.sql<{ samples: Record<string, unknown>[]; energy_wh: string | null; power_w: number | null }>(
      'select samples, energy_wh, power_w from meter_values where charger_id = $1 order by at, id',
      [charger.id],
    );
  const session = async () => (await sessionsOf(server, charger))[0]!;
  const POWER = 'Power.Active.Import';

  it('line 33: have OCPP’s defaults, in Wh and W whatever their unit', async () => {
    await meter(
      sample(1, { value: '1100' }),
      sample(2, { value: '1.25', unit: 'kWh' }, { value: '7.4', measurand: POWER, unit: 'kW' }),
    );
    const [plain, thousands] = await stored();
    expect(plain).toMatchObject({
      energy_wh: '1100.000',
      samples: [
        {
          measurand: 'Energy.Active.Import.Register',
          value: '1100',
          unit: 'Wh',
          phase: null,
          location: 'Outlet',
          context: 'Sample.Periodic',
          format: 'Raw',
        },
      ],
    });
    expect(thousands).toMatchObject({
      energy_wh: '1250.000',
      power_w: 7_400,
      samples: [{ unit: 'Wh' }, { unit: 'W' }],
    });
  });

  it('line 33: of the whole beat phases, and of phases alone the sum counts', async () => {
    const phases = (values: readonly string[], more: object) =>
      values.map((value, at) => ({ value, phase: `L${at + 1}`, ...more }));
    await meter(
      sample(1, ...phases(['1', '2', '3'], { measurand: POWER, unit: 'kW' }), { value: '1100' }),
      sample(
        2,
        ...phases(['1', '2', '3'], { measurand: POWER, unit: 'kW' }),
        { value: '5.5', measurand: POWER, unit: 'kW' },
        ...phases(['400', '400', '450.5'], {}),
      ),
    );
    expect(await stored()).toMatchObject([
      { power_w: 6_000, energy_wh: '1100.000' },
      { power_w: 5_500, energy_wh: '1250.500' },
    ]);
  });

  it('line 34: count once, to the decimal; a late one lowers nothing', async () => {
    const at = (minute: number, wh: string) => sample(minute, { value: wh });
    await meter(at(10, '1500.125'));
    await meter(at(10, '1500.125'));
    await meter(at(30, '2000.5'));
    expect((await session()).energy_wh).toBe('1000.500');
    await meter(at(20, '1700'));
    await meter(at(10, '1500.125'), at(30, '2000.5'));
    expect((await session()).energy_wh).toBe('1000.500');
    await meter(at(40, '2100'));
    expect((await session()).energy_wh).toBe('1100.000');
    expect(await stored()).toHaveLength(4);
    await stop(transactionId, 2_101, [at(10, '1500.125'), at(20, '1700')]);
    expect(await session()).toMatchObject({ status: 'completed', energy_wh: '1101.000', flags: [] });
    expect(await stored()).toHaveLength(4);
  });

  it('line 34: of a meter that began anew add up from there, for a person to see', async () => {
    for (const [minute, wh] of [
      [10, '1600'],
      [20, '5'],
      [30, '405'],
    ] as const) {
      await meter(sample(minute, { value: wh }));
    }
    expect((await session()).energy_wh).toBe('1000.000');
    // the stop's register is below the start's: what was metered on the way is billed
    await stop(transactionId, 405);
    expect(await session()).toMatchObject({ status: 'completed', energy_wh: '1000.000' });
    expect((await session()).flags).toEqual(
      expect.arrayContaining(['implausible_stop_meter', 'meter_reset']),
    );
  });

  it.each(['Trigger', 'Interruption.Begin', 'Interruption.End', 'Other'])(
    'line 34: taken at %s are kept, and bill nothing',
    async context => {
      await meter(sample(10, { value: '9000', context }));
      expect((await session()).energy_wh).toBe('0.000');
      expect((await stored())[0]!.samples).toMatchObject([{ value: '9000', context }]);
    },
  );

  it('line 34: that are signed are kept as they came, and bill nothing', async () => {
    const value = 'OCMF|{"FV":"1.0","RD":[{"RV":9000}]}|{"SD":"3045"}';
    await meter(sample(10, { value, format: 'SignedData' }), sample(11, { value: '1500' }));
    expect((await stored())[0]!.samples).toMatchObject([{ value, format: 'SignedData' }]);
    expect((await session()).energy_wh).toBe('500.000');
  });
});
