import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { system } from '../src/auth/viewer.ts';
import { keepHouse } from '../src/domains/housekeeping.ts';
import { newId } from '../src/kernel/ids.ts';
import { bootedStation, demoCharger } from './support/charge.ts';
import { type SignedIn, signIn } from './support/driver.ts';
import { eventually } from './support/eventually.ts';
import { brandNetwork } from './support/everything-set.ts';
import { globalId } from './support/global-id.ts';
import {
  allSettled,
  allTaken,
  decoded,
  emitEvents,
  notificationsOf,
  paymentEvent,
  sessionEvent,
} from './support/notifications.ts';
import { makeOtherNetwork, type OtherNetwork } from './support/other-network.ts';
import { pushDevice } from './support/push-device.ts';
import { type Receiver, startReceiver } from './support/receiver.ts';
import { secretOf, startTestServer, type TestServer } from './support/server.ts';
import { type SmtpSink, startSmtpSink } from './support/smtp-sink.ts';
import type { Frame, RawStation } from './support/station.ts';
import { makeJobsDue } from './support/webhooks.ts';

const ACCOUNT = `AC${'0'.repeat(32)}`;
const TOKEN = 'a token that is in no log';
const ANSWER = JSON.stringify({ sid: 'SM1', status: 'queued' });

let server: TestServer;
let smtp: SmtpSink;
let twilio: Receiver;
let other: OtherNetwork;
let maya: SignedIn;
/** What Twilio answers; null lets it hang. */
let twilioAnswer: { status: number; body: string } | null;
const twilioPaths: string[] = [];
/** Requests that it has not answered. */
const atTwilio = { now: 0, most: 0 };
const logLines: string[] = [];
let offsetMs = 0;
const receivers: Receiver[] = [];
const settings = () => ({
  OUTGOING_ALLOW_LOOPBACK: 'true',
  OUTGOING_TIMEOUT_SECONDS: '1',
  SMTP_URL: smtp.url,
  SMS_PROVIDER: 'twilio',
  TWILIO_ACCOUNT_SID: ACCOUNT,
  TWILIO_AUTH_TOKEN: TOKEN,
  TWILIO_FROM: '+17875550199',
  TWILIO_URL: twilio.url.replace('/hook', ''),
});

beforeAll(async () => {
  smtp = await startSmtpSink();
  twilio = await startReceiver((response, _, request) => {
    atTwilio.now++;
    atTwilio.most = Math.max(atTwilio.most, atTwilio.now);
    response.on('close', () => atTwilio.now--);
    twilioPaths.push(`${request.method} ${request.url}`);
    if (twilioAnswer) response.writeHead(twilioAnswer.status).end(twilioAnswer.body);
  });
  server = await startTestServer({
    now: () => Temporal.Now.instant().add({ milliseconds: offsetMs }),
    settings: settings(),
    logLines,
  });
  await brandNetwork(server);
  other = await makeOtherNetwork(server);
});
afterAll(async () => {
  await server?.close();
  smtp?.close();
  twilio?.close();
});
beforeEach(async () => {
  maya = await signIn(server);
  twilioAnswer = { status: 201, body: ANSWER };
  smtp.answer = '250 taken';
  smtp.mails.length = 0;
  twilio.received.length = 0;
  twilioPaths.length = 0;
  offsetMs = 0;
});
afterEach(async () => {
  for (const receiver of receivers.splice(0)) receiver.close();
  await server.sql('delete from notifications');
  await server.sql(
    `delete from graphile_worker._private_jobs where locked_at is null and key is null and run_at > now()`,
  );
});

async function phoneOf(driver: SignedIn, statusOf: () => number = () => 201) {
  const service = await startReceiver(response => response.writeHead(statusOf()).end());
  receivers.push(service);
  const phone = pushDevice(`${service.url}/${driver.id}`);
  const { status } = await driver.rest('POST', '/push/subscribe', { body: phone.subscription });
  expect(status).toBe(200);
  return { service, read: phone.read };
}

