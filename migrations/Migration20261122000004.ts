import { Migration } from '@mikro-orm/migrations';

/** What was refunded of a bill: revenue is what remains. */
export class Migration20261122000004 extends Migration {
  override name = 'Migration20261122000004';

  override up(): void | Promise<void> {
    this.addSql(`alter table "transactions" add "refunded" bigint not null default 0;`);
  }
}
