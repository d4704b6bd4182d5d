import type { StationFrame } from '../../kernel/charger-commands.ts';
import { type Context, inScopeOf } from '../../kernel/context.ts';
import { polled } from '../../kernel/polled.ts';
import { requireOperated } from './operated-charger.ts';

const LOOK_EVERY_MS = 1_000;

/** The last messages between us and a station, the oldest first, without secrets; also of one that is gone. */
export async function chargerFrames(ctx: Context, chargerId: string): Promise<StationFrame[]> {
  const charger = await requireOperated(ctx, chargerId, 'read');
  return ctx.chargers.lastFrames(charger.id);
}

/** The same, and each one from now on. Of a station that says more than is kept within a second some are missing. */
export async function followFrames(
  ctx: Context,
  chargerId: string,
): Promise<AsyncIterableIterator<StationFrame>> {
  const charger = await requireOperated(ctx, chargerId, 'read');
  let seen = new Set<string>();
  return polled(LOOK_EVERY_MS, async () => {
    const frames = await inScopeOf(ctx, () => ctx.chargers.lastFrames(charger.id));
    const news = frames.filter(frame => !seen.has(frame.id));
    seen = new Set(frames.map(frame => frame.id));
    return news;
  });
}
