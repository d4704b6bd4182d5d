import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { newId } from '../src/kernel/ids.ts';
import { bootedStation, demoCharger } from './support/charge.ts';
import { signIn } from './support/driver.ts';
import { eventually } from './support/eventually.ts';
import { globalId } from './support/global-id.ts';
import { decoded, emitEvents, paymentEvent, allTaken as taken } from './support/notifications.ts';
import { makeOtherNetwork } from './support/other-network.ts';
import { startTestServer, type TestServer } from './support/server.ts';
import { type SmtpSink, startSmtpSink } from './support/smtp-sink.ts';
import type { RawStation } from './support/station.ts';
import { makeJobsDue } from './support/webhooks.ts';

let server: TestServer;
let smtp: SmtpSink;
let offsetMs = 0;

beforeAll(async () => {
  smtp = await startSmtpSink();
  server = await startTestServer({
    now: () => Temporal.Now.instant().add({ milliseconds: offsetMs }),
    settings: { SMTP_URL: smtp.url, OUTGOING_TIMEOUT_SECONDS: '1', OFFLINE_ALERT_MINUTES: '10' },
  });
});
afterAll(async () => {
  await server?.close();
  smtp?.close();
});
afterEach(() => {
  offsetMs = 0;
});
beforeEach(async () => {
  smtp.answer = '250 taken';
  smtp.mails.length = 0;
  await server.sql('delete from alerts');
});

interface AlertNode {
  id: string;
  type: string;
  message: string;
  occurrences: number;
  resolvedAt: string | null;
  acknowledgedAt: string | null;
  charger: { uid: string } | null;
  location: { name: string } | null;
}

const allTaken = () => taken(server, 'alerts');

async function alerts(headers = {}): Promise<AlertNode[]> {
  const { data } = await server.graphql<{ alerts: { nodes: AlertNode[] } }>(
    `{ alerts(filter: { includeAcknowledged: true }) { nodes {
        id type message occurrences resolvedAt acknowledgedAt charger { uid } location { name } } } }`,
    {},
    headers,
  );
  return data.alerts.nodes;
}

/** The only one, once it is as wanted. */
const theAlert = (isAsWanted: (alert: AlertNode) => boolean = () => true): Promise<AlertNode> =>
  eventually(async () => {
    const [alert, ...more] = await alerts();
    expect(more).toEqual([]);
    return alert && isAsWanted(alert) && alert;
  });

const acknowledge = (id: string) =>
  server.graphql('mutation ($id: ID!) { acknowledgeAlert(id: $id) { __typename } }', { id });

const raised = async () =>
  Number(
    (await server.sql<{ n: string }>(`select count(*) n from events where type = 'alert.raised'`))[0]!.n,
  );

describe('a charger that has gone silent', () => {
  const silence = async (minutes: number) => {
    offsetMs = minutes * 60_000;
    await makeJobsDue(server);
  };
  const waiting = (task: string) =>
    server.sql(`select from graphile_worker.jobs where key = $1`, [
      `${task}:${demoCharger(server, 'DEMO-AC-02').id}`,
    ]);
  const isGone = () =>
    eventually(async () => {
      const [row] = await server.sql<{ isGone: boolean }>(
        `select node_id is null "isGone" from charger_connections where charger_id = $1`,
        [demoCharger(server, 'DEMO-AC-02').id],
      );
      return row?.isGone;
    });
  const isOffline = (uid: string) =>
    eventually(async () => {
      const [row] = await server.sql<{ isOnline: boolean }>(
        `select is_online "isOnline" from charger_connections where charger_id = $1`,
        [demoCharger(server, uid).id],
      );
      return row?.isOnline === false;
    });

  it('for as long as is set is an alert, and its return resolves it', async () => {
    const station = await bootedStation(server, 'DEMO-AC-02');
    await station.close();
    await isGone();
    await silence(6);
    await isOffline('DEMO-AC-02');
    await eventually(async () => (await waiting('alert-offline')).length > 0);
    expect(await alerts()).toEqual([]);
    await silence(11);
    const alert = await theAlert();
    expect(alert).toMatchObject({
      type: 'CHARGER_OFFLINE',
      charger: { uid: 'DEMO-AC-02' },
      resolvedAt: null,
    });
    expect(alert.message).toMatch(/^DEMO-AC-02 at .* has not been heard of for 10 minutes\.$/);
    offsetMs = 0;
    const back = await bootedStation(server, 'DEMO-AC-02');
    await theAlert(({ resolvedAt }) => resolvedAt !== null);
    await back.close();
  });

  it('and is back before that is none', async () => {
    const station = await bootedStation(server, 'DEMO-AC-02');
    await station.close();
    await isGone();
    await silence(6);
    await isOffline('DEMO-AC-02');
    await eventually(async () => (await waiting('alert-offline')).length > 0);
    const back = await bootedStation(server, 'DEMO-AC-02');
    await silence(11);
    await eventually(async () => (await waiting('alert-offline')).length === 0);
    expect(await alerts()).toEqual([]);
    await back.close();
  });
});

