import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import type { RawStation } from '../support/station.ts';
import { chargerId, operate, query, whileAnswering } from './operator.ts';
import { addCharger, bootedWithTwo, connect, refusal, type StagedCharger } from './stage.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({ settings: { COMMAND_TIMEOUT_SECONDS: '1' } });
});
afterAll(() => server.close());

let charger: StagedCharger;
let station: RawStation;
beforeEach(async () => {
  charger = await addCharger(server);
  station = await bootedWithTwo(server, charger);
  return () => station.close();
});

const VARIABLES =
  'variables { name { component variable } value isSecret mutability attributeType } unknown { variable }';
interface Known {
  variables: {
    name: { component: string | null; variable: string };
    value: string | null;
    isSecret: boolean;
  }[];
  unknown: { variable: string }[];
}

const read = (variables?: string[]) =>
  operate<Known>(
    server,
    'mutation readChargerConfiguration',
    `... on ChargerConfiguration { ${VARIABLES} }`,
    {
      chargerId: chargerId(charger),
      ...(variables && { variables: variables.map(variable => ({ variable })) }),
    },
  );
const known = async () =>
  (
    await query<Known>(server, `chargerConfiguration(chargerId: "${chargerId(charger)}") { ${VARIABLES} }`)
  ).variables.map(({ name, value }) => [name.variable, value]);
const set = (variable: string, value: string, more: object = {}) =>
  operate<{ outcome: string; oldValue: string | null; newValue: string | null }>(
    server,
    'mutation setChargerConfiguration',
    '... on ConfigurationChange { outcome oldValue newValue }',
    { chargerId: chargerId(charger), name: { variable, ...more }, value },
  );
const history = async () =>
  (
    await query<{ nodes: { outcome: string; name: { variable: string }; newValue: string | null }[] }>(
      server,
      `configurationChanges(chargerId: "${chargerId(charger)}") { nodes { outcome name { variable } newValue oldValue requestedBy } }`,
    )
  ).nodes;

const key = (name: string, value?: string, readonly = false) => ({
  key: name,
  readonly,
  ...(value !== undefined && { value }),
});

describe('what a station’s settings are', () => {
  it('is asked of the station, and kept: what it tells no more is gone', async () => {
    const first = await whileAnswering(station, read(), [
      'GetConfiguration',
      {
        configurationKey: [key('HeartbeatInterval', '300'), key('NumberOfConnectors', '2', true), key('Old')],
      },
    ]);
    expect(first.asked).toEqual([{}]);
    expect(first.result.variables).toEqual([
      {
        name: { component: null, variable: 'HeartbeatInterval' },
        value: '300',
        isSecret: false,
        mutability: 'READ_WRITE',
        attributeType: 'ACTUAL',
      },
      {
        name: { component: null, variable: 'NumberOfConnectors' },
        value: '2',
        isSecret: false,
        mutability: 'READ_ONLY',
        attributeType: 'ACTUAL',
      },
      {
        name: { component: null, variable: 'Old' },
        value: null,
        isSecret: false,
        mutability: 'READ_WRITE',
        attributeType: 'ACTUAL',
      },
    ]);
    await whileAnswering(station, read(), [
      'GetConfiguration',
      // the same key twice, as some stations tell it
      { configurationKey: [key('HeartbeatInterval', '1'), key('HeartbeatInterval', '60')] },
    ]);
    expect(await known()).toEqual([['HeartbeatInterval', '60']]);
  });

  it('may be asked one by one: the others stay, and what the station does not know is told', async () => {
    await whileAnswering(station, read(), [
      'GetConfiguration',
      { configurationKey: [key('A', '1'), key('B', '2')] },
    ]);
    const { result, asked } = await whileAnswering(station, read(['B', 'Vendor.C']), [
      'GetConfiguration',
      { configurationKey: [key('B', '3')], unknownKey: ['Vendor.C'] },
    ]);
    expect(asked).toEqual([{ key: ['B', 'Vendor.C'] }]);
    expect(result.unknown).toEqual([{ variable: 'Vendor.C' }]);
    expect(await known()).toEqual([
      ['A', '1'],
      ['B', '3'],
    ]);
  });

  it('never shows a secret that a station gives away, and does not keep it', async () => {
    const { result } = await whileAnswering(station, read(), [
      'GetConfiguration',
      { configurationKey: [key('AuthorizationKey', 'topsecret-9'), key('wifi_password', 'topsecret-9')] },
    ]);
    expect(result.variables.map(({ value, isSecret }) => [value, isSecret])).toEqual([
      [null, true],
      [null, true],
    ]);
    const [found] = await server.sql<{ found: boolean }>(
      `select exists (select from charger_variables v where v::text like '%topsecret-9%') found`,
    );
    expect(found).toEqual({ found: false });
  });

  it('is an error where the station is offline, answers with an error, or does not answer', async () => {
    const refused = await whileAnswering(station, read(), ['GetConfiguration', ['InternalError']]);
    expect(refused.result).toMatchObject({ code: 'charger_rejected' });
    expect(await read()).toMatchObject({ code: 'unavailable' });
    await station.close();
    await eventually(async () => (await read()).code === 'charger_offline');
  });
});

