import { Migration } from '@mikro-orm/migrations';

/** Invoices and credit notes, payment settings, customers, a session's money and its ledger, refunds. */
export class Migration20261122000006 extends Migration {
  override name = 'Migration20261122000006';

  override up(): void | Promise<void> {
    this.addSql(
      `create table "invoices" ("id" uuid not null, "network_id" uuid not null, "driver_id" uuid null, "number" text not null, "status" text not null, "network_name" text not null, "driver_name" text null, "driver_email" text null, "driver_address" text null, "currency" varchar(3) not null, "subtotal" bigint not null, "tax" bigint not null, "total" bigint not null, "issued_at" timestamptz(3) not null, "due_at" timestamptz(3) not null, "paid_at" timestamptz(3) null, "voided_at" timestamptz(3) null, primary key ("id"));`,
    );
    this.addSql(
      `create index "invoices_network_issued_index" on "invoices" ("network_id", "issued_at", "id");`,
    );
    this.addSql(`create index "invoices_driver_index" on "invoices" ("driver_id", "issued_at");`);
    this.addSql(
      `alter table "invoices" add constraint "invoices_number_unique" unique ("network_id", "number");`,
    );

    this.addSql(
      `create table "payment_customers" ("driver_id" uuid not null, "network_id" uuid not null, "idempotency_key" text not null, "customer_id" text null, "created_at" timestamptz(3) not null default now(), primary key ("driver_id"));`,
    );

    this.addSql(
      `create table "payment_settings" ("network_id" uuid not null, "is_enabled" boolean not null default false, "publishable_key" text null, "sealed_secret_key" text null, "secret_key_last_four" text null, "sealed_webhook_secret" text null, "currency" varchar(3) not null, "methods" text[] not null default '{card}', "hold_amount" bigint null, "minimum_amount" bigint null, "maximum_amount" bigint null, "success_url" text null, "cancel_url" text null, "updated_at" timestamptz(3) not null default now(), primary key ("network_id"));`,
    );

    this.addSql(
      `create table "stripe_events" ("network_id" uuid not null, "event_id" text not null, "type" text not null, "received_at" timestamptz(3) not null default now(), primary key ("network_id", "event_id"));`,
    );
    this.addSql(`create index "stripe_events_received_index" on "stripe_events" ("received_at");`);

    this.addSql(
      `create table "session_payments" ("session_id" uuid not null, "network_id" uuid not null, "driver_id" uuid not null, "currency" varchar(3) not null, "state" text not null, "reason" text null, "hold_amount" bigint null, "minimum_amount" bigint null, "maximum_amount" bigint null, "hold_intent_id" text null, "held" bigint not null default '0', "capture_before" timestamptz(3) null, "stale_intent_id" text null, "captured" bigint not null default '0', "refunded" bigint not null default '0', "waived" bigint not null default '0', "dispute_status" text null, "created_at" timestamptz(3) not null default now(), "updated_at" timestamptz(3) not null default now(), primary key ("session_id"));`,
    );
    this.addSql(`create index "session_payments_driver_index" on "session_payments" ("driver_id");`);
    this.addSql(
      `create index "session_payments_hold_index" on "session_payments" ("network_id", "hold_intent_id") where ("hold_intent_id" is not null);`,
    );

    this.addSql(
      `create table "refunds" ("id" uuid not null, "network_id" uuid not null, "session_id" uuid not null, "status" text not null, "amount" bigint not null, "done" bigint not null default '0', "currency" varchar(3) not null, "reason" text null, "request_key" text null, "error_code" text null, "created_at" timestamptz(3) not null default now(), "settled_at" timestamptz(3) null, primary key ("id"));`,
    );
    this.addSql(
      `create unique index "refunds_request_key_unique" on "refunds" ("network_id", "request_key") where ("request_key" is not null);`,
    );
    this.addSql(`create index "refunds_session_index" on "refunds" ("session_id", "created_at");`);

    this.addSql(
      `create table "payment_operations" ("id" uuid not null, "network_id" uuid not null, "session_id" uuid not null, "kind" text not null, "status" text not null, "amount" bigint not null, "currency" varchar(3) not null, "idempotency_key" text not null, "customer_id" text null, "payment_method_id" text null, "payment_intent_id" text null, "stripe_refund_id" text null, "refund_id" uuid null, "error_code" text null, "decline_code" text null, "attempts" int not null default 0, "sent_at" timestamptz(3) null, "created_at" timestamptz(3) not null default now(), "settled_at" timestamptz(3) null, primary key ("id"));`,
    );
    this.addSql(
      `alter table "payment_operations" add constraint "payment_operations_key_unique" unique ("idempotency_key");`,
    );
    this.addSql(
      `alter table "payment_operations" add constraint "payment_operations_refund_unique" unique ("stripe_refund_id");`,
    );
    this.addSql(
      `create unique index "payment_operations_one_open_unique" on "payment_operations" ("session_id") where ("status" = any (array['pending'::text, 'unknown'::text]));`,
    );
    this.addSql(
      `create index "payment_operations_session_index" on "payment_operations" ("session_id", "created_at");`,
    );
    this.addSql(
      `create index "payment_operations_intent_index" on "payment_operations" ("network_id", "payment_intent_id");`,
    );

    this.addSql(
      `create table "invoice_lines" ("invoice_id" uuid not null, "position" int not null, "network_id" uuid not null, "transaction_id" uuid not null, "is_void" boolean not null default false, "session_start" timestamptz(3) not null, "location_name" text null, "charger_uid" text not null, "energy_wh" numeric(16,3) not null, "subtotal" bigint not null, "tax" bigint not null, "total" bigint not null, primary key ("invoice_id", "position"));`,
    );
    this.addSql(
      `create unique index "invoice_lines_transaction_unique" on "invoice_lines" ("transaction_id") where ("is_void" = false);`,
    );

    this.addSql(
      `create table "credit_notes" ("id" uuid not null, "network_id" uuid not null, "invoice_id" uuid not null, "transaction_id" uuid not null, "driver_id" uuid null, "operation_id" uuid not null, "number" text not null, "currency" varchar(3) not null, "subtotal" bigint not null, "tax" bigint not null, "total" bigint not null, "reason" text null, "issued_at" timestamptz(3) not null, primary key ("id"));`,
    );
    this.addSql(
      `alter table "credit_notes" add constraint "credit_notes_operation_unique" unique ("operation_id");`,
    );
    this.addSql(`create index "credit_notes_invoice_index" on "credit_notes" ("invoice_id");`);
    this.addSql(
      `alter table "credit_notes" add constraint "credit_notes_number_unique" unique ("network_id", "number");`,
    );

    this.addSql(`alter table "networks" add "invoice_due_days" int not null default 0;`);

    this.addSql(
      `alter table "transactions" add column if not exists "refunded" bigint not null default '0';`,
    );

    this.addSql(
      `alter table "invoices" add constraint "invoices_network_id_foreign" foreign key ("network_id") references "networks" ("id");`,
    );
    this.addSql(
      `alter table "invoices" add constraint "invoices_driver_id_foreign" foreign key ("driver_id") references "drivers" ("id") on delete set null;`,
    );
    this.addSql(`alter table "invoices" enable row level security;`);
    this.addSql(`alter table "invoices" force row level security;`);
    this.addSql(
      `create policy "tenant" on "invoices" using (network_id = any ((select app.networks())::uuid[])) with check (network_id = any ((select app.networks())::uuid[]));`,
    );

    this.addSql(
      `alter table "payment_customers" add constraint "payment_customers_driver_id_foreign" foreign key ("driver_id") references "drivers" ("id") on update cascade on delete cascade;`,
    );
    this.addSql(
      `alter table "payment_customers" add constraint "payment_customers_network_id_foreign" foreign key ("network_id") references "networks" ("id");`,
    );
    this.addSql(`alter table "payment_customers" enable row level security;`);
    this.addSql(`alter table "payment_customers" force row level security;`);
    this.addSql(
      `create policy "tenant" on "payment_customers" using (network_id = any ((select app.networks())::uuid[])) with check (network_id = any ((select app.networks())::uuid[]));`,
    );

    this.addSql(
      `alter table "payment_settings" add constraint "payment_settings_network_id_foreign" foreign key ("network_id") references "networks" ("id") on update cascade on delete cascade;`,
    );
    this.addSql(`alter table "payment_settings" enable row level security;`);
    this.addSql(`alter table "payment_settings" force row level security;`);
    this.addSql(
      `create policy "tenant" on "payment_settings" using (network_id = any ((select app.networks())::uuid[])) with check (network_id = any ((select app.networks())::uuid[]));`,
    );

    this.addSql(
      `alter table "stripe_events" add constraint "stripe_events_network_id_foreign" foreign key ("network_id") references "networks" ("id");`,
    );
    this.addSql(`alter table "stripe_events" enable row level security;`);
    this.addSql(`alter table "stripe_events" force row level security;`);
    this.addSql(
      `create policy "tenant" on "stripe_events" using (network_id = any ((select app.networks())::uuid[])) with check (network_id = any ((select app.networks())::uuid[]));`,
    );

    this.addSql(
      `alter table "session_payments" add constraint "session_payments_session_id_foreign" foreign key ("session_id") references "sessions" ("id") on update cascade on delete cascade;`,
    );
    this.addSql(
      `alter table "session_payments" add constraint "session_payments_network_id_foreign" foreign key ("network_id") references "networks" ("id");`,
    );
    this.addSql(
      `alter table "session_payments" add constraint "session_payments_driver_id_foreign" foreign key ("driver_id") references "drivers" ("id");`,
    );
    this.addSql(`alter table "session_payments" enable row level security;`);
    this.addSql(`alter table "session_payments" force row level security;`);
    this.addSql(
      `create policy "tenant" on "session_payments" using (network_id = any ((select app.networks())::uuid[])) with check (network_id = any ((select app.networks())::uuid[]));`,
    );

    this.addSql(
      `alter table "refunds" add constraint "refunds_network_id_foreign" foreign key ("network_id") references "networks" ("id");`,
    );
    this.addSql(
      `alter table "refunds" add constraint "refunds_session_id_foreign" foreign key ("session_id") references "session_payments" ("session_id");`,
    );
    this.addSql(`alter table "refunds" enable row level security;`);
    this.addSql(`alter table "refunds" force row level security;`);
    this.addSql(
      `create policy "tenant" on "refunds" using (network_id = any ((select app.networks())::uuid[])) with check (network_id = any ((select app.networks())::uuid[]));`,
    );

    this.addSql(
      `alter table "payment_operations" add constraint "payment_operations_network_id_foreign" foreign key ("network_id") references "networks" ("id");`,
    );
    this.addSql(
      `alter table "payment_operations" add constraint "payment_operations_session_id_foreign" foreign key ("session_id") references "session_payments" ("session_id");`,
    );
    this.addSql(`alter table "payment_operations" enable row level security;`);
    this.addSql(`alter table "payment_operations" force row level security;`);
    this.addSql(
      `create policy "tenant" on "payment_operations" using (network_id = any ((select app.networks())::uuid[])) with check (network_id = any ((select app.networks())::uuid[]));`,
    );

    this.addSql(
      `alter table "invoice_lines" add constraint "invoice_lines_invoice_id_foreign" foreign key ("invoice_id") references "invoices" ("id");`,
    );
    this.addSql(
      `alter table "invoice_lines" add constraint "invoice_lines_network_id_foreign" foreign key ("network_id") references "networks" ("id");`,
    );
    this.addSql(
      `alter table "invoice_lines" add constraint "invoice_lines_transaction_id_foreign" foreign key ("transaction_id") references "transactions" ("id");`,
    );
    this.addSql(`alter table "invoice_lines" enable row level security;`);
    this.addSql(`alter table "invoice_lines" force row level security;`);
    this.addSql(
      `create policy "tenant" on "invoice_lines" using (network_id = any ((select app.networks())::uuid[])) with check (network_id = any ((select app.networks())::uuid[]));`,
    );

    this.addSql(
      `alter table "credit_notes" add constraint "credit_notes_network_id_foreign" foreign key ("network_id") references "networks" ("id");`,
    );
    this.addSql(
      `alter table "credit_notes" add constraint "credit_notes_invoice_id_foreign" foreign key ("invoice_id") references "invoices" ("id");`,
    );
    this.addSql(
      `alter table "credit_notes" add constraint "credit_notes_transaction_id_foreign" foreign key ("transaction_id") references "transactions" ("id");`,
    );
    this.addSql(
      `alter table "credit_notes" add constraint "credit_notes_driver_id_foreign" foreign key ("driver_id") references "drivers" ("id") on delete set null;`,
    );
    this.addSql(`alter table "credit_notes" enable row level security;`);
    this.addSql(`alter table "credit_notes" force row level security;`);
    this.addSql(
      `create policy "tenant" on "credit_notes" using (network_id = any ((select app.networks())::uuid[])) with check (network_id = any ((select app.networks())::uuid[]));`,
    );
  }
}
