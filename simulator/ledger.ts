import { type Api, readAll } from './api.ts';
import { type Reconciliation, reconcile, type ServerBill, type ServerSession } from './reconcile.ts';
import type { CountedTransaction } from './state.ts';

/** Longer than any clock of a scenario is off. */
const marginMs = 10 * 60_000;
const lookMs = 2000;

interface SessionRow extends Omit<ServerSession, 'uid'> {
  readonly charger: { readonly uid: string };
}
interface BillRow {
  readonly id: string;
  readonly energyWh: string;
  readonly session: { readonly id: string };
}

/** What the server wrote of a fleet since the ledger was opened. */
export interface Ledger {
  /**
   * Holds the stations' count against it. What the server still has to do after its last answer gets the given time
   * to be done, and remote starts that no station began are called off.
   */
  settle(
    counted: readonly CountedTransaction[],
    withinMs: number,
    tell: (line: string) => void,
  ): Promise<Reconciliation>;
}

export async function openLedger(
  api: Api,
  uids: ReadonlySet<string>,
  callOff: (sessionId: string) => Promise<void>,
): Promise<Ledger> {
  const openedMs = Date.now();
  const from = new Date(openedMs - marginMs).toISOString();
  const before = new Set((await readSessions(api, uids, from)).map(({ id }) => id));

  const sessionsSince = async () =>
    (await readSessions(api, uids, from)).filter(session => !before.has(session.id));

  return {
    async settle(counted, withinMs, tell) {
      for (const { id, status } of await sessionsSince()) {
        // one that cannot be called off is found open below
        if (status === 'PENDING') await callOff(id).catch(() => undefined);
      }
      for (const untilMs = Date.now() + withinMs; ; ) {
        const found = reconcile(counted, await sessionsSince(), await readBills(api, from));
        if (found.differences.length === 0 || Date.now() >= untilMs) return found;
        tell(`${found.differences.length} differences so far; looking again`);
        await new Promise(resolve => setTimeout(resolve, lookMs));
      }
    },
  };
}

async function readSessions(api: Api, uids: ReadonlySet<string>, from: string): Promise<ServerSession[]> {
  const rows = await readAll<SessionRow>(
    api,
    `query ($after: String, $from: DateTime!) {
       list: sessions(first: 100, after: $after, filter: { from: $from }) {
         nodes { id status connectorNumber idTag startTime energyWh charger { uid } }
         pageInfo { hasNextPage endCursor }
       }
     }`,
    { from },
  );
  return rows
    .map(({ charger, ...session }) => ({ ...session, uid: charger.uid }))
    .filter(({ uid }) => uids.has(uid));
}

async function readBills(api: Api, from: string): Promise<ServerBill[]> {
  const rows = await readAll<BillRow>(
    api,
    `query ($after: String, $from: DateTime!) {
       list: transactions(first: 100, after: $after, filter: { from: $from }) {
         nodes { id energyWh session { id } }
         pageInfo { hasNextPage endCursor }
       }
     }`,
    { from },
  );
  return rows.map(({ session, ...bill }) => ({ ...bill, sessionId: session.id }));
}
