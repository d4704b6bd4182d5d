import { sql } from 'kysely';
import { authorize, reachedNetwork } from '../../auth/authorize.ts';
import type { Context } from '../../kernel/context.ts';
import {
  ConflictError,
  InvalidEventsError,
  InvalidUrlError,
  invalid,
  NotFoundError,
} from '../../kernel/errors.ts';
import { EVENT_TYPES } from '../../kernel/event-catalogue.ts';
import { emit } from '../../kernel/events.ts';
import { newId } from '../../kernel/ids.ts';
import { inTransaction } from '../../kernel/transaction.ts';
import { db } from '../db.ts';
import { skipPending } from './send-webhooks.ts';
import { newWebhookSecret, sealWebhookSecret } from './webhook-secret.ts';

const MAX_DESCRIPTION = 500;
const MAX_PER_NETWORK = 100;
const OVERLAP_HOURS = 24;
const MAX_OVERLAP_HOURS = 7 * 24;

export interface NewWebhook {
  readonly url: string;
  /** Event types, or `*` alone. */
  readonly events: readonly string[];
  readonly description?: string | null;
  /** The caller's primary one where left out. */
  readonly networkId?: string | null;
}

/** The secret is answered once and is sealed from then on. */
export interface WebhookWithSecret {
  readonly id: string;
  readonly secret: string;
}

/**
 * Subscribes an endpoint to what happens in the network from now on. Throws an InvalidUrlError or an
 * InvalidEventsError, and a ConflictError where the network has too many.
 */
export async function createWebhook(ctx: Context, input: NewWebhook): Promise<WebhookWithSecret> {
  authorize(ctx.viewer, 'admin');
  const networkId = reachedNetwork(ctx, input.networkId);
  const changes = checked(ctx, { ...input, description: input.description ?? '' });
  const secret = newWebhookSecret();
  const id = newId();
  const now = ctx.now().toString();
  await inTransaction(ctx, async tx => {
    const { count } = await db(tx)
      .selectFrom('webhook_subscriptions')
      .select(eb => eb.fn.countAll<string>().as('count'))
      .where('networkId', '=', networkId)
      .executeTakeFirstOrThrow();
    if (Number(count) >= MAX_PER_NETWORK) {
      throw new ConflictError(`A network has at most ${MAX_PER_NETWORK} webhook subscriptions.`);
    }
    await db(tx)
      .insertInto('webhook_subscriptions')
      .values({
        id,
        networkId,
        ...changes,
        sealedSecret: sealWebhookSecret(ctx.secret, secret),
        sealedPreviousSecret: null,
        previousSecretUntil: null,
        isActive: true,
        consecutiveFailures: 0,
        disabledAt: null,
        disabledReason: null,
        startsBehind: endOfLog,
        sendingUntil: null,
        createdAt: now,
        updatedAt: now,
      })
      .execute();
  });
  return { id, secret };
}

/** The last number that an event has drawn. */
const endOfLog = sql<string>`coalesce(pg_sequence_last_value('app.event_sequence'), 0)`;

/** What is left out stays as it is. */
export interface WebhookChanges {
  readonly url?: string | null;
  readonly events?: readonly string[] | null;
  readonly description?: string | null;
  /** True also ends a run of failures; what happens from then on is sent. */
  readonly isActive?: boolean | null;
}

export async function updateWebhook(ctx: Context, id: string, input: WebhookChanges): Promise<string> {
  authorize(ctx.viewer, 'admin');
  return inTransaction(ctx, async tx => {
    const { isActive: wasActive } = await lock(tx, id);
    const changes = checked(ctx, input);
    const now = ctx.now().toString();
    const enabled = { isActive: true, consecutiveFailures: 0, disabledAt: null, disabledReason: null };
    const disabled = { isActive: false, disabledAt: now, disabledReason: 'Disabled by an operator.' };
    await db(tx)
      .updateTable('webhook_subscriptions')
      .set({ ...changes, updatedAt: now })
      .$if(input.isActive === true, query => query.set(enabled))
      .$if(input.isActive === true && !wasActive, query => query.set({ startsBehind: endOfLog }))
      .$if(input.isActive === false && wasActive, query => query.set(disabled))
      .where('id', '=', id)
      .execute();
    if (input.isActive === false) await skipPending(tx, id);
    return id;
  });
}

