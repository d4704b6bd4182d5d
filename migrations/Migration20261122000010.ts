import { Migration } from '@mikro-orm/migrations';

/** Meter values by the month, so that old ones are dropped and not deleted; when a session was last told of. */
export class Migration20261122000010 extends Migration {
  override up(): void {
    this.addSql(`alter table "sessions" add "told_at" timestamptz(3) null;`);

    // the application owns no table: it may ask for this, and nothing else
    this.addSql(`
      create function app.keep_meter_values(retention_days integer) returns void
        language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
      declare
        cutoff constant timestamptz := now() - make_interval(days => retention_days);
        month timestamptz;
        part text;
      begin
        for month in
          select (date_trunc('month', now() at time zone 'UTC') + make_interval(months => ahead)) at time zone 'UTC'
            from generate_series(1, 2) ahead
        loop
          part := 'meter_values_' || to_char(month at time zone 'UTC', 'YYYY_MM');
          if to_regclass('app.' || part) is null
             and not exists (select from public.meter_values_default where at >= month) then
            execute format('create table app.%I partition of public.meter_values for values from (%L) to (%L)',
                           part, month, (month at time zone 'UTC' + interval '1 month') at time zone 'UTC');
          end if;
        end loop;
        for part in
          select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid
           where i.inhparent = 'public.meter_values'::regclass and c.relname ~ '^meter_values_[0-9]{4}_[0-9]{2}$'
             and (to_date(right(c.relname, 7), 'YYYY_MM') + interval '1 month') at time zone 'UTC' <= cutoff
        loop
          execute format('drop table app.%I', part);
        end loop;
        -- what came before the first month, or with a clock that is off
        delete from public.meter_values_default where ctid = any (array(
          select ctid from public.meter_values_default where at < cutoff limit 50000));
      end $$`);
  }
}
