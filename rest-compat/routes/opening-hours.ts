import { time } from '../values.ts';

interface Period {
  begin: string;
  end: string;
}

export interface Hours {
  isAlwaysOpen: boolean;
  regularHours: ({ weekday: string } & Period)[];
  exceptionalOpenings: Period[];
  exceptionalClosings: Period[];
}

const DAYS = ['MONDAY', 'TUESDAY', 'WEDNESDAY', 'THURSDAY', 'FRIDAY', 'SATURDAY', 'SUNDAY'];

const exception = ({ begin, end }: Period) => ({ period_begin: time(begin), period_end: time(end) });

/** In OCPI's structure (2.2.1, section 8.4.14). */
export const openingHours = (hours: Hours | null) =>
  hours && {
    twentyfourseven: hours.isAlwaysOpen,
    regular_hours: hours.regularHours.map(({ weekday, begin, end }) => ({
      weekday: DAYS.indexOf(weekday) + 1,
      period_begin: begin,
      period_end: end,
    })),
    exceptional_openings: hours.exceptionalOpenings.map(exception),
    exceptional_closings: hours.exceptionalClosings.map(exception),
  };
