import { randomUUID } from 'node:crypto';
import { BlockList, isIP } from 'node:net';
import type { EntitySchema, MikroORM, SqlEntityManager } from '@mikro-orm/postgresql';
import { sql } from 'kysely';
import type { Logger } from 'pino';
import { BusChargerCommands, closeElsewhere, serveCommands, serveFrames } from '../../ocpp/command-port.ts';
import { type OcppDoor, openOcppDoor } from '../../ocpp/door.ts';
import { system, type Viewer } from '../auth/viewer.ts';
import { releaseDeadNodes } from '../domains/chargers/charger-connections.ts';
import { db } from '../domains/db.ts';
import { entities } from '../domains/entities.ts';
import { NotifyBus } from '../kernel/bus.ts';
import { type Context, inScopeOf } from '../kernel/context.ts';
import { connectAsOwner, openDatabase } from '../kernel/database.ts';
import { EventHub } from '../kernel/event-hub.ts';
import { EventReader } from '../kernel/event-reader.ts';
import { openGuardedFetch, type Resolve } from '../kernel/guarded-fetch.ts';
import type { InstallationSecret } from '../kernel/installation-secret.ts';
import { networksScope, runInScope, type Scope, systemScope } from '../kernel/scope.ts';
import { coalesced, everySoOften } from '../kernel/timing.ts';
import type { Config } from './config.ts';
import { installationSecret } from './installation-secret.ts';
import { keylessLimit } from './keyless-limit.ts';
import { contactOf, openMailer } from './mailer.ts';
import { OpenStreams } from './open-streams.ts';
import { openSms } from './sms.ts';
import { stripeAt } from './stripe.ts';
import { startWorker } from './worker.ts';

const ALIVE_EVERY_MS = 5_000;
const WAKE_CHANNEL = 'chargegraph_events';
/** Many commits in this time wake the other processes once. */
const WAKE_EVERY_MS = 10;

/** Where a piece of work comes from. */
export interface Origin {
  readonly scope?: Scope;
  readonly clientAddress?: string | null;
}

/** One process of the product: its services, wired. The doors are put on it by `start.ts`. */
export interface App {
  readonly config: Config;
  readonly log: Logger;
  readonly em: SqlEntityManager;
  readonly now: () => Temporal.Instant;
  readonly secret: InstallationSecret;
  readonly hub: EventHub;
  readonly streams: OpenStreams;
  readonly ocpp: OcppDoor | null;
  /** A context for one piece of work. */
  context(viewer: Viewer, requestId?: string, origin?: Origin): Context;
  isTrustedProxy(address: string): boolean;
  /** Throws RateLimitedError where an address asks too often without a key. */
  limitKeyless(address: string): Promise<void>;
  /** Resolves when the database answers. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

export interface AppOptions {
  readonly config: Config;
  readonly databaseUrl: string;
  readonly log: Logger;
  readonly now?: () => Temporal.Instant;
  readonly onStatement?: (sql: string) => void;
  /** Resolves the host names of others; by DNS where left out. */
  readonly resolve?: Resolve;
}