const prefer = (driver: SignedIn, body: object) => driver.rest('PUT', '/notifications/preferences', { body });
const wantSms = (driver: SignedIn) => prefer(driver, { smsEnabled: true, phoneNumber: '+1 787-555-0142' });
const byChannel = (rows: readonly { channel: string; status: string }[]) =>
  Object.fromEntries(rows.map(({ channel, status }) => [channel, status]));
/** The attempt has been made, and written down. */
const tried = (channel: string, attempts: number) =>
  eventually(async () =>
    (await notificationsOf(server, maya)).find(
      row => row.channel === channel && row.attempt_count === attempts && row.status !== 'sending',
    ),
  );

describe('a driver whose charge has finished', () => {
  it('is told on their device, by mail and by SMS, each in its form', async () => {
    const phone = await phoneOf(maya);
    await wantSms(maya);
    const event = sessionEvent(server, 'session.completed', maya);
    await emitEvents(server, event);
    const rows = await allSettled(server, maya);
    expect(byChannel(rows)).toEqual({ push: 'sent', email: 'sent', sms: 'sent' });
    const body = '12.50 kWh, $4.13, at Harbour Garage, DEMO-AC-01.';
    expect(phone.read((await phone.service.expect(1))[0]!)).toEqual({
      title: 'Charging has finished',
      body,
      tag: rows[0]!.source_id,
      url: `https://charge.example.com/sessions/${event.payload.sessionId}`,
      data: { sessionId: event.payload.sessionId },
    });

    expect(smtp.mails).toHaveLength(1);
    const mail = decoded(smtp.mails[0]!);
    expect(mail).toContain('multipart/alternative');
    expect(mail).toMatch(/^Auto-Submitted: auto-generated$/m);
    expect(mail).toMatch(/^To: signed-in-\d+@example.com$/m);
    expect(mail).toMatch(/^From: .*<no-reply@localhost>$/m);
    const [plain, html] = mail.split('text/html') as [string, string];
    for (const part of [plain, html]) {
      expect(part).toContain(body);
      expect(part).toContain('Hello Ana,');
      expect(part).toContain('https://charge.example.com/terms');
      expect(part).toContain('https://charge.example.com/privacy');
      expect(part).toContain(`https://charge.example.com/sessions/${event.payload.sessionId}`);
    }
    expect(html).toContain('src="https://charge.example.com/logo.svg"');
    expect(html).toContain('background:#0EA5E9');
    expect(plain).toMatch(/^Location: Harbour Garage$/m);

    const [sms] = await twilio.expect(1);
    expect(twilioPaths).toEqual([`POST /2010-04-01/Accounts/${ACCOUNT}/Messages.json`]);
    expect(sms!.headers['content-type']).toBe('application/x-www-form-urlencoded');
    expect(sms!.headers.authorization).toBe(`Basic ${Buffer.from(`${ACCOUNT}:${TOKEN}`).toString('base64')}`);
    const [{ name }] = (await server.sql<{ name: string }>('select name from networks where id = $1', [
      server.demo.networkId,
    ])) as [{ name: string }];
    expect(Object.fromEntries(new URLSearchParams(sms!.text))).toEqual({
      To: '+17875550142',
      From: '+17875550199',
      Body: `${name}: Charging has finished. ${body}`,
    });
    expect(rows.find(row => row.channel === 'sms')!.provider_id).toBe('SM1');
    expect(logLines.join('')).not.toContain(TOKEN);
  });

  it('is told once, though the log is read again from its beginning, by several processes', async () => {
    const phone = await phoneOf(maya);
    await wantSms(maya);
    const others = await Promise.all(
      [1, 2].map(() =>
        startTestServer({
          databaseUrl: server.databaseUrl,
          settings: { ...settings(), SECRET_KEY: secretOf(server) },
        }),
      ),
    );
    await emitEvents(server, ...[1, 2, 3].map(() => sessionEvent(server, 'session.completed', maya)));
    await allSettled(server, maya);
    for (let time = 0; time < 2; time++) {
      await server.sql(
        `update event_cursors set sequence = (select min(sequence) - 1 from events where driver_id = $1)
          where id = 'notifications'`,
        [maya.id],
      );
      await emitEvents(server, sessionEvent(server, 'session.started', { id: other.driverId }));
      await allSettled(server, maya);
    }
    await Promise.all(others.map(process => process.close()));
    expect(await notificationsOf(server, maya)).toHaveLength(9);
    expect([phone.service.received.length, smtp.mails.length, twilio.received.length]).toEqual([3, 3, 3]);
  });

  it('is not told twice where the process died on the way: that one is lost, and says so', async () => {
    twilioAnswer = { status: 429, body: '{}' };
    await wantSms(maya);
    await emitEvents(server, sessionEvent(server, 'session.completed', maya));
    const { id } = await tried('sms', 1);
    // as a process leaves it that dies behind the claim; its job comes again
    await server.sql(`update notifications set status = 'sending' where id = $1`, [id]);
    twilioAnswer = { status: 201, body: ANSWER };
    await makeJobsDue(server);
    const row = await eventually(async () =>
      (await notificationsOf(server, maya)).find(one => one.id === id && one.status === 'unknown'),
    );
    expect(row.reason).toContain('came to an end');
    expect(twilio.received).toHaveLength(1);
  });
});

