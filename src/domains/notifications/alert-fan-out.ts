import type { Context } from '../../kernel/context.ts';
import type { EventPayload, EventType } from '../../kernel/event-catalogue.ts';
import type { EventConsumer } from '../../kernel/event-consumer.ts';
import type { LoggedEvent } from '../../kernel/events.ts';
import { db } from '../db.ts';
import type { AlertType } from './alert.entity.ts';
import { alertWhenQuiet } from './offline-alert.ts';
import { type Place, placesOf } from './places.ts';
import { raiseAlert, resolveAlert } from './raise-alert.ts';
import { alertText } from './texts.ts';

/** What an event says about something that may need an operator's eye. */
interface Sign {
  readonly event: LoggedEvent;
  readonly type: AlertType;
  readonly subject: string;
  /** Null where it says that all is well. */
  readonly message: ((place: Place | undefined) => string) | null;
}

const TYPES: readonly EventType[] = [
  'charger.online',
  'charger.offline',
  'charger.status',
  'connector.status',
  'payment.captured',
  'payment.failed',
];

/** Raises alerts of the log's events, and resolves them. A charger counts as silent after so many minutes. */
export const alertFanOut = (offlineMinutes: number): EventConsumer => ({
  name: 'alerts',
  types: TYPES,
  take: async (tx, events) => {
    for (const event of events) {
      if (event.type === 'charger.offline') await alertWhenQuiet(tx, event, offlineMinutes);
    }
    await heed(tx, events.flatMap(signsOf));
  },
});

function signsOf(event: LoggedEvent): Sign[] {
  if (event.type === 'charger.online') {
    return event.chargerId
      ? [{ event, type: 'charger_offline', subject: event.chargerId, message: null }]
      : [];
  }
  if (event.type === 'charger.status' || event.type === 'connector.status') {
    const { chargerId, chargerUid, status, ...more } = event.payload as EventPayload<'charger.status'> &
      Partial<EventPayload<'connector.status'>>;
    const { connectorNumber = null, errorCode = null } = more;
    const message = (place: Place | undefined) =>
      alertText.fault(place, chargerUid, connectorNumber, errorCode);
    const subject = `${chargerId}:${connectorNumber ?? 0}`;
    return [{ event, type: 'charger_fault', subject, message: status === 'FAULTED' ? message : null }];
  }
  if (event.type === 'payment.failed' || event.type === 'payment.captured') {
    const payload = event.payload as EventPayload<'payment.failed'>;
    if (event.type === 'payment.failed' && isForDriverAlone(payload)) return [];
    const subject = payload.sessionId ?? payload.transactionId ?? event.id;
    const message = event.type === 'payment.failed' ? () => alertText.payment(payload) : null;
    return [{ event, type: 'payment_failed', subject, message }];
  }
  return [];
}

/**
 * The bank wants the cardholder before a charge: the driver is told, and no operator could do anything. Once there is a
 * bill that could not be taken, somebody has to see to it.
 */
const isForDriverAlone = ({ reason, transactionId }: EventPayload<'payment.failed'>): boolean =>
  reason === 'authentication_required' && transactionId === null;

/** In the log's order. That all is well is the rule, and costs no statement where nothing was amiss. */
async function heed(tx: Context, signs: readonly Sign[]): Promise<void> {
  if (signs.length === 0) return;
  const amiss = new Set(signs.filter(({ message }) => message).map(keyOf));
  for (const open of await unresolved(tx, signs)) amiss.add(keyOf(open));
  const heeded = signs.filter(sign => amiss.has(keyOf(sign)));
  const places = await placesOf(
    tx,
    heeded.flatMap(({ event }) => event.chargerId ?? []),
  );
  for (const { event, type, subject, message } of heeded) {
    const { networkId, chargerId } = event;
    const place = places.get(chargerId ?? '');
    if (message) {
      const locationId = place?.locationId ?? null;
      // what a log holds of a charger that is no more names none
      const known = place ? chargerId : null;
      await raiseAlert(tx, {
        networkId,
        type,
        subject,
        message: message(place),
        locationId,
        chargerId: known,
      });
    } else {
      await resolveAlert(tx, networkId, type, subject);
    }
  }
}

const keyOf = ({ type, subject }: { readonly type: string; readonly subject: string | null }): string =>
  `${type} ${subject}`;

const unresolved = (tx: Context, signs: readonly Sign[]) =>
  db(tx)
    .selectFrom('alerts')
    .select(['type', 'subject'])
    .where('networkId', 'in', [...tx.scope.networkIds])
    .where('subject', 'in', [...new Set(signs.map(({ subject }) => subject))])
    .where('acknowledgedAt', 'is', null)
    .where('resolvedAt', 'is', null)
    .execute();
