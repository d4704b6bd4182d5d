import { afterAll, beforeAll, expect, it } from 'vitest';
import { signIn } from './support/driver.ts';
import { startTestServer, type TestServer } from './support/server.ts';

let server: TestServer;
const SITES = 12;

interface List {
  totalCount: number;
  pageInfo: { hasNextPage: boolean; hasPreviousPage: boolean; endCursor: string | null };
  nodes: { id: string }[];
}
interface Site {
  id: string;
  name: string;
  chargers: List;
  reviews: List;
}

const page = (args: string) => `(${args}) {
  totalCount pageInfo { hasNextPage hasPreviousPage endCursor } nodes { id }
}`;

beforeAll(async () => {
  server = await startTestServer();
  const drivers = [await signIn(server), await signIn(server), await signIn(server)];
  for (let site = 0; site < SITES; site++) {
    const { data } = await server.graphql<{ location: { id: string } }>(
      `mutation ($name: String!) {
        location: createLocation(input: { name: $name, address: "1 Way", city: "Town", country: "US",
          latitude: 18, longitude: -66, timeZone: "America/Puerto_Rico" }) { ... on Location { id } }
      }`,
      { name: `Site ${String(site).padStart(2, '0')}` },
    );
    const locationId = data.location.id;
    for (let charger = 0; charger < site % 4; charger++) {
      await server.graphql(
        `mutation ($location: ID!, $uid: String!) {
          createCharger(input: { uid: $uid, locationId: $location, connectors: [{ number: 1, standard: "IEC_62196_T2",
            format: SOCKET, powerType: AC_3_PHASE, maxVoltageV: 400, maxCurrentA: 32, maxPowerW: 22000 }] }) { __typename }
        }`,
        { location: locationId, uid: `SITE-${site}-${charger}` },
      );
    }
    const uuid = Buffer.from(locationId, 'base64').toString().split(':')[1];
    for (const driver of drivers.slice(0, site % 4)) {
      await driver.rest('POST', `/locations/${uuid}/reviews`, { body: { rating: 4 } });
    }
  }
});
afterAll(() => server.close());

async function sites(args: string, first: number): Promise<{ list: Site[]; statements: number }> {
  server.statements.length = 0;
  const { data, errors } = await server.graphql<{ locations: { nodes: Site[] } }>(
    `{ locations(first: ${first}, filter: { city: "Town" }) {
      nodes { id name chargers${page(args)} reviews${page(args)} } } }`,
  );
  expect(errors).toBeUndefined();
  return { list: data.locations.nodes, statements: server.statements.length };
}

it('lists within a list cost the same statements for twelve locations as for two', async () => {
  const few = await sites('first: 2', 2);
  const many = await sites('first: 2', SITES);
  expect(many.list).toHaveLength(SITES);
  expect(many.statements).toBe(few.statements);
});

it.each(['first: 2', 'last: 2', 'first: 0', 'first: 50'])(
  'each location’s own page (%s) is what it is alone',
  async args => {
    const { list } = await sites(args, SITES);
    for (const site of list) {
      const { data } = await server.graphql<{ node: Site }>(
        `query ($id: ID!) { node(id: $id) { ... on Location { id name chargers${page(args)} reviews${page(args)} } } }`,
        { id: site.id },
      );
      expect(site).toEqual(data.node);
      expect(site.chargers.totalCount).toBe(Number(site.name.slice(-2)) % 4);
      expect(site.reviews.totalCount).toBe(site.chargers.totalCount);
    }
  },
);

it('a location’s chargers can be read on from a cursor, each once and in the order of the list of all', async () => {
  const [site] = (await sites('first: 50', SITES)).list.filter(({ chargers }) => chargers.totalCount === 3);
  const read: string[] = [];
  for (let after = ''; ; ) {
    const { data } = await server.graphql<{ node: Site }>(
      `query ($id: ID!) { node(id: $id) { ... on Location { chargers${page(`first: 1${after}`)} } } }`,
      { id: site!.id },
    );
    read.push(...data.node.chargers.nodes.map(node => node.id));
    if (!data.node.chargers.pageInfo.hasNextPage) break;
    after = `, after: "${data.node.chargers.pageInfo.endCursor}"`;
  }
  const { data } = await server.graphql<{ chargers: List }>(
    `query ($id: ID!) { chargers(filter: { locationId: $id }) { nodes { id } } }`,
    { id: site!.id },
  );
  expect(read).toEqual(data.chargers.nodes.map(node => node.id));
  expect(read).toHaveLength(3);
});
