import { Migration } from '@mikro-orm/migrations';

/** Charging profiles, operators' and those that stations tell of; a setting's mutability that was not told yet. */
export class Migration20261122000012 extends Migration {
  override name = 'Migration20261122000012';

  override up(): void | Promise<void> {
    this.addSql(
      `create table "charging_profiles" ("id" uuid not null, "network_id" uuid not null, "charger_id" uuid not null, "connector_number" int not null, "number" int not null, "status" text not null, "purpose" text not null, "stack_level" int not null, "kind" text not null, "recurrency" text null, "valid_from" timestamptz(3) null, "valid_to" timestamptz(3) null, "session_id" uuid null, "is_from_start" boolean not null default false, "unit" text not null, "starts_at" timestamptz(3) null, "duration_seconds" int null, "min_charging_rate" numeric(12,1) null, "periods" jsonb not null, "sent_periods" jsonb null, "sent_at" timestamptz(3) null, "source" text null, "report_number" int null, "requested_by" uuid null, "created_at" timestamptz(3) not null default now(), "updated_at" timestamptz(3) not null default now(), primary key ("id"));`,
    );
    this.addSql(
      `create index "charging_profiles_charger_index" on "charging_profiles" ("charger_id", "connector_number");`,
    );
    this.addSql(`create index "charging_profiles_session_index" on "charging_profiles" ("session_id");`);
    this.addSql(
      `create unique index "charging_profiles_number_unique" on "charging_profiles" ("charger_id", "number", "status") where ("status" = any (array['pending'::text, 'accepted'::text]));`,
    );

    this.addSql(`alter table "charger_variables" alter column "mutability" drop not null;`);

    this.addSql(
      `alter table "charging_profiles" add constraint "charging_profiles_network_id_foreign" foreign key ("network_id") references "networks" ("id");`,
    );
    this.addSql(
      `alter table "charging_profiles" add constraint "charging_profiles_charger_id_foreign" foreign key ("charger_id") references "chargers" ("id") on delete cascade;`,
    );
    this.addSql(
      `alter table "charging_profiles" add constraint "charging_profiles_session_id_foreign" foreign key ("session_id") references "sessions" ("id") on delete cascade;`,
    );
    this.addSql(`alter table "charging_profiles" enable row level security;`);
    this.addSql(`alter table "charging_profiles" force row level security;`);
    this.addSql(
      `create policy "tenant" on "charging_profiles" using (network_id = any ((select app.networks())::uuid[])) with check (network_id = any ((select app.networks())::uuid[]));`,
    );
  }
}
