import { sql } from 'kysely';
import type { Context } from '../../kernel/context.ts';
import { RateLimitedError } from '../../kernel/errors.ts';
import { epochMs } from '../../kernel/instant.ts';
import { db } from '../db.ts';

/** An e-mail address may fail this often, a client address more often: many drivers may share one. */
const FREE_ATTEMPTS = { email: 5, address: 50 };
const FORGET_AFTER_SECONDS = 15 * 60;
const LONGEST_WAIT_SECONDS = 15 * 60;

export interface Attempt {
  readonly networkId: string;
  readonly email: string;
}

/** Throws RateLimitedError while the e-mail or the client's address has to wait. The same for every e-mail. */
export async function holdBackGuessing(ctx: Context, attempt: Attempt): Promise<void> {
  const keys = keysOf(ctx, attempt);
  const known = await db(ctx)
    .selectFrom('failed_attempts')
    .selectAll()
    .where(
      'key',
      'in',
      keys.map(({ key }) => key),
    )
    .execute();
  const waits = keys.map(({ key, free }) => {
    const failed = known.find(row => row.key === key);
    if (!failed) return 0;
    const passedMs = ctx.now().epochMilliseconds - epochMs(failed.lastAt);
    if (failed.count < free || passedMs > FORGET_AFTER_SECONDS * 1000) return 0;
    return Math.ceil(waitSeconds(failed.count - free) - passedMs / 1000);
  });
  const wait = Math.max(...waits);
  if (wait > 0) throw new RateLimitedError(wait);
}

/** Half a minute, doubling with each failure beyond the free ones. */
const waitSeconds = (beyond: number): number =>
  Math.min(LONGEST_WAIT_SECONDS, 30 * 2 ** Math.min(beyond, 20));

export async function countFailure(ctx: Context, attempt: Attempt): Promise<void> {
  const now = ctx.now().toString();
  for (const { key } of keysOf(ctx, attempt)) {
    await db(ctx)
      .insertInto('failed_attempts')
      .values({ key, count: 1, lastAt: now })
      .onConflict(conflict =>
        conflict.column('key').doUpdateSet({
          count: sql<number>`case when failed_attempts.last_at < ${now}::timestamptz - make_interval(secs => ${FORGET_AFTER_SECONDS})
                                  then 1 else failed_attempts.count + 1 end`,
          lastAt: now,
        }),
      )
      .execute();
  }
}

/** The e-mail's failures are forgotten; the address's stay: a right guess of one proves nothing of the others. */
export async function forgetFailures(ctx: Context, attempt: Attempt): Promise<void> {
  const [email] = keysOf(ctx, attempt);
  await db(ctx).deleteFrom('failed_attempts').where('key', '=', email!.key).execute();
}

const keysOf = (ctx: Context, { networkId, email }: Attempt) => [
  {
    key: ctx.secret.derive('failed-attempt', `email:${networkId}:${email.toLowerCase()}`),
    free: FREE_ATTEMPTS.email,
  },
  ...(ctx.clientAddress === null
    ? []
    : [
        {
          key: ctx.secret.derive('failed-attempt', `address:${ctx.clientAddress}`),
          free: FREE_ATTEMPTS.address,
        },
      ]),
];
