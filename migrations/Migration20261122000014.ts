import { Migration } from '@mikro-orm/migrations';

/** Stations that refuse what their site's ceiling asks of them are known as such. */
export class Migration20261122000014 extends Migration {
  override name = 'Migration20261122000014';

  override up(): void | Promise<void> {
    this.addSql(`alter table "charging_limits" add "refused_at" timestamptz(3) null;`);
  }
}
