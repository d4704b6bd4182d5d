import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newCharger, newKey, newLocation, newNetwork, queriesFor } from '../support/callers.ts';
import { bootedStation, demoCharger } from '../support/charge.ts';
import { conforms, documentedRoute, neverSeen, shapeOf } from '../support/contract.ts';
import { globalId } from '../support/global-id.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

let server: TestServer;
let otherNetworkId: string;
let otherKey: string;

beforeAll(async () => {
  server = await startTestServer();
  otherNetworkId = await newNetwork(server, 'OTH');
  otherKey = await newKey(server, { kind: 'OPERATOR', networkId: otherNetworkId });
});
afterAll(() => server.close());

const info = (identifier: string, apiKey: string | null = null) =>
  server.rest('GET', `/chargers/${encodeURIComponent(identifier)}/info`, { apiKey });
const set = (id: string, column: string, value: unknown) =>
  server.sql(`update chargers set ${column} = $2 where id = $1`, [id, value]);

describe('GET /chargers/{identifier}/info', () => {
  it('is the answer of the contract, without a key', async () => {
    const station = await bootedStation(server, 'DEMO-AC-01');
    const { status, body } = await info('DEMO-AC-01');
    await station.close();
    const shape = shapeOf(documentedRoute('GET', '/chargers/{identifier}/info'), '200');
    expect(status).toBe(200);
    expect(conforms(shape, body)).toEqual([]);
    expect(neverSeen(shape, [body])).toEqual([]);
    expect(body.data).toMatchObject({
      chargerUid: 'DEMO-AC-01',
      chargerName: 'DEMO-AC-01',
      status: 'AVAILABLE',
      isOnline: true,
      locationName: 'Harbour Garage',
      latitude: 18.4655,
      networkName: 'Demo Charge',
      networkPrimaryColor: '#0EA5E9',
      currency: 'USD',
    });
    expect(body.data.connectors.map((it: { connectorNumber: number }) => it.connectorNumber)).toEqual([1, 2]);
    expect(body.data.connectors[0]).toMatchObject({
      connectorIdentifier: 'DEMO-AC-01-1',
      maxPowerKw: 22,
      tariffId: 'STANDARD',
      tariffName: 'Standard',
      energyRate: 0.35,
      timeRate: 0.02,
      sessionFee: 0.5,
      idleRate: 0.4,
      idleFeeEnabled: true,
      idleGracePeriodMinutes: 10,
    });
  });

  it('finds by UUID, OCPP identity, printed code in any case, and serial number', async () => {
    const { id } = demoCharger(server, 'DEMO-AC-02');
    await set(id, 'serial_number', 'SN-4711');
    const code = (await info(id)).body.data.llmLookupId;
    expect(code).toMatch(/^[23456789ABCDEFGHJKMNPQRSTVWXYZ]{6}$/);
    for (const identifier of [
      id,
      id.toUpperCase(),
      'DEMO-AC-02',
      code,
      code.toLowerCase(),
      'SN-4711',
      ' SN-4711 ',
    ]) {
      expect((await info(identifier)).body.data?.chargerUuid).toBe(id);
    }
  });

  it('finds nothing by a serial number that several bear, while one of them is hidden the other', async () => {
    const [first, second] = [demoCharger(server, 'DEMO-DC-01').id, demoCharger(server, 'DEMO-DC-02').id];
    await set(first, 'serial_number', 'TWICE');
    await set(second, 'serial_number', 'TWICE');
    expect((await info('TWICE')).status).toBe(404);
    await set(second, 'is_public', false);
    expect((await info('TWICE')).body.data.chargerUuid).toBe(first);
    await set(second, 'is_public', true);
    const hidden = await newLocation(server, { isPublished: false });
    const [{ location_id: before }] = (await server.sql('select location_id from chargers where id = $1', [
      second,
    ])) as [{ location_id: string }];
    await set(second, 'location_id', hidden);
    expect((await info('TWICE')).body.data.chargerUuid).toBe(first);
    await set(second, 'location_id', before);
  });

  it('takes an OCPP identity over the same text as a serial number', async () => {
    await set(demoCharger(server, 'DEMO-DC-02').id, 'serial_number', 'DEMO-DC-01');
    expect((await info('DEMO-DC-01')).body.data.chargerUid).toBe('DEMO-DC-01');
  });

  it('is 404 for what is private, unpublished, nowhere, or no charger', async () => {
    const hidden = await newLocation(server, { isPublished: false });
    const published = await newLocation(server);
    await newCharger(server, { uid: 'AT-HIDDEN', locationId: globalId('Location', hidden) });
    await newCharger(server, {
      uid: 'PRIVATE',
      locationId: globalId('Location', published),
      isPublic: false,
    });
    await newCharger(server, { uid: 'NOWHERE' });
    for (const identifier of ['AT-HIDDEN', 'PRIVATE', 'NOWHERE', 'NO-SUCH', "' or 1=1", 'a\0b', '%']) {
      for (const apiKey of [null, server.demo.apiKey]) {
        expect([identifier, (await info(identifier, apiKey)).status]).toEqual([identifier, 404]);
      }
    }
  });

  it('looks with a key only where the key reaches, and refuses a bad one', async () => {
    expect((await info('DEMO-AC-01', otherKey)).status).toBe(404);
    expect((await info('DEMO-AC-01', server.demo.apiKey)).status).toBe(200);
    expect((await info('DEMO-AC-01', 'pr_live_nonsense')).status).toBe(401);
    const both = await newKey(server, {
      kind: 'APP',
      networkId: otherNetworkId,
      alsoReaches: [server.demo.networkId],
    });
    expect((await info('DEMO-AC-01', both)).status).toBe(200);
  });

  it('tells the prices of each connector at this moment, none where it is free, null without a tariff', async () => {
    await server.sql("update tariffs set energy_rate = 0.5, idle_rate = 1 where code = 'FREE'");
    const free = (await info('DEMO-AC-02')).body.data.connectors[0];
    expect(free).toMatchObject({ tariffId: 'FREE', energyRate: 0, idleRate: 0, idleFeeEnabled: false });

    // the demo charger has a tariff of its own, and its second connector another
    const { id } = demoCharger(server, 'DEMO-DC-01');
    const [{ id: connectorId }] = (await server.sql(
      'select id from connectors where charger_id = $1 and number = 2',
      [id],
    )) as [{ id: string }];
    const assign = async (code: string, target: object, effectiveFrom: string, effectiveTo?: string) => {
      const [tariff] = await server.sql<{ id: string }>('select id from tariffs where code = $1', [code]);
      await server.graphql(
        `mutation ($input: AssignTariffInput!) { assignTariff(input: $input) { __typename } }`,
        { input: { tariffId: globalId('Tariff', tariff!.id), ...target, effectiveFrom, effectiveTo } },
      );
    };
    const tariffs = async () =>
      (await info('DEMO-DC-01')).body.data.connectors.map((it: { tariffId: string }) => it.tariffId);
    expect(await tariffs()).toEqual(['MINIMUM', 'MINIMUM']);
    const connector = { connectorId: globalId('Connector', connectorId) };
    await assign('FREE', connector, '2020-01-01T00:00:00Z', '2021-01-01T00:00:00Z');
    await assign('FREE', connector, '2090-01-01T00:00:00Z');
    expect(await tariffs()).toEqual(['MINIMUM', 'MINIMUM']);
    await assign('STANDARD', connector, '2021-01-01T00:00:00Z');
    await assign('MAXIMUM', connector, '2022-01-01T00:00:00Z');
    // assigned last, in effect since before
    await assign('STANDARD', connector, '2021-06-01T00:00:00Z');
    expect(await tariffs()).toEqual(['MINIMUM', 'MAXIMUM']);
    await assign('MAXIMUM', { chargerId: globalId('Charger', id) }, '2022-01-01T00:00:00Z');
    await assign('STANDARD', { locationId: null }, '2023-01-01T00:00:00Z');
    expect(await tariffs()).toEqual(['MAXIMUM', 'MAXIMUM']);

    const locationId = await newLocation(server, {}, { 'x-api-key': otherKey });
    await newCharger(
      server,
      { uid: 'THEIRS', locationId: globalId('Location', locationId) },
      { 'x-api-key': otherKey },
    );
    expect((await info('THEIRS')).body.data.connectors[0]).toMatchObject({
      tariffId: null,
      tariffName: null,
      energyRate: 0,
      idleFeeEnabled: false,
    });
  });

  it('costs the same statements for one connector as for eight', async () => {
    const connector = {
      standard: 'CHADEMO',
      format: 'CABLE',
      powerType: 'DC',
      maxVoltageV: 500,
      maxCurrentA: 125,
      maxPowerW: 50_000,
    };
    const locationId = globalId('Location', await newLocation(server));
    await newCharger(server, { uid: 'ONE', locationId });
    await newCharger(server, {
      uid: 'EIGHT',
      locationId,
      connectors: [1, 2, 3, 4, 5, 6, 7, 8].map(number => ({ number, ...connector })),
    });
    const queries = (uid: string, connectors: number) =>
      queriesFor(server, async () => {
        expect((await info(uid)).body.data.connectors).toHaveLength(connectors);
      });
    // candidates, the charger with its place, its connectors, their tariffs
    expect([await queries('ONE', 1), await queries('EIGHT', 8)]).toEqual([4, 4]);
  });

  it('without a key, nothing of the graph beside it', async () => {
    const query = `query ($id: ID!) {
      chargerInfo(identifier: "DEMO-AC-01") { uid network { name branding { primaryColor } } }
      node(id: $id) { id }
    }`;
    const response = await fetch(`${server.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        query,
        variables: { id: globalId('Charger', demoCharger(server, 'DEMO-AC-01').id) },
      }),
    });
    const { data, errors } = (await response.json()) as {
      data: { chargerInfo: unknown; node: unknown };
      errors: { extensions: { code: string } }[];
    };
    expect(data.chargerInfo).toEqual({
      uid: 'DEMO-AC-01',
      network: { name: 'Demo Charge', branding: { primaryColor: '#0EA5E9' } },
    });
    expect(data.node).toBe(null);
    expect(errors[0]!.extensions.code).toBe('unauthorized');
  });
});

describe('GET /networks/{networkId}/branding', () => {
  const branding = (id: string, apiKey: string | null = null) =>
    server.rest('GET', `/networks/${id}/branding`, { apiKey });

  it('is the answer of the contract, without a key, and with the key of another network', async () => {
    const shape = shapeOf(documentedRoute('GET', '/networks/{networkId}/branding'), '200');
    for (const apiKey of [null, otherKey]) {
      const { status, body } = await branding(server.demo.networkId, apiKey);
      expect(status).toBe(200);
      expect(conforms(shape, body)).toEqual([]);
      expect(neverSeen(shape, [body])).toEqual([]);
      expect(body.data).toMatchObject({ name: 'Demo Charge', logoBackground: 'light' });
    }
  });

  it('is 404 for what is no network, and 401 with a bad key', async () => {
    expect((await branding('019ecccc-0000-7000-8000-000000000000')).status).toBe(404);
    expect((await branding('demo')).status).toBe(404);
    expect((await branding(server.demo.networkId, 'pr_live_nonsense')).status).toBe(401);
  });

  const change = async (input: object) =>
    (
      await server.graphql<{ result: { appUrl?: string; details?: { field: string }[] } }>(
        `mutation ($input: UpdateNetworkInput!) {
          result: updateNetwork(input: $input) {
            ... on Network { appUrl } ... on ValidationError { details { field } } ... on Error { message }
          }
        }`,
        { input: { id: globalId('Network', server.demo.networkId), ...input } },
      )
    ).data.result;

  it.each([
    ['branding.primaryColor', { branding: { primaryColor: 'blue' } }],
    ['branding.secondaryColor', { branding: { secondaryColor: '#12' } }],
    ['branding.logoUrl', { branding: { logoUrl: 'javascript:alert(1)' } }],
    ['branding.termsUrl', { branding: { termsUrl: 'http://example.com' } }],
    ['appUrl', { appUrl: 'http://app.example.com' }],
    ['appUrl', { appUrl: 'https://user@app.example.com' }],
  ])('a network refuses a bad %s: %j', async (field, input) => {
    expect((await change(input)).details).toEqual([{ field }]);
  });

  it.each(['https://app.example.com/start', 'http://localhost:5173'])(
    'takes the app URL %s',
    async appUrl => {
      expect(await change({ appUrl })).toEqual({ appUrl });
    },
  );
});
