import { Migration } from '@mikro-orm/migrations';

/** OCPP 2.0.1: what stations tell of their transactions, and how sessions are known to them. */
export class Migration20261122000007 extends Migration {
  override name = 'Migration20261122000007';

  override up(): void | Promise<void> {
    this.addSql(
      `create table "transaction_events" ("id" uuid not null, "network_id" uuid not null, "charger_id" uuid not null, "transaction_id" text not null, "seq_no" int not null, "type" text not null, "reported_at" timestamptz(3) not null, "at" timestamptz(3) not null, "is_offline" boolean not null, "digest" text not null, "content" jsonb not null, "received_at" timestamptz(3) not null default now(), primary key ("id"));`,
    );
    this.addSql(
      `alter table "transaction_events" add constraint "transaction_events_message_unique" unique ("charger_id", "transaction_id", "seq_no", "digest");`,
    );

    this.addSql(
      `alter table "sessions" add "id_token_type" text null, add "station_transaction_id" text null, add "remote_start_number" int null;`,
    );
    this.addSql(
      `create unique index "sessions_station_transaction_unique" on "sessions" ("charger_id", "station_transaction_id") where ("station_transaction_id" is not null);`,
    );
    this.addSql(
      `create unique index "sessions_remote_start_unique" on "sessions" ("remote_start_number") where ("remote_start_number" is not null);`,
    );

    this.addSql(
      `alter table "transaction_events" add constraint "transaction_events_network_id_foreign" foreign key ("network_id") references "networks" ("id");`,
    );
    this.addSql(
      `alter table "transaction_events" add constraint "transaction_events_charger_id_foreign" foreign key ("charger_id") references "chargers" ("id");`,
    );
    this.addSql(`alter table "transaction_events" enable row level security;`);
    this.addSql(`alter table "transaction_events" force row level security;`);
    this.addSql(
      `create policy "tenant" on "transaction_events" using (network_id = any ((select app.networks())::uuid[])) with check (network_id = any ((select app.networks())::uuid[]));`,
    );
  }
}