it('a job that comes again when all is done sends nothing', async () => {
  await wantSms(maya);
  await emitEvents(server, sessionEvent(server, 'session.completed', maya));
  const sms = (await allSettled(server, maya)).find(row => row.channel === 'sms')!;
  await server.sql(`select graphile_worker.add_job('sms-notification', $1::json)`, [
    JSON.stringify({ networkId: server.demo.networkId, notificationId: sms.id }),
  ]);
  await eventually(
    async () =>
      (await server.sql(`select from graphile_worker.jobs where task_identifier = 'sms-notification'`))
        .length === 0,
  );
  expect(twilio.received).toHaveLength(1);
});

describe('a channel that fails', () => {
  it('holds up no other: a mail server that refuses, an SMS provider that hangs', async () => {
    const phone = await phoneOf(maya);
    await wantSms(maya);
    smtp.answer = '550 no such mailbox';
    twilioAnswer = null;
    await emitEvents(
      server,
      ...Array.from({ length: 10 }, () => sessionEvent(server, 'session.started', maya)),
    );
    await phone.service.expect(10);
    await eventually(
      async () => (await notificationsOf(server, maya)).filter(row => row.status === 'failed').length === 10,
    );
    expect(
      (await notificationsOf(server, maya)).filter(row => row.channel === 'sms' && row.status === 'sent'),
    ).toEqual([]);
    // what hung was perhaps sent: it is not tried again
    const rows = await allSettled(server, maya);
    expect(new Set(rows.map(row => `${row.channel} ${row.status} ${row.attempt_count}`))).toEqual(
      new Set(['push sent 1', 'email failed 1', 'sms unknown 1']),
    );
    expect(rows.find(row => row.channel === 'email')!.reason).toContain('550 no such mailbox');
    expect(twilio.received).toHaveLength(10);
    // they have places of their own, and wait for no others’
    expect(atTwilio.most).toBeLessThanOrEqual(4);
  });

  it('is tried again where it certainly sent nothing, and delivers once', async () => {
    await wantSms(maya);
    await prefer(maya, { pushEnabled: false });
    smtp.answer = '451 later';
    twilioAnswer = { status: 429, body: JSON.stringify({ message: 'Too many requests' }) };
    await emitEvents(server, sessionEvent(server, 'session.completed', maya));
    const [mail, sms] = [await tried('email', 1), await tried('sms', 1)];
    expect([mail.status, sms.status]).toEqual(['pending', 'pending']);
    expect(sms.reason).toBe('Twilio answered 429: Too many requests');
    smtp.answer = '250 taken';
    twilioAnswer = { status: 201, body: ANSWER };
    await makeJobsDue(server);
    expect(byChannel(await allSettled(server, maya))).toEqual({ email: 'sent', sms: 'sent' });
    expect([smtp.mails.length, twilio.received.length]).toEqual([1, 2]);
  });

  it('is given up after five attempts', async () => {
    await prefer(maya, { pushEnabled: false });
    smtp.answer = '451 later';
    await emitEvents(server, sessionEvent(server, 'session.completed', maya));
    for (let attempts = 1; attempts <= 5; attempts++) {
      expect((await tried('email', attempts)).status).toBe(attempts < 5 ? 'pending' : 'failed');
      await makeJobsDue(server);
    }
    expect((await allSettled(server, maya)).map(row => row.attempt_count)).toEqual([5]);
  });

  const unpromising = {
    'hangs up on the text of a mail': () => {
      smtp.answer = null;
    },
    'answers 500': () => {
      twilioAnswer = { status: 500, body: 'oops' };
    },
    'refuses the number': () => {
      twilioAnswer = { status: 400, body: '{"message":"bad"}' };
    },
  };
  it.each([
    ['hangs up on the text of a mail', 'email', 'unknown'],
    ['answers 500', 'sms', 'unknown'],
    ['refuses the number', 'sms', 'failed'],
  ] as const)('that %s is not tried again', async (how, channel, status) => {
    await wantSms(maya);
    await prefer(maya, { pushEnabled: false });
    unpromising[how]();
    await emitEvents(server, sessionEvent(server, 'session.completed', maya));
    await allSettled(server, maya);
    await makeJobsDue(server);
    const row = (await allSettled(server, maya)).find(one => one.channel === channel)!;
    expect([row.status, row.attempt_count]).toEqual([status, 1]);
    expect(row.reason).not.toBeNull();
  });

  it('at one of two devices tells the other once', async () => {
    let status = 503;
    const [good, bad] = [await phoneOf(maya), await phoneOf(maya, () => status)];
    await prefer(maya, { emailEnabled: false });
    await emitEvents(server, sessionEvent(server, 'session.completed', maya));
    expect((await tried('push', 1)).reason).toBe('1 of 2 push services did not take it.');
    status = 201;
    await makeJobsDue(server);
    expect(byChannel(await allSettled(server, maya))).toEqual({ push: 'sent' });
    expect([good.service.received.length, bad.service.received.length]).toEqual([1, 2]);
  });

  it('is of no use any more once the hour is over', async () => {
    await phoneOf(maya, () => 503);
    await prefer(maya, { emailEnabled: false });
    await emitEvents(server, sessionEvent(server, 'session.started', maya));
    await tried('push', 1);
    offsetMs = 3_601_000;
    await makeJobsDue(server);
    expect(byChannel(await allSettled(server, maya))).toEqual({ push: 'failed' });
  });
});

