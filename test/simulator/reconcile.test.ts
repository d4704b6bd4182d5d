import { expect, test } from 'vitest';
import {
  describeReconciliation,
  reconcile,
  type ServerBill,
  type ServerSession,
} from '../../simulator/reconcile.ts';
import type { CountedTransaction } from '../../simulator/state.ts';

const at = (minute: number) => new Date(Date.UTC(2030, 0, 1, 12, minute)).toISOString();

const counted = (given: Partial<CountedTransaction> = {}): CountedTransaction => ({
  uid: 'SIM-0001',
  connectorId: 1,
  version: '1.6',
  idTag: 'TAG',
  transactionId: 7,
  startedAt: at(0),
  meterStartWh: 1000,
  meterStopWh: 6000,
  reason: 'Local',
  isRefused: false,
  ...given,
});
const session = (given: Partial<ServerSession> = {}): ServerSession => ({
  id: 's1',
  status: 'COMPLETED',
  uid: 'SIM-0001',
  connectorNumber: 1,
  idTag: 'TAG',
  startTime: at(0).replace('.000Z', 'Z'),
  energyWh: '5000',
  ...given,
});
const bill = (given: Partial<ServerBill> = {}): ServerBill => ({
  id: 'b1',
  sessionId: 's1',
  energyWh: '5000.000',
  ...given,
});
const differences = (
  transactions: CountedTransaction[],
  sessions: ServerSession[],
  bills: ServerBill[],
): readonly string[] => reconcile(transactions, sessions, bills).differences;

test('a transaction with one session and one bill of its energy agrees', () => {
  expect(reconcile([counted()], [session()], [bill()])).toEqual({
    transactions: 1,
    withoutEnergy: 0,
    energyWh: 5000,
    sessions: 1,
    bills: 1,
    billedWh: 5000,
    neverBegun: 0,
    differences: [],
  });
});

test('one without energy is a failed session without a bill', () => {
  const none = counted({ meterStopWh: 1000 });
  expect(differences([none], [session({ status: 'FAILED', energyWh: '0' })], [])).toEqual([]);
  expect(differences([none], [session({ energyWh: '0' })], [bill({ energyWh: '0' })])).toHaveLength(2);
});

test('a remote start that came to nothing is no difference', () => {
  const refused = session({ id: 's2', status: 'FAILED', energyWh: '0', startTime: at(5) });
  expect(reconcile([counted()], [session(), refused], [bill()])).toMatchObject({
    neverBegun: 1,
    differences: [],
  });
});

test.each<[string, CountedTransaction[], ServerSession[], ServerBill[], RegExp]>([
  ['no session', [counted()], [], [], /SIM-0001\/1 .* transaction 7\): no session/],
  ['two sessions', [counted()], [session(), session({ id: 's2' })], [bill()], /2 sessions: s1, s2/],
  ['an open one', [counted()], [session({ status: 'ACTIVE' })], [], /s1 is still ACTIVE/],
  ['a watt-hour', [counted()], [session({ energyWh: '5001' })], [bill()], /s1 has 5001 Wh rather than 5000/],
  ['no bill', [counted()], [session()], [], /has 0 bills rather than 1/],
  ['two bills', [counted()], [session()], [bill(), bill({ id: 'b2' })], /has 2 bills rather than 1/],
  ['a bill’s energy', [counted()], [session()], [bill({ energyWh: '4999' })], /b1 is for 4999 Wh/],
  ['a failed one', [counted()], [session({ status: 'FAILED' })], [bill()], /FAILED rather than COMPLETED/],
  ['one that runs', [counted({ meterStopWh: undefined })], [], [], /its station has not ended it/],
  ['a refused start', [counted({ isRefused: true })], [], [], /the server refused its start/],
  ['a stranger', [], [session()], [bill()], /5000 Wh, 1 bills\), which no station counted/],
  ['an open remote start', [], [session({ status: 'PENDING', energyWh: '0' })], [], /PENDING/],
  ['another connector’s', [counted({ connectorId: 2 })], [session()], [bill()], /SIM-0001\/2 .*no session/],
])('%s is named', (_what, transactions, sessions, bills, expected) => {
  expect(differences(transactions, sessions, bills).join('\n')).toMatch(expected);
});

test('of many differences the first twenty are listed', () => {
  const many = Array.from({ length: 25 }, (_, i) => counted({ startedAt: at(i) }));
  const lines = describeReconciliation(reconcile(many, [], []));
  expect(lines.filter(line => line.includes('no session'))).toHaveLength(20);
  expect(lines.at(-1)).toBe('  and 5 more');
  expect(lines).toContain('25 differences:');
});
