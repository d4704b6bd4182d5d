import type { Slug } from './openapi-refusals.ts';

// The words of the API reference that the rows do not carry themselves. A row, a parameter or a member of a body that
// has none here fails the tests.

export const INTRODUCTION = `
The REST door of the charging network. Each route stands for one operation of the GraphQL API; both say the same.

**Who is asking.** Send an API key in \`X-API-Key\`. A driver is the key and \`Authorization: Bearer\` with the access
token that \`POST /auth/driver/login\` answers. What a caller may not see does not exist for it: 404.

**Answers.** Success is \`data\`, \`success\` and \`timestamp\`, long lists have \`pagination\`. A refusal is \`error\` (a stable
word), \`message\` (for people), \`code\` and \`timestamp\`; on 400 \`details\` names each field. Webhook routes write
\`data\` alone, and refusals as \`error\` and \`message\`. Every member is always there; what is not known is null.

**Values.** Ids are UUIDs. Times are UTC in whole seconds; where one is sent, any ISO 8601 date-time with a zone will do,
and a date alone is its first moment in UTC. Words that are sent may be in any case. Money is in major units. Parameters and
members that are not known are ignored; null is the same as leaving a member out.

**Repeating.** A \`POST\` may carry an \`Idempotency-Key\`: for 24 hours the same request gets the same answer and has no
second effect. Every answer carries \`X-Request-Id\`; send your own to find a request again.`.trim();

interface Tag {
  readonly name: string;
  readonly description: string;
}

/** By the begin of the path. */
export const TAGS: Readonly<Record<string, Tag>> = {
  '/auth/driver': { name: 'Driver accounts', description: 'Registering, signing in, and who is signed in.' },
  '/auth/tokens': { name: 'Tokens', description: 'The cards and numbers that open sessions.' },
  '/users': { name: 'Drivers', description: 'Drivers, as the operator keeps them.' },
  '/locations': { name: 'Locations', description: 'Where chargers stand, and what drivers say of it.' },
  '/chargers': { name: 'Chargers', description: 'Charging stations and what they can do now.' },
  '/connectors': { name: 'Connectors', description: 'Where one car is plugged in.' },
  '/charging/schedule': { name: 'Schedules', description: 'Charges that begin by themselves.' },
  '/charging': { name: 'Charging', description: 'Starting, stopping and watching sessions.' },
  '/reservations': { name: 'Reservations', description: 'Connectors that are kept free.' },
  '/remote-control': { name: 'Remote control', description: 'What a station can be asked to do.' },
  '/smart-charging': { name: 'Smart charging', description: 'How much a connector may draw.' },
  '/favorites': { name: 'Favorites', description: 'What drivers keep.' },
  '/networks': { name: 'Networks', description: 'How a network looks to its drivers.' },
  '/notifications': { name: 'Notifications', description: 'What drivers want to be told.' },
  '/push': { name: 'Push', description: 'Devices that are notified.' },
  '/pricing': { name: 'Tariffs', description: 'What charging costs.' },
  '/tariffs': { name: 'Tariffs', description: 'What charging costs.' },
  '/transactions': { name: 'Transactions', description: 'Sessions that were billed.' },
  '/payments': { name: 'Payments', description: 'Cards and what is charged to them.' },
  '/invoices': { name: 'Invoices', description: 'Transactions put together on numbered documents.' },
  '/analytics': { name: 'Analytics', description: 'Figures over time.' },
  '/reports': { name: 'Reports', description: 'Tables to take away.' },
  '/events': { name: 'Events', description: 'What happens, as it happens.' },
  '/webhooks': { name: 'Webhooks', description: 'Events that are sent to a server of yours.' },
};

