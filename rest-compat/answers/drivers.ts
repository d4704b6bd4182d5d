import { flag, integer, number, object, text, time, uuid, word } from './fields.ts';

export const user = object('User', 'A driver, as the operator sees them.', {
  id: uuid('Names the driver.'),
  email: text('Where they are written to; one driver each in a network.', 'maya@example.com'),
  firstName: text('Given name.', 'Maya'),
  lastName: text('Family name.', 'Rivera'),
  phoneNumber: text('With its country code.', '+17875551234').nullable(),
  address: text('Street and number.', '12 Calle Luna').nullable(),
  city: text('Town or city.', 'San Juan').nullable(),
  state: text('State or region.', 'PR').nullable(),
  postalCode: text('Postal code.', '00901').nullable(),
  country: text('Country.', 'US').nullable(),
  createdAt: time('When they registered or were entered.'),
  lastUpdated: time('When anything about them was last changed; null for never.').nullable(),
  totalSessions: integer('How many sessions they have charged in.', 27),
  totalEnergyKwh: number('What they have charged altogether, in kWh.', 412.5),
  totalSpent: number('What they were billed altogether, tax included.', 186.4),
  currency: text('Of that sum, ISO 4217.', 'USD'),
});

export const favorite = object('Favorite', 'A place or a charger that a driver keeps.', {
  id: uuid('Names the favorite.'),
  targetType: word(['location', 'charger'], 'What is kept.'),
  targetId: uuid('The location or the charger; null once that is gone.').nullable(),
  label: text('What the driver calls it.', 'Home').nullable(),
  createdAt: time('When it was first kept.'),
});

const channels = object('NotificationChannels', 'By which ways the driver is told.', {
  push: flag('On their devices.'),
  email: flag('By mail.'),
  sms: flag('By text message.', false),
});

const occasions = object('NotificationOccasions', 'What the driver is told of.', {
  sessionStarted: flag('That a session began.'),
  sessionStopped: flag('That a session ended.'),
  sessionFailed: flag('That a session failed.'),
  reservationReminder: flag('That a reservation is about to run out.'),
  payment: flag('What became of a payment.'),
});

const contact = object('NotificationContact', 'Where the driver is told.', {
  email: text("The driver's own where none was chosen.", 'maya@example.com'),
  phoneNumber: text("The driver's own where none was chosen.", '+17875551234').nullable(),
});

export const notificationPreferences = object(
  'NotificationPreferences',
  'What a driver wants to be told, and how.',
  {
    channels,
    events: occasions,
    contact,
    updatedAt: time('When they were last changed; null while all are as at first.').nullable(),
  },
);
