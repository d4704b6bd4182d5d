import { Migration } from '@mikro-orm/migrations';

export class Migration20261122074345 extends Migration {
  override name = 'Migration20261122074345';

  override up(): void | Promise<void> {
    this.addSql(`drop view if exists "graphile_worker"."jobs" cascade;`);
    this.addSql(
      `create table "events" ("sequence" bigserial primary key, "id" uuid not null, "network_id" uuid not null, "type" text not null, "occurred_at" timestamptz(3) not null, "charger_id" uuid null, "session_id" uuid null, "driver_id" uuid null, "payload" jsonb not null);`,
    );
    this.addSql(`create index "events_network_index" on "events" ("network_id", "sequence");`);

    this.addSql(
      `create table "meter_values" ("id" uuid not null, "at" timestamptz(3) not null, "network_id" uuid not null, "charger_id" uuid not null, "connector_number" int not null, "session_id" uuid null, "digest" text not null, "energy_wh" numeric(16,3) null, "power_w" double precision null, "soc_percent" double precision null, "samples" jsonb not null, "received_at" timestamptz(3) not null default now(), primary key ("id", "at")) partition by range ("at");`,
    );
    this.addSql(`create index "meter_values_session_index" on "meter_values" ("session_id", "at");`);
    this.addSql(
      `create unique index "meter_values_digest_unique" on "meter_values" ("charger_id", "at", "digest");`,
    );
    this.addSql(`create table "meter_values_default" partition of "meter_values" default;`);

    this.addSql(
      `create table "networks" ("id" uuid not null, "name" text not null, "country_code" varchar(2) not null, "party_id" varchar(3) not null, "currency" varchar(3) not null, "branding" jsonb not null, "created_at" timestamptz(3) not null default now(), "updated_at" timestamptz(3) not null default now(), primary key ("id"));`,
    );
    this.addSql(
      `alter table "networks" add constraint "networks_party_unique" unique ("country_code", "party_id");`,
    );

    this.addSql(
      `create table "locations" ("id" uuid not null, "network_id" uuid not null, "name" text not null, "address" text not null, "city" text not null, "state" text null, "postal_code" text null, "country" text not null, "latitude" double precision not null, "longitude" double precision not null, "time_zone" text not null, "is_published" boolean not null default true, "created_at" timestamptz(3) not null default now(), "updated_at" timestamptz(3) not null default now(), primary key ("id"));`,
    );
    this.addSql(`create index "locations_network_id_index" on "locations" ("network_id", "id");`);

    this.addSql(
      `create table "drivers" ("id" uuid not null, "network_id" uuid not null, "email" text not null, "first_name" text not null, "last_name" text not null, "phone_number" text null, "address" text null, "city" text null, "state" text null, "postal_code" text null, "country" text null, "password_hash" text null, "created_at" timestamptz(3) not null default now(), "updated_at" timestamptz(3) null, primary key ("id"));`,
    );
    this.addSql(`create unique index "drivers_email_unique" on "drivers" ("network_id", lower("email"));`);

    this.addSql(
      `create table "chargers" ("id" uuid not null, "network_id" uuid not null, "location_id" uuid null, "uid" text not null, "evse_id" text null, "is_public" boolean not null default true, "max_power_w" numeric(12,3) null, "latitude" double precision null, "longitude" double precision null, "installation_date" timestamptz(3) null, "floor_level" text null, "physical_reference" text null, "serial_number" text null, "manufacturer" text null, "model" text null, "firmware_version" text null, "ocpp_version" text null, "security_profile" smallint not null default 1, "password_salt" text null, "password_hash" text null, "heartbeat_interval_seconds" int not null default 120, "registration_status" text not null default 'Accepted', "booted_at" timestamptz(3) null, "station_status" text null, "station_status_at" timestamptz(3) null, "created_at" timestamptz(3) not null default now(), "updated_at" timestamptz(3) not null default now(), primary key ("id"));`,
    );
    this.addSql(`create index "chargers_network_id_index" on "chargers" ("network_id", "id");`);
    this.addSql(`create index "chargers_location_id_index" on "chargers" ("location_id");`);
    this.addSql(`alter table "chargers" add constraint "chargers_uid_unique" unique ("uid");`);

    this.addSql(
      `create table "connectors" ("id" uuid not null, "network_id" uuid not null, "charger_id" uuid not null, "number" int not null, "evse_number" int not null, "evse_connector_number" int not null, "standard" text not null, "format" text not null, "power_type" text not null, "max_voltage_v" int not null, "max_current_a" int not null, "max_power_w" int not null, "status" text not null default 'UNKNOWN', "status_at" timestamptz(3) null, "error_code" text null, "status_info" text null, "created_at" timestamptz(3) not null default now(), "updated_at" timestamptz(3) not null default now(), primary key ("id"));`,
    );
    this.addSql(
      `alter table "connectors" add constraint "connectors_number_unique" unique ("charger_id", "number");`,
    );
    this.addSql(
      `alter table "connectors" add constraint "connectors_evse_unique" unique ("charger_id", "evse_number", "evse_connector_number");`,
    );

    this.addSql(
      `create table "connector_status_reports" ("id" uuid not null, "network_id" uuid not null, "connector_id" uuid not null, "at" timestamptz(3) not null, "status" text not null, "error_code" text null, "received_at" timestamptz(3) not null default now(), primary key ("id"));`,
    );
    this.addSql(
      `create index "connector_status_reports_at_index" on "connector_status_reports" ("connector_id", "at");`,
    );

    this.addSql(
      `create table "charger_connections" ("charger_id" uuid not null, "network_id" uuid not null, "node_id" text null, "connection_id" uuid not null, "connected_at" timestamptz(3) not null, "last_message_at" timestamptz(3) not null, "last_heartbeat_at" timestamptz(3) null, "is_online" boolean not null, primary key ("charger_id"));`,
    );
    this.addSql(`create index "charger_connections_node_index" on "charger_connections" ("node_id");`);

    this.addSql(
      `create table "api_keys" ("id" uuid not null, "network_id" uuid not null, "name" text not null, "kind" text not null, "scopes" text[] not null, "hash" text not null, "prefix" text not null, "last_four" text not null, "expires_at" timestamptz(3) null, "revoked_at" timestamptz(3) null, "created_at" timestamptz(3) not null default now(), primary key ("id"));`,
    );
    this.addSql(`alter table "api_keys" add constraint "api_keys_hash_unique" unique ("hash");`);
    this.addSql(`create index "api_keys_network_id_index" on "api_keys" ("network_id");`);

    this.addSql(
      `create table "api_key_networks" ("api_key_id" uuid not null, "network_id" uuid not null, primary key ("api_key_id", "network_id"));`,
    );

    this.addSql(
      `create table "nodes" ("id" text not null, "started_at" timestamptz(3) not null default now(), "last_seen_at" timestamptz(3) not null default now(), primary key ("id"));`,
    );

    this.addSql(
      `create table "number_series" ("network_id" uuid not null, "series" text not null, "year" int not null, "last" int not null, primary key ("network_id", "series", "year"));`,
    );

    this.addSql(
      `create table "set_aside_messages" ("id" uuid not null, "network_id" uuid not null, "charger_id" uuid not null, "action" text not null, "reason" text not null, "payload" jsonb not null, "received_at" timestamptz(3) not null default now(), primary key ("id"));`,
    );
    this.addSql(
      `create index "set_aside_messages_charger_index" on "set_aside_messages" ("charger_id", "received_at");`,
    );

    this.addSql(
      `create table "tariffs" ("id" uuid not null, "network_id" uuid not null, "code" text not null, "name" text not null, "description" text null, "type" text not null, "currency" varchar(3) not null, "is_free" boolean not null default false, "energy_rate" numeric(14,6) not null default '0', "time_rate" numeric(14,6) not null default '0', "idle_rate" numeric(14,6) not null default '0', "idle_grace_seconds" int not null default 0, "session_fee" numeric(14,6) not null default '0', "minimum_session_fee" numeric(14,6) null, "maximum_session_fee" numeric(14,6) null, "tax_rate" numeric(7,4) not null default '0', "effective_from" timestamptz(3) not null, "effective_to" timestamptz(3) null, "created_at" timestamptz(3) not null default now(), "updated_at" timestamptz(3) not null default now(), primary key ("id"));`,
    );
    this.addSql(`alter table "tariffs" add constraint "tariffs_code_unique" unique ("network_id", "code");`);

    this.addSql(
      `create table "tariff_assignments" ("id" uuid not null, "network_id" uuid not null, "tariff_id" uuid not null, "location_id" uuid null, "charger_id" uuid null, "connector_id" uuid null, "effective_from" timestamptz(3) not null, "effective_to" timestamptz(3) null, "created_at" timestamptz(3) not null default now(), primary key ("id"));`,
    );
    this.addSql(`create index "tariff_assignments_network_index" on "tariff_assignments" ("network_id");`);
    this.addSql(`create index "tariff_assignments_tariff_index" on "tariff_assignments" ("tariff_id");`);
    this.addSql(`create index "tariff_assignments_location_index" on "tariff_assignments" ("location_id");`);
    this.addSql(`create index "tariff_assignments_charger_index" on "tariff_assignments" ("charger_id");`);
    this.addSql(
      `create index "tariff_assignments_connector_index" on "tariff_assignments" ("connector_id");`,
    );

    this.addSql(
      `create table "tokens" ("id" uuid not null, "network_id" uuid not null, "driver_id" uuid not null, "uid" text not null, "type" text not null, "contract_id" text not null, "alias" text null, "group_uid" text null, "is_blocked" boolean not null default false, "expires_at" timestamptz(3) null, "revoked_at" timestamptz(3) null, "last_used_at" timestamptz(3) null, "created_at" timestamptz(3) not null default now(), primary key ("id"));`,
    );
    this.addSql(`create unique index "tokens_uid_unique" on "tokens" ("network_id", lower("uid"));`);
    this.addSql(`create index "tokens_driver_id_index" on "tokens" ("driver_id");`);

    this.addSql(
      `create table "sessions" ("id" uuid not null, "network_id" uuid not null, "charger_id" uuid not null, "connector_id" uuid null, "connector_number" int not null, "location_id" uuid null, "driver_id" uuid null, "token_id" uuid null, "id_tag" text not null, "status" text not null, "auth_method" text not null, "correlation_id" uuid not null, "transaction_number" int null, "requested_at" timestamptz(3) null, "expires_at" timestamptz(3) null, "start_time" timestamptz(3) null, "end_time" timestamptz(3) null, "start_meter_wh" numeric(16,3) null, "end_meter_wh" numeric(16,3) null, "current_meter_wh" numeric(16,3) null, "energy_wh" numeric(16,3) not null default '0', "idle_seconds" int not null default 0, "is_idle" boolean not null default false, "current_power_w" double precision null, "max_power_w" double precision null, "soc_percent" double precision null, "metering" jsonb null, "start_reason" text null, "stop_reason" text null, "failure_reason" text null, "flags" text[] not null default '{}', "tariff_id" uuid null, "tariff" jsonb null, "created_at" timestamptz(3) not null default now(), "updated_at" timestamptz(3) not null default now(), primary key ("id"));`,
    );
    this.addSql(
      `create unique index "sessions_start_unique" on "sessions" ("charger_id", "connector_number", lower("id_tag"), "start_time", "start_meter_wh") where ("start_time" is not null);`,
    );
    this.addSql(
      `create unique index "sessions_transaction_number_unique" on "sessions" ("transaction_number") where ("transaction_number" is not null);`,
    );
    this.addSql(
      `create unique index "sessions_one_pending_unique" on "sessions" ("charger_id", "connector_number") where ("status" = 'pending'::text);`,
    );
    this.addSql(
      `create index "sessions_open_index" on "sessions" ("charger_id") where ("status" = any (array['pending'::text, 'active'::text, 'idle'::text, 'stopping'::text]));`,
    );
    this.addSql(
      `create index "sessions_network_start_index" on "sessions" ("network_id", "start_time", "id");`,
    );
    this.addSql(`create index "sessions_charger_index" on "sessions" ("charger_id", "start_time");`);
    this.addSql(`create index "sessions_driver_index" on "sessions" ("driver_id", "start_time");`);

    this.addSql(
      `create table "transactions" ("id" uuid not null, "network_id" uuid not null, "session_id" uuid not null, "driver_id" uuid null, "ocpi_id" text not null, "location_id" uuid null, "location_name" text null, "location_address" text null, "charger_uid" text not null, "connector_number" int not null, "start_time" timestamptz(3) not null, "end_time" timestamptz(3) not null, "energy_wh" numeric(16,3) not null, "charging_seconds" int not null, "idle_seconds" int not null, "chargeable_idle_seconds" int not null, "currency" varchar(3) not null, "energy_cost" bigint not null, "time_cost" bigint not null, "session_fee" bigint not null, "idle_fee" bigint not null, "subtotal" bigint not null, "tax" bigint not null, "total" bigint not null, "tariff" jsonb not null, "payment_status" text null, "created_at" timestamptz(3) not null default now(), primary key ("id"));`,
    );
    this.addSql(
      `alter table "transactions" add constraint "transactions_session_unique" unique ("session_id");`,
    );
    this.addSql(
      `create index "transactions_network_end_index" on "transactions" ("network_id", "end_time", "id");`,
    );
    this.addSql(`create index "transactions_driver_end_index" on "transactions" ("driver_id", "end_time");`);
    this.addSql(
      `alter table "transactions" add constraint "transactions_ocpi_id_unique" unique ("network_id", "ocpi_id");`,
    );

    this.addSql(
      `create table "unknown_chargers" ("uid" text not null, "network_id" uuid null, "remote_address" text null, "first_seen_at" timestamptz(3) not null default now(), "last_seen_at" timestamptz(3) not null default now(), "attempts" int not null default 1, primary key ("uid"));`,
    );

    this.addSql(`drop table if exists "graphile_worker"."_private_job_queues" cascade;`);
    this.addSql(`drop table if exists "graphile_worker"."_private_jobs" cascade;`);
    this.addSql(`drop table if exists "graphile_worker"."_private_known_crontabs" cascade;`);
    this.addSql(`drop table if exists "graphile_worker"."_private_tasks" cascade;`);
    this.addSql(`drop table if exists "graphile_worker"."migrations" cascade;`);

    this.addSql(`alter table "events" enable row level security;`);
    this.addSql(`alter table "events" force row level security;`);
    this.addSql(
      `create policy "tenant" on "events" using (network_id = any ((select app_networks())::uuid[])) with check (network_id = any ((select app_networks())::uuid[]));`,
    );
    this.addSql(`create policy "system_reads" on "events" for select using ((select app_system()));`);

    this.addSql(`alter table "meter_values" enable row level security;`);
    this.addSql(`alter table "meter_values" force row level security;`);
    this.addSql(
      `create policy "tenant" on "meter_values" using (network_id = any ((select app_networks())::uuid[])) with check (network_id = any ((select app_networks())::uuid[]));`,
    );

    this.addSql(`alter table "networks" enable row level security;`);
    this.addSql(`alter table "networks" force row level security;`);
    this.addSql(
      `create policy "tenant" on "networks" using (id = any ((select app_networks())::uuid[])) with check (id = any ((select app_networks())::uuid[]));`,
    );
    this.addSql(`create policy "system_reads" on "networks" for select using ((select app_system()));`);

    this.addSql(
      `alter table "locations" add constraint "locations_network_id_foreign" foreign key ("network_id") references "networks" ("id");`,
    );
    this.addSql(`alter table "locations" enable row level security;`);
    this.addSql(`alter table "locations" force row level security;`);
    this.addSql(
      `create policy "tenant" on "locations" using (network_id = any ((select app_networks())::uuid[])) with check (network_id = any ((select app_networks())::uuid[]));`,
    );

    this.addSql(
      `alter table "drivers" add constraint "drivers_network_id_foreign" foreign key ("network_id") references "networks" ("id");`,
    );
    this.addSql(`alter table "drivers" enable row level security;`);
    this.addSql(`alter table "drivers" force row level security;`);
    this.addSql(
      `create policy "tenant" on "drivers" using (network_id = any ((select app_networks())::uuid[])) with check (network_id = any ((select app_networks())::uuid[]));`,
    );

    this.addSql(
      `alter table "chargers" add constraint "chargers_network_id_foreign" foreign key ("network_id") references "networks" ("id");`,
    );
    this.addSql(
      `alter table "chargers" add constraint "chargers_location_id_foreign" foreign key ("location_id") references "locations" ("id") on delete set null;`,
    );
    this.addSql(`alter table "chargers" enable row level security;`);
    this.addSql(`alter table "chargers" force row level security;`);
    this.addSql(
      `create policy "tenant" on "chargers" using (network_id = any ((select app_networks())::uuid[])) with check (network_id = any ((select app_networks())::uuid[]));`,
    );
    this.addSql(`create policy "system_reads" on "chargers" for select using ((select app_system()));`);

    this.addSql(
      `alter table "connectors" add constraint "connectors_network_id_foreign" foreign key ("network_id") references "networks" ("id");`,
    );
    this.addSql(
      `alter table "connectors" add constraint "connectors_charger_id_foreign" foreign key ("charger_id") references "chargers" ("id");`,
    );
    this.addSql(`alter table "connectors" enable row level security;`);
    this.addSql(`alter table "connectors" force row level security;`);
    this.addSql(
      `create policy "tenant" on "connectors" using (network_id = any ((select app_networks())::uuid[])) with check (network_id = any ((select app_networks())::uuid[]));`,
    );

    this.addSql(
      `alter table "connector_status_reports" add constraint "connector_status_reports_network_id_foreign" foreign key ("network_id") references "networks" ("id");`,
    );
    this.addSql(
      `alter table "connector_status_reports" add constraint "connector_status_reports_connector_id_foreign" foreign key ("connector_id") references "connectors" ("id");`,
    );
    this.addSql(`alter table "connector_status_reports" enable row level security;`);
    this.addSql(`alter table "connector_status_reports" force row level security;`);
    this.addSql(
      `create policy "tenant" on "connector_status_reports" using (network_id = any ((select app_networks())::uuid[])) with check (network_id = any ((select app_networks())::uuid[]));`,
    );

    this.addSql(
      `alter table "charger_connections" add constraint "charger_connections_charger_id_foreign" foreign key ("charger_id") references "chargers" ("id") on update cascade on delete cascade;`,
    );
    this.addSql(
      `alter table "charger_connections" add constraint "charger_connections_network_id_foreign" foreign key ("network_id") references "networks" ("id");`,
    );
    this.addSql(`alter table "charger_connections" enable row level security;`);
    this.addSql(`alter table "charger_connections" force row level security;`);
    this.addSql(
      `create policy "tenant" on "charger_connections" using (network_id = any ((select app_networks())::uuid[])) with check (network_id = any ((select app_networks())::uuid[]));`,
    );
    this.addSql(
      `create policy "system_reads" on "charger_connections" for select using ((select app_system()));`,
    );

    this.addSql(
      `alter table "api_keys" add constraint "api_keys_network_id_foreign" foreign key ("network_id") references "networks" ("id");`,
    );
    this.addSql(`alter table "api_keys" enable row level security;`);
    this.addSql(`alter table "api_keys" force row level security;`);
    this.addSql(
      `create policy "tenant" on "api_keys" using (network_id = any ((select app_networks())::uuid[])) with check (network_id = any ((select app_networks())::uuid[]));`,
    );
    this.addSql(`create policy "system_reads" on "api_keys" for select using ((select app_system()));`);

    this.addSql(
      `alter table "api_key_networks" add constraint "api_key_networks_api_key_id_foreign" foreign key ("api_key_id") references "api_keys" ("id") on update cascade on delete cascade;`,
    );
    this.addSql(
      `alter table "api_key_networks" add constraint "api_key_networks_network_id_foreign" foreign key ("network_id") references "networks" ("id") on update cascade on delete cascade;`,
    );
    this.addSql(`alter table "api_key_networks" enable row level security;`);
    this.addSql(`alter table "api_key_networks" force row level security;`);
    this.addSql(
      `create policy "tenant" on "api_key_networks" using (network_id = any ((select app_networks())::uuid[])) with check (network_id = any ((select app_networks())::uuid[]));`,
    );
    this.addSql(
      `create policy "system_reads" on "api_key_networks" for select using ((select app_system()));`,
    );

    this.addSql(
      `alter table "number_series" add constraint "number_series_network_id_foreign" foreign key ("network_id") references "networks" ("id");`,
    );
    this.addSql(`alter table "number_series" enable row level security;`);
    this.addSql(`alter table "number_series" force row level security;`);
    this.addSql(
      `create policy "tenant" on "number_series" using (network_id = any ((select app_networks())::uuid[])) with check (network_id = any ((select app_networks())::uuid[]));`,
    );

    this.addSql(
      `alter table "set_aside_messages" add constraint "set_aside_messages_network_id_foreign" foreign key ("network_id") references "networks" ("id");`,
    );
    this.addSql(
      `alter table "set_aside_messages" add constraint "set_aside_messages_charger_id_foreign" foreign key ("charger_id") references "chargers" ("id");`,
    );
    this.addSql(`alter table "set_aside_messages" enable row level security;`);
    this.addSql(`alter table "set_aside_messages" force row level security;`);
    this.addSql(
      `create policy "tenant" on "set_aside_messages" using (network_id = any ((select app_networks())::uuid[])) with check (network_id = any ((select app_networks())::uuid[]));`,
    );

    this.addSql(
      `alter table "tariffs" add constraint "tariffs_network_id_foreign" foreign key ("network_id") references "networks" ("id");`,
    );
    this.addSql(`alter table "tariffs" enable row level security;`);
    this.addSql(`alter table "tariffs" force row level security;`);
    this.addSql(
      `create policy "tenant" on "tariffs" using (network_id = any ((select app_networks())::uuid[])) with check (network_id = any ((select app_networks())::uuid[]));`,
    );

    this.addSql(
      `alter table "tariff_assignments" add constraint "tariff_assignments_network_id_foreign" foreign key ("network_id") references "networks" ("id");`,
    );
    this.addSql(
      `alter table "tariff_assignments" add constraint "tariff_assignments_tariff_id_foreign" foreign key ("tariff_id") references "tariffs" ("id");`,
    );
    this.addSql(
      `alter table "tariff_assignments" add constraint "tariff_assignments_location_id_foreign" foreign key ("location_id") references "locations" ("id") on delete set null;`,
    );
    this.addSql(
      `alter table "tariff_assignments" add constraint "tariff_assignments_charger_id_foreign" foreign key ("charger_id") references "chargers" ("id") on delete set null;`,
    );
    this.addSql(
      `alter table "tariff_assignments" add constraint "tariff_assignments_connector_id_foreign" foreign key ("connector_id") references "connectors" ("id") on delete set null;`,
    );
    this.addSql(
      `alter table "tariff_assignments" add constraint "tariff_assignments_one_target" check (num_nonnulls(location_id, charger_id, connector_id) <= 1);`,
    );
    this.addSql(`alter table "tariff_assignments" enable row level security;`);
    this.addSql(`alter table "tariff_assignments" force row level security;`);
    this.addSql(
      `create policy "tenant" on "tariff_assignments" using (network_id = any ((select app_networks())::uuid[])) with check (network_id = any ((select app_networks())::uuid[]));`,
    );

    this.addSql(
      `alter table "tokens" add constraint "tokens_network_id_foreign" foreign key ("network_id") references "networks" ("id");`,
    );
    this.addSql(
      `alter table "tokens" add constraint "tokens_driver_id_foreign" foreign key ("driver_id") references "drivers" ("id");`,
    );
    this.addSql(`alter table "tokens" enable row level security;`);
    this.addSql(`alter table "tokens" force row level security;`);
    this.addSql(
      `create policy "tenant" on "tokens" using (network_id = any ((select app_networks())::uuid[])) with check (network_id = any ((select app_networks())::uuid[]));`,
    );

    this.addSql(
      `alter table "sessions" add constraint "sessions_network_id_foreign" foreign key ("network_id") references "networks" ("id");`,
    );
    this.addSql(
      `alter table "sessions" add constraint "sessions_charger_id_foreign" foreign key ("charger_id") references "chargers" ("id");`,
    );
    this.addSql(
      `alter table "sessions" add constraint "sessions_connector_id_foreign" foreign key ("connector_id") references "connectors" ("id") on delete set null;`,
    );
    this.addSql(
      `alter table "sessions" add constraint "sessions_location_id_foreign" foreign key ("location_id") references "locations" ("id") on delete set null;`,
    );
    this.addSql(
      `alter table "sessions" add constraint "sessions_driver_id_foreign" foreign key ("driver_id") references "drivers" ("id") on delete set null;`,
    );
    this.addSql(
      `alter table "sessions" add constraint "sessions_token_id_foreign" foreign key ("token_id") references "tokens" ("id") on delete set null;`,
    );
    this.addSql(
      `alter table "sessions" add constraint "sessions_tariff_id_foreign" foreign key ("tariff_id") references "tariffs" ("id") on delete set null;`,
    );
    this.addSql(`alter table "sessions" enable row level security;`);
    this.addSql(`alter table "sessions" force row level security;`);
    this.addSql(
      `create policy "tenant" on "sessions" using (network_id = any ((select app_networks())::uuid[])) with check (network_id = any ((select app_networks())::uuid[]));`,
    );

    this.addSql(
      `alter table "transactions" add constraint "transactions_network_id_foreign" foreign key ("network_id") references "networks" ("id");`,
    );
    this.addSql(
      `alter table "transactions" add constraint "transactions_session_id_foreign" foreign key ("session_id") references "sessions" ("id");`,
    );
    this.addSql(
      `alter table "transactions" add constraint "transactions_driver_id_foreign" foreign key ("driver_id") references "drivers" ("id") on delete set null;`,
    );
    this.addSql(
      `alter table "transactions" add constraint "transactions_location_id_foreign" foreign key ("location_id") references "locations" ("id") on delete set null;`,
    );
    this.addSql(`alter table "transactions" enable row level security;`);
    this.addSql(`alter table "transactions" force row level security;`);
    this.addSql(
      `create policy "tenant" on "transactions" using (network_id = any ((select app_networks())::uuid[])) with check (network_id = any ((select app_networks())::uuid[]));`,
    );

    this.addSql(
      `alter table "unknown_chargers" add constraint "unknown_chargers_network_id_foreign" foreign key ("network_id") references "networks" ("id") on delete set null;`,
    );
    this.addSql(`alter table "unknown_chargers" enable row level security;`);
    this.addSql(`alter table "unknown_chargers" force row level security;`);
    this.addSql(
      `create policy "tenant" on "unknown_chargers" using (network_id = any ((select app_networks())::uuid[]) or (select app_system())) with check (network_id = any ((select app_networks())::uuid[]) or (select app_system()));`,
    );

    this.addSql(`drop schema if exists "graphile_worker";`);
    this.addSql(`drop function if exists "add_job"(text, json, timestamp with time zone, text);`);

    this.addSql(`drop function if exists "app_networks"();`);

    this.addSql(`drop function if exists "app_system"();`);

    this.addSql(`drop function if exists "next_event_sequence"();`);
  }

