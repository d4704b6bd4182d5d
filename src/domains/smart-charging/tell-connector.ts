import { setTimeout } from 'node:timers/promises';
import type { Context } from '../../kernel/context.ts';
import { inTransaction } from '../../kernel/transaction.ts';
import { AGAIN_AFTER_SECONDS, balanceLater, sendLimitsLater } from './balance-later.ts';
import { within } from './plan-round.ts';
import { lockSite, siteOf } from './read-site.ts';
import { type Attempt, beginAttempt, type Delivery, deliver, REASONS } from './send-limit.ts';
import { commandFor, countedConnectors, heldW, isOnItsWay, isUnbounded, sharesOf } from './site.ts';

/** How long a caller waits for the connector while another command is on its way to it. */
const PATIENCE_MS = 5_000;
const LOOK_AGAIN_MS = 50;

/** Tells the station what its connector is held to from now on, and the connector's profiles. */
export async function tell(ctx: Context, chargerId: string, connectorId: string): Promise<Delivery> {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    const begun = await inTransaction(ctx, tx => begin(tx, chargerId, connectorId));
    if (begun === 'offline') return { state: 'offline', reason: REASONS.offline };
    if (begun !== 'busy') return deliver(ctx, begun);
    if (performance.now() > deadline) {
      return { state: 'unanswered', reason: 'The charger has not answered the command before this one.' };
    }
    await setTimeout(LOOK_AGAIN_MS);
  }
}

/** Notes what the station is told now: no more than the others leave at the moment. The rest is the job's. */
async function begin(
  tx: Context,
  chargerId: string,
  connectorId: string,
): Promise<Attempt | 'offline' | 'busy'> {
  const site = await lockSite(tx, await siteOf(tx, chargerId));
  const connector = site?.connectors.find(({ id }) => id === connectorId);
  if (!site || !connector?.isConnected) return 'offline';
  const nowMs = tx.now().epochMilliseconds;
  if (isOnItsWay(connector, nowMs)) return 'busy';
  const nobody = new Set<string>();
  const shareW = sharesOf(site, nobody, nowMs).get(connector.id) ?? null;
  const command = commandFor(connector, shareW);
  if (site.ceilingW === null) return beginAttempt(tx, connector, command, false);
  const others = countedConnectors(site).filter(({ id }) => id !== connector.id);
  const leftW = site.ceilingW - others.reduce((sum, other) => sum + heldW(other, nobody, nowMs), 0);
  const ownW = isUnbounded(connector) ? 0 : heldW(connector, nobody, nowMs);
  return beginAttempt(tx, connector, within(connector, command, Math.max(leftW, ownW)), false);
}

/** The site's power is shared anew; a station that did not answer is asked again after a while. */
export async function followUp(ctx: Context, chargerId: string, { state }: Delivery): Promise<void> {
  await inTransaction(ctx, async tx => {
    await balanceLater(tx, chargerId);
    if (state === 'unanswered') await sendLimitsLater(tx, chargerId, AGAIN_AFTER_SECONDS);
  });
}
