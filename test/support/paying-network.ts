import { randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import Stripe from 'stripe';
import { type LoopbackStripe, startStripe } from '../../simulator/stripe/start-stripe.ts';
import type { Demo } from '../../src/server/demo-network.ts';
import { eventually } from './eventually.ts';
import { runProgram, runServer, type ServerProcess } from './process.ts';
import { cloneDatabase } from './server.ts';
import { RawStation } from './station.ts';

const WEBHOOK_SECRET = 'whsec_loopback_of_the_tests';
export const HOLD = 2000;
export const LEAST = 100;

/** Three stations at the standard tariff, each with a driver of its own. */
const STATIONS = ['DEMO-AC-01', 'DEMO-AC-03', 'DEMO-OWN-01'] as const;
export const SLOTS = STATIONS.length;

/** Our own connections to the database, told from the product's. */
const OURS = 'the test';

/** A station's connection. */
interface Line {
  readonly station: RawStation;
  readonly closed: Promise<number>;
}

interface Driver {
  readonly tokenUid: string;
  readonly headers: Record<string, string>;
}

/** A network that takes payments: the product as a process that can be killed, and a Stripe that can break. */
export class PayingNetwork {
  readonly stripe: LoopbackStripe;
  readonly demo: Demo;
  readonly #settings: Record<string, string>;
  readonly #owner: pg.Pool;
  readonly #stations: (Line | undefined)[] = [];
  readonly #remoteStarts: (() => void)[][] = STATIONS.map(() => []);
  #drivers: Driver[] = [];
  #server: Promise<ServerProcess> | undefined;
  kills = 0;

  private constructor(stripe: LoopbackStripe, demo: Demo, settings: Record<string, string>) {
    this.stripe = stripe;
    this.demo = demo;
    this.#settings = settings;
    this.#owner = new pg.Pool({ connectionString: settings.DATABASE_URL!, max: 3, application_name: OURS });
  }

  static async open(): Promise<PayingNetwork> {
    const stripe = await startStripe();
    const dataDir = mkdtempSync(join(tmpdir(), 'chargegraph-payments-'));
    const settings = {
      DATA_DIR: dataDir,
      DATABASE_URL: await cloneDatabase(),
      STRIPE_API_URL: stripe.url,
      STRIPE_TIMEOUT_SECONDS: '1',
    };
    const seed = runProgram('src/seed.ts', settings);
    if ((await seed.ended) !== 0) throw new Error(seed.output());
    const demo: Demo = JSON.parse(readFileSync(join(dataDir, 'demo.json'), 'utf8'));
    const network = new PayingNetwork(stripe, demo, settings);
    await network.#takePayments();
    return network;
  }

  async close(): Promise<void> {
    await Promise.all(this.#stations.map(line => line?.station.close()));
    await (await this.#server)?.end('SIGTERM');
    await this.#owner.end();
    await this.stripe.close();
    rmSync(this.#settings.DATA_DIR!, { recursive: true, force: true });
  }

  /** The running server: started anew where it was killed. */
  up(): Promise<ServerProcess> {
    this.#server ??= this.#start();
    return this.#server;
  }

  async #start(): Promise<ServerProcess> {
    // five minutes pass, after which the jobs of a process that died are free
    await this.sql(`update graphile_worker._private_jobs set locked_at = locked_at - interval '6 minutes'
                     where locked_at is not null`);
    const server = await runServer(this.#settings);
    for (const endpoint of this.stripe.books.webhookEndpoints.values())
      endpoint.url = this.#webhookUrl(server);
    return server;
  }

  #webhookUrl = ({ url }: ServerProcess) => `${url}/stripe/webhook/${this.demo.networkId}`;

  /** SIGKILL, whatever it is doing. */
  async kill(): Promise<void> {
    const server = await this.#server;
    if (!server) return;
    this.#server = undefined;
    this.kills += 1;
    await server.end('SIGKILL');
    // what it had sent to the database is done, or is not
    await eventually(async () => {
      const [left] = await this.sql<{ count: string }>(
        'select count(*) from pg_stat_activity where datname = current_database() and application_name <> $1',
        [OURS],
      );
      return left!.count === '0';
    });
  }

  async sql<Row extends object = Record<string, unknown>>(
    text: string,
    values: unknown[] = [],
  ): Promise<Row[]> {
    return (await this.#owner.query(text, values)).rows as Row[];
  }

  /** Undefined where nobody answered: it may have been done. */
  async graphql<Data>(query: string, variables: object, headers: object = { 'x-api-key': this.demo.apiKey }) {
    const { url } = await this.up();
    const answer = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ query, variables }),
    }).then(
      response => response.json() as Promise<{ data: Data; errors?: unknown }>,
      () => undefined,
    );
    if (answer?.errors) throw new Error(JSON.stringify(answer.errors));
    return answer?.data;
  }

  async rest(method: string, path: string, body: object, headers: Record<string, string>) {
    const { url } = await this.up();
    return fetch(`${url}/emsp/v1${path}`, {
      method,
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    }).then(
      async response => ({ status: response.status, body: await response.json() }),
      () => undefined,
    );
  }

  /** The id that the slot's driver charges with. */
  tokenOf = (slot: number): string => this.#drivers[slot]!.tokenUid;

  /** A message of the station's, sent until it is answered, over whichever socket: as a station does. */
  async say<Answer>(slot: number, action: string, payload: object): Promise<Answer> {
    const id = randomUUID();
    for (let attempt = 0; attempt < 20; attempt++) {
      const line = await this.#line(slot);
      const answer = await Promise.race([
        line?.station.callFrame(action, payload, id).catch(() => undefined),
        line?.closed.then(() => undefined),
      ]);
      if (answer?.[0] === 3) return answer[2] as Answer;
      if (answer) throw new Error(`${action} failed: ${JSON.stringify(answer)}`);
    }
    throw new Error(`${action} was never answered.`);
  }

  async #line(slot: number): Promise<Line | undefined> {
    const known = this.#stations[slot];
    if (known?.station.socket.readyState === WebSocket.OPEN) return known;
    try {
      const { socketUrl } = await this.up();
      const uid = STATIONS[slot]!;
      const { password } = this.demo.chargers.find(charger => charger.uid === uid)!;
      const station = await RawStation.connect({ socketUrl, uid, password });
      station.socket.on('message', data => this.#obey(slot, station, String(data)));
      const line = { station, closed: station.closed() };
      this.#stations[slot] = line;
      station.send([
        2,
        randomUUID(),
        'BootNotification',
        { chargePointVendor: 'Test', chargePointModel: 'Raw' },
      ]);
      return line;
    } catch {
      return undefined;
    }
  }

  /** Says yes to whatever is asked of it. */
  #obey(slot: number, station: RawStation, text: string): void {
    const [type, id, action] = JSON.parse(text) as [number, string, string];
    if (type !== 2) return;
    station.reply(id, action === 'GetConfiguration' ? {} : { status: 'Accepted' });
    if (action === 'RemoteStartTransaction') this.#remoteStarts[slot]!.shift()?.();
  }

  /** The driver starts in the app; whether the station was asked to. */
  async startByApp(slot: number): Promise<boolean> {
    await this.#line(slot);
    await this.say(slot, 'StatusNotification', { connectorId: 1, errorCode: 'NoError', status: 'Available' });
    let isAsked = false;
    this.#remoteStarts[slot] = [() => (isAsked = true)];
    const charger = this.demo.chargers.find(({ uid }) => uid === STATIONS[slot])!;
    const { headers, tokenUid } = this.#drivers[slot]!;
    const body = { chargerId: charger.id, connectorNumber: 1, idTag: tokenUid };
    await this.rest('POST', '/charging/start', body, headers);
    return isAsked;
  }

  /** Everything that waits for its time has waited long enough, save holds that are good for days. */
  async hurry(): Promise<void> {
    await this.sql(
      `update graphile_worker._private_jobs set run_at = now()
        where run_at between now() and now() + interval '1 day' and locked_at is null`,
    );
    // who has not plugged in within five minutes had five minutes
    await this.sql(`update sessions set expires_at = start_time where status = 'expired'`);
    await this.sql(
      `update payment_operations
          set created_at = created_at - interval '2 minutes', sent_at = sent_at - interval '2 minutes'
        where status in ('pending', 'unknown')`,
    );
    await this.sql(
      `update refunds set created_at = created_at - interval '2 minutes' where status = 'pending'`,
    );
    await this.sql(`update session_payments set updated_at = updated_at - interval '2 minutes'`);
    await this.sql(`select graphile_worker.add_job('sweep-payments', job_key => 'sweep-payments')`);
    await this.sql(`select pg_notify('jobs:insert', '{"count": 4}')`);
  }

  /** The holds are about to run out. */
  async renewHolds(): Promise<void> {
    await this.sql(
      `update graphile_worker._private_jobs j set run_at = now() from graphile_worker._private_tasks t
        where t.id = j.task_id and t.identifier = 'renew-hold' and j.locked_at is null`,
    );
    await this.sql(`select pg_notify('jobs:insert', '{"count": 4}')`);
  }

  /** The queue forgets what was to be done for payments, also what a process that died had in its hands. */
  async loseJobs(): Promise<void> {
    if (this.#server) await eventually(async () => (await this.#jobsBeingDone()) === 0);
    await this.sql(
      `delete from graphile_worker._private_jobs j using graphile_worker._private_tasks t
        where t.id = j.task_id and t.identifier = 'settle-payment' and (j.locked_at is null or $1)`,
      [!this.#server],
    );
  }

  async #jobsBeingDone(): Promise<number> {
    const [row] = await this.sql<{ count: number }>(
      `select count(*)::int from graphile_worker.jobs
        where task_identifier = 'settle-payment' and locked_at is not null`,
    );
    return row!.count;
  }

  /** The payments' jobs that are due now, or are being done. */
  async dueJobs(): Promise<object[]> {
    await this.up();
    return this.sql(
      `select task_identifier, attempts, last_error, locked_at from graphile_worker.jobs
        where task_identifier in ('settle-payment', 'hold-payment', 'sync-payment')
          and attempts < max_attempts and run_at <= now()`,
    );
  }

  /** Stripe forgets its keys, and we that it knew them. */
  async aDayPasses(): Promise<void> {
    this.stripe.clock.advance(24 * 60 * 60 * 1000);
    await this.sql(
      `update payment_operations set sent_at = sent_at - interval '24 hours'
        where status in ('pending', 'unknown')`,
    );
  }

  async #takePayments(): Promise<void> {
    const { secretKey, publishableKey, webhooks } = this.stripe;
    const server = await this.up();
    webhooks.register({ url: this.#webhookUrl(server), secret: WEBHOOK_SECRET });
    await this.graphql(
      `mutation ($input: PaymentSettingsInput!) {
        result: updatePaymentSettings(input: $input) { __typename ... on Error { message } }
      }`,
      {
        input: {
          isEnabled: true,
          secretKey,
          publishableKey,
          webhookSecret: WEBHOOK_SECRET,
          holdAmount: String(HOLD / 100),
          minimumAmount: String(LEAST / 100),
        },
      },
    );
    const data = await this.graphql<{ key: { secret: string } }>(
      `mutation ($network: ID!) {
        key: createApiKey(input: { name: "App", kind: APP, scopes: [READ, WRITE, CONTROL], networkId: $network }) {
          ... on CreateApiKeyPayload { secret }
        }
      }`,
      { network: Buffer.from(`Network:${this.demo.networkId}`).toString('base64') },
    );
    const apiKey = data!.key.secret;
    for (const [slot] of STATIONS.entries()) this.#drivers[slot] = await this.#driver(apiKey, slot);
  }

  async #driver(apiKey: string, slot: number): Promise<Driver> {
    const account = {
      email: `driver-${slot}@example.com`,
      password: `a long password ${slot}`,
      firstName: 'Ana',
      lastName: 'Cruz',
    };
    const registered = (await this.rest('POST', '/auth/driver/register', account, { 'x-api-key': apiKey }))!
      .body.data;
    const headers = { 'x-api-key': apiKey, authorization: `Bearer ${registered.accessToken}` };
    const { clientSecret } = (await this.rest('POST', '/payments/setup-intent', {}, headers))!.body.data;
    const { host, port, secretKey } = this.stripe;
    const sdk = new Stripe(secretKey, { host, port, protocol: 'http', telemetry: false });
    const [intentId] = (clientSecret as string).split('_secret_');
    await sdk.setupIntents.confirm(intentId!, {
      payment_method: 'pm_card_visa',
      return_url: 'https://app.example.com',
    });
    return { tokenUid: registered.driver.tokenUid, headers };
  }
}