describe('what a driver wants', () => {
  const EVENTS = (): readonly object[] => [
    sessionEvent(server, 'session.started', maya),
    sessionEvent(server, 'session.completed', maya),
    sessionEvent(server, 'session.failed', maya, { reason: 'The station refused to start the charge.' }),
    paymentEvent(server, 'payment.captured', maya),
    paymentEvent(server, 'payment.failed', maya, { reason: 'The card was declined.' }),
    paymentEvent(server, 'payment.refunded', maya),
  ];
  const kinds = (rows: readonly { kind: string }[]) => rows.map(row => row.kind).toSorted();
  const ALL = [
    'payment_captured',
    'payment_failed',
    'payment_refunded',
    'session_failed',
    'session_started',
    'session_stopped',
  ];

  it.each([
    ['notifySessionStarted', ['session_started']],
    ['notifySessionStopped', ['session_stopped']],
    ['notifySessionFailed', ['session_failed']],
    ['notifyPayment', ['payment_captured', 'payment_failed', 'payment_refunded']],
  ])('without %s they hear of the rest', async (name, silent) => {
    await prefer(maya, { [name]: false, pushEnabled: false });
    await emitEvents(server, ...(EVENTS() as ReturnType<typeof sessionEvent>[]));
    expect(kinds(await allSettled(server, maya))).toEqual(ALL.filter(kind => !silent.includes(kind)));
  });

  it('is mail and push where they have said nothing, and no channel that they switched off', async () => {
    await emitEvents(server, sessionEvent(server, 'session.completed', maya));
    const rows = await allSettled(server, maya);
    expect(rows.map(({ channel, status, reason }) => [channel, status, reason])).toEqual([
      ['email', 'sent', null],
      ['push', 'skipped', 'The driver has no device that takes messages.'],
    ]);
    await prefer(maya, { pushEnabled: false, emailEnabled: false });
    await emitEvents(server, sessionEvent(server, 'session.completed', maya));
    expect(await allSettled(server, maya)).toHaveLength(2);
    expect(twilio.received).toEqual([]);
  });

  it('goes to the address that they gave for it', async () => {
    await prefer(maya, { email: 'elsewhere@example.com' });
    await emitEvents(server, sessionEvent(server, 'session.completed', maya));
    await allSettled(server, maya);
    expect(decoded(smtp.mails[0]!)).toMatch(/^To: elsewhere@example.com$/m);
  });

  it('as SMS without a number is skipped, and says why', async () => {
    await prefer(maya, { smsEnabled: true });
    await emitEvents(server, sessionEvent(server, 'session.completed', maya));
    const row = (await allSettled(server, maya)).find(({ channel }) => channel === 'sms')!;
    expect([row.status, row.reason]).toEqual(['skipped', 'The driver has no phone number.']);
  });

  it('is in words: amounts in their currency, reasons for people', async () => {
    await prefer(maya, { pushEnabled: false });
    const [failed, yen] = [
      paymentEvent(server, 'payment.failed', maya, { reason: 'The card was declined.' }),
      paymentEvent(server, 'payment.refunded', maya, { amount: 1200, currency: 'JPY' }),
    ];
    await emitEvents(server, failed, yen);
    await emitEvents(server, sessionEvent(server, 'session.failed', maya, { reason: 'EVDisconnected' }));
    const bodies = (await allSettled(server, maya)).map(row => row.content.body).toSorted();
    expect(bodies).toEqual([
      '$4.13 could not be taken from your card: The card was declined. Open the app to see what to do.',
      'At Harbour Garage, DEMO-AC-01: no charge came about.',
      '¥1,200 goes back to your card.',
    ]);
  });
});

