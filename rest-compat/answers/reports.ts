import { z } from 'zod';
import { REPORT_KINDS } from '../../src/domains/reports/report.ts';
import { integer, number, object, text, time, uuid, word } from './fields.ts';

const sales = {
  sessions: integer('How many bills.', 61),
  energyKwh: number('Energy billed, in kWh.', 1144.3),
  revenue: number("Billed, tax included, less refunds, in the network's currency.", 894.7),
  tax: number('Tax in it.', 92.1),
  averageRevenue: number('Revenue for each bill.', 14.67),
};

const rows = z
  .union([
    z.array(
      object('DailySales', 'What was sold on a day.', {
        date: text('The day, in UTC.', '2026-06-18'),
        ...sales,
      }),
    ),
    z.array(
      object('LocationSales', 'What was sold at a location.', {
        locationId: uuid('The location; null for chargers without one.').nullable(),
        locationName: text('Its name.', 'Isla Verde Mall').nullable(),
        ...sales,
      }),
    ),
    z.array(
      object('DriverSales', 'What was sold to a driver.', {
        userId: uuid('The driver; null for charges without one.').nullable(),
        email: text('Their e-mail address.', 'driver@example.com').nullable(),
        name: text('First and last name.', 'Ana Rivera').nullable(),
        ...sales,
      }),
    ),
    z.array(
      object('ReportedSession', 'One session.', {
        sessionId: uuid('The session.'),
        transactionId: uuid('Its bill.').nullable(),
        userId: uuid('Its driver.').nullable(),
        locationId: uuid('Where it was.').nullable(),
        locationName: text('The name of the location.', 'Isla Verde Mall').nullable(),
        chargerId: uuid('The charger.'),
        chargerUid: text("The charger's identity.", 'PHV-0042'),
        status: text('How it stands.', 'completed'),
        startTime: time('When it began.'),
        endTime: time('When it ended.').nullable(),
        durationMinutes: number('Between the two.', 47.25).nullable(),
        energyKwh: number('Delivered, in kWh.', 18.64),
        total: number('Billed, tax included.', 9.32),
        currency: text('ISO 4217.', 'USD'),
      }),
    ),
  ])
  .meta({ description: 'The rows; their members depend on `reportType`.' });

export type ReportRows = z.infer<typeof rows>;

export const report = object('Report', 'A table to take away.', {
  reportType: word(REPORT_KINDS, 'Which one.'),
  generatedAt: time('When it was made.'),
  fromDate: time('Where its window begins.', '2026-05-20T00:00:00Z'),
  toDate: time('Where its window ends.', '2026-06-19T00:00:00Z'),
  format: word(['json', 'csv'], 'What was asked for.'),
  recordCount: integer('How many rows.', 30),
  data: rows,
});