/** What each route does, beyond its title. */
export const ROUTES: Readonly<Record<string, string>> = {
  'GET /auth/tokens': 'The tokens of all drivers, or of one, the newest first.',
  'POST /auth/tokens': 'Gives a driver another token; without a `uid` one is drawn.',
  'GET /auth/tokens/{id}': 'One token.',
  'DELETE /auth/tokens/{id}':
    'From now on the token opens no session; it stays in the list. May be repeated.',
  'POST /auth/driver/register':
    "Makes a driver in the key's network, with a token to charge with, and signs them in. The password has at least 10 characters and is none of the common ones.",
  'POST /auth/driver/login': 'Signs a driver in. Who fails too often waits.',
  'POST /auth/driver/refresh':
    'Trades a refresh token for the next pair. Each is good once; one that comes a second time, more than 30 seconds later, signs out everyone who came by it.',
  'POST /auth/driver/forgot-password':
    'Mails a link with which to choose another password. The answer is the same whether the address is known or not.',
  'POST /auth/driver/reset-password':
    'Sets another password with the token of the mail, which is good once and for an hour, and signs out every device.',
  'GET /auth/driver/me': 'The driver whose access token was sent.',
  'GET /analytics/sessions': 'How many sessions began, how they went, and how that changed.',
  'GET /analytics/revenue':
    'What was billed, less refunds, by when the bill ended; in the currency of the network.',
  'GET /analytics/energy': 'How much energy was delivered, and on which day most.',
  'GET /reports/export':
    'Sales by day, location or driver, or the sessions one by one. As JSON a report has a limited number of rows; as CSV it may be of any length.',
  'GET /webhooks': 'The subscriptions of the networks that the key reaches.',
  'POST /webhooks':
    'Has events sent to a server of yours, signed as Standard Webhooks says. The address must be https:// and public; the secret is shown this once.',
  'PATCH /webhooks/{webhookId}': 'Changes what is given. Switching it on again forgets its failures.',
  'DELETE /webhooks/{webhookId}': 'Sends no more, and forgets what was sent.',
  'POST /webhooks/{webhookId}/test': 'Sends a `webhook.test` event to this subscription alone.',
  'GET /webhooks/{webhookId}/deliveries': 'What was sent, the newest first.',
  'GET /webhooks/{webhookId}/deliveries/{deliveryId}': 'What was sent, and what came back.',
  'POST /webhooks/{webhookId}/deliveries/{deliveryId}/retry':
    'Sends it again now, also one that has arrived, under the same id.',
  'GET /webhooks/event-types': 'Every event type that may be subscribed to.',
  'GET /push/config': 'The public key with which a browser subscribes.',
  'POST /push/subscribe': 'Has a device of the driver notified. May be repeated.',
  'POST /push/unsubscribe': 'Notifies the device no more. May be repeated.',
  'POST /push/test': 'Sends a message to every device of the driver; those that are gone are forgotten.',
  'GET /chargers': 'The chargers that the caller may see; without a driver or an operator, the public ones.',
  'GET /chargers/{id}': 'One charger.',
  'POST /chargers/{id}/reboot': 'Asks the station to restart. That it says no is an answer, not an error.',
  'GET /chargers/{identifier}/info':
    'What the code on a charger leads to: the station, and what it costs at this moment. Public chargers only.',
  'GET /connectors/{id}/status': 'One connector.',
  'GET /charging/sessions': "The newest first. A driver sees their own, an operator the network's.",
  'GET /charging/sessions/{id}': 'One session; while it runs, as of the last reading.',
  'POST /charging/start':
    'Asks the station to begin and answers when it agreed. The session is `pending` until the car is plugged in, and `expired` where none comes in time.',
  'POST /charging/stop':
    'Ends a session and waits a little for its last reading. Stopping a completed session answers it once more.',
  'POST /charging/schedule': 'Plans a charge, at most 30 days ahead.',
  'GET /charging/schedules': "The driver's own, the next first.",
  'DELETE /charging/schedule/{id}': 'Calls a planned charge off.',
  'GET /reservations': "The newest first. A driver sees their own, an operator the network's.",
  'POST /reservations':
    'Asks the station to keep a connector free. That it says no is an answer with `Rejected`; that it says nothing, one with `Pending`.',
  'GET /reservations/{id}': 'One reservation.',
  'DELETE /reservations/{id}': 'Gives a reservation up. May be repeated.',
  'POST /remote-control/{chargerId}/unlock': 'Asks the station to let go of a cable.',
  'POST /remote-control/{chargerId}/trigger': 'Asks the station to send a message again.',
  'POST /remote-control/{chargerId}/reset': "Asks the station to restart. A driver's is always soft.",
  'GET /smart-charging/{chargerId}/limit': 'Asks the station what it will allow over the next day.',
  'PUT /smart-charging/{chargerId}/limit':
    "Limits a connector. What is sent is the lower of this and the site's own ceiling.",
  'DELETE /smart-charging/{chargerId}/limit': 'Takes the limit back.',
  'GET /favorites': 'What the driver keeps.',
  'POST /favorites': 'Keeps a location or a charger. Keeping it again changes the label.',
  'DELETE /favorites/{id}': 'Keeps it no longer.',
  'GET /locations': 'Published locations; an operator also sees those that are not.',
  'GET /locations/search': 'Around a point on the map, the nearest first, at most 100.',
  'GET /locations/{id}': 'One location.',
  'GET /locations/{id}/chargers': 'The chargers there.',
  'GET /locations/{id}/reviews': 'The latest 50 reviews, and all in two figures.',
  'POST /locations/{id}/reviews': 'One review for each driver and location: another one replaces it.',
  'POST /locations/{id}/report': 'Alerts the operator of something that is wrong.',
  'GET /networks/{networkId}/branding': 'The name, logo and colours to dress an app in.',
  'GET /notifications/preferences': 'What the driver has chosen, or what holds until they do.',
  'PUT /notifications/preferences': 'Changes what is given and leaves the rest.',
  'POST /pricing/calculate':
    'What so much charging would cost. The tariff is the one that is named, else the one that holds now at the connector, else at the charger.',
  'GET /tariffs': 'The tariffs of the network.',
  'GET /tariffs/{id}': 'One tariff.',
  'GET /transactions': "The latest first. A driver sees their own, an operator the network's.",
  'GET /transactions/{id}': 'One transaction.',
  'GET /users': 'The drivers of the network, the newest first.',
  'POST /users': 'Enters a driver, with a token to charge with; they choose a password by way of a reset.',
  'GET /users/{id}': 'One driver.',
  'PUT /users/{id}': 'Changes what is given and leaves the rest.',
  'GET /events/stream':
    'Server-Sent Events: `id` is the place in the log, `event` the type, `data` the payload as JSON. A silent stream carries a comment every 15 seconds. A reader that does not keep up is cut off, and goes on with `Last-Event-ID`.',
};

