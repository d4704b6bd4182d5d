import type { EventPayload } from '../../kernel/event-catalogue.ts';
import type { NotificationContent, NotificationKind } from './notification.entity.ts';
import type { Place } from './places.ts';

// Everything that drivers and operators are told. In words that an SMS carries without a special alphabet.

type Detail = NotificationContent['details'][number];

export interface Told {
  /** Null where the charger is not known. */
  readonly place: Place | null;
  readonly at: string;
}

export interface HeldUntil {
  readonly id: string;
  readonly connectorNumber: number;
}

export const sessionText = {
  'session.started': session('Charging has started', ({ where }) => `${where}.`),
  'session.completed': session(
    'Charging has finished',
    ({ energy, total, where }) => `${[energy, total].filter(Boolean).join(', ')}, ${inSentence(where)}.`,
    true,
  ),
  'session.failed': session(
    'Charging has failed',
    ({ where, reason }) => `${where}${reason ? `: ${reason}` : ': no charge came about.'}`,
  ),
};

export const paymentText = {
  'payment.captured': payment('Payment received', ({ amount }) => `${amount} was taken from your card.`),
  'payment.failed': payment('Payment failed', ({ amount, reason }) =>
    reason === 'authentication_required'
      ? `Your bank wants your confirmation before ${amount} is taken from your card. Open the app to give it.`
      : `${amount} could not be taken from your card${reason ? `: ${withoutStop(reason)}` : ''}. Open the app to see what to do.`,
  ),
  'payment.refunded': payment('Refund', ({ amount }) => `${amount} goes back to your card.`),
};

export function reservationReminder({ id, connectorNumber }: HeldUntil, { place, at }: Told) {
  const until = timeAt(at, place);
  return content({
    title: 'Your reservation ends soon',
    body: `${connectorAt(place, connectorNumber)} is held for you until ${until}.`,
    details: [...placeDetails(place, connectorNumber), ['Held until', dateAt(at, place)]],
    path: `/reservations/${id}`,
    data: { reservationId: id },
  });
}

export function scheduleReminder({ id, connectorNumber }: HeldUntil, { place, at }: Told) {
  return content({
    title: 'Your charge starts soon',
    body: `Your charge at ${inSentence(connectorAt(place, connectorNumber))} starts at ${timeAt(at, place)}. Plug in by then.`,
    details: [...placeDetails(place, connectorNumber), ['Start', dateAt(at, place)]],
    path: `/schedules/${id}`,
    data: { scheduleId: id },
  });
}

/** By the kind of what is told, the reason for which a driver hears of it. */
export const KIND_OF = {
  'session.started': 'session_started',
  'session.completed': 'session_stopped',
  'session.failed': 'session_failed',
  'payment.captured': 'payment_captured',
  'payment.failed': 'payment_failed',
  'payment.refunded': 'payment_refunded',
} as const satisfies Record<keyof typeof sessionText | keyof typeof paymentText, NotificationKind>;

/** For operators. */
export const alertText = {
  offline: (place: Place | undefined, uid: string, minutes: number) =>
    `${chargerAt(place, uid)} has not been heard of for ${minutes} minutes.`,
  fault: (
    place: Place | undefined,
    uid: string,
    connectorNumber: number | null,
    errorCode: string | null,
  ) => {
    const what = connectorNumber === null ? '' : `Connector ${connectorNumber} of `;
    return `${what}${chargerAt(place, uid)} reports a fault${errorCode ? `: ${errorCode}` : ''}.`;
  },
  payment: ({ amount, currency, reason }: EventPayload<'payment.failed'>) =>
    `A payment of ${money(amount, currency)} failed${reason ? `: ${withoutStop(reason)}` : ''}.`,
};

interface SessionWords {
  readonly where: string;
  readonly energy: string;
  readonly total: string | null;
  readonly reason: string | null;
}

function session(title: string, bodyOf: (words: SessionWords) => string, isOver = false) {
  return (payload: EventPayload<'session.completed'>, { place, at }: Told): NotificationContent => {
    const { sessionId, chargerUid, connectorNumber } = payload;
    const energy = `${payload.energyKwh.toFixed(2)} kWh`;
    const total = payload.currency === null ? null : money(payload.total, payload.currency);
    const where = place?.locationName ? `At ${place.locationName}, ${chargerUid}` : `At ${chargerUid}`;
    // OCPP's words (EVDisconnected, Local) are none for people
    const reason = payload.reason?.includes(' ') ? payload.reason : null;
    const figures: Detail[] = [['Energy', energy], ...(total ? [['Total', total] as const] : [])];
    return content({
      title,
      body: bodyOf({ where, energy, total, reason }),
      details: [
        ...placeDetails(place, connectorNumber),
        [isOver ? 'End' : 'Time', dateAt(at, place)],
        ...(isOver ? figures : []),
      ],
      path: `/sessions/${sessionId}`,
      data: { sessionId },
    });
  };
}

function payment(title: string, bodyOf: (words: { amount: string; reason: string | null }) => string) {
  return (payload: EventPayload<'payment.failed'>, { place, at }: Told): NotificationContent => {
    const amount = money(payload.amount, payload.currency);
    const { sessionId, transactionId } = payload;
    return content({
      title,
      body: bodyOf({ amount, reason: payload.reason }),
      details: [['Amount', amount], ...(place ? placeDetails(place, null) : []), ['Time', dateAt(at, place)]],
      path: sessionId ? `/sessions/${sessionId}` : '/payments',
      data: { ...(sessionId && { sessionId }), ...(transactionId && { transactionId }) },
    });
  };
}

const content = (told: NotificationContent): NotificationContent => told;

const inSentence = (phrase: string): string => phrase[0]!.toLowerCase() + phrase.slice(1);
const withoutStop = (sentence: string): string => sentence.replace(/\.$/, '');

const chargerAt = (place: Place | undefined, uid: string): string =>
  place?.locationName ? `${uid} at ${place.locationName}` : uid;

const connectorAt = (place: Place | null, connectorNumber: number): string =>
  `Connector ${connectorNumber}${place ? ` of ${chargerAt(place, place.chargerUid)}` : ''}`;

const placeDetails = (place: Place | null, connectorNumber: number | null): Detail[] => [
  ...(place?.locationName ? [['Location', place.locationName] as const] : []),
  ...(place ? [['Charger', place.chargerUid] as const] : []),
  ...(connectorNumber === null ? [] : [['Connector', String(connectorNumber)] as const]),
];

/** Intl sets narrow spaces that an SMS does not have. */
const plain = (text: string): string => text.replaceAll(/[\u00a0\u202f]/g, ' ');

const money = (amount: number, currency: string): string =>
  plain(new Intl.NumberFormat('en-US', { style: 'currency', currency }).format(amount));

const TIME = { hour: 'numeric', minute: '2-digit', timeZoneName: 'short' } as const;

/** By the location's clock. */
export const timeAt = (at: string, place: Place | null): string => inZone(at, place, TIME);
export const dateAt = (at: string, place: Place | null): string =>
  inZone(at, place, { ...TIME, day: 'numeric', month: 'short', year: 'numeric' });

const inZone = (at: string, place: Place | null, format: Intl.DateTimeFormatOptions): string =>
  plain(
    new Intl.DateTimeFormat('en-US', { ...format, timeZone: place?.timeZone ?? 'UTC' }).format(
      Temporal.Instant.from(at).epochMilliseconds,
    ),
  );
