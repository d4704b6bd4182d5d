import type { Context } from '../../kernel/context.ts';
import { inTransaction } from '../../kernel/transaction.ts';
import { db } from '../db.ts';
import { tellAvailabilityLater } from '../maintenance/tell-availability-later.ts';
import { limitsAtBoot } from '../smart-charging/balance-later.ts';
import type { Station } from './station.ts';

export interface BootReport {
  readonly ocppVersion: string;
  readonly manufacturer: string;
  readonly model: string;
  readonly serialNumber: string | null;
  readonly firmwareVersion: string | null;
}

export interface BootAnswer {
  readonly status: 'Accepted' | 'Pending' | 'Rejected';
  /** Seconds between heartbeats, or until the next boot where this one is not accepted. */
  readonly intervalSeconds: number;
}

/** What a BootNotification says of the station. It ends no transaction: a StopTransaction may follow. */
export async function stationBooted(ctx: Context, station: Station, report: BootReport): Promise<BootAnswer> {
  return inTransaction(ctx, async tx => {
    const now = tx.now().toString();
    const charger = await db(tx)
      .updateTable('chargers')
      .set({ ...report, bootedAt: now, updatedAt: now })
      .where('id', '=', station.id)
      .returning(['registrationStatus', 'heartbeatIntervalSeconds'])
      .executeTakeFirstOrThrow();
    if (charger.registrationStatus === 'Accepted') {
      await limitsAtBoot(tx, station.id);
      await tellAvailabilityLater(tx, station);
    }
    return { status: charger.registrationStatus, intervalSeconds: charger.heartbeatIntervalSeconds };
  });
}

/** Whether the station's boots are accepted: until then its other calls are refused. */
export async function registrationStatus(ctx: Context, station: Station): Promise<BootAnswer['status']> {
  const charger = await db(ctx)
    .selectFrom('chargers')
    .select('registrationStatus')
    .where('id', '=', station.id)
    .executeTakeFirstOrThrow();
  return charger.registrationStatus;
}