  override down(): void | Promise<void> {
    this.addSql(`create schema if not exists "graphile_worker";`);
    this.addSql(`alter table "locations" drop constraint "locations_network_id_foreign";`);
    this.addSql(`alter table "drivers" drop constraint "drivers_network_id_foreign";`);
    this.addSql(`alter table "chargers" drop constraint "chargers_network_id_foreign";`);
    this.addSql(`alter table "connectors" drop constraint "connectors_network_id_foreign";`);
    this.addSql(
      `alter table "connector_status_reports" drop constraint "connector_status_reports_network_id_foreign";`,
    );
    this.addSql(
      `alter table "charger_connections" drop constraint "charger_connections_network_id_foreign";`,
    );
    this.addSql(`alter table "api_keys" drop constraint "api_keys_network_id_foreign";`);
    this.addSql(`alter table "api_key_networks" drop constraint "api_key_networks_network_id_foreign";`);
    this.addSql(`alter table "number_series" drop constraint "number_series_network_id_foreign";`);
    this.addSql(`alter table "set_aside_messages" drop constraint "set_aside_messages_network_id_foreign";`);
    this.addSql(`alter table "tariffs" drop constraint "tariffs_network_id_foreign";`);
    this.addSql(`alter table "tariff_assignments" drop constraint "tariff_assignments_network_id_foreign";`);
    this.addSql(`alter table "tokens" drop constraint "tokens_network_id_foreign";`);
    this.addSql(`alter table "sessions" drop constraint "sessions_network_id_foreign";`);
    this.addSql(`alter table "transactions" drop constraint "transactions_network_id_foreign";`);
    this.addSql(`alter table "unknown_chargers" drop constraint "unknown_chargers_network_id_foreign";`);
    this.addSql(`alter table "chargers" drop constraint "chargers_location_id_foreign";`);
    this.addSql(`alter table "tariff_assignments" drop constraint "tariff_assignments_location_id_foreign";`);
    this.addSql(`alter table "sessions" drop constraint "sessions_location_id_foreign";`);
    this.addSql(`alter table "transactions" drop constraint "transactions_location_id_foreign";`);
    this.addSql(`alter table "tokens" drop constraint "tokens_driver_id_foreign";`);
    this.addSql(`alter table "sessions" drop constraint "sessions_driver_id_foreign";`);
    this.addSql(`alter table "transactions" drop constraint "transactions_driver_id_foreign";`);
    this.addSql(`alter table "connectors" drop constraint "connectors_charger_id_foreign";`);
    this.addSql(
      `alter table "charger_connections" drop constraint "charger_connections_charger_id_foreign";`,
    );
    this.addSql(`alter table "set_aside_messages" drop constraint "set_aside_messages_charger_id_foreign";`);
    this.addSql(`alter table "tariff_assignments" drop constraint "tariff_assignments_charger_id_foreign";`);
    this.addSql(`alter table "sessions" drop constraint "sessions_charger_id_foreign";`);
    this.addSql(
      `alter table "connector_status_reports" drop constraint "connector_status_reports_connector_id_foreign";`,
    );
    this.addSql(
      `alter table "tariff_assignments" drop constraint "tariff_assignments_connector_id_foreign";`,
    );
    this.addSql(`alter table "sessions" drop constraint "sessions_connector_id_foreign";`);
    this.addSql(`alter table "api_key_networks" drop constraint "api_key_networks_api_key_id_foreign";`);
    this.addSql(`alter table "tariff_assignments" drop constraint "tariff_assignments_tariff_id_foreign";`);
    this.addSql(`alter table "sessions" drop constraint "sessions_tariff_id_foreign";`);
    this.addSql(`alter table "sessions" drop constraint "sessions_token_id_foreign";`);
    this.addSql(`alter table "transactions" drop constraint "transactions_session_id_foreign";`);

    this.addSql(
      `create table "graphile_worker"."_private_job_queues" ("id" int4 generated always as identity not null, "queue_name" text not null, "locked_at" timestamptz(6) null, "locked_by" text null, "is_available" bool generated always as (locked_at IS NULL) stored not null, constraint "job_queues_pkey1" primary key ("id"));`,
    );
    this.addSql(
      `alter table "graphile_worker"."_private_job_queues" add constraint "job_queues_queue_name_key" unique ("queue_name");`,
    );

    this.addSql(
      `create table "graphile_worker"."_private_jobs" ("id" int8 generated always as identity not null, "job_queue_id" int4 null, "task_id" int4 not null, "payload" json not null default '{}', "priority" int2 not null default 0, "run_at" timestamptz(6) not null default now(), "attempts" int2 not null default 0, "max_attempts" int2 not null default 25, "last_error" text null, "created_at" timestamptz(6) not null default now(), "updated_at" timestamptz(6) not null default now(), "key" text null, "locked_at" timestamptz(6) null, "locked_by" text null, "revision" int4 not null default 0, "flags" jsonb null, "is_available" bool generated always as ((locked_at IS NULL) AND (attempts < max_attempts)) stored not null, constraint "jobs_pkey1" primary key ("id"));`,
    );
    this.addSql(
      `alter table "graphile_worker"."_private_jobs" add constraint "jobs_key_key1" unique ("key");`,
    );
    this.addSql(
      `create index "jobs_main_index" on "graphile_worker"."_private_jobs" ("priority", "run_at") include ("id", "task_id", "job_queue_id") where is_available = true;`,
    );
    this.addSql(
      `create index "jobs_no_queue_index" on "graphile_worker"."_private_jobs" ("priority", "run_at") include ("id", "task_id") where (is_available = true) AND (job_queue_id IS NULL);`,
    );

    this.addSql(
      `create table "graphile_worker"."_private_known_crontabs" ("identifier" text not null, "known_since" timestamptz(6) not null, "last_execution" timestamptz(6) null, constraint "known_crontabs_pkey" primary key ("identifier"));`,
    );

    this.addSql(
      `create table "graphile_worker"."_private_tasks" ("id" int4 generated always as identity not null, "identifier" text not null, constraint "tasks_pkey" primary key ("id"));`,
    );
    this.addSql(
      `alter table "graphile_worker"."_private_tasks" add constraint "tasks_identifier_key" unique ("identifier");`,
    );

    this.addSql(
      `create table "graphile_worker"."migrations" ("id" int4 not null, "ts" timestamptz(6) not null default now(), "breaking" bool not null default false, primary key ("id"));`,
    );

    this.addSql(`drop table if exists "events" cascade;`);
    this.addSql(`drop table if exists "meter_values" cascade;`);
    this.addSql(`drop table if exists "networks" cascade;`);
    this.addSql(`drop table if exists "locations" cascade;`);
    this.addSql(`drop table if exists "drivers" cascade;`);
    this.addSql(`drop table if exists "chargers" cascade;`);
    this.addSql(`drop table if exists "connectors" cascade;`);
    this.addSql(`drop table if exists "connector_status_reports" cascade;`);
    this.addSql(`drop table if exists "charger_connections" cascade;`);
    this.addSql(`drop table if exists "api_keys" cascade;`);
    this.addSql(`drop table if exists "api_key_networks" cascade;`);
    this.addSql(`drop table if exists "nodes" cascade;`);
    this.addSql(`drop table if exists "number_series" cascade;`);
    this.addSql(`drop table if exists "set_aside_messages" cascade;`);
    this.addSql(`drop table if exists "tariffs" cascade;`);
    this.addSql(`drop table if exists "tariff_assignments" cascade;`);
    this.addSql(`drop table if exists "tokens" cascade;`);
    this.addSql(`drop table if exists "sessions" cascade;`);
    this.addSql(`drop table if exists "transactions" cascade;`);
    this.addSql(`drop table if exists "unknown_chargers" cascade;`);

    this.addSql(
      `alter table "graphile_worker"."_private_job_queues" add constraint "job_queues_queue_name_check" check (length(queue_name) <= 128);`,
    );
    this.addSql(`alter table "graphile_worker"."_private_job_queues" enable row level security;`);

    this.addSql(
      `alter table "graphile_worker"."_private_jobs" add constraint "jobs_key_check" check ((length(key) > 0) AND (length(key) <= 512));`,
    );
    this.addSql(
      `alter table "graphile_worker"."_private_jobs" add constraint "jobs_max_attempts_check" check (max_attempts >= 1);`,
    );
    this.addSql(`alter table "graphile_worker"."_private_jobs" enable row level security;`);

    this.addSql(`alter table "graphile_worker"."_private_known_crontabs" enable row level security;`);

    this.addSql(
      `alter table "graphile_worker"."_private_tasks" add constraint "tasks_identifier_check" check (length(identifier) <= 128);`,
    );
    this.addSql(`alter table "graphile_worker"."_private_tasks" enable row level security;`);

    this.addSql(`create view "graphile_worker"."jobs" as SELECT jobs.id,
    job_queues.queue_name,
    tasks.identifier AS task_identifier,
    jobs.priority,
    jobs.run_at,
    jobs.attempts,
    jobs.max_attempts,
    jobs.last_error,
    jobs.created_at,
    jobs.updated_at,
    jobs.key,
    jobs.locked_at,
    jobs.locked_by,
    jobs.revision,
    jobs.flags
   FROM ((graphile_worker._private_jobs jobs
     JOIN graphile_worker._private_tasks tasks ON ((tasks.id = jobs.task_id)))
     LEFT JOIN graphile_worker._private_job_queues job_queues ON ((job_queues.id = jobs.job_queue_id)));`);

    this.addSql(
      `create or replace function "add_job"("task" text, "payload" json, "run_at" timestamp with time zone, "job_key" text) returns void security definer volatile language plpgsql as $$ begin perform graphile_worker.add_job(task, payload, run_at => run_at, job_key => job_key); end $$;`,
    );

    this.addSql(
      `create or replace function "app_networks"() returns uuid[] security invoker language sql as $$ select coalesce(nullif(current_setting('app.networks', true), ''), '{}')::uuid[] $$;`,
    );

    this.addSql(
      `create or replace function "app_system"() returns boolean security invoker language sql as $$ select coalesce(current_setting('app.system', true), 'off') = 'on' $$;`,
    );

    this.addSql(
      `create or replace function "next_event_sequence"() returns bigint security invoker volatile language plpgsql as $$ begin perform pg_current_xact_id(); return nextval('event_sequence'); end $$;`,
    );
  }
}
