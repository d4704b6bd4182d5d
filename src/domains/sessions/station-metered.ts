import type { Context } from '../../kernel/context.ts';
import { inTransaction } from '../../kernel/transaction.ts';
import { type ConnectorOfStation, connectorNumberAt } from '../chargers/connectors.ts';
import type { Station } from '../chargers/station.ts';
import { lockByTransactionNumber, lockRunningOn } from './lock-session.ts';
import { foldIntoSession } from './session-metering.ts';
import { isRunning } from './session-states.ts';
import { type MeterReading, storeMeterValues } from './store-meter-values.ts';

export interface MeterReport {
  readonly connector: ConnectorOfStation;
  /** Null where the station gave none that can be one. */
  readonly transactionNumber: number | null;
  readonly readings: readonly MeterReading[];
}

/**
 * What a MeterValues says. It belongs to the transaction it names, or to the only one that runs on its connector;
 * where there is doubt it is kept without one (OCPP line 29).
 */
export async function stationMetered(ctx: Context, station: Station, report: MeterReport): Promise<void> {
  await inTransaction(ctx, async tx => {
    const connectorNumber = await connectorNumberAt(tx, station, report.connector);
    const named =
      report.transactionNumber === null
        ? undefined
        : await lockByTransactionNumber(tx, station.id, report.transactionNumber);
    const session =
      named ??
      (report.transactionNumber === null ? await lockRunningOn(tx, station.id, connectorNumber) : undefined);
    const fresh = await storeMeterValues(tx, station, connectorNumber, session?.id ?? null, report.readings);
    if (!session || !isRunning(session.status)) return;
    // the first register of a charge by intervals counts when that is put together anew
    const known = session.startMeterWh === null ? fresh.map(one => ({ ...one, registerWh: null })) : fresh;
    await foldIntoSession(tx, session, known, station.uid);
  });
}
