import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from './support/eventually.ts';
import { billId, type Charge, chargeId, type Market, openMarket, playCharges } from './support/sales.ts';
import { startTestServer, type TestServer } from './support/server.ts';

/** Enough for shrinking what fails to its smallest case. */
const PATIENCE_MS = 120_000;

let server: TestServer;
let market: Market;
beforeAll(async () => {
  server = await startTestServer({ settings: { ROLES: 'api' } });
  market = await openMarket(server);
});
afterAll(() => server.close());

const KINDS = ['daily-sales', 'by-location', 'by-user', 'sessions-summary'] as const;
const DAY = 86_400_000;
const JUNE = Date.parse('2026-06-01T00:00:00Z');
const WINDOW = 'from=2026-06-03&to=2026-06-05T23:59:59Z';
const NOBODY = '00000000-0000-0000-0000-000000000000';

const get = (query: string) => server.rest('GET', `/reports/export?${query}`, { apiKey: market.apiKey });

/** The cells of a CSV text, by RFC 4180. */
function cellsOf(csv: string): string[][] {
  const lines: string[][] = [[]];
  for (const [, quoted, plain, end] of csv.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/g)) {
    lines.at(-1)!.push(quoted === undefined ? plain! : quoted.replaceAll('""', '"'));
    if (end !== ',') lines.push([]);
  }
  return lines.slice(0, -1);
}

const asText = (rows: readonly object[]): string[][] =>
  rows.map(row => Object.values(row).map(value => (value === null ? '' : String(value))));

const charges = (): fc.Arbitrary<Charge[]> =>
  fc
    .array(
      fc.record({
        network: fc.constantFrom(0, 0, 1, 2),
        location: fc.option(fc.nat(), { freq: 3 }),
        driver: fc.option(fc.nat(), { freq: 3 }),
        status: fc.constantFrom('completed', 'completed', 'completed', 'completed', 'failed', 'active'),
        start: fc.oneof(
          fc.integer({ min: JUNE + DAY, max: JUNE + 6 * DAY }),
          fc.integer({ min: 1, max: 6 }).map(day => JUNE + day * DAY),
        ),
        length: fc.integer({ min: 0, max: DAY }),
        energy: fc.integer({ min: 0, max: 90_000_000 }),
        currency: fc.constantFrom('USD', 'USD', 'USD', 'EUR'),
        total: fc.integer({ min: 0, max: 2_000 }),
        tax: fc.double({ min: 0, max: 1, noNaN: true }),
        refunded: fc.oneof(fc.constantFrom(0, 1), fc.double({ min: 0, max: 1, noNaN: true })),
      }),
      { minLength: 5, maxLength: 40, size: 'max' },
    )
    .map(list =>
      list.map((one, number) => {
        const network = market.networks[one.network % market.networks.length]!;
        const { total, currency, start } = one;
        const [tax, refunded] = [Math.floor(total * one.tax), Math.floor(total * one.refunded)];
        const hasEnded = one.status === 'completed';
        return {
          id: chargeId(number),
          network,
          location:
            one.location === null ? null : network.locations[one.location % network.locations.length]!,
          driver: one.driver === null ? null : network.drivers[one.driver % network.drivers.length]!,
          status: one.status,
          start,
          end: hasEnded ? start + one.length : null,
          energy: one.energy,
          bill: hasEnded ? { id: billId(), currency, total, tax, refunded } : null,
        };
      }),
    );

