import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bootedStation, playCharge } from './support/charge.ts';
import { type SignedIn, signIn } from './support/driver.ts';
import { globalId, rowId } from './support/global-id.ts';
import { makeOtherNetwork } from './support/other-network.ts';
import { pdfText } from './support/pdf-text.ts';
import { startTestServer, type TestServer } from './support/server.ts';
import type { RawStation } from './support/station.ts';

let server: TestServer;
let station: RawStation;
let ana: SignedIn;
let charges = 0;
beforeAll(async () => {
  server = await startTestServer();
  station = await bootedStation(server, 'DEMO-AC-01');
  ana = await signIn(server);
});
afterAll(async () => {
  await station?.close();
  await server?.close();
});

/** The transactions of as many charges with the token: their UUIDs. */
async function charged(idTag: string, count = 1): Promise<string[]> {
  for (let made = 0; made < count; made++) {
    charges++;
    await playCharge(station, {
      idTag,
      at: Temporal.Instant.from('2026-06-01T00:00:00Z').add({ hours: charges }).toString(),
      steps: [{ minute: 10, meter: 4_000, powerW: 22_000 }],
      stop: { minute: 20, meter: 8_000 },
    });
  }
  const rows = await server.sql<{ id: string }>(
    `select t.id from transactions t join sessions s on s.id = t.session_id where s.id_tag = $1
      and not exists (select from invoice_lines l where l.transaction_id = t.id) order by t.start_time desc limit $2`,
    [idTag, count],
  );
  return rows.map(row => row.id);
}

const invoice = (body: object) => server.rest('POST', '/invoices', { body });
const numbersOf = (answers: { body: { data: { invoiceNumber: string } } }[]) =>
  answers.map(answer => Number(answer.body.data.invoiceNumber.split('-').at(-1))).sort((a, b) => a - b);
const lastNumber = async () =>
  (
    await server.sql<{ last: number }>(
      `select coalesce(max(last), 0) as last from number_series where series = 'invoice' and network_id = $1`,
      [server.demo.networkId],
    )
  )[0]!.last;

