import { type Fleet, fleetTotals } from './fleet.ts';
import type { Ledger } from './ledger.ts';
import { describeTotals } from './progress.ts';
import type { Reconciliation } from './reconcile.ts';

const lookMs = 500;
const tellEveryMs = 5000;
/** So long without any progress, and the wait is over. */
const stalledMs = 60_000;
/** What the server still does after it has acknowledged the last message. */
const serverMs = 30_000;

/**
 * The end of a scenario: nothing goes wrong any more, every charge ends, lines come back and what is queued is told;
 * then the count of the stations is held against the server's. What is not told within the time, or while nothing
 * moves any more, is a difference.
 */
export async function settleRun(
  fleet: Fleet,
  ledger: Ledger,
  drainMs: number,
  tell: (line: string) => void,
): Promise<Reconciliation> {
  tell('The drivers leave, the lines come back, and what is queued is sent');
  const untilMs = Date.now() + drainMs;
  await fleet.settle();
  let toldMs = Date.now();
  let least = Number.POSITIVE_INFINITY;
  let progressMs = Date.now();
  while (!fleet.isSettled() && Date.now() < Math.min(untilMs, progressMs + stalledMs)) {
    await new Promise(resolve => setTimeout(resolve, lookMs));
    const { stations, online, queued } = fleetTotals(fleet.snapshots());
    const left = stations - online + queued;
    if (left < least) [least, progressMs] = [left, Date.now()];
    if (Date.now() - toldMs < tellEveryMs) continue;
    toldMs = Date.now();
    tell(describeTotals(fleet.snapshots()));
  }
  const found = await ledger.settle(fleet.counted(), serverMs, tell);
  const queued = fleet.snapshots().filter(each => each.queued > 0);
  const unsent = queued.map(
    each =>
      `${each.uid}: ${each.queued} messages are not acknowledged (${each.lastError ?? each.connection})`,
  );
  return { ...found, differences: [...unsent, ...found.differences] };
}