describe('a fault', () => {
  let station: RawStation;
  beforeAll(async () => {
    station = await bootedStation(server, 'DEMO-AC-01');
  });
  afterAll(() => station?.close());
  const report = (status: string, errorCode = 'NoError', connectorId = 1) =>
    station.call('StatusNotification', { connectorId, status, errorCode });

  it('is one alert while it is open, whatever comes again, and is over by itself', async () => {
    const before = await raised();
    await report('Faulted', 'GroundFailure');
    const alert = await theAlert();
    expect(alert).toMatchObject({
      type: 'CHARGER_FAULT',
      message: 'Connector 1 of DEMO-AC-01 at Harbour Garage reports a fault: GroundFailure.',
      occurrences: 1,
      resolvedAt: null,
      charger: { uid: 'DEMO-AC-01' },
      location: { name: 'Harbour Garage' },
    });
    for (let time = 0; time < 3; time++) await report('Faulted', 'GroundFailure');
    await report('Available');
    await theAlert(({ resolvedAt }) => resolvedAt !== null);
    await report('Faulted', 'OverVoltage');
    const again = await theAlert(({ occurrences }) => occurrences === 2);
    expect(again).toMatchObject({ id: alert.id, resolvedAt: null });
    expect(again.message).toContain('OverVoltage');
    await report('Available');
    await allTaken();
    expect((await raised()) - before).toBe(1);
  });

  it('is another alert once somebody has looked at the last one, and the charger’s own is its own', async () => {
    await report('Faulted', 'GroundFailure');
    await acknowledge((await theAlert()).id);
    await report('Available');
    await report('Faulted', 'GroundFailure');
    await eventually(async () => (await alerts()).length === 2);
    await report('Faulted', 'InternalError', 0);
    const all = await eventually(async () => {
      const found = await alerts();
      return found.length === 3 && found;
    });
    expect(all[0]!.message).toMatch(/^DEMO-AC-01 at Harbour Garage reports a fault/);
    await report('Available');
    await report('Available', 'NoError', 0);
    await eventually(async () =>
      (await alerts()).every(alert => alert.acknowledgedAt !== null || alert.resolvedAt !== null),
    );
  });

  it('of many reports at once is one alert, and none is left out though the log is read again', async () => {
    const { id: chargerId, uid: chargerUid } = demoCharger(server, 'DEMO-AC-01');
    const fault = { chargerId, chargerUid, status: 'FAULTED' };
    const [{ sequence }] = (await server.sql<{ sequence: string }>(
      `select sequence from event_cursors where id = 'alerts'`,
    )) as [{ sequence: string }];
    await Promise.all(
      Array.from({ length: 20 }, () =>
        emitEvents(server, { type: 'charger.status' as const, chargerId, payload: fault }),
      ),
    );
    await allTaken();
    expect((await theAlert()).occurrences).toBe(20);
    await server.sql(`update event_cursors set sequence = $1 where id = 'alerts'`, [sequence]);
    await emitEvents(server, { type: 'charger.status' as const, chargerId, payload: fault });
    await allTaken();
    expect(await alerts()).toHaveLength(1);
  });
});

