import type { OpeningHours } from '../src/domains/locations/location.entity.ts';
import { builder } from './builder.ts';

const DAYS = ['MONDAY', 'TUESDAY', 'WEDNESDAY', 'THURSDAY', 'FRIDAY', 'SATURDAY', 'SUNDAY'] as const;

const Weekday = builder.enumType('Weekday', {
  values: Object.fromEntries(DAYS.map((day, index) => [day, { value: index + 1 }])) as {
    [Day in (typeof DAYS)[number]]: { value: number };
  },
});

const RegularHours = builder.objectRef<OpeningHours['regular_hours'][number]>('RegularHours').implement({
  description:
    'A period of each week, by the clock of the location. One that ends no later than it begins ends on the next day.',
  subGraphs: ['network'],
  fields: t => ({
    weekday: t.expose('weekday', { type: Weekday }),
    begin: t.exposeString('period_begin', { description: 'Such as 08:30.' }),
    end: t.exposeString('period_end', { description: 'Not open any more.' }),
  }),
});

const ExceptionalPeriod = builder
  .objectRef<OpeningHours['exceptional_openings'][number]>('ExceptionalPeriod')
  .implement({
    subGraphs: ['network'],
    fields: t => ({
      begin: t.expose('period_begin', { type: 'DateTime' }),
      end: t.expose('period_end', { type: 'DateTime' }),
    }),
  });

export const OpeningHoursRef = builder.objectRef<OpeningHours>('OpeningHours').implement({
  description: 'When a location can be reached (OCPI 2.2.1, section 8.4.14).',
  subGraphs: ['network'],
  fields: t => ({
    isAlwaysOpen: t.exposeBoolean('twentyfourseven', { description: 'Save for exceptional closings.' }),
    regularHours: t.expose('regular_hours', { type: [RegularHours] }),
    exceptionalOpenings: t.expose('exceptional_openings', {
      type: [ExceptionalPeriod],
      description: 'On top of the regular hours.',
    }),
    exceptionalClosings: t.expose('exceptional_closings', {
      type: [ExceptionalPeriod],
      description: 'They count over all else.',
    }),
  }),
});

const RegularHoursInput = builder.inputType('RegularHoursInput', {
  fields: t => ({
    weekday: t.field({ type: Weekday, required: true }),
    begin: t.string({ required: true, description: 'Such as 08:30.' }),
    end: t.string({ required: true, description: 'Not later than begin: on the next day.' }),
  }),
});

const ExceptionalPeriodInput = builder.inputType('ExceptionalPeriodInput', {
  fields: t => ({
    begin: t.field({ type: 'DateTime', required: true }),
    end: t.field({ type: 'DateTime', required: true }),
  }),
});

export const OpeningHoursInput = builder.inputType('OpeningHoursInput', {
  fields: t => ({
    isAlwaysOpen: t.boolean({ required: true }),
    regularHours: t.field({ type: [RegularHoursInput] }),
    exceptionalOpenings: t.field({ type: [ExceptionalPeriodInput] }),
    exceptionalClosings: t.field({ type: [ExceptionalPeriodInput] }),
  }),
});

interface Period {
  readonly begin: string;
  readonly end: string;
}

/** The input in OCPI's structure, as it is kept; null and undefined as they are. */
export function openingHoursFrom<Nothing extends null | undefined>(
  input:
    | {
        readonly isAlwaysOpen: boolean;
        readonly regularHours?: readonly (Period & { readonly weekday: number })[] | null;
        readonly exceptionalOpenings?: readonly Period[] | null;
        readonly exceptionalClosings?: readonly Period[] | null;
      }
    | Nothing,
): OpeningHours | Nothing {
  if (input == null) return input;
  const periods = (list: readonly Period[] | null | undefined) =>
    (list ?? []).map(({ begin, end }) => ({ period_begin: begin, period_end: end }));
  return {
    twentyfourseven: input.isAlwaysOpen,
    regular_hours: (input.regularHours ?? []).map(({ weekday, begin, end }) => ({
      weekday,
      period_begin: begin,
      period_end: end,
    })),
    exceptional_openings: periods(input.exceptionalOpenings),
    exceptional_closings: periods(input.exceptionalClosings),
  };
}
