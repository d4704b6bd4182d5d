import { z } from 'zod';
import type { ReportKind } from '../../src/domains/reports/report.ts';
import { MAX_REPORT_PAGE, REPORT_KINDS } from '../../src/domains/reports/report.ts';
import { type ReportRows, report } from '../answers/reports.ts';
import type { CsvPage } from '../csv.ts';
import { invalidRequest } from '../envelope.ts';
import { toGlobalId } from '../ids.ts';
import { instant, uuid, windowEnd, wordOf } from '../parameters.ts';
import { type Request, row } from '../row.ts';
import { kilo, minutesBetween, time, uuidOf } from '../values.ts';

interface Amount {
  amount: string;
  currency: string;
}

interface Sales {
  sessions: number;
  energyWh: string;
  revenue: Amount;
  tax: Amount;
  averageRevenue: Amount;
}

interface DriverSales extends Sales {
  driverId: string | null;
  email: string | null;
  firstName: string | null;
  lastName: string | null;
}

interface Session {
  sessionId: string;
  transactionId: string | null;
  driverId: string | null;
  locationId: string | null;
  locationName: string | null;
  chargerId: string;
  chargerUid: string;
  status: string;
  startTime: string;
  endTime: string | null;
  energyWh: string;
  total: Amount;
}

type Report = { from: string; to: string; generatedAt: string } & {
  [Name in Selected]?: { nodes: never[]; pageInfo: { hasNextPage: boolean; endCursor: string | null } };
};

/** The one of the report's lists that is asked for, and the variable that asks for it. */
type Selected = (typeof SELECTED)[ReportKind];
const SELECTED = {
  'daily-sales': 'dailySales',
  'by-location': 'salesByLocation',
  'by-user': 'salesByDriver',
  'sessions-summary': 'sessions',
} as const satisfies Record<ReportKind, string>;

type Cell = string | number | null;

const sales = {
  sessions: (row: Sales): Cell => row.sessions,
  energyKwh: (row: Sales): Cell => kilo(row.energyWh),
  revenue: (row: Sales): Cell => Number(row.revenue.amount),
  tax: (row: Sales): Cell => Number(row.tax.amount),
  averageRevenue: (row: Sales): Cell => Number(row.averageRevenue.amount),
};

/** What each kind of row is made of, in the order of a file's columns. */
const COLUMNS: Record<ReportKind, Record<string, (row: never) => Cell>> = {
  'daily-sales': { date: (row: Sales & { day: string }) => row.day.slice(0, 10), ...sales },
  'by-location': {
    locationId: (row: Sales & { locationId: string | null }) => uuidOf(row.locationId),
    locationName: (row: Sales & { locationName: string | null }) => row.locationName,
    ...sales,
  },
  'by-user': {
    userId: (row: DriverSales) => uuidOf(row.driverId),
    email: (row: DriverSales) => row.email,
    name: (row: DriverSales) => row.driverId && `${row.firstName} ${row.lastName}`,
    ...sales,
  },
  'sessions-summary': {
    sessionId: (row: Session) => uuidOf(row.sessionId),
    transactionId: (row: Session) => uuidOf(row.transactionId),
    userId: (row: Session) => uuidOf(row.driverId),
    locationId: (row: Session) => uuidOf(row.locationId),
    locationName: (row: Session) => row.locationName,
    chargerId: (row: Session) => uuidOf(row.chargerId),
    chargerUid: (row: Session) => row.chargerUid,
    status: (row: Session) => row.status.toLowerCase(),
    startTime: (row: Session) => time(row.startTime),
    endTime: (row: Session) => time(row.endTime),
    durationMinutes: (row: Session) => row.endTime && minutesBetween(row.startTime, row.endTime),
    energyKwh: (row: Session) => kilo(row.energyWh),
    total: (row: Session) => Number(row.total.amount),
    currency: (row: Session) => row.total.currency,
  },
};

