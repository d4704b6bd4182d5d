import { system } from '../../src/auth/viewer.ts';
import { inScopeOf } from '../../src/kernel/context.ts';
import type { EventPayload, EventType } from '../../src/kernel/event-catalogue.ts';
import { emit, type NewEvent } from '../../src/kernel/events.ts';
import { newId } from '../../src/kernel/ids.ts';
import { networksScope } from '../../src/kernel/scope.ts';
import { inTransaction } from '../../src/kernel/transaction.ts';
import { demoCharger } from './charge.ts';
import { eventually } from './eventually.ts';
import type { TestServer } from './server.ts';

/** Events written as services write them, each in a transaction of its own. */
export async function emitEvents<Type extends EventType>(
  server: TestServer,
  ...events: readonly (Omit<NewEvent<Type>, 'networkId'> & { readonly networkId?: string })[]
): Promise<void> {
  for (const event of events) {
    const networkId = event.networkId ?? server.demo.networkId;
    const ctx = server.app.context(system, 'test', { scope: networksScope([networkId]) });
    await inScopeOf(ctx, () => inTransaction(ctx, tx => emit(tx, { ...event, networkId })));
  }
}

/** A session of a driver's at a demo charger, told of. */
export function sessionEvent(
  server: TestServer,
  type: 'session.started' | 'session.completed' | 'session.failed',
  driver: { readonly id: string },
  more: Partial<EventPayload<'session.completed'>> = {},
): NewEvent<'session.completed'> {
  const { id: chargerId, uid: chargerUid } = demoCharger(server, 'DEMO-AC-01');
  return {
    type: type as 'session.completed',
    networkId: server.demo.networkId,
    chargerId,
    driverId: driver.id,
    payload: {
      sessionId: newId(),
      chargerId,
      chargerUid,
      connectorNumber: 1,
      userId: driver.id,
      status: 'completed',
      energyKwh: 12.5,
      currentPowerKw: null,
      socPercent: null,
      total: 4.13,
      currency: 'USD',
      reason: 'Local',
      ...more,
    },
  };
}

export function paymentEvent(
  server: TestServer,
  type: 'payment.captured' | 'payment.failed' | 'payment.refunded',
  driver: { readonly id: string },
  more: Partial<EventPayload<'payment.failed'>> = {},
): NewEvent<'payment.failed'> {
  return {
    type: type as 'payment.failed',
    networkId: server.demo.networkId,
    driverId: driver.id,
    payload: {
      sessionId: newId(),
      transactionId: null,
      userId: driver.id,
      amount: 4.13,
      captured: 0,
      refunded: 0,
      currency: 'USD',
      paymentStatus: null,
      reason: null,
      ...more,
    },
  };
}

export interface NotificationRow {
  readonly id: string;
  readonly driver_id: string;
  readonly kind: string;
  readonly channel: string;
  readonly source_id: string;
  readonly recipient: string | null;
  readonly status: string;
  readonly reason: string | null;
  readonly attempt_count: number;
  readonly provider_id: string | null;
  readonly content: { readonly title: string; readonly body: string };
}

export const notificationsOf = (server: TestServer, driver: { readonly id: string }) =>
  server.sql<NotificationRow>(
    'select * from notifications where driver_id = $1 order by channel, created_at',
    [driver.id],
  );

/** Waits until every consumer has taken what the log holds. */
export const allTaken = (server: TestServer, name = 'notifications') =>
  eventually(async () => {
    const [row] = await server.sql<{ isDone: boolean }>(
      `select sequence >= (select coalesce(max(sequence), 0) from events) "isDone" from event_cursors where id = $1`,
      [name],
    );
    return row?.isDone;
  });

/** Waits until nothing of a driver's is on its way. */
export const allSettled = (server: TestServer, driver: { readonly id: string }) =>
  eventually(async () => {
    await allTaken(server);
    const rows = await notificationsOf(server, driver);
    return rows.every(({ status }) => status !== 'pending' && status !== 'sending') && rows;
  });

/** A quoted-printable mail in plain characters. */
export const decoded = (mail: string): string =>
  mail
    .replaceAll(/=\r?\n/g, '')
    .replaceAll(/(=[0-9A-F]{2})+/g, hex => Buffer.from(hex.replaceAll('=', ''), 'hex').toString());

/** Waits until all that the log holds has been made into what it is made into, and that is on its way no more. */
export async function quiet(server: TestServer): Promise<void> {
  for (const consumer of ['webhooks', 'notifications', 'alerts']) await allTaken(server, consumer);
  await eventually(async () => {
    const open = await server.sql(`select from notifications where status in ('pending', 'sending')`);
    return open.length === 0;
  });
}
