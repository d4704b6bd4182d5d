import Big from 'big.js';
import type { Context } from '../../kernel/context.ts';
import { epochMs } from '../../kernel/instant.ts';
import { jsonb } from '../../kernel/json.ts';
import type { Station } from '../chargers/station.ts';
import { db } from '../db.ts';
import { amendBill, billSession } from '../payments/bill-session.ts';
import { settleLater } from '../payments/session-payment.ts';
import { limitsAtStop } from '../smart-charging/balance-later.ts';
import { foldHistory, type MeteredTransaction } from './metering.ts';
import type { Session } from './session.entity.ts';
import { emitSession } from './session-events.ts';
import { historyOf } from './session-metering.ts';
import { advance, isRunning } from './session-states.ts';
import { priceUsage } from './session-usage.ts';

export interface Ending {
  /** ISO 8601, by the station's clock. */
  readonly endTime: string;
  /** Exact decimal, Wh; null where no final register is known: the samples decide. */
  readonly meterStopWh: string | null;
  /** OCPP's word. */
  readonly stopReason: string;
  /** What a person should look at. */
  readonly flags: readonly string[];
  /** Whether the vehicle may still be plugged in. */
  readonly mayStayPlugged: boolean;
}

/**
 * Ends a session that is locked, and bills it, in the transaction. One that has ended before, without its station's
 * word, gets its true figures; its bill is written anew, or first now.
 */
export async function endSession(
  tx: Context,
  station: Pick<Station, 'id' | 'uid'>,
  session: Session,
  ending: Ending,
): Promise<void> {
  const isFirstEnd = isRunning(session.status);
  const wasBilled = session.status === 'completed';
  const { endTime, meterStopWh } = ending;
  const metered = await finalMetering(tx, session, endTime, meterStopWh);
  const usage = priceUsage(metered, session.tariff!);
  const hasEnergy = Number(metered.energyWh) > 0;
  const chargesIdle = Number(session.tariff!.idleRate) > 0 && !session.tariff!.isFree;
  // a session that was billed stays completed, if at nothing
  advance(session, hasEnergy || wasBilled ? 'completed' : 'failed');
  const ended = {
    status: session.status,
    endTime,
    endMeterWh: meterStopWh ?? metered.endRegisterWh,
    currentMeterWh: meterStopWh ?? metered.endRegisterWh,
    energyWh: metered.energyWh,
    idleSeconds: metered.idleSeconds,
    isIdle: false,
    awaitsUnplug: ending.mayStayPlugged && hasEnergy && chargesIdle,
    currentPowerW: 0,
    maxPowerW: metered.maxPowerW,
    socPercent: metered.socPercent,
    stopReason: ending.stopReason,
    failureReason: hasEnergy ? null : 'No energy was delivered.',
    flags: [
      ...new Set([...session.flags, ...ending.flags, ...(metered.meterResets > 0 ? ['meter_reset'] : [])]),
    ],
  } satisfies Partial<Session>;
  Object.assign(session, ended, { metered });
  await db(tx)
    .updateTable('sessions')
    .set({ ...ended, metered: jsonb(metered), updatedAt: tx.now().toString() })
    .where('id', '=', session.id)
    .execute();
  if (wasBilled) await amendBill(tx, session.id, usage, { endTime, energyWh: metered.energyWh });
  else if (hasEnergy) await billSession(tx, { ...session, endTime, tariff: session.tariff! }, usage);
  await settleLater(tx, session);
  if (isFirstEnd) await limitsAtStop(tx, station.id, session.connectorId ?? null);
  const type = wasBilled ? 'session.updated' : hasEnergy ? 'session.completed' : 'session.failed';
  await emitSession(tx, type, session, station.uid);
}

/**
 * The final figures from all that was reported. Where the registers at start and stop agree with each other, no
 * sample between them (a stray reading looks like a reset) can make more of it than their difference.
 */
async function finalMetering(
  tx: Context,
  session: Session,
  endTime: string,
  meterStopWh: string | null,
): Promise<MeteredTransaction> {
  const history = await historyOf(tx, session, endTime);
  const metered = foldHistory(
    { at: epochMs(session.startTime), registerWh: session.startMeterWh! },
    history,
    { at: epochMs(endTime), registerWh: meterStopWh },
  );
  if (meterStopWh === null) return metered;
  const difference = new Big(meterStopWh).minus(session.startMeterWh!);
  return difference.lt(metered.energyWh) ? { ...metered, energyWh: difference.toFixed() } : metered;
}
