import { Migration } from '@mikro-orm/migrations';

/** What the tables stand on: the functions that row-level security asks, and the sequences. */
export class Migration20261122000000 extends Migration {
  override up(): void {
    this.addSql('create schema app');

    // `app.networks` and `app.system` are set on each checkout of a connection; unset, nothing is visible
    this.addSql(`
      create function app.networks() returns uuid[] language sql stable parallel safe as
        $$ select coalesce(nullif(current_setting('app.networks', true), ''), '{}')::uuid[] $$`);
    this.addSql(`
      create function app.system() returns boolean language sql stable parallel safe as
        $$ select coalesce(current_setting('app.system', true), 'off') = 'on' $$`);

    // a transaction that draws an event's sequence has its own id first: the event reader relies on that
    this.addSql('create sequence app.event_sequence');
    this.addSql(`
      create function app.next_event_sequence() returns bigint language plpgsql volatile as
        $$ begin perform pg_current_xact_id(); return nextval('app.event_sequence'); end $$`);

    // OCPP 1.6 transaction ids: positive, 32 bits, unique in the installation
    this.addSql('create sequence app.transaction_number as integer');

    // messages between processes that are longer than a notification may be
    this.addSql(`
      create unlogged table app.bus_messages (
        id bigint generated always as identity primary key,
        body text not null,
        created_at timestamptz not null default now())`);

    // the job queue's tables are its own: the application may add a job, and nothing else
    this.addSql(`
      create function app.add_job(task text, payload json, run_at timestamptz, job_key text) returns void
        language plpgsql security definer set search_path = pg_catalog, pg_temp as
        $$ begin perform graphile_worker.add_job(task, payload, run_at => run_at, job_key => job_key); end $$`);
  }
}
