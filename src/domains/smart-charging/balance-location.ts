import type { Context } from '../../kernel/context.ts';
import type { JobMap } from '../../kernel/jobs.ts';
import { inTransaction } from '../../kernel/transaction.ts';
import { db } from '../db.ts';
import { AGAIN_AFTER_SECONDS, balanceSite } from './balance-later.ts';
import { planRound } from './plan-round.ts';
import { isUnsent } from './profile-stack.ts';
import { lockSite, type SiteKey } from './read-site.ts';
import { type Attempt, beginAttempt, deliver, writeLimit } from './send-limit.ts';
import { sendStationProfiles } from './send-profiles.ts';

/** After this long the rest is left to another job: what is locked for a minute counts as lost. */
const LONG_RUN_MS = 20_000;

/** Job: shares the site's ceiling among its charges, and tells the stations whose limit has changed. */
export async function balanceLocation(
  ctx: Context,
  { networkId, locationId, deaf }: JobMap['balance-location'],
): Promise<void> {
  await balance(ctx, networkId, { locationId }, deaf);
}

/** Job: the same for a charger that stands at no location: what it did not take yet is sent again. */
export async function resendLimits(
  ctx: Context,
  { networkId, chargerId, deaf }: JobMap['resend-limits'],
): Promise<void> {
  await balance(ctx, networkId, { chargerId }, deaf);
}

/**
 * Round by round, until nothing is left to tell: first whoever is to draw less, all at once; who shall draw more is
 * told once all of them have accepted. A connector whose station does not obey (`deaf`) counts at its maximum from
 * then on, one whose station has gone with what it holds, and the rest is shared anew. So the sum of what the stations
 * may draw by their limits never passes the ceiling on the way.
 */
async function balance(
  ctx: Context,
  networkId: string,
  key: SiteKey,
  knownDeaf: readonly string[] = [],
): Promise<void> {
  const begun = performance.now();
  if (!(await sendStationWide(ctx, networkId, key))) {
    await balanceSite(ctx, networkId, key, { inSeconds: AGAIN_AFTER_SECONDS });
  }
  const deaf = new Set(knownDeaf);
  const gone = new Set<string>();
  for (;;) {
    const round = await inTransaction(ctx, tx => nextRound(tx, key, deaf, gone));
    if (round.attempts.length === 0) {
      if (round.isLeftOver) await balanceSite(ctx, networkId, key, { inSeconds: AGAIN_AFTER_SECONDS });
      return;
    }
    const deliveries = await Promise.all(round.attempts.map(attempt => deliver(ctx, attempt)));
    for (const [index, { state }] of deliveries.entries()) {
      const { connector } = round.attempts[index]!;
      if (state === 'offline') gone.add(connector.chargerId);
      else if (state !== 'settled') deaf.add(connector.id);
    }
    if (performance.now() - begun > LONG_RUN_MS) {
      await balanceSite(ctx, networkId, key, { deaf: [...deaf] });
      return;
    }
  }
}

/** What operators have set for whole stations of the site; it lowers at most. Answers whether all of it is settled. */
async function sendStationWide(ctx: Context, networkId: string, key: SiteKey): Promise<boolean> {
  const waiting = await db(ctx)
    .selectFrom('charging_profiles as f')
    .innerJoin('chargers as c', 'c.id', 'f.chargerId')
    .innerJoin('charger_connections as s', 's.chargerId', 'c.id')
    .select('c.id')
    .distinct()
    .where('f.networkId', '=', networkId)
    .where('f.connectorNumber', '=', 0)
    .where('s.nodeId', 'is not', null)
    .where(isUnsent(ctx.now().toString()))
    .$if('locationId' in key, q => q.where('c.locationId', '=', (key as { locationId: string }).locationId))
    .$if('chargerId' in key, q => q.where('c.id', '=', (key as { chargerId: string }).chargerId))
    .execute();
  const outcomes = await Promise.all(waiting.map(({ id }) => sendStationProfiles(ctx, id)));
  return outcomes.every(Boolean);
}

/** Decides what is sent next, and notes it. */
async function nextRound(
  tx: Context,
  key: SiteKey,
  deaf: ReadonlySet<string>,
  gone: ReadonlySet<string>,
): Promise<{ attempts: Attempt[]; isLeftOver: boolean }> {
  const locked = await lockSite(tx, key);
  if (!locked) return { attempts: [], isLeftOver: false };
  const connectors = locked.connectors.map(one =>
    gone.has(one.chargerId) ? { ...one, isConnected: false } : one,
  );
  const site = { ...locked, connectors };
  const { shares, commands, isLeftOver } = planRound(site, deaf, tx.now().epochMilliseconds);
  for (const connector of site.connectors) {
    const shareW = shares.get(connector.id) ?? null;
    if (connector.shareW !== shareW) await writeLimit(tx, connector, { shareW });
  }
  const attempts: Attempt[] = [];
  for (const { connector, command } of commands) {
    attempts.push(await beginAttempt(tx, connector, command, site.ceilingW !== null));
  }
  return { attempts, isLeftOver };
}
