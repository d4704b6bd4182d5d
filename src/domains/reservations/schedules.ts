import { requireDriver } from '../../auth/authorize.ts';
import type { Context } from '../../kernel/context.ts';
import {
  ChargerOfflineError,
  ConflictError,
  DomainError,
  invalid,
  NotFoundError,
  UnavailableError,
} from '../../kernel/errors.ts';
import { emit } from '../../kernel/events.ts';
import { newId } from '../../kernel/ids.ts';
import { epochMs } from '../../kernel/instant.ts';
import { addJob } from '../../kernel/jobs.ts';
import { inTransaction } from '../../kernel/transaction.ts';
import { lockConnectorAt } from '../chargers/connector-at.ts';
import { db } from '../db.ts';
import { tokenOfDriver } from '../drivers/driver-token.ts';
import { startSession } from '../sessions/start-session.ts';
import { remindOfScheduleLater } from './remind-later.ts';
import type { Schedule, ScheduleStatus } from './schedule.entity.ts';

export interface NewSchedule {
  readonly chargerId?: string | null;
  readonly connectorNumber?: number | null;
  readonly idTag?: string | null;
  readonly scheduledTime?: string | null;
}

const MAX_DAYS_AHEAD = 30;
/** A schedule that could not fire in time still does if no more than this has passed. */
const MAX_LATE_MINUTES = 15;
/** Later than this only where no process was up: then the stations, too, need a moment to connect again. */
const ON_TIME_MS = 5_000;
const RECONNECT_SECONDS = 3;

/** Plans the start of a charge for the driver. */
export async function createSchedule(ctx: Context, input: NewSchedule): Promise<string> {
  const driver = requireDriver(ctx, 'control');
  const chargerId = input.chargerId ?? invalid('chargerId', 'name the charger');
  const scheduledTime = input.scheduledTime ?? invalid('scheduledTime', 'say when');
  const connectorNumber = input.connectorNumber ?? 1;
  if (input.idTag?.trim() === '') invalid('idTag', 'must not be empty');
  const aheadMs = epochMs(scheduledTime) - ctx.now().epochMilliseconds;
  if (aheadMs <= 0) invalid('scheduledTime', 'must be in the future');
  if (aheadMs > MAX_DAYS_AHEAD * 24 * 3600_000) {
    invalid('scheduledTime', `must lie within ${MAX_DAYS_AHEAD} days`);
  }
  return inTransaction(ctx, async tx => {
    const charger = await lockConnectorAt(tx, { chargerId, connectorNumber });
    const token = await tokenOfDriver(tx, driver, input.idTag);
    const id = newId();
    const now = tx.now().toString();
    await db(tx)
      .insertInto('schedules')
      .values({
        id,
        networkId: charger.networkId,
        driverId: driver.id,
        chargerId,
        connectorNumber,
        idTag: token.uid,
        scheduledTime,
        status: 'pending',
        statusReason: null,
        firedAt: null,
        sessionId: null,
        createdAt: now,
        updatedAt: now,
      })
      .execute();
    await addJob(
      tx,
      'fire-schedule',
      { networkId: charger.networkId, scheduleId: id },
      { key: `fire-schedule:${id}`, runAt: Temporal.Instant.from(scheduledTime) },
    );
    await remindOfScheduleLater(
      tx,
      { id, networkId: charger.networkId },
      Temporal.Instant.from(scheduledTime),
    );
    return id;
  });
}

/** Calls a schedule off. One that is called off already stays so; one that has fired cannot be called off. */
export async function cancelSchedule(ctx: Context, id: string): Promise<string> {
  const driver = requireDriver(ctx, 'control');
  return inTransaction(ctx, async tx => {
    const schedule = await lock(tx, id);
    if (!schedule || schedule.driverId !== driver.id) throw new NotFoundError('schedule');
    if (schedule.status === 'cancelled') return id;
    if (schedule.status !== 'pending')
      throw new ConflictError(`The schedule has ${schedule.status} already.`);
    await step(tx, schedule, 'cancelled', { statusReason: 'Cancelled by the driver.' });
    return id;
  });
}

/**
 * Job: starts the charge, once however often the job runs. The session's correlation id is the schedule's id: a
 * process that died on the way has left the session behind if it had come so far as to ask the station.
 */