/** Parameters and members of bodies: by their name, or where a route means something else, by route and name. */
export const PARAMETERS: Readonly<Record<string, string>> = {
  id: 'Names the row.',
  networkId: 'Names the network.',
  chargerId: 'The charger.',
  identifier: "The charger's UUID, identity, serial number or printed code.",
  page: 'Which page of the list, from 1.',
  pageSize: 'How many rows a page has.',
  status: 'Only those that stand so.',
  from: 'Not before this moment.',
  to: 'Not after this moment.',
  locationId: 'Only those at this location.',
  'GET /charging/sessions chargerId': 'Only those on this charger.',
  'GET /charging/sessions from': 'Begun at this moment or later.',
  'GET /charging/sessions to': 'Begun at this moment or earlier.',
  'GET /transactions from': 'Ended at this moment or later.',
  'GET /transactions to': 'Ended at this moment or earlier.',
  'GET /transactions status': 'Only those whose payment stands so; `none` for those that none was asked for.',
  period: 'How the window is cut: by day, by week (ISO 8601, from Monday) or by month.',
  'GET /analytics/sessions from': 'Where the window begins: 30 days ago where left out.',
  'GET /analytics/revenue from': 'Where the window begins: 30 days ago where left out.',
  'GET /analytics/energy from': 'Where the window begins: 30 days ago where left out.',
  'GET /reports/export type': 'Which report.',
  'GET /reports/export from': 'Where its window begins: 30 days ago where left out.',
  format: 'As JSON or as a CSV file.',
  webhookId: 'Names the subscription.',
  deliveryId: 'Names the delivery.',
  url: 'Where events are sent: https:// and public.',
  events: 'The event types to send, separated by commas, or `*` for all.',
  'PATCH /webhooks/{webhookId} events': 'The event types to send, or `*` alone for all.',
  description: 'What it is for.',
  isActive: 'Whether events are sent.',
  endpoint: 'Where the browser’s push service takes messages for the device.',
  keys: 'What messages to the device are encrypted with (RFC 8291).',
  isPublic: 'Only those that are public, or are not.',
  userId: 'Only those of this driver.',
  'POST /auth/tokens userId': 'The driver who gets it.',
  tokenType: 'What kind of token.',
  valid: 'Only those that are valid, or are not.',
  uid: 'What a station reads: 1 to 20 characters. Drawn where left out.',
  alias: 'What its owner calls it.',
  expiresAt: 'When it stops being valid; never where left out.',
  activeOnly: 'Whether to leave out those that do not hold now.',
  search: 'Part of a name, an e-mail address or a telephone number.',
  city: 'Town or city.',
  'GET /locations city': 'Only those in this town.',
  q: 'Part of a name, an address or a town.',
  lat: 'Degrees north.',
  lng: 'Degrees east.',
  radiusKm: 'How far around, in km.',
  connector: 'The number of the connector.',
  connectorNumber: 'The number of the connector; 1 where left out.',
  unit: 'Amperes or watts; A where left out.',
  limit: 'What may be drawn at most, in the unit.',
  email: 'Where they are written to; one driver each in a network.',
  'PUT /notifications/preferences email': "Where to be told; null goes back to the driver's own.",
  'PUT /notifications/preferences phoneNumber': "Where to be told; null goes back to the driver's own.",
  password: 'The password.',
  newPassword: 'At least 10 characters, and none of the common ones.',
  token: 'From the mail.',
  refreshToken: 'The latest that was answered.',
  firstName: 'Given name.',
  lastName: 'Family name.',
  phone: 'With its country code.',
  phoneNumber: 'With its country code.',
  address: 'Street and number.',
  state: 'State or region.',
  postalCode: 'Postal code.',
  country: 'Country.',
  sessionId: 'The session.',
  idTag: "The uid of the token that pays; the driver's newest valid one where left out.",
  'POST /charging/start idTag': 'The uid of the token that pays.',
  scheduledTime: 'When to begin: to come, and within 30 days.',
  expiryMinutes: 'For how long, in minutes: at most 240; 15 where left out.',
  message: 'What to send again; StatusNotification where left out.',
  type: 'Soft ends sessions in good order first, Hard does not; Soft where left out.',
  targetType: 'What is kept.',
  targetId: 'The location or the charger.',
  label: 'What the driver calls it.',
  rating: 'Stars.',
  comment: 'In the driver’s own words.',
  category: 'What is wrong.',
  note: 'More about it.',
  'POST /locations/{id}/report chargerId': 'Where it is one of its chargers.',
  pushEnabled: 'Be told on devices.',
  emailEnabled: 'Be told by mail.',
  smsEnabled: 'Be told by text message.',
  notifySessionStarted: 'That a session began.',
  notifySessionStopped: 'That a session ended.',
  notifySessionFailed: 'That a session failed.',
  notifyReservationReminder: 'That a reservation is about to run out.',
  notifyPayment: 'What became of a payment.',
  tariffId: 'The tariff to apply.',
  connectorId: 'Where to charge; its tariff applies.',
  'POST /pricing/calculate chargerId': 'Where to charge; its tariff applies.',
  energyKwh: 'How much energy, in kWh.',
  durationMinutes: 'How long charging takes, in minutes.',
  idleMinutes: 'Idle minutes that are charged for: the grace is taken off already.',
  eventTypes: 'Only events of these types.',
  stationIds: 'Only events of these chargers: UUIDs or identities.',
  'Last-Event-ID': 'Go on behind this event, up to 24 hours back.',
};

