import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import type { Context } from './context.ts';
import { ConflictError } from './errors.ts';
import { epochMs } from './instant.ts';

export interface GivenAnswer {
  readonly status: number;
  readonly body: object | null;
}

const KEPT_HOURS = 24;
/** An answer that has been in the making for longer was lost with its process. */
const MAKING_SECONDS = 120;
const SEALED_AS = 'idempotent-answer';

interface Stored {
  readonly requestDigest: string;
  readonly status: number | null;
  readonly sealedAnswer: string | null;
  readonly createdAt: string;
}

/**
 * Makes the answer to a request once (`what` names it: method, path, the caller's key): the same request again gets the same answer for 24 hours. Throws ConflictError
 * where the key came with another body, or its first request is still being worked on. An answer of 500 and more is
 * not kept: such a request may be tried again.
 */
export async function answerOnce(
  ctx: Context,
  what: readonly string[],
  body: string,
  make: () => Promise<GivenAnswer>,
): Promise<GivenAnswer> {
  // without a key there is nobody to whom an answer could be given again
  if (ctx.viewer.kind !== 'key') return make();
  const { apiKeyId, driver, networkId } = ctx.viewer;
  const key = digest([apiKeyId, driver?.id ?? '', ...what].join('\n'));
  const requestDigest = digest(body);
  const given = await claim(ctx, networkId, key, requestDigest);
  if (given) return given;
  const release = () =>
    sql`delete from idempotent_answers where network_id = ${networkId} and key = ${key}`.execute(
      ctx.em.getKysely(),
    );
  let answer: GivenAnswer;
  try {
    answer = await make();
  } catch (error) {
    await release();
    throw error;
  }
  if (answer.status >= 500) {
    await release();
    return answer;
  }
  const sealed = ctx.secret.seal(SEALED_AS, JSON.stringify(answer.body));
  await sql`update idempotent_answers set status = ${answer.status}, sealed_answer = ${sealed}
             where network_id = ${networkId} and key = ${key}`.execute(ctx.em.getKysely());
  return answer;
}

/** Null where the answer is ours to make. */
async function claim(
  ctx: Context,
  networkId: string,
  key: string,
  requestDigest: string,
): Promise<GivenAnswer | null> {
  const now = ctx.now();
  const stale = now.subtract({ hours: KEPT_HOURS }).toString();
  const lost = now.subtract({ seconds: MAKING_SECONDS }).toString();
  const { rows: claimed } = await sql`
    insert into idempotent_answers (network_id, key, request_digest, created_at)
    values (${networkId}, ${key}, ${requestDigest}, ${now.toString()})
    on conflict (network_id, key) do update
       set request_digest = excluded.request_digest, created_at = excluded.created_at, status = null, sealed_answer = null
     where idempotent_answers.created_at < ${stale}
        or (idempotent_answers.status is null and idempotent_answers.created_at < ${lost})
    returning key
  `.execute(ctx.em.getKysely());
  if (claimed.length > 0) return null;
  const { rows } = await sql<Stored>`
    select request_digest "requestDigest", status, sealed_answer "sealedAnswer", created_at::text "createdAt"
      from idempotent_answers where network_id = ${networkId} and key = ${key}
  `.execute(ctx.em.getKysely());
  const [stored] = rows;
  if (!stored) return null;
  if (stored.requestDigest !== requestDigest) {
    throw new ConflictError('The Idempotency-Key was used with another body.');
  }
  if (stored.status === null || stored.sealedAnswer === null) {
    const seconds = Math.round((now.epochMilliseconds - epochMs(stored.createdAt)) / 1000);
    throw new ConflictError(
      `The first request under this Idempotency-Key is being worked on (${seconds} s).`,
    );
  }
  return { status: stored.status, body: JSON.parse(ctx.secret.unseal(SEALED_AS, stored.sealedAnswer)) };
}

const digest = (text: string): string => createHash('sha256').update(text).digest('base64url');