it('what others have named is escaped in a mail, and begins no header of its own', async () => {
  const [{ id, name }] = (await server.sql<{ id: string; name: string }>(
    `select l.id, l.name from locations l join chargers c on c.location_id = l.id where c.uid = 'DEMO-AC-01'`,
  )) as [{ id: string; name: string }];
  await server.sql('update locations set name = $2 where id = $1', [id, '<img src=x onerror="alert(1)">']);
  await server.sql(`update networks set name = E'Evil\\r\\nBcc: all@example.com' where id = $1`, [
    server.demo.networkId,
  ]);
  try {
    await prefer(maya, { pushEnabled: false });
    await emitEvents(server, sessionEvent(server, 'session.completed', maya));
    await allSettled(server, maya);
    const mail = decoded(smtp.mails[0]!);
    const html = mail.split('text/html')[1]!;
    expect(html).toContain('&lt;img src=x onerror=&quot;alert(1)&quot;&gt;');
    expect(html).not.toContain('<img src=x');
    expect(mail.split('\r\n\r\n')[0]).not.toMatch(/^Bcc:/m);
  } finally {
    await server.sql('update locations set name = $2 where id = $1', [id, name]);
    await server.sql(`update networks set name = 'Demo' where id = $1`, [server.demo.networkId]);
  }
});

it('a driver hears of nothing in another network', async () => {
  const phone = await phoneOf(maya);
  const foreign = { ...sessionEvent(server, 'session.completed', maya), networkId: other.networkId };
  await emitEvents(server, foreign, sessionEvent(server, 'session.completed', { id: other.driverId }));
  await emitEvents(server, sessionEvent(server, 'session.started', maya));
  await allSettled(server, maya);
  // once more, with the events of both networks read at once
  await server.sql('delete from notifications');
  await server.sql(
    `update event_cursors set sequence = (select min(sequence) - 1 from events where driver_id = $1)
      where id = 'notifications'`,
    [maya.id],
  );
  await emitEvents(server, paymentEvent(server, 'payment.captured', { id: newId() }));
  await allSettled(server, maya);
  expect(await server.sql('select distinct kind from notifications where driver_id = $1', [maya.id])).toEqual(
    [{ kind: 'session_started' }],
  );
  expect(
    (await server.sql(`select kind from notifications where kind = 'session_started'`)) as object,
  ).toEqual([{ kind: 'session_started' }, { kind: 'session_started' }]);
  expect(phone.service.received).toHaveLength(2);
});

