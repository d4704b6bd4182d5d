import { Migration } from '@mikro-orm/migrations';

/** What stations tell of energy by intervals. */
export class Migration20261122000013 extends Migration {
  override name = 'Migration20261122000013';

  override up(): void | Promise<void> {
    this.addSql(`alter table "meter_values" add "interval_wh" numeric(16,3) null;`);
  }
}
