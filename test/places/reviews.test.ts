import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  newCharger,
  newDriver,
  newKey,
  newLocation,
  newNetwork,
  queriesFor,
  type TestDriver,
} from '../support/callers.ts';
import { conforms, documentedRoute, neverSeen, shapeOf } from '../support/contract.ts';
import { globalId } from '../support/global-id.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

let server: TestServer;
let appKey: string;
let otherKey: string;
let locationId: string;
let hiddenId: string;
let maya: TestDriver;
let luis: TestDriver;

beforeAll(async () => {
  server = await startTestServer();
  appKey = await newKey(server, { kind: 'APP' });
  otherKey = await newKey(server, { kind: 'OPERATOR', networkId: await newNetwork(server, 'OTH') });
  maya = await newDriver(server, appKey, 'Maya');
  luis = await newDriver(server, appKey, 'Luis');
  locationId = await newLocation(server, { name: 'Reviewed' });
  hiddenId = await newLocation(server, { name: 'Hidden', isPublished: false });
});
afterAll(() => server.close());

describe('reviews', () => {
  const post = (driver: TestDriver, body: object, id = locationId) =>
    server.rest('POST', `/locations/${id}/reviews`, { headers: driver.headers, body });
  const get = (headers = maya.headers) => server.rest('GET', `/locations/${locationId}/reviews`, { headers });

  it('are none at first: an average of 0, in the detail null', async () => {
    const { body } = await get();
    expect(body.data).toEqual({ summary: { average: 0, count: 0 }, reviews: [] });
    const detail = await server.rest('GET', `/locations/${locationId}`);
    expect(detail.body.data).toMatchObject({ ratingAverage: null, ratingCount: 0 });
  });

  it('are answered as the contract has it', async () => {
    const posted = await post(maya, { rating: 5, comment: '  Fast chargers, easy to find. ' });
    expect(posted.status).toBe(200);
    const postShape = shapeOf(documentedRoute('POST', '/locations/{id}/reviews'), '200');
    expect(conforms(postShape, posted.body)).toEqual([]);
    expect(neverSeen(postShape, [posted.body])).toEqual([]);
    expect(posted.body.data.comment).toBe('Fast chargers, easy to find.');
    const { body } = await get();
    const shape = shapeOf(documentedRoute('GET', '/locations/{id}/reviews'), '200');
    expect(conforms(shape, body)).toEqual([]);
    expect(neverSeen(shape, [body])).toEqual([]);
  });

  it('are one for each driver: the second takes the place of the first', async () => {
    const first = await post(luis, { rating: 1, comment: 'Broken' });
    const second = await post(luis, { rating: 4 });
    expect(second.body.data).toMatchObject({ id: first.body.data.id, rating: 4, comment: null });
    const { body } = await get();
    expect(body.data.summary).toEqual({ average: 4.5, count: 2 });
    expect(
      body.data.reviews.map((review: { authorName: string; rating: number; isMine: boolean }) => [
        review.authorName,
        review.rating,
        review.isMine,
      ]),
    ).toEqual([
      ['Luis', 4, false],
      ['Maya', 5, true],
    ]);
  });

  it('are one for each driver also when two come at once', async () => {
    const ana = await newDriver(server, appKey);
    const answers = await Promise.all([1, 2, 3, 4, 5].map(rating => post(ana, { rating })));
    expect(answers.map(answer => answer.status)).toEqual([200, 200, 200, 200, 200]);
    expect(new Set(answers.map(answer => answer.body.data.id)).size).toBe(1);
    await server.sql('delete from reviews where driver_id = $1', [ana.id]);
  });

  it('are read without a driver, and are nobody’s then', async () => {
    const { body } = await get({ 'x-api-key': appKey });
    expect(body.data.reviews.map((review: { isMine: boolean }) => review.isMine)).toEqual([false, false]);
  });

  it('are rounded to one decimal', async () => {
    const ana = await newDriver(server, appKey);
    await post(ana, { rating: 5 });
    expect((await get()).body.data.summary).toEqual({ average: 4.7, count: 3 });
  });

  it.each([
    [{}, 'rating'],
    [{ rating: 0 }, 'rating'],
    [{ rating: 6 }, 'rating'],
    [{ rating: 4.5 }, 'rating'],
    [{ rating: '5' }, 'rating'],
    [{ rating: 5, comment: 7 }, 'comment'],
    [{ rating: 5, comment: 'x'.repeat(2001) }, 'comment'],
  ])('of %j are 400', async (body, field) => {
    const answer = await post(maya, body);
    expect([answer.status, answer.body.details[0].field]).toEqual([400, field]);
  });

  it('of what the driver does not see are 404, also where the review is bad', async () => {
    const otherLocation = await newLocation(server, { name: 'Theirs' }, { 'x-api-key': otherKey });
    for (const id of [hiddenId, otherLocation, '019ecccc-0000-7000-8000-000000000000', 'no-uuid']) {
      expect((await post(maya, { rating: 5 }, id)).status).toBe(404);
      expect((await post(maya, { rating: 9 }, id)).status).toBe(404);
    }
  });

  it('are written by drivers alone', async () => {
    const path = `/locations/${locationId}/reviews`;
    const asApp = await server.rest('POST', path, { apiKey: appKey, body: { rating: 5 } });
    const asOperator = await server.rest('POST', path, { body: { rating: 5 } });
    expect([asApp.body.error, asOperator.body.error]).toEqual(['driver_required', 'driver_required']);
    const readOnly = await newKey(server, { kind: 'APP', scopes: ['READ'] });
    const { status, body } = await server.rest('POST', path, {
      headers: { ...maya.headers, 'x-api-key': readOnly },
      body: { rating: 5 },
    });
    expect([status, body.error]).toEqual([403, 'forbidden']);
  });

  it('are pages in the graph, the newest first', async () => {
    const { data } = await server.graphql<{
      node: { reviews: { totalCount: number; nodes: { authorName: string; location: { name: string } }[] } };
    }>(
      `query ($id: ID!) { node(id: $id) { ... on Location {
        reviews(first: 2) { totalCount nodes { authorName location { name } } }
      } } }`,
      { id: globalId('Location', locationId) },
    );
    expect(data.node.reviews).toEqual({
      totalCount: 3,
      nodes: [
        { authorName: 'Ana', location: { name: 'Reviewed' } },
        { authorName: 'Luis', location: { name: 'Reviewed' } },
      ],
    });
  });

  it('are not found by another network, nor those of a location that is hidden by an app', async () => {
    const { id } = (await post(maya, { rating: 5 })).body.data;
    const read = async (apiKey: string) =>
      (
        await server.graphql<{ node: unknown }>(
          'query ($id: ID!) { node(id: $id) { id } }',
          { id: globalId('Review', id) },
          { 'x-api-key': apiKey },
        )
      ).data.node;
    expect(await read(appKey)).not.toBe(null);
    expect(await read(otherKey)).toBe(null);
    await server.sql('update locations set is_published = false where id = $1', [locationId]);
    expect(await read(appKey)).toBe(null);
    expect(await read(server.demo.apiKey)).not.toBe(null);
    await server.sql('update locations set is_published = true where id = $1', [locationId]);
  });
});