export async function fireSchedule(
  ctx: Context,
  { scheduleId }: { readonly scheduleId: string },
): Promise<void> {
  const schedule = await claim(ctx, scheduleId);
  if (!schedule) return;
  const firedAt = ctx.now().toString();
  const begun = await db(ctx)
    .selectFrom('sessions')
    .select('id')
    .where('correlationId', '=', scheduleId)
    .where('chargerId', '=', schedule.chargerId)
    .executeTakeFirst();
  try {
    const sessionId =
      begun?.id ??
      (await startSession(ctx, {
        chargerId: schedule.chargerId,
        connectorNumber: schedule.connectorNumber,
        idTag: schedule.idTag,
        schedule: scheduleId,
      }));
    await settle(ctx, scheduleId, 'fired', { firedAt, sessionId });
  } catch (error) {
    if (error instanceof ChargerOfflineError && latenessMs(ctx, schedule) > ON_TIME_MS) {
      await tryAgain(ctx, schedule);
    } else if (error instanceof UnavailableError) {
      await settle(ctx, scheduleId, 'fired', { firedAt, statusReason: 'Charger did not respond' });
    } else if (error instanceof DomainError) {
      await settle(ctx, scheduleId, 'failed', { statusReason: error.message });
    } else {
      throw error;
    }
  }
}

const latenessMs = (ctx: Context, schedule: Schedule): number =>
  ctx.now().epochMilliseconds - epochMs(schedule.scheduledTime);

async function tryAgain(ctx: Context, { id, networkId }: Schedule): Promise<void> {
  await inTransaction(ctx, async tx => {
    const schedule = await lock(tx, id);
    if (schedule?.status !== 'firing') return;
    await step(tx, schedule, 'pending', {});
    await addJob(
      tx,
      'fire-schedule',
      { networkId, scheduleId: id },
      { key: `fire-schedule:${id}`, runAt: tx.now().add({ seconds: RECONNECT_SECONDS }) },
    );
  });
}

/** Takes a schedule that is due; undefined where it is not to fire, or too late to. */
async function claim(ctx: Context, id: string): Promise<Schedule | undefined> {
  return inTransaction(ctx, async tx => {
    const schedule = await lock(tx, id);
    if (schedule?.status === 'firing') return schedule;
    if (schedule?.status !== 'pending') return undefined;
    if (latenessMs(tx, schedule) > MAX_LATE_MINUTES * 60_000) {
      await step(tx, schedule, 'failed', { statusReason: `More than ${MAX_LATE_MINUTES} minutes late.` });
      return undefined;
    }
    await step(tx, schedule, 'firing', {});
    return schedule;
  });
}

async function settle(
  ctx: Context,
  id: string,
  status: 'fired' | 'failed',
  outcome: Partial<Pick<Schedule, 'firedAt' | 'sessionId' | 'statusReason'>>,
): Promise<void> {
  await inTransaction(ctx, async tx => {
    const schedule = await lock(tx, id);
    if (schedule?.status === 'firing') await step(tx, schedule, status, outcome);
  });
}

async function lock(tx: Context, id: string): Promise<Schedule | undefined> {
  return (await db(tx)
    .selectFrom('schedules')
    .selectAll()
    .where('id', '=', id)
    .where('networkId', 'in', [...tx.scope.networkIds])
    .forNoKeyUpdate()
    .executeTakeFirst()) as Schedule | undefined;
}

async function step(
  tx: Context,
  schedule: Schedule,
  status: ScheduleStatus,
  outcome: Partial<Pick<Schedule, 'firedAt' | 'sessionId' | 'statusReason'>>,
): Promise<void> {
  await db(tx)
    .updateTable('schedules')
    .set({ status, ...outcome, updatedAt: tx.now().toString() })
    .where('id', '=', schedule.id)
    .execute();
  if (status !== 'fired' && status !== 'failed') return;
  await emit(tx, {
    type: `schedule.${status}`,
    networkId: schedule.networkId,
    chargerId: schedule.chargerId,
    sessionId: outcome.sessionId ?? null,
    driverId: schedule.driverId,
    payload: {
      scheduleId: schedule.id,
      chargerId: schedule.chargerId,
      connectorNumber: schedule.connectorNumber,
      userId: schedule.driverId,
      sessionId: outcome.sessionId ?? null,
      status,
      reason: outcome.statusReason ?? null,
    },
  });
}
