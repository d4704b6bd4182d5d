import { PAYMENT_STATUSES } from '../../src/domains/payments/transaction.entity.ts';
import { SESSION_STATUSES } from '../../src/domains/sessions/session-states.ts';
import { flag, integer, number, object, text, time, uuid, word } from './fields.ts';

const AUTH_METHODS = ['REMOTE', 'RFID', 'APP', 'SCHEDULE', 'RESERVATION'];

const summary = {
  id: uuid('Names the session.'),
  status: word(SESSION_STATUSES, 'Where the session stands.'),
  chargerId: uuid('The charger it runs on.'),
  chargerUid: text('The identity under which that charger connects.', 'DEMO-AC-01'),
  connectorId: uuid('The connector; null once that was taken away.').nullable(),
  connectorNumber: integer('The number of the connector on its charger, from 1.', 1),
  locationId: uuid('Where it takes place; null for a charger without a location.').nullable(),
  locationName: text('The name of that location.', 'Plaza del Mar').nullable(),
  startTime: time('When it began: until energy flows, when the start was asked for.'),
  endTime: time('When it ended; null while it runs.').nullable(),
  durationSeconds: integer('From its begin to its end, or to this moment.', 1800),
  energyDeliveredKwh: number('Energy delivered so far, in kWh.', 12.4),
  total: number('The price so far, tax included; 0 without a bill.', 5.34),
  currency: text('ISO 4217.', 'USD'),
  maxPowerKw: number('The highest power seen, in kW.', 22).nullable(),
  currentPowerKw: number('The power at the last reading, in kW.', 11).nullable(),
  currentSocPercent: number("The battery's charge, where the car tells it.", 63).nullable(),
};

export const sessionSummary = object('SessionSummary', 'A charging session, as lists show it.', summary);

const sessionCosts = object('SessionCosts', 'The parts of the price; all 0 without a bill.', {
  subtotal: number('Before tax.', 4.79),
  taxes: number('Tax on top of the subtotal.', 0.55),
  sessionFees: number('What every session costs.', 0.5),
  idleFees: number('For standing there after charging, beyond the grace.', 0),
  timeFees: number('For the time of charging.', 0),
  total: number('What is to be paid.', 5.34),
  currency: text('ISO 4217.', 'USD'),
});

export const session = object('Session', 'A charging session with its readings and costs.', {
  authMethod: word(AUTH_METHODS, 'By which way it was allowed.'),
  idTag: text('The uid of the token that pays.', 'A1B2C3D4E5F6'),
  startMeterValue: number('The meter at the begin, in Wh.', 104000).nullable(),
  endMeterValue: number('The meter at the end, in Wh.', 116400).nullable(),
  currentMeterValue: number('The last reading of the meter, in Wh.', 116400).nullable(),
  startReason: text("Why it began, in OCPP's words.", 'RemoteStart').nullable(),
  stopReason: text("Why it ended, in OCPP's words.", 'EVDisconnected').nullable(),
  idleTimeSeconds: integer('Plugged in without taking energy.', 0),
  isInIdleState: flag('Whether it stands idle at this moment.', false),
  paymentStatus: word(PAYMENT_STATUSES, 'How its payment stands; null while none was asked for.').nullable(),
  costs: sessionCosts,
  ...summary,
});

export const startedSession = object('StartedSession', 'A session that waits for its car.', {
  id: uuid('Names the session.'),
  sessionId: uuid('The same as `id`.'),
  correlationId: uuid('Found again in the log and in each event of this session.'),
  status: word(SESSION_STATUSES, 'As a rule `pending`: energy flows when the car is plugged in.'),
  chargerId: uuid('The charger that was asked.'),
  connectorNumber: integer('The number of its connector.', 1),
  startTime: time('When the start was asked for.'),
  message: text('For people: what to do next.', 'Plug in to begin.'),
});