describe('a problem report', () => {
  const post = (body: object, id = locationId) =>
    server.rest('POST', `/locations/${id}/report`, { headers: maya.headers, body });
  const ALERTS = `query ($filter: AlertFilter) {
    alerts(filter: $filter) {
      totalCount
      nodes {
        id type message acknowledgedAt location { name } charger { uid }
        problemReport { category note driver { firstName } }
      }
    }
  }`;
  interface Alert {
    id: string;
    acknowledgedAt: string | null;
  }
  const alerts = async (filter = {}, headers = {}) =>
    (await server.graphql<{ alerts: { totalCount: number; nodes: Alert[] } }>(ALERTS, { filter }, headers))
      .data.alerts;

  let chargerId: string;

  it('raises an alert and an event, which the operator gets', async () => {
    chargerId = await newCharger(server, {
      uid: 'REPORTED-1',
      locationId: globalId('Location', locationId),
    });
    const { status, body } = await post({ category: 'Broken_Charger', note: 'No light', chargerId });
    expect(status).toBe(200);
    expect(conforms(shapeOf(documentedRoute('POST', '/locations/{id}/report'), '200'), body)).toEqual([]);
    expect(body.data.status).toBe('received');
    const message = 'Broken charger reported at Reviewed, REPORTED-1: No light';
    expect(await alerts()).toEqual({
      totalCount: 1,
      nodes: [
        {
          id: globalId('Alert', body.data.id),
          type: 'PROBLEM_REPORT',
          message,
          acknowledgedAt: null,
          location: { name: 'Reviewed' },
          charger: { uid: 'REPORTED-1' },
          problemReport: { category: 'BROKEN_CHARGER', note: 'No light', driver: { firstName: 'Maya' } },
        },
      ],
    });
    const [event] = await server.sql("select payload from events where type = 'alert.raised'");
    expect(event!.payload).toEqual({
      alertId: body.data.id,
      type: 'problem_report',
      message,
      locationId,
      chargerId,
    });
  });

  it('is seen by no other network and no driver', async () => {
    expect((await alerts({}, { 'x-api-key': otherKey })).totalCount).toBe(0);
    const { errors } = await server.graphql(ALERTS, {}, maya.headers);
    expect(errors![0]!.extensions.code).toBe('forbidden');
  });

  it('is open until it is acknowledged, which another network cannot', async () => {
    await post({ category: 'other' });
    const [newest] = (await alerts()).nodes;
    const acknowledge = async (headers = {}) =>
      (
        await server.graphql<{ result: { acknowledgedAt?: string; code?: string } }>(
          `mutation ($id: ID!) { result: acknowledgeAlert(id: $id) {
            ... on Alert { acknowledgedAt } ... on Error { code }
          } }`,
          { id: newest!.id },
          headers,
        )
      ).data.result;
    expect(await acknowledge({ 'x-api-key': otherKey })).toEqual({ code: 'not_found' });
    const first = await acknowledge();
    expect(first.acknowledgedAt).toBeTruthy();
    expect(await acknowledge()).toEqual(first);
    expect((await alerts()).nodes.map(alert => alert.id)).not.toContain(newest!.id);
    const all = await alerts({ includeAcknowledged: true });
    expect(all.nodes.map(alert => alert.id)).toContain(newest!.id);
    expect((await alerts({ locationId: globalId('Location', hiddenId) })).totalCount).toBe(0);
  });

  it('leaves no report where the charger stands elsewhere', async () => {
    const elsewhere = server.demo.chargers[0]!.id;
    expect((await post({ category: 'blocked', chargerId: elsewhere })).status).toBe(404);
    expect(await server.sql("select 1 from problem_reports where category = 'blocked'")).toEqual([]);
  });

  it.each([
    [{}, 'category'],
    [{ category: 'ugly' }, 'category'],
    [{ category: 'other', note: 'x'.repeat(2001) }, 'note'],
    [{ category: 'other', chargerId: 'DEMO' }, 'chargerId'],
  ])('of %j is 400, and 404 where the location is hidden', async (body, field) => {
    const answer = await post(body);
    expect([answer.status, answer.body.details[0].field]).toEqual([400, field]);
    expect((await post(body, hiddenId)).status).toBe(404);
  });

  it('costs the same statements for one alert as for several', async () => {
    const queries = (first: number) =>
      queriesFor(server, () =>
        server.graphql(ALERTS.replace('(filter: $filter)', `(first: ${first}, filter: $filter)`), {
          filter: { includeAcknowledged: true },
        }),
      );
    for (let index = 0; index < 5; index++) await post({ category: 'safety', chargerId });
    // the key, the alerts, their number, chargers, locations, reports, drivers
    expect([await queries(1), await queries(5)]).toEqual([7, 7]);
  });
});
