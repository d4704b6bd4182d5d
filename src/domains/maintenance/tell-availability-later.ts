import type { Context } from '../../kernel/context.ts';
import { addJob } from '../../kernel/jobs.ts';
import { db } from '../db.ts';

/** Adds the job that tells a station who is to serve; several that wait are one. Where nothing is wished, none. */
export async function tellAvailabilityLater(
  ctx: Context,
  station: { readonly id: string; readonly networkId: string },
  inSeconds = 0,
): Promise<void> {
  const wish = await db(ctx)
    .selectFrom('availability_wishes')
    .select('id')
    .where('chargerId', '=', station.id)
    .limit(1)
    .executeTakeFirst();
  if (!wish) return;
  const { id: chargerId, networkId } = station;
  // what is to happen later must not put off what is to happen now
  await addJob(
    ctx,
    'tell-availability',
    { networkId, chargerId },
    inSeconds === 0
      ? { key: `availability:${chargerId}` }
      : { key: `availability:${chargerId}:later`, runAt: ctx.now().add({ seconds: inSeconds }) },
  );
}
