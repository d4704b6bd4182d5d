import { Migration } from '@mikro-orm/migrations';

/** Jobs and the certificate authority are a charger's, as everything that is told of one. */
export class Migration20261122000015 extends Migration {
  override name = 'Migration20261122000015';

  override up(): void | Promise<void> {
    this.addSql('alter sequence app.station_job_number rename to charger_job_number');
    this.addSql('alter function app.next_station_job_number() rename to next_charger_job_number');
    this.addSql(`
      create or replace function app.next_charger_job_number() returns integer language sql volatile as
        $$ select nextval('app.charger_job_number')::integer $$`);
    this.addSql('alter table "station_jobs" rename to "charger_jobs"');
    this.addSql('alter index "station_jobs_network_index" rename to "charger_jobs_network_index"');
    this.addSql('alter index "station_jobs_charger_index" rename to "charger_jobs_charger_index"');
    for (const name of ['pkey', 'number_unique', 'network_id_foreign', 'charger_id_foreign']) {
      this.addSql(
        `alter table "charger_jobs" rename constraint "station_jobs_${name}" to "charger_jobs_${name}"`,
      );
    }
    this.addSql('alter table "station_authorities" rename to "charger_authorities"');
    this.addSql(
      'alter table "charger_authorities" rename constraint "station_authorities_pkey" to "charger_authorities_pkey"',
    );
  }
}