it('an event that cannot be put into words holds up nobody else', async () => {
  await prefer(maya, { pushEnabled: false });
  const event = sessionEvent(server, 'session.completed', maya);
  await server.sql(
    `insert into events (id, network_id, type, occurred_at, driver_id, payload)
     values ($1, $2, 'session.completed', now(), $3, '{}')`,
    [newId(), server.demo.networkId, maya.id],
  );
  await emitEvents(server, event);
  expect(byChannel(await allSettled(server, maya))).toEqual({ email: 'sent' });
});

describe('a reminder', () => {
  let station: RawStation;
  beforeAll(async () => {
    station = await bootedStation(server, 'DEMO-AC-01');
    station.socket.on('message', data => {
      const [type, id] = JSON.parse(String(data)) as Frame;
      if (type === 2) station.reply(id, { status: 'Accepted' });
    });
  });
  afterAll(() => station?.close());
  const runAt = async (task: string) =>
    (
      await server.sql<{ id: string; at: Date }>(
        `select id, run_at at from graphile_worker.jobs where task_identifier = $1 order by id desc`,
        [task],
      )
    )[0];
  const minutesAhead = (at: Date, of: string) => (Date.parse(of) - at.getTime()) / 60_000;

  it.each([
    [240, 15],
    [15, 5],
  ])('of a reservation for %d minutes comes %d minutes before its end', async (expiryMinutes, ahead) => {
    await prefer(maya, { pushEnabled: false });
    const { id: chargerId } = demoCharger(server, 'DEMO-AC-01');
    const made = await maya.rest('POST', '/reservations', { body: { chargerId, expiryMinutes } });
    const { id, expiresAt } = (
      await server.sql<{ id: string; expiresAt: Date }>(
        `select id, expires_at "expiresAt" from reservations where driver_id = $1`,
        [maya.id],
      )
    )[0]!;
    expect(made.status).toBeLessThan(300);
    const job = await runAt('remind-of-reservation');
    expect(minutesAhead(job!.at, expiresAt.toISOString())).toBeCloseTo(ahead, 1);
    offsetMs = (expiryMinutes - ahead) * 60_000;
    await server.sql(`update graphile_worker._private_jobs set run_at = now() where id = $1`, [job!.id]);
    const [row] = await eventually(async () => {
      const rows = await notificationsOf(server, maya);
      return rows.length > 0 && rows;
    });
    const until = new Intl.DateTimeFormat('en-US', {
      timeZone: 'America/Puerto_Rico',
      hour: 'numeric',
      minute: '2-digit',
      timeZoneName: 'short',
    })
      .format(expiresAt)
      .replaceAll('\u202f', ' ');
    expect(row).toMatchObject({ kind: 'reservation_reminder', source_id: id });
    expect(row!.content.body).toBe(
      `Connector 1 of DEMO-AC-01 at Harbour Garage is held for you until ${until}.`,
    );
    await allSettled(server, maya);
    offsetMs = 0;
    await maya.rest('DELETE', `/reservations/${id}`);
  });

  it('of a reservation that was cancelled does not come', async () => {
    const { id: chargerId } = demoCharger(server, 'DEMO-AC-01');
    await maya.rest('POST', '/reservations', { body: { chargerId, expiryMinutes: 60 } });
    const [{ id }] = (await server.sql<{ id: string }>('select id from reservations where driver_id = $1', [
      maya.id,
    ])) as [{ id: string }];
    await maya.rest('DELETE', `/reservations/${id}`);
    const job = await runAt('remind-of-reservation');
    await server.sql(`update graphile_worker._private_jobs set run_at = now() where id = $1`, [job!.id]);
    await eventually(async () => (await runAt('remind-of-reservation')) === undefined);
    expect(await notificationsOf(server, maya)).toEqual([]);
  });

  it('of a planned charge comes a quarter of an hour before it, and none for one that is sooner', async () => {
    await prefer(maya, { pushEnabled: false });
    const { id: chargerId } = demoCharger(server, 'DEMO-AC-01');
    const plan = (minutes: number) =>
      maya.rest('POST', '/charging/schedule', {
        body: { chargerId, scheduledTime: Temporal.Now.instant().add({ minutes }).toString() },
      });
    expect((await plan(14)).status).toBe(201);
    expect(await runAt('remind-of-schedule')).toBeUndefined();
    expect((await plan(60)).status).toBe(201);
    const job = (await runAt('remind-of-schedule'))!;
    expect((job.at.getTime() - Date.now()) / 60_000).toBeCloseTo(45, 0);
    await server.sql(`update graphile_worker._private_jobs set run_at = now() where id = $1`, [job.id]);
    const [row] = await eventually(async () => {
      const rows = await notificationsOf(server, maya);
      return rows.length > 0 && rows;
    });
    expect(row!.kind).toBe('schedule_reminder');
    expect(row!.content.body).toMatch(
      /^Your charge at connector 1 of DEMO-AC-01 at Harbour Garage starts at \d+:\d\d [AP]M AST\. Plug in by then\.$/,
    );
    await allSettled(server, maya);
    await server.sql('delete from schedules');
  });
});

