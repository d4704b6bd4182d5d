import { z } from 'zod';

const id = (what: string) => z.uuid().describe(`${what}, a UUID.`);
const maybeId = (what: string) => z.uuid().nullable().describe(`${what}, a UUID; null where there is none.`);
const text = (what: string) => z.string().describe(what);
const maybeText = (what: string) => z.string().nullable().describe(what);
const amount = (what: string) => z.number().describe(`${what}, in units of \`currency\`.`);
const currency = z.string().length(3).describe('ISO 4217.');
const connectorNumber = z.int().min(1).describe('Of the charger’s connectors, from 1.');
const userId = maybeId('The driver');

const charger = { chargerId: id('The charger'), chargerUid: text('The charger’s identity in OCPP.') };

const connection = z.strictObject({
  ...charger,
  isOnline: z.boolean().describe('Whether it is connected now.'),
});

const session = z.strictObject({
  sessionId: id('The session'),
  ...charger,
  connectorNumber,
  userId,
  status: text('pending, active, idle, stopping, completed, failed or expired.'),
  energyKwh: z.number().describe('Delivered so far, kWh.'),
  currentPowerKw: z.number().nullable().describe('As last reported, kW.'),
  socPercent: z.number().nullable().describe('The vehicle’s state of charge, where the station tells.'),
  total: amount('What the session costs so far, tax included'),
  currency: currency.nullable().describe('ISO 4217; null where there is no tariff.'),
  reason: maybeText('Why it failed, or stopped (OCPP’s word).'),
});

const reservation = z.strictObject({
  reservationId: id('The reservation'),
  chargerId: charger.chargerId,
  connectorNumber,
  userId,
  status: text('Pending, Accepted, Used, Cancelled, Expired or Rejected.'),
  reason: maybeText('Why it stands so.'),
  expiresAt: z.iso.datetime().describe('ISO 8601, UTC.'),
});

const schedule = z.strictObject({
  scheduleId: id('The schedule'),
  chargerId: charger.chargerId,
  connectorNumber,
  userId,
  sessionId: maybeId('The session that it began'),
  status: text('Fired or Failed.'),
  reason: maybeText('Why it failed.'),
});

const payment = z.strictObject({
  sessionId: id('The session'),
  transactionId: maybeId('The transaction'),
  userId,
  amount: amount('How much was held, captured, refused or refunded'),
  captured: amount('All that was captured for the session so far'),
  refunded: amount('All that went back so far'),
  currency,
  paymentStatus: maybeText('authorized, captured, failed or refunded.'),
  reason: maybeText('Why it failed.'),
});

/** Every event type there is: when it happens, and what its payload holds. */
export const eventCatalogue = {
  'charger.online': { when: 'A station has connected.', payload: connection },
  'charger.offline': {
    when: 'A station has lost its connection, and was not heard of for five minutes.',
    payload: connection,
  },
  'charger.status': {
    when: 'A station reports of itself as a whole (connector 0).',
    payload: z.strictObject({ ...charger, status: text('As in the API: AVAILABLE, FAULTED, …') }),
  },
  'connector.status': {
    when: 'A connector’s status has changed.',
    payload: z.strictObject({
      ...charger,
      connectorId: id('The connector'),
      connectorNumber,
      status: text('As in the API: AVAILABLE, PREPARING, CHARGING, …'),
      errorCode: maybeText('OCPP’s word; null for NoError.'),
    }),
  },
  'session.pending': { when: 'A start was sent to the station.', payload: session },
  'session.started': { when: 'The station has begun the charge.', payload: session },
  'session.updated': {
    when: 'Energy, power or state of a session changed; at most once a second for a session.',
    payload: session,
  },
  'session.idle': { when: 'Energy has stopped to flow, the vehicle is still plugged in.', payload: session },
  'session.completed': { when: 'A session has ended, and is billed.', payload: session },
  'session.failed': { when: 'A session came to nothing: refused, expired, or no energy.', payload: session },
  'transaction.created': {
    when: 'The bill (CDR) of a session was written.',
    payload: z.strictObject({
      transactionId: id('The transaction'),
      ocpiId: text('Its number: stable, unique in the network.'),
      sessionId: session.shape.sessionId,
      userId,
      energyKwh: z.number().describe('kWh.'),
      total: amount('Tax included'),
      currency,
    }),
  },
  'reservation.created': { when: 'A connector was asked to be held for a driver.', payload: reservation },
  'reservation.updated': { when: 'A reservation stands otherwise than before.', payload: reservation },
  'schedule.fired': { when: 'A charge that was planned has begun.', payload: schedule },
  'schedule.failed': { when: 'A charge that was planned could not begin.', payload: schedule },
  'payment.authorized': { when: 'The amount to hold is held on the driver’s card.', payload: payment },
  'payment.captured': { when: 'A session’s bill was taken from the driver’s card.', payload: payment },
  'payment.failed': { when: 'The driver’s card was refused.', payload: payment },
  'payment.refunded': { when: 'Money went back to the driver, in part or whole.', payload: payment },
  'invoice.created': {
    when: 'An invoice was issued.',
    payload: z.strictObject({
      invoiceId: id('The invoice'),
      invoiceNumber: text('Without gaps in a network and year.'),
      userId,
      transactionIds: z.array(z.uuid()).describe('The transactions on it.'),
      total: amount('Tax included'),
      currency,
      status: text('issued or paid.'),
    }),
  },
  'alert.raised': {
    when: 'Something needs an operator’s eye.',
    payload: z.strictObject({
      alertId: id('The alert'),
      type: text('What kind: see the alerts of the API.'),
      message: text('For people.'),
      locationId: maybeId('The location'),
      chargerId: maybeId('The charger'),
    }),
  },
  'webhook.disabled': {
    when: 'A webhook subscription was switched off: too many deliveries failed in a row, or the receiver answered 410 Gone.',
    payload: z.strictObject({
      webhookId: id('The subscription'),
      host: text('The server that it delivered to.'),
      reason: text('Why.'),
    }),
  },
  'webhook.test': {
    when: 'Somebody asked for a test delivery; it goes to that subscription alone.',
    payload: z.strictObject({ webhookId: id('The subscription') }),
  },
} as const satisfies Record<string, { readonly when: string; readonly payload: z.ZodObject }>;

export type EventType = keyof typeof eventCatalogue;
export type EventPayload<Type extends EventType> = z.infer<(typeof eventCatalogue)[Type]['payload']>;

export const EVENT_TYPES = Object.keys(eventCatalogue) as [EventType, ...EventType[]];