/** Its deliveries go with it. */
export async function deleteWebhook(ctx: Context, id: string): Promise<string> {
  authorize(ctx.viewer, 'admin');
  const deleted = await db(ctx)
    .deleteFrom('webhook_subscriptions')
    .where('id', '=', id)
    .where('networkId', 'in', [...ctx.scope.networkIds])
    .returning('id')
    .executeTakeFirst();
  if (!deleted) throw new NotFoundError('webhook subscription');
  return deleted.id;
}

/** Sends it an event of its own, `webhook.test`, also while it is disabled. */
export async function testWebhook(ctx: Context, id: string): Promise<string> {
  authorize(ctx.viewer, 'admin');
  return inTransaction(ctx, async tx => {
    const { networkId } = await lock(tx, id);
    await emit(tx, { type: 'webhook.test', networkId, payload: { webhookId: id } });
    return id;
  });
}

/** A new secret. For some hours deliveries are signed under the one before as well: 24 where left out. */
export async function rotateWebhookSecret(
  ctx: Context,
  id: string,
  overlapHours: number = OVERLAP_HOURS,
): Promise<WebhookWithSecret> {
  authorize(ctx.viewer, 'admin');
  if (overlapHours < 0 || overlapHours > MAX_OVERLAP_HOURS) {
    invalid('overlapHours', `must lie between 0 and ${MAX_OVERLAP_HOURS}`);
  }
  const secret = newWebhookSecret();
  await inTransaction(ctx, async tx => {
    const { sealedSecret } = await lock(tx, id);
    await db(tx)
      .updateTable('webhook_subscriptions')
      .set({
        sealedSecret: sealWebhookSecret(ctx.secret, secret),
        sealedPreviousSecret: sealedSecret,
        previousSecretUntil: ctx.now().add({ hours: overlapHours }).toString(),
        updatedAt: ctx.now().toString(),
      })
      .where('id', '=', id)
      .execute();
  });
  return { id, secret };
}

/** One of the caller's, for a change to it. */
export async function lock(tx: Context, id: string) {
  const found = await db(tx)
    .selectFrom('webhook_subscriptions')
    .select(['id', 'networkId', 'isActive', 'sealedSecret', 'events', 'createdAt'])
    .where('id', '=', id)
    .where('networkId', 'in', [...tx.scope.networkIds])
    .forUpdate()
    .executeTakeFirst();
  if (!found) throw new NotFoundError('webhook subscription');
  return found;
}

/** What of the changes is given, as it is stored. */
function checked(ctx: Context, { url, events, description }: WebhookChanges) {
  const problem = url == null ? null : ctx.outgoing.problemWith(url);
  if (problem) throw new InvalidUrlError(`The URL ${problem}.`);
  if (description != null && description.length > MAX_DESCRIPTION) {
    invalid('description', `may have at most ${MAX_DESCRIPTION} characters`);
  }
  return {
    ...(url != null && { url }),
    ...(events != null && { events: eventTypes(events) }),
    ...(description != null && { description }),
  } as { url: string; events: string[]; description: string };
}

function eventTypes(events: readonly string[]): string[] {
  const wanted = [...new Set(events.map(type => type.trim()))];
  if (wanted.includes('*') && wanted.length === 1) return wanted;
  const unknown = wanted.filter(type => !(EVENT_TYPES as readonly string[]).includes(type));
  if (unknown.length > 0) {
    throw new InvalidEventsError(
      `There is no event type "${unknown[0]}": see /webhooks/event-types, or send *.`,
    );
  }
  if (wanted.length === 0) throw new InvalidEventsError('Name at least one event type, or *.');
  return wanted;
}

/** All that a subscription may listen to. */
export function webhookEventTypes(ctx: Context): readonly string[] {
  authorize(ctx.viewer, 'admin');
  return EVENT_TYPES;
}
