import { integer, object, text, time, uuid, word } from './fields.ts';

const RESERVATION_STATUSES = ['Pending', 'Accepted', 'Rejected', 'Cancelled', 'Expired'];
const SCHEDULE_STATUSES = ['Pending', 'Fired', 'Failed', 'Cancelled'];

export const reservation = object('Reservation', 'A connector that is kept free for a driver.', {
  id: uuid('Names the reservation.'),
  chargerId: uuid('The charger.'),
  chargerName: text("The charger's serial number, or its identity.", 'SN-204417'),
  connectorNumber: integer('The number of the connector that is kept free.', 1),
  status: word(RESERVATION_STATUSES, 'How it stands; one that a session used is `Expired`.'),
  statusReason: text('Why it stands so, for people.', 'Used by a session').nullable(),
  idTag: text('The uid of the token that it is kept for.', 'A1B2C3D4E5F6'),
  expiryDate: time('Until when it is kept free.', '2026-06-19T19:00:00Z'),
  createdAt: time('When it was asked for.'),
  cancelledAt: time('When it was given up.').nullable(),
});

export const schedule = object('Schedule', 'A charge that begins by itself.', {
  id: uuid('Names the schedule.'),
  chargerId: uuid('The charger.'),
  connectorNumber: integer('The number of its connector.', 1),
  scheduledTime: time('When it is to begin.', '2026-06-20T06:00:00Z'),
  status: word(SCHEDULE_STATUSES, 'How it stands.'),
  statusReason: text('Why it failed, for people.', 'The charger was offline.').nullable(),
  firedAt: time('When it began.', '2026-06-20T06:00:01Z').nullable(),
  createdAt: time('When it was asked for.'),
});
