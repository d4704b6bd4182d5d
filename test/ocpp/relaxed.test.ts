import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newDriver, newKey } from '../support/callers.ts';
import { eventually } from '../support/eventually.ts';
import { globalId } from '../support/global-id.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { addCharger, ago, bootedWithTwo, connect, type StagedCharger, sessionsOf } from './stage.ts';

const logLines: string[] = [];
let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({ logLines });
});
afterAll(() => server.close());

const sampled = (fields: object) => ({
  connectorId: 1,
  meterValue: [{ timestamp: '2026-06-18T10:00:00Z', sampledValue: [{ value: '5', ...fields }] }],
});
const status = (fields: object) => ({
  connectorId: 1,
  errorCode: 'NoError',
  status: 'Available',
  ...fields,
});
const start = (fields: object) => ({
  connectorId: 1,
  idTag: 'X',
  meterStart: 0,
  timestamp: '2026-06-18T10:00:00Z',
  ...fields,
});
const boot = (fields: object) => ({ chargePointVendor: 'Test', chargePointModel: 'Raw', ...fields });
const VALUE = 'meterValue.sampledValue.value';
const UNIT = 'meterValue.sampledValue.unit';

/** What stations on sale and public simulators send, and what is wrong with it. */
const HARMLESS: [string, string, unknown, string, string][] = [
  ['a number for a value', 'MeterValues', sampled({ value: 5 }), VALUE, 'number_for_text'],
  ['an empty phase', 'MeterValues', sampled({ phase: '' }), 'meterValue.sampledValue.phase', 'empty_text'],
  ['the unit Hz', 'MeterValues', sampled({ measurand: 'Frequency', unit: 'Hz' }), UNIT, 'unknown_unit'],
  ['the unit wh', 'MeterValues', sampled({ unit: 'wh' }), UNIT, 'spelling'],
  ['an unknown member', 'StatusNotification', status({ vendorFoo: 1 }), '', 'unknown_member'],
  [
    'a fraction for a register',
    'StartTransaction',
    start({ meterStart: 1.5 }),
    'meterStart',
    'fraction_for_integer',
  ],
  ['a text for a number', 'StartTransaction', start({ connectorId: '1' }), 'connectorId', 'text_for_number'],
  ['a heartbeat of null', 'Heartbeat', null, '', 'no_payload'],
  ['a heartbeat of an empty list', 'Heartbeat', [], '', 'no_payload'],
  ['a member of null', 'StatusNotification', status({ info: null }), 'info', 'null_member'],
  ['an empty time', 'StatusNotification', status({ timestamp: '' }), 'timestamp', 'empty_text'],
  [
    'a leap second',
    'StatusNotification',
    status({ timestamp: '2026-06-18T10:00:60Z' }),
    'timestamp',
    'time_format',
  ],
  [
    'an error code of its own',
    'StatusNotification',
    status({ errorCode: 'E-17' }),
    'errorCode',
    'unknown_word',
  ],
  [
    'a model too long',
    'BootNotification',
    boot({ chargePointModel: 'M'.repeat(40) }),
    'chargePointModel',
    'text_too_long',
  ],
];

/** What changes what is meant, or may. */
const HARMFUL: [string, string, unknown][] = [
  ['a unit of energy that nobody knows', 'MeterValues', sampled({ unit: 'MWh' })],
  ['a tag that is too long', 'Authorize', { idTag: 'x'.repeat(21) }],
  ['a tag of more digits than a number keeps', 'Authorize', '{"idTag":12345678901234567890}'],
  ['a start without a register', 'StartTransaction', start({ meterStart: undefined })],
  ['a register that is no number', 'StartTransaction', start({ meterStart: 'many' })],
  ['a status that nobody knows', 'StatusNotification', status({ status: 'Sleeping' })],
  ['a time that is none', 'StartTransaction', start({ timestamp: 'soon' })],
  ['a list for an object', 'Heartbeat', [1]],
];

interface Fault {
  action: string;
  member: string;
  fault: string;
  count: number;
}

