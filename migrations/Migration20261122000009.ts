import { Migration } from '@mikro-orm/migrations';

/** How strictly a charger's messages are taken, and what was mended in them. */
export class Migration20261122000009 extends Migration {
  override up(): void {
    this.addSql(`alter table "chargers" add "message_validation" text not null default 'relaxed';`);
    this.addSql(
      `create table "message_faults" ("charger_id" uuid not null, "action" text not null, "member" text not null, "fault" text not null, "network_id" uuid not null, "count" bigint not null, "first_seen_at" timestamptz(3) not null, "last_seen_at" timestamptz(3) not null, primary key ("charger_id", "action", "member", "fault"));`,
    );
    this.addSql(
      `alter table "message_faults" add constraint "message_faults_charger_id_foreign" foreign key ("charger_id") references "chargers" ("id") on delete cascade;`,
    );
    this.addSql(
      `alter table "message_faults" add constraint "message_faults_network_id_foreign" foreign key ("network_id") references "networks" ("id");`,
    );
    this.addSql(`alter table "message_faults" enable row level security;`);
    this.addSql(`alter table "message_faults" force row level security;`);
    this.addSql(
      `create policy "tenant" on "message_faults" using (network_id = any ((select app.networks())::uuid[])) with check (network_id = any ((select app.networks())::uuid[]));`,
    );
  }
}
