import { Migration } from '@mikro-orm/migrations';

/** Reservations, schedules and limits. */
export class Migration20261122000003 extends Migration {
  override name = 'Migration20261122000003';

  override up(): void | Promise<void> {
    // what stations know a reservation by: positive, 32 bits
    this.addSql('create sequence app.reservation_number as integer');
    this.addSql(`
      create function app.next_reservation_number() returns integer language sql volatile as
        $$ select nextval('app.reservation_number')::integer $$`);

    this.addSql(
      `create table "charging_limits" ("connector_id" uuid not null, "network_id" uuid not null, "charger_id" uuid not null, "requested_unit" text null, "requested_limit" numeric(12,1) null, "requested_by_driver_id" uuid null, "share_w" int null, "sent_w" int null, "sent_at" timestamptz(3) null, "sending_w" int null, "sending_at" timestamptz(3) null, "updated_at" timestamptz(3) not null default now(), primary key ("connector_id"));`,
    );
    this.addSql(`create index "charging_limits_charger_index" on "charging_limits" ("charger_id");`);

    this.addSql(
      `create table "schedules" ("id" uuid not null, "network_id" uuid not null, "driver_id" uuid not null, "charger_id" uuid not null, "connector_number" int not null, "id_tag" text not null, "scheduled_time" timestamptz(3) not null, "status" text not null, "status_reason" text null, "fired_at" timestamptz(3) null, "session_id" uuid null, "created_at" timestamptz(3) not null default now(), "updated_at" timestamptz(3) not null default now(), primary key ("id"));`,
    );
    this.addSql(`create index "schedules_driver_index" on "schedules" ("driver_id", "scheduled_time");`);

    this.addSql(
      `create table "reservations" ("id" uuid not null, "network_id" uuid not null, "number" int not null default app.next_reservation_number(), "charger_id" uuid not null, "connector_id" uuid not null, "connector_number" int not null, "driver_id" uuid not null, "token_id" uuid not null, "id_tag" text not null, "status" text not null, "status_reason" text null, "expires_at" timestamptz(3) not null, "cancelled_at" timestamptz(3) null, "created_at" timestamptz(3) not null default now(), "updated_at" timestamptz(3) not null default now(), primary key ("id"));`,
    );
    this.addSql(
      `create unique index "reservations_one_active_unique" on "reservations" ("connector_id") where ("status" = any (array['pending'::text, 'accepted'::text]));`,
    );
    this.addSql(
      `create index "reservations_network_index" on "reservations" ("network_id", "created_at", "id");`,
    );
    this.addSql(`create index "reservations_driver_index" on "reservations" ("driver_id", "created_at");`);
    this.addSql(`alter table "reservations" add constraint "reservations_number_unique" unique ("number");`);

    this.addSql(`alter table "locations" add "power_limit_w" int null;`);

    this.addSql(
      `alter table "sessions" add "reservation_number" int null, add "awaits_unplug" boolean not null default false;`,
    );
    this.addSql(
      `create index "sessions_awaiting_unplug_index" on "sessions" ("connector_id") where ("awaits_unplug" = true);`,
    );

    this.addSql(
      `alter table "charging_limits" add constraint "charging_limits_connector_id_foreign" foreign key ("connector_id") references "connectors" ("id") on update cascade on delete cascade;`,
    );
    this.addSql(
      `alter table "charging_limits" add constraint "charging_limits_network_id_foreign" foreign key ("network_id") references "networks" ("id");`,
    );
    this.addSql(
      `alter table "charging_limits" add constraint "charging_limits_charger_id_foreign" foreign key ("charger_id") references "chargers" ("id");`,
    );
    this.addSql(
      `alter table "charging_limits" add constraint "charging_limits_requested_by_driver_id_foreign" foreign key ("requested_by_driver_id") references "drivers" ("id") on delete set null;`,
    );
    this.addSql(`alter table "charging_limits" enable row level security;`);
    this.addSql(`alter table "charging_limits" force row level security;`);
    this.addSql(
      `create policy "tenant" on "charging_limits" using (network_id = any ((select app.networks())::uuid[])) with check (network_id = any ((select app.networks())::uuid[]));`,
    );

    this.addSql(
      `alter table "schedules" add constraint "schedules_network_id_foreign" foreign key ("network_id") references "networks" ("id");`,
    );
    this.addSql(
      `alter table "schedules" add constraint "schedules_driver_id_foreign" foreign key ("driver_id") references "drivers" ("id") on delete cascade;`,
    );
    this.addSql(
      `alter table "schedules" add constraint "schedules_charger_id_foreign" foreign key ("charger_id") references "chargers" ("id");`,
    );
    this.addSql(
      `alter table "schedules" add constraint "schedules_session_id_foreign" foreign key ("session_id") references "sessions" ("id") on delete set null;`,
    );
    this.addSql(`alter table "schedules" enable row level security;`);
    this.addSql(`alter table "schedules" force row level security;`);
    this.addSql(
      `create policy "tenant" on "schedules" using (network_id = any ((select app.networks())::uuid[])) with check (network_id = any ((select app.networks())::uuid[]));`,
    );

    this.addSql(
      `alter table "reservations" add constraint "reservations_network_id_foreign" foreign key ("network_id") references "networks" ("id");`,
    );
    this.addSql(
      `alter table "reservations" add constraint "reservations_charger_id_foreign" foreign key ("charger_id") references "chargers" ("id");`,
    );
    this.addSql(
      `alter table "reservations" add constraint "reservations_connector_id_foreign" foreign key ("connector_id") references "connectors" ("id");`,
    );
    this.addSql(
      `alter table "reservations" add constraint "reservations_driver_id_foreign" foreign key ("driver_id") references "drivers" ("id");`,
    );
    this.addSql(
      `alter table "reservations" add constraint "reservations_token_id_foreign" foreign key ("token_id") references "tokens" ("id");`,
    );
    this.addSql(`alter table "reservations" enable row level security;`);
    this.addSql(`alter table "reservations" force row level security;`);
    this.addSql(
      `create policy "tenant" on "reservations" using (network_id = any ((select app.networks())::uuid[])) with check (network_id = any ((select app.networks())::uuid[]));`,
    );
  }
}