async function faultsOf(charger: StagedCharger, headers?: Record<string, string>): Promise<Fault[]> {
  const { data } = await server.graphql<{ node: { messageFaults: Fault[] } | null }>(
    'query ($id: ID!) { node(id: $id) { ... on Charger { messageFaults { action member fault count } } } }',
    { id: globalId('Charger', charger.id) },
    headers,
  );
  return data.node?.messageFaults ?? [];
}

describe('a relaxed charger, as every charger is unless set otherwise', () => {
  it.each(HARMLESS)('line 8: %s is mended, logged and counted', async (_, action, payload, member, fault) => {
    const charger = await addCharger(server);
    const station = await connect(server, charger);
    expect((await station.callFrame(action, payload))[0]).toBe(3);
    await eventually(async () => (await faultsOf(charger)).length > 0);
    expect(await faultsOf(charger)).toEqual([{ action, member, fault, count: 1 }]);
    const logged = logLines.filter(line => line.includes('message mended') && line.includes(charger.uid));
    expect(logged).toHaveLength(1);
    expect(logged[0]).toContain(fault);
    await station.close();
  });

  it.each(HARMFUL)('line 8: %s is refused, for it is not harmless', async (_, action, payload) => {
    const charger = await addCharger(server);
    const station = await connect(server, charger);
    const answer = station.next(frame => frame[1] === 'it');
    station.send(
      typeof payload === 'string' ? `[2,"it","${action}",${payload}]` : [2, 'it', action, payload],
    );
    expect((await answer)[0]).toBe(4);
    await station.close();
    expect(await faultsOf(charger)).toEqual([]);
    expect(await sessionsOf(server, charger)).toEqual([]);
  });

  it('line 8: what was meant by a mended message counts: a charge of numbers, fractions and lower case', async () => {
    const charger = await addCharger(server);
    const station = await bootedWithTwo(server, charger);
    const { transactionId } = await station.call<{ transactionId: number }>('StartTransaction', {
      connectorId: '1',
      idTag: server.demo.idTag,
      meterStart: 1000.4,
      timestamp: ago({ minutes: 60 }),
      reservationId: null,
    });
    await station.call('MeterValues', {
      connectorId: 1,
      transactionId: String(transactionId),
      meterValue: [
        { timestamp: ago({ minutes: 30 }), sampledValue: [{ value: 3.5, unit: 'KWH', phase: '' }] },
      ],
    });
    expect(await sessionsOf(server, charger)).toMatchObject([{ energy_wh: '2500.000' }]);
    await station.call('StopTransaction', {
      transactionId,
      meterStop: 5000.6,
      timestamp: ago(),
      reason: 'because',
    });
    expect(await sessionsOf(server, charger)).toMatchObject([
      { status: 'completed', energy_wh: '4001.000', stop_reason: 'Other' },
    ]);
    await station.close();
  });

  it('line 8: every occurrence counts, those too that come close together', async () => {
    const charger = await addCharger(server);
    const station = await connect(server, charger);
    for (let each = 0; each < 7; each++) await station.call('Heartbeat', null);
    await station.call('MeterValues', {
      connectorId: 1,
      meterValue: [{ timestamp: ago(), sampledValue: [{ value: 1 }, { value: 2 }, { value: 3 }] }],
    });
    await station.close();
    const counted = await eventually(async () => {
      const faults = await faultsOf(charger);
      return faults[0]?.count === 7 && faults;
    });
    expect(counted).toEqual([
      { action: 'Heartbeat', member: '', fault: 'no_payload', count: 7 },
      { action: 'MeterValues', member: VALUE, fault: 'number_for_text', count: 3 },
    ]);
  });

  it('line 8: however many members a station invents, they are one fault', async () => {
    const charger = await addCharger(server);
    const station = await connect(server, charger);
    for (let each = 0; each < 20; each++) {
      await station.call('Heartbeat', { [`invented-${each}`]: each, __proto__: null, constructor: each });
    }
    await station.close();
    await eventually(async () => (await faultsOf(charger))[0]?.count === 40);
    expect(await faultsOf(charger)).toHaveLength(1);
  });

  it('line 8: a result with a harmless fault is an answer', async () => {
    const charger = await addCharger(server);
    const station = await bootedWithTwo(server, charger);
    const asked = server.rest('POST', `/remote-control/${charger.id}/unlock`, { body: {} });
    const { id } = await station.expectCall('UnlockConnector');
    station.reply(id, { status: 'unlocked', note: 'done' });
    expect((await asked).body.data).toMatchObject({ accepted: true });
    await station.close();
    await eventually(async () => (await faultsOf(charger)).length === 2);
  });

  it('what was mended is told to operators, not to drivers', async () => {
    const charger = await addCharger(server);
    await server.sql(
      'update chargers set location_id = (select location_id from chargers where location_id is not null limit 1) where id = $1',
      [charger.id],
    );
    const station = await connect(server, charger);
    await station.call('Heartbeat', null);
    await eventually(async () => (await faultsOf(charger)).length === 1);
    const ana = await newDriver(
      server,
      await newKey(server, { kind: 'APP', scopes: ['READ', 'WRITE', 'CONTROL'] }),
    );
    const { data } = await server.graphql(
      'query ($id: ID!) { node(id: $id) { ... on Charger { uid messageFaults { fault } } } }',
      { id: globalId('Charger', charger.id) },
      ana.headers,
    );
    expect(data).toEqual({ node: { uid: charger.uid, messageFaults: [] } });
    await station.close();
  });
});

