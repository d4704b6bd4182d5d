import type { Context } from '../../kernel/context.ts';
import type { EventPayload } from '../../kernel/event-catalogue.ts';
import type { EventConsumer } from '../../kernel/event-consumer.ts';
import type { LoggedEvent } from '../../kernel/events.ts';
import { db } from '../db.ts';
import type { NotificationContent } from './notification.entity.ts';
import { type Place, placesOf } from './places.ts';
import { type Telling, tellDrivers } from './tell-drivers.ts';
import { KIND_OF, paymentText, sessionText } from './texts.ts';

type ToldType = keyof typeof KIND_OF;

const TEXTS: Record<
  ToldType,
  (payload: never, told: { place: Place | null; at: string }) => NotificationContent
> = {
  ...sessionText,
  ...paymentText,
};

/** Tells drivers of the log's events that concern them. */
export const notificationFanOut: EventConsumer = {
  name: 'notifications',
  types: Object.keys(KIND_OF),
  take: async (tx, events) => {
    const concerning = events.filter(event => event.driverId !== null);
    const chargers = await chargersOf(tx, concerning);
    const places = await placesOf(tx, [...chargers.values()]);
    await tellDrivers(
      tx,
      concerning.flatMap(event => tellingOf(tx, event, places.get(chargers.get(event.id) ?? '') ?? null)),
    );
  },
};

/** What cannot be put into words keeps nobody else from hearing of theirs. */
function tellingOf(tx: Context, event: LoggedEvent, place: Place | null): Telling[] {
  const type = event.type as ToldType;
  try {
    const content = TEXTS[type](event.payload as never, { place, at: event.occurredAt });
    const { id, networkId, occurredAt } = event;
    return [{ sourceId: id, kind: KIND_OF[type], networkId, driverId: event.driverId!, occurredAt, content }];
  } catch (error) {
    tx.log.error({ err: error, eventId: event.id, type }, 'driver not told of an event');
    return [];
  }
}

/** The charger of each event, by the event's id: its own, or that of its session. */
async function chargersOf(tx: Context, events: readonly LoggedEvent[]): Promise<Map<string, string>> {
  const sessionOf = (event: LoggedEvent) =>
    event.sessionId ?? (event.payload as Partial<EventPayload<'payment.captured'>>).sessionId ?? null;
  const sessionIds = events.flatMap(event => (event.chargerId ? [] : (sessionOf(event) ?? [])));
  const sessions =
    sessionIds.length === 0
      ? []
      : await db(tx)
          .selectFrom('sessions')
          .select(['id', 'chargerId'])
          .where('id', 'in', sessionIds)
          .where('networkId', 'in', [...tx.scope.networkIds])
          .execute();
  const bySession = new Map(sessions.map(({ id, chargerId }) => [id, chargerId]));
  return new Map(
    events.flatMap(event => {
      const chargerId = event.chargerId ?? bySession.get(sessionOf(event) ?? '');
      return chargerId ? [[event.id, chargerId] as const] : [];
    }),
  );
}
