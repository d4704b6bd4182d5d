import type { CountedTransaction } from './state.ts';

/** A session as the server tells it. */
export interface ServerSession {
  readonly id: string;
  readonly status: string;
  readonly uid: string;
  readonly connectorNumber: number;
  readonly idTag: string;
  readonly startTime: string;
  readonly energyWh: string;
}

/** A bill as the server tells it. */
export interface ServerBill {
  readonly id: string;
  readonly sessionId: string;
  readonly energyWh: string;
}

export interface Reconciliation {
  /** that stations counted */
  readonly transactions: number;
  readonly withoutEnergy: number;
  readonly energyWh: number;
  readonly sessions: number;
  readonly bills: number;
  readonly billedWh: number;
  /** Sessions that no station began: remote starts that were refused or ran out. */
  readonly neverBegun: number;
  /** One line each; none: all agrees. */
  readonly differences: readonly string[];
}

const open: ReadonlySet<string> = new Set(['PENDING', 'ACTIVE', 'IDLE', 'STOPPING']);
const neverBegun: ReadonlySet<string> = new Set(['FAILED', 'EXPIRED']);

/**
 * Holds what stations counted against what the server made of it: each transaction is one session and, if energy
 * flowed, one bill, both with its energy to the watt-hour; none is open; and there is nothing besides.
 */
export function reconcile(
  counted: readonly CountedTransaction[],
  sessions: readonly ServerSession[],
  bills: readonly ServerBill[],
): Reconciliation {
  const differences: string[] = [];
  const bySession = Map.groupBy(bills, bill => bill.sessionId);
  const atStart = Map.groupBy(sessions, session =>
    startOf(session.uid, session.connectorNumber, session.startTime),
  );
  const known = new Set<string>();

  for (const transaction of counted) {
    const found = atStart.get(startOf(transaction.uid, transaction.connectorId, transaction.startedAt)) ?? [];
    for (const { id } of found) known.add(id);
    const complain = (what: string) => differences.push(`${nameOf(transaction)}: ${what}`);
    if (transaction.isRefused) complain('the server refused its start');
    if (transaction.meterStopWh === undefined) complain('its station has not ended it');
    const [session] = found;
    if (!session) complain('no session');
    else if (found.length > 1) complain(`${found.length} sessions: ${found.map(({ id }) => id).join(', ')}`);
    else compare(transaction, session, bySession.get(session.id) ?? [], complain);
  }

  let strangers = 0;
  for (const session of sessions) {
    if (known.has(session.id)) continue;
    const billed = bySession.get(session.id) ?? [];
    if (neverBegun.has(session.status) && Number(session.energyWh) === 0 && billed.length === 0) {
      strangers++;
    } else {
      differences.push(
        `${session.uid}/${session.connectorNumber} ${session.startTime}: session ${session.id} (${session.status}, ` +
          `${session.energyWh} Wh, ${billed.length} bills), which no station counted`,
      );
    }
  }
  const ids = new Set(sessions.map(({ id }) => id));
  const own = bills.filter(bill => ids.has(bill.sessionId));
  return {
    transactions: counted.length,
    withoutEnergy: counted.filter(each => energyOf(each) === 0).length,
    energyWh: counted.reduce((sum, each) => sum + energyOf(each), 0),
    sessions: sessions.length,
    bills: own.length,
    billedWh: own.reduce((sum, bill) => sum + Number(bill.energyWh), 0),
    neverBegun: strangers,
    differences,
  };
}

function compare(
  transaction: CountedTransaction,
  session: ServerSession,
  bills: readonly ServerBill[],
  complain: (what: string) => void,
): void {
  const energyWh = energyOf(transaction);
  if (open.has(session.status)) {
    complain(`session ${session.id} is still ${session.status}`);
    return;
  }
  if (Number(session.energyWh) !== energyWh) {
    complain(`session ${session.id} has ${session.energyWh} Wh rather than ${energyWh}`);
  }
  // a charge without energy has failed, and costs nothing
  const expected = energyWh > 0 ? { status: 'COMPLETED', bills: 1 } : { status: 'FAILED', bills: 0 };
  if (session.status !== expected.status) {
    complain(`session ${session.id} is ${session.status} rather than ${expected.status}`);
  }
  if (bills.length !== expected.bills) {
    complain(`session ${session.id} has ${bills.length} bills rather than ${expected.bills}`);
  }
  for (const bill of bills) {
    if (Number(bill.energyWh) !== energyWh) {
      complain(`bill ${bill.id} is for ${bill.energyWh} Wh rather than ${energyWh}`);
    }
  }
}

const startOf = (uid: string, connector: number, startedAt: string): string =>
  `${uid}/${connector}/${Date.parse(startedAt)}`;

const energyOf = ({ meterStartWh, meterStopWh }: CountedTransaction): number =>
  (meterStopWh ?? meterStartWh) - meterStartWh;

const nameOf = ({ uid, connectorId, version, transactionId, startedAt }: CountedTransaction): string =>
  `${uid}/${connectorId} ${startedAt} (OCPP ${version}, transaction ${transactionId ?? 'without a number'})`;

const mostListed = 20;

/** The last words of a run. */
export function describeReconciliation(found: Reconciliation): string[] {
  const kWh = (wh: number) => `${(wh / 1000).toFixed(3)} kWh`;
  const { differences } = found;
  const rest = differences.length - mostListed;
  return [
    `The stations counted ${found.transactions} transactions, ${found.withoutEnergy} of them without energy: ${kWh(found.energyWh)}.`,
    `The server has ${found.sessions} sessions, ${found.neverBegun} of them never begun, and ${found.bills} bills: ${kWh(found.billedWh)}.`,
    ...(differences.length === 0
      ? ['Every transaction is billed once, to the watt-hour, and none is open.']
      : [`${differences.length} differences:`, ...differences.slice(0, mostListed).map(line => `  ${line}`)]),
    ...(rest > 0 ? [`  and ${rest} more`] : []),
  ];
}
