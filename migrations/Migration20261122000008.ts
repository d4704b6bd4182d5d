import { Migration } from '@mikro-orm/migrations';

/** What operators do with a station: settings, firmware, logs, local lists, availability, security. */
export class Migration20261122000008 extends Migration {
  override name = 'Migration20261122000008';

  override up(): void | Promise<void> {
    // what stations know a firmware update or an upload by (OCPP's request id): positive, 32 bits
    this.addSql('create sequence app.station_job_number as integer cycle');
    this.addSql(`
      create function app.next_station_job_number() returns integer language sql volatile as
        $$ select nextval('app.station_job_number')::integer $$`);

    this.addSql(
      `create table "local_lists" ("charger_id" uuid not null, "network_id" uuid not null, "version" int not null default 0, "entries" jsonb not null default '[]', "sent_at" timestamptz(3) null, "busy_until" timestamptz(3) null, primary key ("charger_id"));`,
    );
    this.addSql(
      `create table "configuration_changes" ("id" uuid not null, "network_id" uuid not null, "charger_id" uuid not null, "component" text not null default '', "component_instance" text not null default '', "evse_number" int not null default 0, "variable" text not null, "variable_instance" text not null default '', "attribute_type" text not null default 'Actual', "old_value" text null, "new_value" text null, "outcome" text not null, "requested_by" uuid null, "created_at" timestamptz(3) not null default now(), primary key ("id"));`,
    );
    this.addSql(
      `create index "configuration_changes_charger_index" on "configuration_changes" ("charger_id", "created_at", "id");`,
    );
    this.addSql(
      `create table "charger_variables" ("id" uuid not null, "network_id" uuid not null, "charger_id" uuid not null, "component" text not null default '', "component_instance" text not null default '', "evse_number" int not null default 0, "variable" text not null, "variable_instance" text not null default '', "attribute_type" text not null default 'Actual', "value" text null, "mutability" text not null, "data_type" text null, "unit" text null, "is_secret" boolean not null default false, "read_at" timestamptz(3) not null, primary key ("id"));`,
    );
    this.addSql(
      `alter table "charger_variables" add constraint "charger_variables_name_unique" unique ("charger_id", "component", "component_instance", "evse_number", "variable", "variable_instance", "attribute_type");`,
    );
    this.addSql(
      `create table "charger_certificates" ("id" uuid not null, "network_id" uuid not null, "charger_id" uuid not null, "status" text not null, "csr" text not null, "chain" text null, "serial_number" text null, "valid_to" timestamptz(3) null, "created_at" timestamptz(3) not null default now(), "updated_at" timestamptz(3) not null default now(), primary key ("id"));`,
    );
    this.addSql(
      `create index "charger_certificates_charger_index" on "charger_certificates" ("charger_id", "created_at", "id");`,
    );
    this.addSql(
      `create table "availability_wishes" ("id" uuid not null, "network_id" uuid not null, "charger_id" uuid not null, "connector_number" int not null, "is_operative" boolean not null, "status" text not null, "requested_by" uuid null, "requested_at" timestamptz(3) not null, "answered_at" timestamptz(3) null, primary key ("id"));`,
    );
    this.addSql(
      `alter table "availability_wishes" add constraint "availability_wishes_connector_unique" unique ("charger_id", "connector_number");`,
    );
    this.addSql(
      `create table "security_events" ("id" uuid not null, "network_id" uuid not null, "charger_id" uuid not null, "type" text not null, "tech_info" text null, "is_critical" boolean not null, "occurred_at" timestamptz(3) not null, "created_at" timestamptz(3) not null default now(), primary key ("id"));`,
    );
    this.addSql(
      `create index "security_events_network_index" on "security_events" ("network_id", "created_at", "id");`,
    );
    this.addSql(
      `create index "security_events_charger_index" on "security_events" ("charger_id", "created_at", "id");`,
    );
    this.addSql(
      `alter table "security_events" add constraint "security_events_once_unique" unique ("charger_id", "type", "occurred_at");`,
    );
    this.addSql(
      `create table "station_authorities" ("id" uuid not null, "certificate" text not null, "sealed_private_key" text not null, "created_at" timestamptz(3) not null default now(), primary key ("id"));`,
    );
    this.addSql(
      `create table "station_jobs" ("id" uuid not null, "network_id" uuid not null, "charger_id" uuid not null, "number" int not null default app.next_station_job_number(), "kind" text not null, "status" text not null, "location" text not null, "is_signed" boolean not null default false, "retrieve_at" timestamptz(3) null, "install_at" timestamptz(3) null, "oldest_at" timestamptz(3) null, "latest_at" timestamptz(3) null, "retries" int null, "retry_interval_seconds" int null, "file_name" text null, "error" text null, "history" jsonb not null default '[]', "requested_by" uuid null, "created_at" timestamptz(3) not null default now(), "updated_at" timestamptz(3) not null default now(), "ended_at" timestamptz(3) null, primary key ("id"));`,
    );
    this.addSql(
      `create index "station_jobs_network_index" on "station_jobs" ("network_id", "created_at", "id");`,
    );
    this.addSql(
      `create index "station_jobs_charger_index" on "station_jobs" ("charger_id", "created_at", "id");`,
    );
    this.addSql(`alter table "station_jobs" add constraint "station_jobs_number_unique" unique ("number");`);
    this.addSql(
      `alter table "chargers" add "next_password_salt" text null, add "next_password_hash" text null;`,
    );
    this.addSql(
      `alter table "local_lists" add constraint "local_lists_charger_id_foreign" foreign key ("charger_id") references "chargers" ("id") on update cascade on delete cascade;`,
    );
    this.addSql(
      `alter table "local_lists" add constraint "local_lists_network_id_foreign" foreign key ("network_id") references "networks" ("id");`,
    );
    this.addSql(`alter table "local_lists" enable row level security;`);
    this.addSql(`alter table "local_lists" force row level security;`);
    this.addSql(
      `create policy "tenant" on "local_lists" using (network_id = any ((select app.networks())::uuid[])) with check (network_id = any ((select app.networks())::uuid[]));`,
    );
    this.addSql(
      `alter table "configuration_changes" add constraint "configuration_changes_network_id_foreign" foreign key ("network_id") references "networks" ("id");`,
    );
    this.addSql(
      `alter table "configuration_changes" add constraint "configuration_changes_charger_id_foreign" foreign key ("charger_id") references "chargers" ("id") on delete cascade;`,
    );
    this.addSql(`alter table "configuration_changes" enable row level security;`);
    this.addSql(`alter table "configuration_changes" force row level security;`);
    this.addSql(
      `create policy "tenant" on "configuration_changes" using (network_id = any ((select app.networks())::uuid[])) with check (network_id = any ((select app.networks())::uuid[]));`,
    );
    this.addSql(
      `alter table "charger_variables" add constraint "charger_variables_network_id_foreign" foreign key ("network_id") references "networks" ("id");`,
    );
    this.addSql(
      `alter table "charger_variables" add constraint "charger_variables_charger_id_foreign" foreign key ("charger_id") references "chargers" ("id") on delete cascade;`,
    );
    this.addSql(`alter table "charger_variables" enable row level security;`);
    this.addSql(`alter table "charger_variables" force row level security;`);
    this.addSql(
      `create policy "tenant" on "charger_variables" using (network_id = any ((select app.networks())::uuid[])) with check (network_id = any ((select app.networks())::uuid[]));`,
    );
    this.addSql(
      `alter table "charger_certificates" add constraint "charger_certificates_network_id_foreign" foreign key ("network_id") references "networks" ("id");`,
    );
    this.addSql(
      `alter table "charger_certificates" add constraint "charger_certificates_charger_id_foreign" foreign key ("charger_id") references "chargers" ("id") on delete cascade;`,
    );
    this.addSql(`alter table "charger_certificates" enable row level security;`);
    this.addSql(`alter table "charger_certificates" force row level security;`);
    this.addSql(
      `create policy "tenant" on "charger_certificates" using (network_id = any ((select app.networks())::uuid[])) with check (network_id = any ((select app.networks())::uuid[]));`,
    );
    this.addSql(
      `alter table "availability_wishes" add constraint "availability_wishes_network_id_foreign" foreign key ("network_id") references "networks" ("id");`,
    );
    this.addSql(
      `alter table "availability_wishes" add constraint "availability_wishes_charger_id_foreign" foreign key ("charger_id") references "chargers" ("id") on delete cascade;`,
    );
    this.addSql(`alter table "availability_wishes" enable row level security;`);
    this.addSql(`alter table "availability_wishes" force row level security;`);
    this.addSql(
      `create policy "tenant" on "availability_wishes" using (network_id = any ((select app.networks())::uuid[])) with check (network_id = any ((select app.networks())::uuid[]));`,
    );
    this.addSql(
      `alter table "security_events" add constraint "security_events_network_id_foreign" foreign key ("network_id") references "networks" ("id");`,
    );
    this.addSql(
      `alter table "security_events" add constraint "security_events_charger_id_foreign" foreign key ("charger_id") references "chargers" ("id") on delete cascade;`,
    );
    this.addSql(`alter table "security_events" enable row level security;`);
    this.addSql(`alter table "security_events" force row level security;`);
    this.addSql(
      `create policy "tenant" on "security_events" using (network_id = any ((select app.networks())::uuid[])) with check (network_id = any ((select app.networks())::uuid[]));`,
    );
    this.addSql(
      `alter table "station_jobs" add constraint "station_jobs_network_id_foreign" foreign key ("network_id") references "networks" ("id");`,
    );
    this.addSql(
      `alter table "station_jobs" add constraint "station_jobs_charger_id_foreign" foreign key ("charger_id") references "chargers" ("id") on delete cascade;`,
    );
    this.addSql(`alter table "station_jobs" enable row level security;`);
    this.addSql(`alter table "station_jobs" force row level security;`);
    this.addSql(
      `create policy "tenant" on "station_jobs" using (network_id = any ((select app.networks())::uuid[])) with check (network_id = any ((select app.networks())::uuid[]));`,
    );
  }
}
