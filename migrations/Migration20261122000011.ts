import { Migration } from '@mikro-orm/migrations';

/** What drivers are told by push, mail and SMS; alerts of which one stands for all that happen to its subject. */
export class Migration20261122000011 extends Migration {
  override name = 'Migration20261122000011';

  override up(): void | Promise<void> {
    // webhooks are one of several consumers of the log now
    this.addSql(`alter table "webhook_cursor" rename to "event_cursors";`);
    this.addSql(
      `alter table "event_cursors" rename constraint "webhook_cursor_pkey" to "event_cursors_pkey";`,
    );
    this.addSql(`update "event_cursors" set "id" = 'webhooks' where "id" = 'events';`);
    // what happened before there were notifications is nobody's to hear
    this.addSql(
      `insert into "event_cursors" ("id", "sequence") select name, coalesce(pg_sequence_last_value('app.event_sequence'), 0) from unnest(array['notifications', 'alerts']) name;`,
    );

    this.addSql(
      `create table "notifications" ("id" uuid not null, "network_id" uuid not null, "driver_id" uuid not null, "kind" text not null, "channel" text not null, "source_id" uuid not null, "content" jsonb not null, "recipient" text null, "devices" jsonb null, "useful_until" timestamptz(3) not null, "status" text not null, "reason" text null, "attempt_count" int not null, "provider_id" text null, "created_at" timestamptz(3) not null default now(), "completed_at" timestamptz(3) null, primary key ("id"));`,
    );
    this.addSql(
      `create index "notifications_driver_index" on "notifications" ("driver_id", "created_at", "id");`,
    );
    this.addSql(
      `create index "notifications_network_index" on "notifications" ("network_id", "created_at", "id");`,
    );
    this.addSql(
      `alter table "notifications" add constraint "notifications_once_unique" unique ("source_id", "driver_id", "channel");`,
    );
    this.addSql(
      `alter table "notifications" add constraint "notifications_network_id_foreign" foreign key ("network_id") references "networks" ("id");`,
    );
    this.addSql(
      `alter table "notifications" add constraint "notifications_driver_id_foreign" foreign key ("driver_id") references "drivers" ("id") on delete cascade;`,
    );
    this.addSql(`alter table "notifications" enable row level security;`);
    this.addSql(`alter table "notifications" force row level security;`);
    this.addSql(
      `create policy "tenant" on "notifications" using (network_id = any ((select app.networks())::uuid[])) with check (network_id = any ((select app.networks())::uuid[]));`,
    );

    this.addSql(`alter table "networks" add "alert_email" text null;`);
    this.addSql(
      `alter table "alerts" add "subject" text null, add "occurrences" int not null default 1, add "last_occurred_at" timestamptz(3) null, add "resolved_at" timestamptz(3) null, add "mailed_at" timestamptz(3) null;`,
    );
    this.addSql(
      `create unique index "alerts_one_open_unique" on "alerts" ("network_id", "type", "subject") where ("acknowledged_at" is null);`,
    );
  }
}