describe('a change of a setting', () => {
  it.each([
    ['Accepted', 'ACCEPTED'],
    ['Rejected', 'REJECTED'],
    ['RebootRequired', 'REBOOT_REQUIRED'],
    ['NotSupported', 'NOT_SUPPORTED'],
  ])('that the station answers %s is kept as %s, with who asked', async (status, outcome) => {
    await whileAnswering(station, read(), ['GetConfiguration', { configurationKey: [key('Light', '10')] }]);
    const { result, asked } = await whileAnswering(station, set('Light', '20'), [
      'ChangeConfiguration',
      { status },
    ]);
    expect(asked).toEqual([{ key: 'Light', value: '20' }]);
    expect(result).toMatchObject({ outcome, oldValue: '10', newValue: '20' });
    const [operator] = await server.sql<{ id: string }>('select id from api_keys where last_four = $1', [
      server.demo.apiKey.slice(-4),
    ]);
    expect(await history()).toEqual([
      { outcome, name: { variable: 'Light' }, newValue: '20', oldValue: '10', requestedBy: operator!.id },
    ]);
    // it holds at once where it was accepted, and only there
    expect(await known()).toEqual([['Light', outcome === 'ACCEPTED' ? '20' : '10']]);
  });

  it('that nobody answered is in the history as such', async () => {
    expect(await set('Light', '1')).toMatchObject({ code: 'unavailable' });
    await station.expectCall('ChangeConfiguration');
    const refused = await whileAnswering(station, set('Light', '2'), [
      'ChangeConfiguration',
      ['NotImplemented'],
    ]);
    expect(refused.result).toMatchObject({ code: 'charger_rejected' });
    await station.close();
    await eventually(async () => (await set('Light', '3')).code === 'charger_offline');
    const outcomes = (await history()).map(change => change.outcome);
    expect(outcomes.slice(-2)).toEqual(['REJECTED', 'UNANSWERED']);
    expect(outcomes[0]).toBe('OFFLINE');
  });

  it('of a component, which 1.6 has none of, is not sent to a 1.6 station', async () => {
    expect(await set('Interval', '1', { component: 'OCPPCommCtrlr' })).toMatchObject({
      outcome: 'NOT_SUPPORTED',
    });
  });

  it.each([
    ['', '1', 'variable'],
    ['x'.repeat(51), '1', 'variable'],
    ['Light', 'x'.repeat(501), 'value'],
    ['AuthorizationKey', 'too short', 'value'],
    ['AuthorizationKey', '0123456789abcdef0123456789abcdef', 'value'],
  ])('"%s" to "%s" never reaches the station', async (variable, value, field) => {
    expect(await set(variable, value)).toMatchObject({ code: 'validation_error', details: [{ field }] });
    expect(await history()).toEqual([]);
  });
});

describe('another password', () => {
  const NEXT = 'quite-another-secret';
  const comesWith = async (password: string) => {
    const next = await connect(server, charger, { password });
    await next.call('Heartbeat', {});
    await next.close();
  };

  it('lets the station come with it, and with the one before until then', async () => {
    await whileAnswering(station, set('AuthorizationKey', NEXT), [
      'ChangeConfiguration',
      { status: 'Accepted' },
    ]);
    await comesWith(charger.password);
    await comesWith(NEXT);
    await comesWith(NEXT);
    expect(await refusal(connect(server, charger))).toBe(401);
    expect(await history()).toMatchObject([{ outcome: 'ACCEPTED', newValue: null }]);
  });

  it('that the station rejects is none', async () => {
    await whileAnswering(station, set('AuthorizationKey', NEXT), [
      'ChangeConfiguration',
      { status: 'Rejected' },
    ]);
    expect(await refusal(connect(server, charger, { password: NEXT }))).toBe(401);
    await comesWith(charger.password);
  });

  it('that the station did not answer to may be its password or not: either is good', async () => {
    expect(await set('AuthorizationKey', NEXT)).toMatchObject({ code: 'unavailable' });
    await comesWith(charger.password);
    await comesWith(NEXT);
  });
});