export async function openApp(options: AppOptions): Promise<App> {
  const { config, databaseUrl, log } = options;
  const now = options.now ?? (() => Temporal.Now.instant());
  const orm: MikroORM = await openDatabase({
    url: databaseUrl,
    poolSize: config.DATABASE_POOL_SIZE,
    entities: entities as unknown as EntitySchema[],
    ...(options.onStatement && { onStatement: options.onStatement }),
  });
  const em = orm.em as SqlEntityManager;
  const bus = new NotifyBus(() => connectAsOwner(databaseUrl, 'chargegraph bus'), log);
  const hub = new EventHub();
  const reader = new EventReader(em.fork(), hub, log);
  const chargers = new BusChargerCommands(em.fork(), bus, config.COMMAND_TIMEOUT_SECONDS);
  const secret = installationSecret(config);
  const mail = openMailer(config);
  const sms = openSms(config);
  const outgoing = openGuardedFetch({
    allowLoopback: config.OUTGOING_ALLOW_LOOPBACK,
    timeoutMs: config.OUTGOING_TIMEOUT_SECONDS * 1000,
    contact: contactOf(config.MAIL_FROM),
    resolve: options.resolve,
  });
  const stripe = stripeAt(config);
  const proxies = trusted(config.TRUSTED_PROXIES);

  const context = (viewer: Viewer, requestId: string = randomUUID(), origin: Origin = {}): Context => ({
    em: em.fork(),
    viewer,
    scope: origin.scope ?? networksScope(viewer.kind === 'key' ? viewer.networkIds : []),
    clientAddress: origin.clientAddress ?? null,
    secret,
    mail,
    sms,
    outgoing,
    stripe,
    now,
    hub,
    chargers,
    requestId,
    log: log.child({ requestId }),
  });
  // an IPv4 address within an IPv6 one (::ffff:127.0.0.1) matches the IPv4 rules
  const isTrustedProxy = (address: string) => proxies.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');

  await bus.start();
  const wakeOthers = coalesced(WAKE_EVERY_MS, log, () => bus.publish(WAKE_CHANNEL, bus.nodeId));
  await reader.start();
  hub.onWake(wakeOthers);
  await bus.subscribe(WAKE_CHANNEL, from => {
    if (from !== bus.nodeId) reader.wake();
  });

  const ocpp = config.ROLES.includes('ocpp')
    ? openOcppDoor({
        em: em.fork(),
        log,
        nodeId: bus.nodeId,
        connectsPerMinute: config.STATION_CONNECTS_PER_MINUTE,
        drainSeconds: config.DRAIN_SECONDS,
        isTrustedProxy,
        closeElsewhere: (station, socket) => closeElsewhere(bus, station.id, socket),
        contextFor: (station, requestId) =>
          context(system, requestId, { scope: networksScope([station.networkId]) }),
      })
    : null;
  if (ocpp) serveCommands(em, bus, ocpp.registry);
  serveFrames(bus, ocpp?.registry ?? null);

  const alive = everySoOften(ALIVE_EVERY_MS, log, () =>
    stayAlive(context(system, 'alive', { scope: systemScope }), bus.nodeId),
  );
  await alive.first;
  const worker = config.ROLES.includes('worker')
    ? await startWorker(databaseUrl, log, hub, context, {
        eventHours: config.EVENT_RETENTION_HOURS,
        meterValueDays: config.METER_VALUE_RETENTION_DAYS,
        silentHours: config.STALE_SESSION_HOURS,
        offlineAlertMinutes: config.OFFLINE_ALERT_MINUTES,
      })
    : null;

  return {
    config,
    log,
    em,
    now,
    secret,
    hub,
    streams: new OpenStreams({ perKey: config.STREAMS_PER_KEY, perDriver: config.STREAMS_PER_DRIVER }),
    ocpp,
    context,
    isTrustedProxy,
    limitKeyless: keylessLimit(),
    async ping() {
      await runInScope(systemScope, () => sql`select 1`.execute(em.fork().getKysely()));
    },
    async close() {
      await worker?.stop();
      await ocpp?.close();
      hub.close();
      await alive.stop();
      await reader.close();
      await outgoing.close();
      await runInScope(systemScope, () =>
        db({ em: em.fork() }).deleteFrom('nodes').where('id', '=', bus.nodeId).execute(),
      );
      await bus.close();
      await orm.close(true);
    },
  };
}

function trusted(ranges: readonly string[]): BlockList {
  const proxies = new BlockList();
  for (const range of ranges) {
    const [address, bits] = range.split('/') as [string, string | undefined];
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
    if (bits === undefined) proxies.addAddress(address, family);
    else proxies.addSubnet(address, Number(bits), family);
  }
  return proxies;
}

/** Says that this process lives, and releases the sockets of those that do not. */
async function stayAlive(ctx: Context, nodeId: string): Promise<void> {
  const networkIds = await inScopeOf(ctx, async () => {
    await db(ctx)
      .insertInto('nodes')
      .values({ id: nodeId })
      .onConflict(conflict => conflict.column('id').doUpdateSet({ lastSeenAt: sql<string>`now()` }))
      .execute();
    const networks = await db(ctx)
      .selectFrom('charger_connections')
      .select('networkId')
      .distinct()
      .where('nodeId', 'is not', null)
      .execute();
    return networks.map(row => row.networkId);
  });
  if (networkIds.length === 0) return;
  const scoped = { ...ctx, scope: networksScope(networkIds) };
  await inScopeOf(scoped, () => releaseDeadNodes(scoped));
}