it('a payment that fails is an alert, again the same one, until it was made', async () => {
  const ana = await signIn(server);
  const failed = paymentEvent(server, 'payment.failed', ana, { reason: 'The card was declined.' });
  await emitEvents(server, failed, failed);
  const alert = await theAlert(({ occurrences }) => occurrences === 2);
  expect(alert.message).toBe('A payment of $4.13 failed: The card was declined.');
  await emitEvents(server, { ...failed, type: 'payment.captured' as 'payment.failed' });
  await theAlert(({ resolvedAt }) => resolvedAt !== null);
});

it('a payment that the bank wants the cardholder for is an alert only once there is a bill for it', async () => {
  const ana = await signIn(server);
  const reason = 'authentication_required';
  const wanted = paymentEvent(server, 'payment.failed', ana, { reason });
  await emitEvents(server, wanted);
  await allTaken();
  expect(await alerts()).toEqual([]);
  const payload = { ...wanted.payload, transactionId: newId() };
  await emitEvents(server, { ...wanted, payload });
  const { message, occurrences } = await theAlert();
  expect([message, occurrences]).toEqual(['A payment of $4.13 failed: authentication_required.', 1]);
});

it('another network’s operators hear of none of it', async () => {
  const other = await makeOtherNetwork(server);
  const ana = await signIn(server);
  await emitEvents(server, paymentEvent(server, 'payment.failed', ana));
  await theAlert();
  expect(await alerts({ 'x-api-key': other.apiKey })).toEqual([]);
});

describe('the address of a network for alerts', () => {
  const UPDATE = `mutation ($input: UpdateNetworkInput!) {
    result: updateNetwork(input: $input) { __typename ... on Network { alertEmail } ... on Error { code } } }`;
  const setAddress = async (alertEmail: string | null) =>
    (
      await server.graphql<{ result: { alertEmail: string } }>(UPDATE, {
        input: { id: globalId('Network', server.demo.networkId), alertEmail },
      })
    ).data.result;

  it('gets one mail with all that was raised meanwhile, once, and tried again where it was refused', async () => {
    expect(await setAddress('ops@example.com')).toMatchObject({ alertEmail: 'ops@example.com' });
    const ana = await signIn(server);
    smtp.answer = '451 later';
    await emitEvents(
      server,
      ...[1, 2, 3].map(amount => paymentEvent(server, 'payment.failed', ana, { amount })),
    );
    await eventually(async () => (await alerts()).length === 3);
    await makeJobsDue(server);
    const job = () =>
      server.sql<{ lastError: string | null }>(
        `select last_error "lastError" from graphile_worker.jobs where task_identifier = 'mail-alerts'`,
      );
    await eventually(async () => (await job()).some(({ lastError }) => lastError?.includes('451')));
    smtp.answer = '250 taken';
    await makeJobsDue(server);
    const toOperators = () => smtp.mails.filter(mail => mail.includes('To: ops@example.com'));
    await eventually(() => toOperators().length > 0);
    await eventually(async () => (await job()).length === 0);
    expect(toOperators()).toHaveLength(1);
    const mail = decoded(toOperators()[0]!);
    expect(mail).toMatch(/^Subject: 3 alerts$/m);
    for (const amount of ['$1.00', '$2.00', '$3.00'])
      expect(mail).toContain(`A payment of ${amount} failed.`);
    await setAddress(null);
    await emitEvents(server, paymentEvent(server, 'payment.failed', ana));
    await eventually(async () => (await alerts()).length === 4);
    expect(await job()).toEqual([]);
  });

  it('must be one, and is for operators alone to see', async () => {
    expect(await setAddress('nobody')).toMatchObject({ __typename: 'ValidationError' });
    await setAddress('ops@example.com');
    const ana = await signIn(server);
    const { data } = await server.graphql<{ networks: { nodes: object[] } }>(
      '{ networks { nodes { alertEmail } } }',
      {},
      ana.headers,
    );
    expect(data.networks.nodes).toEqual([{ alertEmail: null }]);
  });
});
