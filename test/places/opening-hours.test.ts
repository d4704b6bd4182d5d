import { describe, expect, it } from 'vitest';
import type { OpeningHours } from '../../src/domains/locations/location.entity.ts';
import { checkOpeningHours, openAt } from '../../src/domains/locations/opening-hours.ts';

const NEW_YORK = 'America/New_York';
const MONDAY = 1;
const FRIDAY = 5;
const SATURDAY = 6;
const SUNDAY = 7;

const hours = (given: Partial<OpeningHours>): OpeningHours => ({
  twentyfourseven: false,
  regular_hours: [],
  exceptional_openings: [],
  exceptional_closings: [],
  ...given,
});
const on = (weekday: number, period_begin: string, period_end: string) => ({
  weekday,
  period_begin,
  period_end,
});
const between = (period_begin: string, period_end: string) => ({ period_begin, period_end });
const isOpen = (given: Partial<OpeningHours>, at: string, timeZone = NEW_YORK) =>
  openAt(hours(given), timeZone, Temporal.Instant.from(at));
/** By the clock on the wall; where it shows a time twice, `at` has the offset. */
const isOpenByClock = (given: Partial<OpeningHours>, at: string, timeZone = NEW_YORK) =>
  openAt(hours(given), timeZone, Temporal.ZonedDateTime.from(`${at}[${timeZone}]`).toInstant());

describe('a site that is always open', () => {
  it('is open', () => expect(isOpen({ twentyfourseven: true }, '2026-06-19T03:00:00Z')).toBe(true));

  it('is closed in an exceptional closing, from its begin until just before its end', () => {
    const closed = {
      twentyfourseven: true,
      exceptional_closings: [between('2026-12-25T05:00:00Z', '2026-12-26T05:00:00Z')],
    };
    expect(isOpen(closed, '2026-12-25T04:59:59Z')).toBe(true);
    expect(isOpen(closed, '2026-12-25T05:00:00Z')).toBe(false);
    expect(isOpen(closed, '2026-12-26T04:59:59Z')).toBe(false);
    expect(isOpen(closed, '2026-12-26T05:00:00Z')).toBe(true);
  });
});

describe('regular hours', () => {
  const week = { regular_hours: [on(MONDAY, '08:30', '18:00')] };

  it('hold from the first minute until just before the last, on their weekday alone', () => {
    expect(isOpenByClock(week, '2026-06-15T08:29:59')).toBe(false);
    expect(isOpenByClock(week, '2026-06-15T08:30:00')).toBe(true);
    expect(isOpenByClock(week, '2026-06-15T17:59:59')).toBe(true);
    expect(isOpenByClock(week, '2026-06-15T18:00:00')).toBe(false);
    expect(isOpenByClock(week, '2026-06-16T12:00:00')).toBe(false);
  });

  it('are told by the clock of the site, not by that of the server', () => {
    // 08:45 in New York, 21:45 in Tokyo on the same Monday
    expect(isOpen(week, '2026-06-15T12:45:00Z', NEW_YORK)).toBe(true);
    expect(isOpen(week, '2026-06-15T12:45:00Z', 'Asia/Tokyo')).toBe(false);
    // Sunday evening in New York is Monday morning in Tokyo
    expect(isOpen(week, '2026-06-15T00:00:00Z', NEW_YORK)).toBe(false);
    expect(isOpen(week, '2026-06-15T00:00:00Z', 'Asia/Tokyo')).toBe(true);
    // Monday morning in Tokyo, where UTC still has Sunday
    expect(isOpen(week, '2026-06-14T23:45:00Z', 'Asia/Tokyo')).toBe(true);
  });

  it('may have a break', () => {
    const lunch = { regular_hours: [on(MONDAY, '08:00', '12:00'), on(MONDAY, '13:00', '18:00')] };
    expect(isOpenByClock(lunch, '2026-06-15T12:30:00')).toBe(false);
    expect(isOpenByClock(lunch, '2026-06-15T13:00:00')).toBe(true);
  });

  it('that are none mean closed', () => expect(isOpen({}, '2026-06-15T12:45:00Z')).toBe(false));
});

describe('hours past midnight', () => {
  const night = { regular_hours: [on(FRIDAY, '18:00', '02:00')] };

  it('go on into the next day, and begin on their own day only', () => {
    expect(isOpenByClock(night, '2026-06-19T18:00:00')).toBe(true);
    expect(isOpenByClock(night, '2026-06-20T01:59:59')).toBe(true);
    expect(isOpenByClock(night, '2026-06-20T02:00:00')).toBe(false);
    expect(isOpenByClock(night, '2026-06-19T01:00:00')).toBe(false);
    expect(isOpenByClock(night, '2026-06-20T18:00:00')).toBe(false);
  });

  it('may end at midnight, and 00:00 to 00:00 is the whole day', () => {
    const evening = { regular_hours: [on(FRIDAY, '18:00', '00:00')] };
    expect(isOpenByClock(evening, '2026-06-19T23:59:59')).toBe(true);
    expect(isOpenByClock(evening, '2026-06-20T00:00:00')).toBe(false);
    const day = { regular_hours: [on(SATURDAY, '00:00', '00:00')] };
    expect(isOpenByClock(day, '2026-06-19T23:59:59')).toBe(false);
    expect(isOpenByClock(day, '2026-06-20T00:00:00')).toBe(true);
    expect(isOpenByClock(day, '2026-06-20T23:59:59')).toBe(true);
    expect(isOpenByClock(day, '2026-06-21T00:00:00')).toBe(false);
  });

  it('go on from Sunday into Monday', () => {
    const sunday = { regular_hours: [on(SUNDAY, '20:00', '04:00')] };
    expect(isOpenByClock(sunday, '2026-06-22T03:00:00')).toBe(true);
  });
});

