import { Migration } from '@mikro-orm/migrations';

/** Webhooks and push. */
export class Migration20261122000005 extends Migration {
  override name = 'Migration20261122000005';

  override up(): void | Promise<void> {
    this.addSql(
      `create table "push_subscriptions" ("id" uuid not null, "network_id" uuid not null, "driver_id" uuid not null, "endpoint" text not null, "p256dh" text not null, "auth" text not null, "created_at" timestamptz(3) not null default now(), primary key ("id"));`,
    );
    this.addSql(
      `create index "push_subscriptions_driver_index" on "push_subscriptions" ("driver_id", "created_at");`,
    );
    this.addSql(
      `alter table "push_subscriptions" add constraint "push_subscriptions_endpoint_unique" unique ("network_id", "endpoint");`,
    );
    this.addSql(
      `create table "vapid_keys" ("id" text not null, "public_key" text not null, "sealed_private_key" text not null, "created_at" timestamptz(3) not null default now(), primary key ("id"));`,
    );
    this.addSql(
      `create table "webhook_cursor" ("id" text not null, "sequence" bigint not null, primary key ("id"));`,
    );
    this.addSql(
      `create table "webhook_subscriptions" ("id" uuid not null, "network_id" uuid not null, "url" text not null, "events" text[] not null, "description" text not null, "sealed_secret" text not null, "sealed_previous_secret" text null, "previous_secret_until" timestamptz(3) null, "is_active" boolean not null, "consecutive_failures" int not null, "disabled_at" timestamptz(3) null, "disabled_reason" text null, "starts_behind" bigint not null, "sending_until" timestamptz(3) null, "created_at" timestamptz(3) not null default now(), "updated_at" timestamptz(3) not null default now(), primary key ("id"));`,
    );
    this.addSql(
      `create index "webhook_subscriptions_network_index" on "webhook_subscriptions" ("network_id", "created_at", "id");`,
    );
    this.addSql(
      `create table "webhook_deliveries" ("id" uuid not null, "network_id" uuid not null, "subscription_id" uuid not null, "event_id" uuid not null, "event_sequence" bigint not null, "event_type" text not null, "payload" text not null, "status" text not null, "attempt_count" int not null, "max_attempts" int not null, "is_manual" boolean not null, "next_attempt_at" timestamptz(3) null, "created_at" timestamptz(3) not null default now(), "completed_at" timestamptz(3) null, primary key ("id"));`,
    );
    this.addSql(
      `create index "webhook_deliveries_list_index" on "webhook_deliveries" ("subscription_id", "created_at", "id");`,
    );
    this.addSql(
      `create index "webhook_deliveries_due_index" on "webhook_deliveries" ("subscription_id", "next_attempt_at", "event_sequence") where ("status" = 'pending');`,
    );
    this.addSql(
      `alter table "webhook_deliveries" add constraint "webhook_deliveries_event_unique" unique ("subscription_id", "event_id");`,
    );
    this.addSql(
      `create table "webhook_attempts" ("delivery_id" uuid not null, "number" int not null, "network_id" uuid not null, "attempted_at" timestamptz(3) not null, "http_status" int null, "response_body" text null, "error" text null, "duration_ms" int not null, primary key ("delivery_id", "number"));`,
    );
    this.addSql(
      `alter table "push_subscriptions" add constraint "push_subscriptions_network_id_foreign" foreign key ("network_id") references "networks" ("id");`,
    );
    this.addSql(
      `alter table "push_subscriptions" add constraint "push_subscriptions_driver_id_foreign" foreign key ("driver_id") references "drivers" ("id") on delete cascade;`,
    );
    this.addSql(`alter table "push_subscriptions" enable row level security;`);
    this.addSql(`alter table "push_subscriptions" force row level security;`);
    this.addSql(
      `create policy "tenant" on "push_subscriptions" using (network_id = any ((select app.networks())::uuid[])) with check (network_id = any ((select app.networks())::uuid[]));`,
    );
    this.addSql(
      `alter table "webhook_subscriptions" add constraint "webhook_subscriptions_network_id_foreign" foreign key ("network_id") references "networks" ("id");`,
    );
    this.addSql(`alter table "webhook_subscriptions" enable row level security;`);
    this.addSql(`alter table "webhook_subscriptions" force row level security;`);
    this.addSql(
      `create policy "tenant" on "webhook_subscriptions" using (network_id = any ((select app.networks())::uuid[])) with check (network_id = any ((select app.networks())::uuid[]));`,
    );
    this.addSql(
      `create policy "system_reads" on "webhook_subscriptions" for select using ((select app.system()));`,
    );
    this.addSql(
      `alter table "webhook_deliveries" add constraint "webhook_deliveries_network_id_foreign" foreign key ("network_id") references "networks" ("id");`,
    );
    this.addSql(
      `alter table "webhook_deliveries" add constraint "webhook_deliveries_subscription_id_foreign" foreign key ("subscription_id") references "webhook_subscriptions" ("id") on delete cascade;`,
    );
    this.addSql(`alter table "webhook_deliveries" enable row level security;`);
    this.addSql(`alter table "webhook_deliveries" force row level security;`);
    this.addSql(
      `create policy "tenant" on "webhook_deliveries" using (network_id = any ((select app.networks())::uuid[])) with check (network_id = any ((select app.networks())::uuid[]));`,
    );
    this.addSql(
      `alter table "webhook_attempts" add constraint "webhook_attempts_delivery_id_foreign" foreign key ("delivery_id") references "webhook_deliveries" ("id") on delete cascade;`,
    );
    this.addSql(
      `alter table "webhook_attempts" add constraint "webhook_attempts_network_id_foreign" foreign key ("network_id") references "networks" ("id");`,
    );
    this.addSql(`alter table "webhook_attempts" enable row level security;`);
    this.addSql(`alter table "webhook_attempts" force row level security;`);
    this.addSql(
      `create policy "tenant" on "webhook_attempts" using (network_id = any ((select app.networks())::uuid[])) with check (network_id = any ((select app.networks())::uuid[]));`,
    );

    // what happened before there were webhooks is nobody's to hear
    this.addSql(
      `insert into webhook_cursor (id, sequence) values ('events', coalesce(pg_sequence_last_value('app.event_sequence'), 0));`,
    );
  }
}