describe('the list of what was told', () => {
  const LIST = `query ($filter: NotificationFilter) { notifications(filter: $filter) {
    totalCount nodes { kind channel status reason title driver { email } } } }`;
  interface List {
    notifications: { totalCount: number; nodes: { kind: string; driver: { email: string } }[] };
  }

  it('is a driver’s own, and an operator’s of the networks that it reaches', async () => {
    const luis = await signIn(server);
    await emitEvents(
      server,
      sessionEvent(server, 'session.completed', maya),
      sessionEvent(server, 'session.started', luis),
    );
    await Promise.all([allSettled(server, maya), allSettled(server, luis)]);
    const own = await server.graphql<List>(LIST, {}, maya.headers);
    expect(own.data.notifications.totalCount).toBe(2);
    expect(new Set(own.data.notifications.nodes.map(node => node.kind))).toEqual(
      new Set(['SESSION_STOPPED']),
    );
    const filter = { driverId: globalId('Driver', luis.id), channel: 'EMAIL', status: 'SENT' };
    const asked = await server.graphql<List>(LIST, { filter });
    expect(asked.data.notifications).toMatchObject({
      totalCount: 1,
      nodes: [{ kind: 'SESSION_STARTED', channel: 'EMAIL', status: 'SENT', title: 'Charging has started' }],
    });
    const strangers = await server.graphql<List>(LIST, {}, { 'x-api-key': other.apiKey });
    expect(strangers.data.notifications.totalCount).toBe(0);
  });

  it('keeps them for thirty days', async () => {
    await emitEvents(server, sessionEvent(server, 'session.completed', maya));
    await allSettled(server, maya);
    await server.sql(
      `update notifications set created_at = now() - interval '31 days' where channel = 'email'`,
    );
    await keepHouse(server.app.context(system), { eventHours: 24, meterValueDays: 31 });
    expect((await notificationsOf(server, maya)).map(row => row.channel)).toEqual(['push']);
  });
});

it.each([
  ['POST', '/users', { email: 'x@example.com', firstName: 'A', lastName: 'B', phoneNumber: '5551234' }],
  ['POST', '/users', { email: 'x@example.com', firstName: 'A', lastName: 'B', country: 'USA' }],
])('%s %s with a number or a country that is none is refused', async (method, path, body) => {
  const answer = await server.rest(method, path, { body });
  expect([answer.status, answer.body.details?.[0].field]).toEqual([
    400,
    'country' in body ? 'country' : 'phoneNumber',
  ]);
});

it('an installation without an SMS provider says so, and sends the rest', async () => {
  const plain = await startTestServer();
  try {
    const ana = await signIn(plain);
    await ana.rest('PUT', '/notifications/preferences', {
      body: { smsEnabled: true, phoneNumber: '+17875550142' },
    });
    await emitEvents(plain, sessionEvent(plain, 'session.completed', ana));
    const rows = await allSettled(plain, ana);
    expect(byChannel(rows)).toEqual({ push: 'skipped', email: 'sent', sms: 'skipped' });
    expect(rows.find(({ channel }) => channel === 'sms')!.reason).toBe('This installation sends no SMS.');
    await allTaken(plain, 'alerts');
  } finally {
    await plain.close();
  }
});