/** What a member of a body may look like, where its type alone does not show it. */
export const EXAMPLES: Readonly<Record<string, unknown>> = {
  address: '12 Calle Luna',
  alias: 'The blue card',
  city: 'San Juan',
  comment: 'Easy to find, and always free.',
  country: 'US',
  durationMinutes: 30,
  email: 'maya@example.com',
  energyKwh: 12.4,
  expiryMinutes: 15,
  firstName: 'Maya',
  idTag: 'A1B2C3D4E5F6',
  idleMinutes: 0,
  label: 'Home',
  lastName: 'Rivera',
  limit: 16,
  newPassword: 'quite another long one',
  note: 'The display is broken.',
  password: 'correct horse battery staple',
  phone: '+17875551234',
  phoneNumber: '+17875551234',
  postalCode: '00901',
  rating: 5,
  refreshToken: 'dGhlIG5leHQgb25lIGlzIGluIHRoZSBhbnN3ZXI',
  state: 'PR',
  token: 'dGhpcyBjYW1lIGJ5IG1haWw',
  uid: 'A1B2C3D4E5F6',
};

/** What each refusal means. */
export const REFUSALS: Readonly<Record<Slug, string>> = {
  validation_error: 'A parameter or a member of the body cannot be used; `details` says which.',
  invalid_json: 'The body is not JSON.',
  unauthorized: 'The API key or the access token is missing or not good.',
  invalid_credentials:
    'The `Authorization` header holds no bearer token; or e-mail and password, or the token of a body, do not fit.',
  token_expired: 'The access token or the refresh token is too old.',
  token_reused: 'The refresh token was used before: everyone who came by it is signed out.',
  forbidden: 'The key lacks the scope, or this is not for drivers.',
  driver_required: 'A driver must be signed in.',
  not_found: 'It does not exist, or not for this caller.',
  conflict: 'It does not go with what is there; or the `Idempotency-Key` came with another body before.',
  email_taken: 'The network has a driver with this address.',
  charger_offline: 'The station is not connected.',
  charger_rejected: 'The station said no.',
  connector_unavailable: 'The connector is not free.',
  token_invalid: 'The token is unknown, blocked, expired or not the driver’s own.',
  session_not_active: 'The session is over already.',
  payload_too_large: 'The body is too large.',
  unsupported_media_type: 'The body is not sent as `application/json`.',
  invalid_url: 'The address is not https://, or not on the public internet.',
  invalid_events: 'There is no such event type.',
  rate_limited: 'Too many attempts: wait as long as `Retry-After` says.',
  unavailable: 'No answer from the station in time: what became of it is not known.',
  internal_error: 'Something went wrong on our side; the log has it under the request’s id.',
};
