import { sql } from 'kysely';
import { authorize } from '../../auth/authorize.ts';
import type { Context } from '../../kernel/context.ts';
import { ConflictError, invalid, NotFoundError } from '../../kernel/errors.ts';
import { EVENT_TYPES } from '../../kernel/event-catalogue.ts';
import { eventsBehind } from '../../kernel/event-consumer.ts';
import { epochMs } from '../../kernel/instant.ts';
import { addJob, type JobMap } from '../../kernel/jobs.ts';
import { inTransaction } from '../../kernel/transaction.ts';
import { db } from '../db.ts';
import { insertDeliveries } from './fan-out.ts';
import { sendSoon } from './send-soon.ts';
import { lock } from './webhooks.ts';

const BATCH = 500;

/**
 * Sends a delivery once more, at once: one that failed, one that waits for its next attempt, one that succeeded; also
 * while its subscription is disabled. It keeps its id.
 */
export async function retryDelivery(ctx: Context, id: string, webhookId?: string | null): Promise<string> {
  authorize(ctx.viewer, 'admin');
  return inTransaction(ctx, async tx => {
    const retried = await db(tx)
      .updateTable('webhook_deliveries')
      .set({
        status: 'pending',
        isManual: true,
        maxAttempts: sql<number>`greatest(max_attempts, attempt_count + 1)`,
        nextAttemptAt: tx.now().toString(),
        completedAt: null,
      })
      .where('id', '=', id)
      .where('networkId', 'in', [...ctx.scope.networkIds])
      .$if(webhookId != null, query => query.where('subscriptionId', '=', webhookId!))
      .returning(['networkId', 'subscriptionId'])
      .executeTakeFirst();
    if (!retried) throw new NotFoundError('delivery');
    await sendSoon(tx, { id: retried.subscriptionId, networkId: retried.networkId });
    return id;
  });
}

/**
 * Sends what a subscription lacks of a stretch of time, both ends included, from its making on: what was given up, and
 * what happened while it was disabled. Throws a ConflictError while it still is.
 */
export async function recoverDeliveries(
  ctx: Context,
  webhookId: string,
  from: string,
  to: string,
): Promise<string> {
  authorize(ctx.viewer, 'admin');
  if (epochMs(from) > epochMs(to)) invalid('from', 'must not be after to');
  return inTransaction(ctx, async tx => {
    const { networkId, isActive, createdAt } = await lock(tx, webhookId);
    if (!isActive) throw new ConflictError('The webhook subscription is disabled: enable it first.');
    const since = epochMs(createdAt) > epochMs(from) ? createdAt : from;
    await addJob(tx, 'recover-webhooks', {
      networkId,
      subscriptionId: webhookId,
      from: since,
      to,
      behind: '0',
    });
    return webhookId;
  });
}

/** Job: a part of a recovery, and then a job for the rest. */
export async function recoverWebhooks(ctx: Context, job: JobMap['recover-webhooks']): Promise<void> {
  // what is not settled yet is on its way by itself
  const until = ctx.hub.settled();
  if (until === null) throw new Error('The event log is not settled yet.');
  await inTransaction(ctx, async tx => {
    const subscription = await lock(tx, job.subscriptionId).catch(error => {
      if (error instanceof NotFoundError) return null;
      throw error;
    });
    if (!subscription?.isActive) return;
    const { events } = subscription;
    const lacking = await eventsBehind(tx, job.behind, {
      networkId: job.networkId,
      types: (events.includes('*') ? EVENT_TYPES : events).filter(type => type !== 'webhook.test'),
      from: job.from,
      to: job.to,
      until,
      limit: BATCH,
    });
    if (lacking.length === 0) return;
    await insertDeliveries(tx, subscription, lacking, { again: true });
    await sendSoon(tx, subscription);
    if (lacking.length === BATCH) {
      await addJob(tx, 'recover-webhooks', { ...job, behind: lacking.at(-1)!.sequence });
    }
  });
}