describe('an invoice', () => {
  it('has a line for each transaction, their sums, and tells of itself in the event log', async () => {
    const ids = await charged(server.demo.idTag, 2);
    const bills = await Promise.all(ids.map(id => server.rest('GET', `/transactions/${id}`)));
    const { status, body } = await invoice({ transactionIds: ids });
    expect(status).toBe(201);
    const sum = (part: string) =>
      Number(bills.reduce((total, bill) => total + bill.body.data.costBreakdown[part], 0).toFixed(2));
    expect(body.data).toMatchObject({
      invoiceNumber: expect.stringMatching(/^INV-\d{4}-\d{6}$/),
      userName: 'Luis Ortiz',
      userEmail: 'luis@example.com',
      subtotal: sum('subtotal'),
      tax: sum('tax'),
      total: sum('total'),
      currency: 'USD',
      status: 'issued',
    });
    expect(body.data.dueDate).toBe(body.data.issueDate);
    expect(body.data.lineItems.map((line: { transactionId: string }) => line.transactionId).sort()).toEqual(
      ids.sort(),
    );
    expect(body.data.lineItems[0]).toMatchObject({ energyKwh: 8, locationName: 'Harbour Garage' });
    const events = await server.sql<{ payload: object }>(
      `select payload from events where type = 'invoice.created' and payload ->> 'invoiceId' = $1`,
      [body.data.id],
    );
    expect(events).toHaveLength(1);
    expect(events[0]!.payload).toMatchObject({ invoiceNumber: body.data.invoiceNumber, currency: 'USD' });
  });

  it('is due by the network’s term of payment', async () => {
    const set = (invoiceDueDays: number) =>
      server.graphql<{ result: object }>(
        `mutation ($input: UpdateNetworkInput!) { result: updateNetwork(input: $input) {
          ... on Network { invoiceDueDays } ... on ValidationError { details { field } } } }`,
        { input: { id: globalId('Network', server.demo.networkId), invoiceDueDays } },
      );
    expect((await set(366)).data.result).toEqual({ details: [{ field: 'invoiceDueDays' }] });
    expect((await set(14)).data.result).toEqual({ invoiceDueDays: 14 });
    const [transactionId] = await charged(server.demo.idTag);
    const { data } = (await invoice({ transactionId })).body;
    await set(0);
    expect(Date.parse(data.dueDate) - Date.parse(data.issueDate)).toBe(14 * 24 * 3600_000);
  });

  it('takes each transaction once: 409 for the second, also where both come at once', async () => {
    const [transactionId] = await charged(server.demo.idTag);
    const before = await lastNumber();
    const answers = await Promise.all(Array.from({ length: 6 }, () => invoice({ transactionId })));
    expect(answers.map(answer => answer.status).sort()).toEqual([201, 409, 409, 409, 409, 409]);
    expect((await invoice({ transactionIds: [transactionId] })).body.error).toBe('conflict');
    expect(await lastNumber()).toBe(before + 1);
  });

  it('has a number without a gap, however many are made and refused at once', async () => {
    const ids = await charged(server.demo.idTag, 8);
    const [used] = await server.sql<{ id: string }>('select transaction_id as id from invoice_lines limit 1');
    const before = await lastNumber();
    const answers = await Promise.all([
      ...ids.map(transactionId => invoice({ transactionId })),
      ...ids.map(transactionId => invoice({ transactionIds: [transactionId, used!.id] })),
    ]);
    const made = answers.filter(answer => answer.status === 201);
    expect(made).toHaveLength(ids.length);
    expect(numbersOf(made)).toEqual(ids.map((_, at) => before + 1 + at));
  });

  it('is the same again under the same Idempotency-Key', async () => {
    const [transactionId] = await charged(server.demo.idTag);
    const send = () =>
      server.rest('POST', '/invoices', { body: { transactionId }, headers: { 'idempotency-key': 'inv-1' } });
    const [first, second] = [await send(), await send()];
    expect(first.status).toBe(201);
    expect(second).toMatchObject({ status: 201, body: first.body });
  });

  it('is for one driver and one currency: 409 otherwise', async () => {
    const [luis] = await charged(server.demo.idTag);
    const [hers] = await charged(ana.tokenUid);
    expect(await invoice({ transactionIds: [luis, hers] })).toMatchObject({
      status: 409,
      body: { error: 'conflict' },
    });
    await server.sql(`update transactions set currency = 'EUR' where id = $1`, [luis]);
    const [another] = await charged(server.demo.idTag);
    expect((await invoice({ transactionIds: [luis, another] })).status).toBe(409);
    expect((await invoice({ transactionId: luis })).body.data.currency).toBe('EUR');
  });

  it('is 404 for a transaction that the caller does not see, and 400 for none', async () => {
    const [luis] = await charged(server.demo.idTag);
    const asAna = await ana.rest('POST', '/invoices', { body: { transactionId: luis } });
    expect(asAna).toMatchObject({ status: 404, body: { error: 'not_found' } });
    const other = await makeOtherNetwork(server);
    const theirs = await server.rest('POST', '/invoices', {
      body: { transactionId: luis },
      apiKey: other.apiKey,
    });
    expect(theirs.status).toBe(404);
    expect(await invoice({ transactionIds: [] })).toMatchObject({ status: 400 });
    expect((await invoice({ transactionId: luis })).status).toBe(201);
  });

  it('can be made by a driver, through an app, over their own', async () => {
    const [transactionId] = await charged(ana.tokenUid);
    const { status, body } = await ana.rest('POST', '/invoices', { body: { transactionId } });
    expect(status).toBe(201);
    expect(body.data).toMatchObject({ userId: ana.id, userName: 'Ana Cruz' });
    const list = '{ invoices { nodes { id driver { id } } } }';
    const mine = await server.graphql<{ invoices: { nodes: { driver: { id: string } }[] } }>(
      list,
      {},
      ana.headers,
    );
    const all = await server.graphql<{ invoices: { nodes: object[] } }>(list);
    expect(mine.data.invoices.nodes.length).toBeGreaterThan(0);
    expect(new Set(mine.data.invoices.nodes.map(node => rowId(node.driver.id)))).toEqual(new Set([ana.id]));
    expect(all.data.invoices.nodes.length).toBeGreaterThan(mine.data.invoices.nodes.length);
  });

  it('that is void keeps its number and frees its transactions; a paid one cannot be void', async () => {
    const [transactionId] = await charged(server.demo.idTag);
    const act = async (field: string, id: string) =>
      (
        await server.graphql<{ result: object }>(
          `mutation ($id: ID!) { result: ${field}(id: $id) { ... on Invoice { status number } ... on Error { code } } }`,
          { id: globalId('Invoice', id) },
        )
      ).data.result;
    const first = (await invoice({ transactionId })).body.data;
    for (let twice = 0; twice < 2; twice++) {
      expect(await act('voidInvoice', first.id)).toEqual({ status: 'VOID', number: first.invoiceNumber });
    }
    expect(await act('markInvoicePaid', first.id)).toEqual({ code: 'conflict' });
    const second = (await invoice({ transactionId })).body.data;
    expect(second.invoiceNumber).not.toBe(first.invoiceNumber);
    expect(await act('markInvoicePaid', second.id)).toMatchObject({ status: 'PAID' });
    expect(await act('voidInvoice', second.id)).toEqual({ code: 'conflict' });
    expect((await invoice({ transactionId })).status).toBe(409);
  });

  it.each([
    ['Polish and Czech', 'Łukasz Żółć', 'Žižkov', '130 00 Třeboň'],
    ['Turkish and Vietnamese', 'Şükrü Iğdır', 'Nguyễn Thị Ánh', 'İstanbul'],
    ['Greek', 'Αλέξανδρος', 'Παπαδόπουλος', 'Θεσσαλονίκη'],
    ['Cyrillic', 'Ольга Ємельяненко', 'Ђорђевић', 'Київ'],
    ['Armenian and Georgian', 'Հակոբ', 'გიორგი', 'თბილისი'],
  ])('is printed with the letters of %s', async (_, firstName, lastName, city) => {
    await server.sql('update drivers set first_name = $2, last_name = $3, city = $4 where id = $1', [
      ana.id,
      firstName,
      lastName,
      city,
    ]);
    await server.sql('update networks set name = $2 where id = $1', [server.demo.networkId, `${city} Łódź`]);
    await server.sql('update locations set name = $1 where network_id = $2', [
      `${lastName} 1`,
      server.demo.networkId,
    ]);
    const [transactionId] = await charged(ana.tokenUid);
    const { id, invoiceNumber } = (await invoice({ transactionId })).body.data;
    const { data } = await server.graphql<{ invoice: { pdfUrl: string } }>(
      'query ($id: ID!) { invoice(id: $id) { pdfUrl } }',
      { id: globalId('Invoice', id) },
    );
    const file = await fetch(server.url + data.invoice.pdfUrl);
    const lines = pdfText(Buffer.from(await file.arrayBuffer())).split('\n');
    expect(lines).toContain(`${city} Łódź`);
    expect(lines).toContain(`Invoice ${invoiceNumber}`);
    expect(lines).toContain(`${firstName} ${lastName}`);
    expect(lines).toContain(city);
    expect(lines).toContain(`${lastName} 1`);
  });
});