const iso = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19)}Z`;
const halfUp = (numerator: number, denominator: number): number =>
  Number((2n * BigInt(numerator) + BigInt(denominator)) / (2n * BigInt(denominator)));

type Sale = Charge & { readonly end: number; readonly bill: NonNullable<Charge['bill']> };

/** What the reports should say, counted one by one. */
function naive(all: readonly Charge[]): Record<(typeof KINDS)[number], object[]> {
  const [from, end] = [JUNE + 2 * DAY, JUNE + 5 * DAY];
  const reached = all.filter(({ network }) => network.isReached);
  const sold = reached.filter(
    charge => charge.bill?.currency === 'USD' && charge.end! >= from && charge.end! < end,
  ) as Sale[];
  const summed = <Row extends object>(keyOf: (sale: Sale) => string, rowOf: (sale: Sale) => Row) =>
    Object.entries(Object.groupBy(sold, keyOf))
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([, some]) => {
        const list = some!;
        const revenue = list.reduce((sum, { bill }) => sum + bill.total - bill.refunded, 0);
        const tax = list.reduce(
          (sum, { bill: { tax: charged, total, refunded } }) =>
            sum + charged - (total === 0 ? 0 : halfUp(charged * refunded, total)),
          0,
        );
        return {
          ...rowOf(list[0]!),
          sessions: list.length,
          energyKwh: list.reduce((sum, { energy }) => sum + energy, 0) / 1_000_000,
          revenue: revenue / 100,
          tax: tax / 100,
          averageRevenue: halfUp(revenue, list.length) / 100,
        };
      });
  return {
    'daily-sales': summed(
      sale => iso(sale.end).slice(0, 10),
      sale => ({ date: iso(sale.end).slice(0, 10) }),
    ),
    'by-location': summed(
      ({ location }) => location?.id ?? NOBODY,
      ({ location }) => ({ locationId: location?.id ?? null, locationName: location?.name ?? null }),
    ),
    'by-user': summed(
      ({ driver }) => driver?.id ?? NOBODY,
      ({ driver }) => ({
        userId: driver?.id ?? null,
        email: driver?.email ?? null,
        name: driver && `${driver.first_name} ${driver.last_name}`,
      }),
    ),
    'sessions-summary': reached
      .filter(({ start }) => start >= from && start < end)
      .sort((a, b) => a.start - b.start || (a.id < b.id ? -1 : 1))
      .map(one => ({
        sessionId: one.id,
        transactionId: one.bill?.id ?? null,
        userId: one.driver?.id ?? null,
        locationId: one.location?.id ?? null,
        locationName: one.location?.name ?? null,
        chargerId: one.network.chargerId,
        chargerUid: one.network.chargerUid,
        status: one.status,
        startTime: iso(one.start),
        endTime: one.end === null ? null : iso(one.end),
        durationMinutes: one.end === null ? null : halfUp(one.end - one.start, 600) / 100,
        energyKwh: one.energy / 1_000_000,
        total: (one.bill?.total ?? 0) / 100,
        currency: one.bill?.currency ?? 'USD',
      })),
  };
}

describe('the reports of a window', () => {
  it(
    'are what counting one by one comes to, as JSON and as CSV, of all or of a location or a driver',
    async () => {
      const seen = Object.fromEntries(KINDS.map(kind => [kind, 0]));
      await fc.assert(
        fc.asyncProperty(charges(), async list => {
          await playCharges(server, list);
          const [{ locations, drivers }] = market.networks as [Market['networks'][number]];
          for (const [filter, isMeant] of [
            ['', () => true],
            [`&locationId=${locations[0]!.id}`, ({ location }) => location?.id === locations[0]!.id],
            [`&userId=${drivers[0]!.id.toUpperCase()}`, ({ driver }) => driver?.id === drivers[0]!.id],
          ] satisfies [string, (charge: Charge) => boolean][]) {
            const expected = naive(list.filter(isMeant));
            for (const kind of KINDS) {
              const { body } = await get(`${WINDOW}&type=${kind}${filter}`);
              expect(body.data).toMatchObject({
                reportType: kind,
                format: 'json',
                fromDate: '2026-06-03T00:00:00Z',
                toDate: '2026-06-05T23:59:59Z',
                recordCount: expected[kind].length,
              });
              expect(body.data.data).toEqual(expected[kind]);
              const csv = await get(`${WINDOW}&type=${kind}${filter}&format=csv`);
              const [header, ...lines] = cellsOf(csv.body);
              expect(lines).toEqual(asText(expected[kind]));
              if (expected[kind][0]) expect(header).toEqual(Object.keys(expected[kind][0]));
              seen[kind]! += lines.length;
            }
          }
        }),
        { numRuns: 20 },
      );
      for (const kind of KINDS) expect(seen[kind], kind).toBeGreaterThan(3);
    },
    PATIENCE_MS,
  );

  it('are read page by page to the same rows, by GraphQL', async () => {
    await playCharges(server, many(60));
    for (const [list, fields] of Object.entries(LISTS)) {
      const page = async (first: number, after: string | null = null) => {
        const { data, errors } = await server.graphql<{
          report: Record<string, { totalCount: number; nodes: object[]; pageInfo: { endCursor: string } }>;
        }>(
          `query ($first: Int, $after: String) {
             report(from: "2026-06-01T00:00:00Z") {
               ${list}(first: $first, after: $after) {
                 totalCount pageInfo { endCursor }
                 nodes { ${fields} }
               }
             }
           }`,
          { first, after },
        );
        expect(errors).toBeUndefined();
        return data.report[list]!;
      };
      const all = await page(5000);
      expect(all.nodes).toHaveLength(all.totalCount);
      expect(all.totalCount).toBeGreaterThan(1);
      const singly: object[] = [];
      for (let after: string | null = null; singly.length < all.totalCount; ) {
        const { nodes, pageInfo } = await page(1, after);
        expect(nodes).toHaveLength(1);
        singly.push(...nodes);
        after = pageInfo.endCursor;
      }
      expect(singly).toEqual(all.nodes);
    }
  });

  it('have pages of at most 5000 rows, which count towards what an operation may ask for', async () => {
    const ask = async (body: string, first: number) => {
      const { errors } = await server.graphql(`query ($n: Int) { report { ${body} } }`, { n: first });
      return errors?.[0]?.message;
    };
    expect(await ask('sessions(first: $n) { totalCount }', 5001)).toBe('first: must lie between 0 and 5000');
    const lists = (count: number) =>
      Array.from({ length: count }, (_, at) => `l${at}: sessions(first: $n) { totalCount }`).join(' ');
    expect(await ask(lists(4), 1)).toBeUndefined();
    expect(await ask(lists(5), 1)).toMatch('more than 20000 rows');
  });
});

/** Each list of a report, and what tells its rows apart. */
const LISTS = {
  dailySales: 'day sessions',
  salesByLocation: 'locationId revenue { amount }',
  salesByDriver: 'driverId revenue { amount }',
  sessions: 'sessionId',
};

/** Charges of an hour, a minute apart. */
const many = (count: number): Charge[] =>
  Array.from({ length: count }, (_, number) => {
    const [network] = market.networks as [Market['networks'][number]];
    const start = JUNE + number * 60_000 * (count < 100 ? 60 : 1);
    return {
      id: chargeId(number),
      network,
      location: network.locations[number % network.locations.length]!,
      driver: network.drivers[number % network.drivers.length]!,
      status: 'completed',
      start,
      end: start + 3_600_000,
      energy: 10_000_000,
      bill: { id: billId(), currency: 'USD', total: 100 + number, tax: 10, refunded: 0 },
    };
  });

describe('a CSV file', () => {
  const june = 'format=csv&from=2026-06-01&to=2026-07-31';

  it('has a name, a header also without rows, and lines that end as RFC 4180 says', async () => {
    await playCharges(server, many(1));
    const { headers, body } = await get(june);
    expect(headers.get('content-type')).toBe('text/csv; charset=utf-8');
    expect(headers.get('content-disposition')).toBe(
      'attachment; filename="daily-sales_2026-06-01_2026-07-31.csv"',
    );
    expect(headers.get('access-control-expose-headers')).toContain('Content-Disposition');
    expect(body).toBe('date,sessions,energyKwh,revenue,tax,averageRevenue\r\n2026-06-01,1,10,1,0.1,1\r\n');
    const empty = await get('format=csv&type=by-user&from=2020-01-01&to=2020-01-02');
    expect(empty.body).toBe('userId,email,name,sessions,energyKwh,revenue,tax,averageRevenue\r\n');
  });

  it.each([
    ['=HYPERLINK("https://evil.example","Free")', `"'=HYPERLINK(""https://evil.example"",""Free"")"`],
    ['+1+1', "'+1+1"],
    ['-2+3', "'-2+3"],
    ['@SUM(A1)', "'@SUM(A1)"],
    ['\t=1', "'\t=1"],
    ['\r=1', `"'\r=1"`],
    ['Plain, and "quoted"', '"Plain, and ""quoted"""'],
    ['Two\nlines', '"Two\nlines"'],
    ['Två rader ⚡', 'Två rader ⚡'],
  ])('writes a place called %j so that it is text to a spreadsheet', async (name, written) => {
    const [charge] = many(1);
    await playCharges(server, [charge!]);
    const rename = (to: string) =>
      server.sql('update locations set name = $1 where id = $2', [to, charge!.location!.id]);
    await rename(name);
    const { body } = await get(`${june}&type=by-location`);
    await rename(charge!.location!.name);
    expect(body.split('\r\n').slice(1).join('\r\n')).toBe(
      `${charge!.location!.id},${written},1,10,1,0.1,1\r\n`,
    );
  });

  it('is refused as JSON is, in JSON, before anything is written', async () => {
    for (const wrong of ['type=nonsense', 'from=2026-06-02&to=2026-06-01', 'locationId=5']) {
      const { status, headers, body } = await get(`format=csv&${wrong}`);
      expect([status, body.error]).toEqual([400, 'validation_error']);
      expect(headers.get('content-type')).toContain('json');
    }
    expect((await server.rest('GET', `/reports/export?${june}`, { apiKey: null })).status).toBe(401);
  });

  it('is not made for HEAD', async () => {
    await playCharges(server, many(5));
    server.statements.length = 0;
    const { status, headers, body } = await server.rest(
      'HEAD',
      `/reports/export?${june}&type=sessions-summary`,
      {
        apiKey: market.apiKey,
      },
    );
    expect([status, headers.get('content-type'), body]).toEqual([200, 'text/csv; charset=utf-8', '']);
  });
});

describe('a long report', () => {
  const ROWS = 40_000;
  const query = 'type=sessions-summary&from=2026-06-01&to=2026-07-31';
  const pagesRead = () => server.statements.filter(sql => /from "sessions" as "s"/.test(sql)).length;
  beforeAll(async () => {
    await playCharges(server, many(ROWS));
    await server.sql('analyze sessions, transactions');
  });

  /** Opens the file and reads nothing of it. */
  async function opened(): Promise<{ call: ClientRequest; answer: IncomingMessage }> {
    const answered = Promise.withResolvers<IncomingMessage>();
    const call = request(
      `${server.url}/emsp/v1/reports/export?${query}&format=csv`,
      { headers: { 'x-api-key': market.apiKey } },
      answered.resolve,
    );
    call.on('error', answered.reject).end();
    return { call, answer: await answered.promise };
  }

  /** Answers when other work has been done, and no page was read meanwhile. */
  const untilItRests = () =>
    eventually(
      async () => {
        const before = pagesRead();
        for (let round = 0; round < 20; round++) await get('type=by-user&from=2020-01-01&to=2020-01-02');
        return before > 0 && pagesRead() === before && before;
      },
      { timeoutMs: 20_000 },
    );

  it('is too long for JSON, which says what to do', async () => {
    const { status, body } = await get(query);
    expect([status, body.details]).toEqual([
      400,
      [{ field: 'format', message: expect.stringMatching('more than 5000 rows.*csv') }],
    ]);
    const short = await get('type=sessions-summary&from=2026-06-01&to=2026-06-04T11:19:59Z');
    expect(short.body.data.recordCount).toBe(5000);
  });

  it('comes as CSV whole and in order, page by page, over a window that stays where it was', async () => {
    server.statements.length = 0;
    const { body } = await get(`${query}&format=csv`);
    const ids = body
      .split('\r\n')
      .slice(1, -1)
      .map((line: string) => line.slice(0, 36));
    expect(ids).toHaveLength(ROWS);
    expect(ids.every((id: string, at: number) => id === chargeId(at))).toBe(true);
    expect(pagesRead()).toBe(ROWS / 1000);
  });

  it('waits for a reader who stands still, and goes on with one who reads on', async () => {
    server.statements.length = 0;
    const { answer } = await opened();
    const pages = await untilItRests();
    expect(pages).toBeLessThan(ROWS / 1000 - 5);
    const lines = (await text(answer)).split('\r\n');
    expect(lines).toHaveLength(ROWS + 2);
    expect(lines.at(-2)!.slice(0, 36)).toBe(chargeId(ROWS - 1));
  });

  it('ends with the reader who goes', async () => {
    server.statements.length = 0;
    const { call, answer } = await opened();
    answer.on('error', () => {});
    const pages = await untilItRests();
    expect(pages).toBeLessThan(ROWS / 1000 - 5);
    call.destroy();
    expect(await untilItRests()).toBeLessThanOrEqual(pages + 1);
  });

  it('breaks off, and does not end as if it were whole, where its pages fail', async () => {
    const { answer } = await opened();
    await server.sql('alter table sessions rename to sessions_gone');
    const broken = text(answer).then(
      () => 'whole',
      () => 'broken',
    );
    expect(await broken.finally(() => server.sql('alter table sessions_gone rename to sessions'))).toBe(
      'broken',
    );
  });
});