describe('a strict charger', () => {
  it.each(HARMLESS)('line 8: %s is refused', async (_, action, payload) => {
    const charger = await addCharger(server, { messageValidation: 'strict' });
    const station = await connect(server, charger);
    expect((await station.callFrame(action, payload))[0]).toBe(4);
    await station.close();
    expect(await faultsOf(charger)).toEqual([]);
  });

  it('line 8: an operator makes a charger strict, from its next connection on', async () => {
    const charger = await addCharger(server);
    const station = await connect(server, charger);
    expect((await station.callFrame('Heartbeat', null))[0]).toBe(3);
    const { data } = await server.graphql(
      `mutation ($input: UpdateChargerInput!) {
         updateCharger(input: $input) { ... on Charger { messageValidation } }
       }`,
      { input: { id: globalId('Charger', charger.id), messageValidation: 'STRICT' } },
    );
    expect(data).toEqual({ updateCharger: { messageValidation: 'STRICT' } });
    await station.close();
    const again = await connect(server, charger);
    expect((await again.callFrame('Heartbeat', null))[0]).toBe(4);
    await again.close();
  });
});

describe('what the schemas let pass', () => {
  const begin = async (fields: object) => {
    const charger = await addCharger(server);
    const station = await bootedWithTwo(server, charger);
    const answer = await station.call<{ transactionId: number; idTagInfo: { status: string } }>(
      'StartTransaction',
      start({ idTag: server.demo.idTag, ...fields }),
    );
    await station.close();
    return { answer, session: (await sessionsOf(server, charger))[0]! };
  };

  it('line 9: a time without a zone is UTC', async () => {
    const { session } = await begin({ timestamp: '2026-06-18T10:00:00' });
    expect(session.start_time.toISOString()).toBe('2026-06-18T10:00:00.000Z');
  });

  it('line 9: an empty tag is nobody’s', async () => {
    const { answer, session } = await begin({ idTag: '' });
    expect(answer.idTagInfo.status).toBe('Invalid');
    expect(session.flags).toContain('token_invalid');
  });

  it('line 9: a negative connector is none', async () => {
    const { session } = await begin({ connectorId: -3 });
    expect(session).toMatchObject({ connector_number: -1 });
    expect(session.flags).toContain('unknown_connector');
  });

  it('line 9: a register that no meter shows is questioned, and no bill rests on it', async () => {
    const { session } = await begin({ meterStart: 2 ** 40 });
    expect(session.flags).toContain('implausible_start_meter');
  });
});
