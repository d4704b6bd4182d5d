import { Migration } from '@mikro-orm/migrations';

/** Drivers' accounts, and what they and the operators say of places. */
export class Migration20261122000002 extends Migration {
  override name = 'Migration20261122000002';

  override up(): void | Promise<void> {
    // 6 of 30 letters and digits that cannot be taken for one another; a default, so that rows that are there get one
    this.addSql(`
      create function app.new_lookup_code() returns text language plpgsql volatile as $$
      declare code text;
      begin
        loop
          select string_agg(substr('23456789ABCDEFGHJKMNPQRSTVWXYZ', 1 + floor(random() * 30)::int, 1), '')
            into code from generate_series(1, 6);
          exit when not exists (select from chargers where lookup_code = code);
        end loop;
        return code;
      end $$`);

    this.addSql(
      `create table "failed_attempts" ("key" text not null, "count" int not null, "last_at" timestamptz(3) not null, primary key ("key"));`,
    );

    this.addSql(
      `create table "idempotent_answers" ("network_id" uuid not null, "key" text not null, "request_digest" text not null, "status" int null, "sealed_answer" text null, "created_at" timestamptz(3) not null default now(), primary key ("network_id", "key"));`,
    );
    this.addSql(`create index "idempotent_answers_created_index" on "idempotent_answers" ("created_at");`);

    this.addSql(
      `create table "favorites" ("id" uuid not null, "network_id" uuid not null, "driver_id" uuid not null, "target_type" text not null, "target_id" uuid not null, "label" text null, "created_at" timestamptz(3) not null default now(), primary key ("id"));`,
    );
    this.addSql(
      `alter table "favorites" add constraint "favorites_target_unique" unique ("driver_id", "target_type", "target_id");`,
    );

    this.addSql(
      `create table "alerts" ("id" uuid not null, "network_id" uuid not null, "type" text not null, "message" text not null, "location_id" uuid null, "charger_id" uuid null, "created_at" timestamptz(3) not null default now(), "acknowledged_at" timestamptz(3) null, "acknowledged_by" uuid null, primary key ("id"));`,
    );
    this.addSql(`create index "alerts_network_index" on "alerts" ("network_id", "created_at", "id");`);
    this.addSql(
      `create index "alerts_open_index" on "alerts" ("network_id", "created_at") where ("acknowledged_at" is null);`,
    );

    this.addSql(
      `create table "notification_preferences" ("driver_id" uuid not null, "network_id" uuid not null, "push_enabled" boolean not null, "email_enabled" boolean not null, "sms_enabled" boolean not null, "notify_session_started" boolean not null, "notify_session_stopped" boolean not null, "notify_session_failed" boolean not null, "notify_reservation_reminder" boolean not null, "notify_payment" boolean not null, "email" text null, "phone_number" text null, "updated_at" timestamptz(3) not null, primary key ("driver_id"));`,
    );

    this.addSql(
      `create table "password_resets" ("id" uuid not null, "network_id" uuid not null, "driver_id" uuid not null, "created_at" timestamptz(3) not null default now(), "expires_at" timestamptz(3) not null, "used_at" timestamptz(3) null, primary key ("id"));`,
    );
    this.addSql(`create index "password_resets_driver_index" on "password_resets" ("driver_id");`);

    this.addSql(
      `create table "problem_reports" ("id" uuid not null, "network_id" uuid not null, "location_id" uuid not null, "charger_id" uuid null, "driver_id" uuid null, "category" text not null, "note" text null, "created_at" timestamptz(3) not null default now(), primary key ("id"));`,
    );
    this.addSql(
      `create index "problem_reports_location_index" on "problem_reports" ("location_id", "created_at");`,
    );

    this.addSql(
      `create table "refresh_tokens" ("id" uuid not null, "network_id" uuid not null, "driver_id" uuid not null, "family_id" uuid not null, "hash" text not null, "created_at" timestamptz(3) not null default now(), "expires_at" timestamptz(3) not null, "used_at" timestamptz(3) null, "revoked_at" timestamptz(3) null, primary key ("id"));`,
    );
    this.addSql(`alter table "refresh_tokens" add constraint "refresh_tokens_hash_unique" unique ("hash");`);
    this.addSql(`create index "refresh_tokens_family_index" on "refresh_tokens" ("family_id");`);
    this.addSql(`create index "refresh_tokens_driver_index" on "refresh_tokens" ("driver_id");`);

    this.addSql(
      `create table "reviews" ("id" uuid not null, "network_id" uuid not null, "location_id" uuid not null, "driver_id" uuid not null, "rating" smallint not null, "comment" text null, "created_at" timestamptz(3) not null default now(), "updated_at" timestamptz(3) not null default now(), primary key ("id"));`,
    );
    this.addSql(
      `alter table "reviews" add constraint "reviews_driver_unique" unique ("location_id", "driver_id");`,
    );

    this.addSql(
      `create table "signing_keys" ("kid" text not null, "algorithm" text not null, "public_jwk" jsonb not null, "sealed_private_jwk" text not null, "created_at" timestamptz(3) not null default now(), primary key ("kid"));`,
    );

    this.addSql(`alter table "networks" add "app_url" text null;`);

    this.addSql(
      `alter table "locations" add "has_parking" boolean not null default false, add "has_restrooms" boolean not null default false, add "has_wifi" boolean not null default false, add "phone" text null, add "opening_hours" jsonb null, add "images" jsonb not null default '[]';`,
    );
    this.addSql(
      `create index "locations_ground_index" on "locations" ("network_id", "latitude", "longitude");`,
    );

    this.addSql(
      `alter table "chargers" add "lookup_code" varchar(6) not null default app.new_lookup_code(), add "has_rfid_reader" boolean not null default false, add "has_display" boolean not null default false;`,
    );
    this.addSql(`create index "chargers_serial_number_index" on "chargers" ("serial_number");`);
    this.addSql(
      `alter table "chargers" add constraint "chargers_lookup_code_unique" unique ("lookup_code");`,
    );

    this.addSql(`alter table "idempotent_answers" enable row level security;`);
    this.addSql(`alter table "idempotent_answers" force row level security;`);
    this.addSql(
      `create policy "tenant" on "idempotent_answers" using (network_id = any ((select app.networks())::uuid[])) with check (network_id = any ((select app.networks())::uuid[]));`,
    );

    this.addSql(
      `alter table "favorites" add constraint "favorites_network_id_foreign" foreign key ("network_id") references "networks" ("id");`,
    );
    this.addSql(
      `alter table "favorites" add constraint "favorites_driver_id_foreign" foreign key ("driver_id") references "drivers" ("id") on delete cascade;`,
    );
    this.addSql(`alter table "favorites" enable row level security;`);
    this.addSql(`alter table "favorites" force row level security;`);
    this.addSql(
      `create policy "tenant" on "favorites" using (network_id = any ((select app.networks())::uuid[])) with check (network_id = any ((select app.networks())::uuid[]));`,
    );

    this.addSql(
      `alter table "alerts" add constraint "alerts_network_id_foreign" foreign key ("network_id") references "networks" ("id");`,
    );
    this.addSql(
      `alter table "alerts" add constraint "alerts_location_id_foreign" foreign key ("location_id") references "locations" ("id") on delete set null;`,
    );
    this.addSql(
      `alter table "alerts" add constraint "alerts_charger_id_foreign" foreign key ("charger_id") references "chargers" ("id") on delete set null;`,
    );
    this.addSql(`alter table "alerts" enable row level security;`);
    this.addSql(`alter table "alerts" force row level security;`);
    this.addSql(
      `create policy "tenant" on "alerts" using (network_id = any ((select app.networks())::uuid[])) with check (network_id = any ((select app.networks())::uuid[]));`,
    );

    this.addSql(
      `alter table "notification_preferences" add constraint "notification_preferences_driver_id_foreign" foreign key ("driver_id") references "drivers" ("id") on update cascade on delete cascade;`,
    );
    this.addSql(
      `alter table "notification_preferences" add constraint "notification_preferences_network_id_foreign" foreign key ("network_id") references "networks" ("id");`,
    );
    this.addSql(`alter table "notification_preferences" enable row level security;`);
    this.addSql(`alter table "notification_preferences" force row level security;`);
    this.addSql(
      `create policy "tenant" on "notification_preferences" using (network_id = any ((select app.networks())::uuid[])) with check (network_id = any ((select app.networks())::uuid[]));`,
    );

    this.addSql(
      `alter table "password_resets" add constraint "password_resets_network_id_foreign" foreign key ("network_id") references "networks" ("id");`,
    );
    this.addSql(
      `alter table "password_resets" add constraint "password_resets_driver_id_foreign" foreign key ("driver_id") references "drivers" ("id") on delete cascade;`,
    );
    this.addSql(`alter table "password_resets" enable row level security;`);
    this.addSql(`alter table "password_resets" force row level security;`);
    this.addSql(
      `create policy "tenant" on "password_resets" using (network_id = any ((select app.networks())::uuid[])) with check (network_id = any ((select app.networks())::uuid[]));`,
    );

    this.addSql(
      `alter table "problem_reports" add constraint "problem_reports_network_id_foreign" foreign key ("network_id") references "networks" ("id");`,
    );
    this.addSql(
      `alter table "problem_reports" add constraint "problem_reports_location_id_foreign" foreign key ("location_id") references "locations" ("id");`,
    );
    this.addSql(
      `alter table "problem_reports" add constraint "problem_reports_charger_id_foreign" foreign key ("charger_id") references "chargers" ("id") on delete set null;`,
    );
    this.addSql(
      `alter table "problem_reports" add constraint "problem_reports_driver_id_foreign" foreign key ("driver_id") references "drivers" ("id") on delete set null;`,
    );
    this.addSql(`alter table "problem_reports" enable row level security;`);
    this.addSql(`alter table "problem_reports" force row level security;`);
    this.addSql(
      `create policy "tenant" on "problem_reports" using (network_id = any ((select app.networks())::uuid[])) with check (network_id = any ((select app.networks())::uuid[]));`,
    );

    this.addSql(
      `alter table "refresh_tokens" add constraint "refresh_tokens_network_id_foreign" foreign key ("network_id") references "networks" ("id");`,
    );
    this.addSql(
      `alter table "refresh_tokens" add constraint "refresh_tokens_driver_id_foreign" foreign key ("driver_id") references "drivers" ("id") on delete cascade;`,
    );
    this.addSql(`alter table "refresh_tokens" enable row level security;`);
    this.addSql(`alter table "refresh_tokens" force row level security;`);
    this.addSql(
      `create policy "tenant" on "refresh_tokens" using (network_id = any ((select app.networks())::uuid[])) with check (network_id = any ((select app.networks())::uuid[]));`,
    );

    this.addSql(
      `alter table "reviews" add constraint "reviews_network_id_foreign" foreign key ("network_id") references "networks" ("id");`,
    );
    this.addSql(
      `alter table "reviews" add constraint "reviews_location_id_foreign" foreign key ("location_id") references "locations" ("id");`,
    );
    this.addSql(
      `alter table "reviews" add constraint "reviews_driver_id_foreign" foreign key ("driver_id") references "drivers" ("id") on delete cascade;`,
    );
    this.addSql(
      `alter table "reviews" add constraint "reviews_rating_check" check (rating >= 1 and rating <= 5);`,
    );
    this.addSql(`alter table "reviews" enable row level security;`);
    this.addSql(`alter table "reviews" force row level security;`);
    this.addSql(
      `create policy "tenant" on "reviews" using (network_id = any ((select app.networks())::uuid[])) with check (network_id = any ((select app.networks())::uuid[]));`,
    );
  }
}
