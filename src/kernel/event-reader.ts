import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { sql } from 'kysely';
import type { Logger } from 'pino';
import type { EventHub } from './event-hub.ts';
import type { LoggedEvent } from './events.ts';
import { runInScope, systemScope } from './scope.ts';

const BATCH = 500;
const POLL_MS = 1_000;
const GAP_RETRY_MS = 5;
const START_TIMEOUT_MS = 5_000;

interface Page {
  /** When the page was read, every older transaction had ended. */
  readonly oldestRunning: bigint;
  readonly events: LoggedEvent[];
}

/**
 * Follows the event log and publishes each committed event once, in the order of `sequence`, leaving none out.
 *
 * A sequence is drawn before its transaction commits, so a smaller number may appear after a larger one. The reader
 * therefore stops at a missing number until every transaction that could hold it has ended: those older than one of
 * its own (`pg_current_xact_id`) that it begins when it first sees the gap, none of which is still running
 * (`pg_snapshot_xmin`). A number that is missing even then was rolled back. The end of a snapshot (`pg_snapshot_xmax`)
 * would not do for that: it is one behind the last transaction that has ended, and younger ones may be running.
 */
export class EventReader {
  readonly #em: SqlEntityManager;
  readonly #hub: EventHub;
  readonly #log: Logger;
  #position = 0n;
  #gap: { from: bigint; until: bigint } | undefined;
  /** A transaction that began at the start, while an older one may still be running. */
  #unsettledUntil: bigint | undefined;
  #reading: Promise<void> | undefined;
  #again = false;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(em: SqlEntityManager, hub: EventHub, log: Logger) {
    this.#em = em;
    this.#hub = hub;
    this.#log = log;
  }

  /** Starts behind the last event that is certain: nothing that commits from now on is missed. */
  async start(): Promise<void> {
    this.#position = await this.#last();
    const until = await this.#begun();
    const deadline = Date.now() + START_TIMEOUT_MS;
    let page = await this.#page();
    while (page.oldestRunning < until && Date.now() < deadline) {
      await new Promise(resolve => setTimeout(resolve, GAP_RETRY_MS));
      page = await this.#page();
    }
    if (page.oldestRunning < until) this.#unsettledUntil = until;
    this.#hub.attach({
      position: () => String(this.#position),
      settled: () => (this.#unsettledUntil === undefined ? String(this.#position) : null),
      wake: this.wake,
    });
    this.wake();
  }

  readonly wake = (): void => {
    if (this.#closed) return;
    if (this.#reading) {
      this.#again = true;
      return;
    }
    clearTimeout(this.#timer);
    this.#again = false;
    this.#reading = this.#read()
      .then(() => this.#hub.wasRead())
      .catch(error => this.#log.error({ err: error }, 'event log not read'))
      .finally(() => {
        this.#reading = undefined;
        if (this.#again) this.wake();
        else if (!this.#closed) this.#timer = setTimeout(this.wake, this.#gap ? GAP_RETRY_MS : POLL_MS);
      });
  };

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#reading;
  }

  async #read(): Promise<void> {
    for (let full = true; full && !this.#closed; ) {
      const page = await this.#page();
      full = page.events.length === BATCH;
      if (this.#unsettledUntil !== undefined && page.oldestRunning >= this.#unsettledUntil) {
        this.#unsettledUntil = undefined;
      }
      for (const event of page.events) {
        const sequence = BigInt(event.sequence);
        if (sequence > this.#position + 1n && !(await this.#mayPass(page))) return;
        this.#position = sequence;
        this.#gap = undefined;
        this.#hub.publish(event);
      }
    }
  }

  /** Whether the numbers missing behind the present position can no longer appear. */
  async #mayPass(page: Page): Promise<boolean> {
    if (this.#gap?.from === this.#position) return page.oldestRunning >= this.#gap.until;
    this.#gap = { from: this.#position, until: await this.#begun() };
    // looked at again at once: where nothing else runs, a rollback's hole costs no wait
    this.#again = true;
    return false;
  }

  async #page(): Promise<Page> {
    const { rows } = await runInScope(systemScope, () =>
      sql<{ oldest: string; events: LoggedEvent[] | null }>`
        with page as materialized (
          select sequence::text, id, network_id "networkId", type,
                 to_char(occurred_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') "occurredAt",
                 charger_id "chargerId", session_id "sessionId", driver_id "driverId", payload
            from events where sequence > ${String(this.#position)}::bigint order by events.sequence limit ${BATCH}
        )
        select pg_snapshot_xmin(pg_current_snapshot())::text oldest,
               (select json_agg(page order by page.sequence::bigint) from page) events
      `.execute(this.#em.getKysely()),
    );
    const row = rows[0]!;
    return { oldestRunning: BigInt(row.oldest), events: row.events ?? [] };
  }

  async #last(): Promise<bigint> {
    const { rows } = await runInScope(systemScope, () =>
      sql<{ last: string }>`select coalesce(max(sequence), 0)::text last from events`.execute(
        this.#em.getKysely(),
      ),
    );
    return BigInt(rows[0]!.last);
  }

  /** A transaction that began now: who has drawn a number by now is older. */
  async #begun(): Promise<bigint> {
    const { rows } = await runInScope(systemScope, () =>
      sql<{ id: string }>`select pg_current_xact_id()::text id`.execute(this.#em.getKysely()),
    );
    return BigInt(rows[0]!.id);
  }
}