const partOf = (kind: ReportKind, report: Report) => {
  const { nodes, pageInfo } = report[SELECTED[kind]]!;
  const columns = Object.entries(COLUMNS[kind]);
  const records = nodes.map(node =>
    Object.fromEntries(columns.map(([name, cellOf]) => [name, cellOf(node)])),
  );
  return { records, ...pageInfo };
};

const query = z.object({
  type: wordOf(REPORT_KINDS).default('daily-sales'),
  format: wordOf(['json', 'csv']).default('json'),
  from: instant.optional(),
  to: windowEnd.optional(),
  locationId: uuid.optional(),
  userId: uuid.optional(),
});

const CSV_PAGE = 1000;

const variables = ({ query: { type, format, from, to, locationId, userId } }: ReportRequest) => ({
  from,
  to,
  locationId: toGlobalId('Location', locationId),
  driverId: toGlobalId('Driver', userId),
  first: format === 'csv' ? CSV_PAGE : MAX_REPORT_PAGE,
  ...Object.fromEntries(REPORT_KINDS.map(kind => [SELECTED[kind], kind === type])),
});

type ReportRequest = Request<z.infer<typeof query>, unknown>;

/** The whole report at once as JSON, or page after page as CSV. */
export const exportReport = row({
  method: 'GET',
  path: '/reports/export',
  title: 'Export custom reports',
  access: { scope: 'read', audience: 'operator' },
  query,
  operation: `
    query Report(
      $from: DateTime, $to: DateTime, $locationId: ID, $driverId: ID, $first: Int!, $after: String
      $dailySales: Boolean!, $salesByLocation: Boolean!, $salesByDriver: Boolean!, $sessions: Boolean!
    ) {
      report(from: $from, to: $to, locationId: $locationId, driverId: $driverId) {
        from to generatedAt
        dailySales(first: $first, after: $after) @include(if: $dailySales) {
          nodes { day ...Sales } pageInfo { hasNextPage endCursor }
        }
        salesByLocation(first: $first, after: $after) @include(if: $salesByLocation) {
          nodes { locationId locationName ...Sales } pageInfo { hasNextPage endCursor }
        }
        salesByDriver(first: $first, after: $after) @include(if: $salesByDriver) {
          nodes { driverId email firstName lastName ...Sales } pageInfo { hasNextPage endCursor }
        }
        sessions(first: $first, after: $after) @include(if: $sessions) {
          nodes {
            sessionId transactionId driverId locationId locationName chargerId chargerUid status startTime endTime
            energyWh total { amount currency }
          }
          pageInfo { hasNextPage endCursor }
        }
      }
    }
    fragment Sales on Sales {
      sessions energyWh revenue { amount } tax { amount } averageRevenue { amount }
    }`,
  variables,
  file({ report }: { report: Report }, request): CsvPage | null {
    const { type, format } = request.query;
    if (format !== 'csv') return null;
    const { records, hasNextPage, endCursor } = partOf(type, report);
    const { from, to } = report;
    return {
      name: [type, from.slice(0, 10), to.slice(0, 10)].join('_'),
      columns: Object.keys(COLUMNS[type]),
      records,
      // what was now for the first page stays the end of the window
      next: hasNextPage ? { ...variables(request), from, to, after: endCursor } : null,
    };
  },
  response: report,
  otherContent: { 'text/csv': 'The rows as a file, a line each under the names of the columns (RFC 4180).' },
  answer({ report }: { report: Report }, { query: { type, format } }) {
    const { records, hasNextPage } = partOf(type, report);
    if (hasNextPage) {
      const message = `has more than ${MAX_REPORT_PAGE} rows as json: ask for csv, or for a shorter window`;
      throw invalidRequest([{ field: 'format', message }]);
    }
    return {
      reportType: type,
      generatedAt: time(report.generatedAt),
      fromDate: time(report.from),
      toDate: time(report.to),
      format,
      recordCount: records.length,
      data: records as ReportRows,
    };
  },
});