describe('exceptions', () => {
  const week = { regular_hours: [on(MONDAY, '08:00', '18:00')] };

  it('open a site beside its regular hours', () => {
    const fair = { ...week, exceptional_openings: [between('2026-06-20T12:00:00Z', '2026-06-20T16:00:00Z')] };
    expect(isOpen(fair, '2026-06-20T11:59:59Z')).toBe(false);
    expect(isOpen(fair, '2026-06-20T12:00:00Z')).toBe(true);
    expect(isOpen(fair, '2026-06-20T16:00:00Z')).toBe(false);
    expect(isOpenByClock(fair, '2026-06-15T09:00:00')).toBe(true);
  });

  it('close it within its regular hours, and within an exceptional opening', () => {
    const closed = {
      ...week,
      exceptional_openings: [between('2026-06-15T12:00:00Z', '2026-06-15T16:00:00Z')],
      exceptional_closings: [between('2026-06-15T13:00:00Z', '2026-06-15T14:00:00Z')],
    };
    expect(isOpen(closed, '2026-06-15T12:59:59Z')).toBe(true);
    expect(isOpen(closed, '2026-06-15T13:30:00Z')).toBe(false);
    expect(isOpen(closed, '2026-06-15T14:00:00Z')).toBe(true);
  });
});

describe('a change of the clocks', () => {
  it('in spring: a period that spans the hour that is skipped still ends by the clock', () => {
    // on 2026-03-08 the clocks go from 02:00 to 03:00
    const night = { regular_hours: [on(SATURDAY, '22:00', '04:00')] };
    expect(isOpenByClock(night, '2026-03-08T03:59:00')).toBe(true);
    expect(isOpenByClock(night, '2026-03-08T04:00:00')).toBe(false);
    // six hours by the clock, five in truth
    expect(isOpen(night, '2026-03-08T02:59:59Z')).toBe(false);
    expect(isOpen(night, '2026-03-08T03:00:00Z')).toBe(true);
    expect(isOpen(night, '2026-03-08T07:59:59Z')).toBe(true);
    expect(isOpen(night, '2026-03-08T08:00:00Z')).toBe(false);
  });

  it('in autumn: a period that ends in the hour that comes twice ends once and does not open again', () => {
    // on 2026-11-01 the clocks go from 02:00 back to 01:00
    const night = { regular_hours: [on(SATURDAY, '22:00', '01:30')] };
    expect(isOpenByClock(night, '2026-11-01T01:29:00-04:00')).toBe(true);
    expect(isOpenByClock(night, '2026-11-01T01:30:00-04:00')).toBe(false);
    expect(isOpenByClock(night, '2026-11-01T01:15:00-05:00')).toBe(false);
  });

  it('in autumn: a period that begins in the hour that comes twice begins once and does not close again', () => {
    const day = { regular_hours: [on(SUNDAY, '01:30', '05:00')] };
    expect(isOpenByClock(day, '2026-11-01T01:29:00-04:00')).toBe(false);
    expect(isOpenByClock(day, '2026-11-01T01:30:00-04:00')).toBe(true);
    expect(isOpenByClock(day, '2026-11-01T01:15:00-05:00')).toBe(true);
  });
});

describe('hours are refused', () => {
  it.each([
    ['a weekday beyond Sunday', { regular_hours: [on(8, '08:00', '18:00')] }, 'regularHours[0].weekday'],
    ['a time beyond 23:59', { regular_hours: [on(1, '08:00', '24:00')] }, 'regularHours[0].end'],
    ['a time without a leading zero', { regular_hours: [on(1, '8:00', '18:00')] }, 'regularHours[0].begin'],
    [
      'regular hours beside 24/7',
      { twentyfourseven: true, regular_hours: [on(1, '08:00', '18:00')] },
      'regularHours',
    ],
    [
      'an exception that ends before it begins',
      { exceptional_closings: [between('2026-06-16T00:00:00Z', '2026-06-15T00:00:00Z')] },
      'exceptionalClosings[0].end',
    ],
  ])('for %s', (_, given, field) => {
    expect(() => checkOpeningHours(hours(given))).toThrow(`openingHours.${field}`);
  });
});
