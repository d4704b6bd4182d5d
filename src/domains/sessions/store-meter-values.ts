import { createHash } from 'node:crypto';
import Big from 'big.js';
import type { Context } from '../../kernel/context.ts';
import { newId } from '../../kernel/ids.ts';
import { jsonb } from '../../kernel/json.ts';
import type { Station } from '../chargers/station.ts';
import { db } from '../db.ts';
import type { Sample } from './meter-value.entity.ts';
import type { MeterObservation } from './observation.ts';

export interface MeterReading {
  /** ISO 8601, by the station's clock. */
  readonly at: string;
  readonly samples: readonly Sample[];
}

/** Contexts whose values a bill may rest on; the others were not taken in the course of charging. */
const BILLABLE_CONTEXTS = new Set([
  'Sample.Periodic',
  'Sample.Clock',
  'Transaction.Begin',
  'Transaction.End',
]);

/**
 * Contexts whose intervals of energy lie within the charge: one by the clock may have begun in the charge before, and
 * counts again what the periodic ones have counted.
 */
const INTERVAL_CONTEXTS = new Set(['Sample.Periodic', 'Transaction.End']);

/** What of a reading bears on a session: the energy, power and state of charge of the whole outlet. */
export function observationOf(reading: MeterReading): MeterObservation {
  const billable = reading.samples.filter(sample => BILLABLE_CONTEXTS.has(sample.context));
  const power = whole(billable, 'Power.Active.Import');
  const interval = whole(
    billable.filter(sample => INTERVAL_CONTEXTS.has(sample.context)),
    'Energy.Active.Import.Interval',
  );
  const soc = whole(billable, 'SoC', 'EV') ?? whole(billable, 'SoC', 'Outlet');
  return {
    kind: 'meter',
    at: Temporal.Instant.from(reading.at).epochMilliseconds,
    registerWh: whole(billable, 'Energy.Active.Import.Register'),
    intervalWh: interval !== null && new Big(interval).gte(0) ? interval : null,
    powerW: power === null ? null : Number(power),
    socPercent: soc === null ? null : Number(soc),
  };
}

/** The value of the whole; where only phases were sent, their sum. Exact decimal text. */
function whole(samples: readonly Sample[], measurand: string, location = 'Outlet'): string | null {
  const fitting = samples.filter(
    sample => sample.measurand === measurand && sample.location === location && sample.format === 'Raw',
  );
  const total = fitting.find(sample => sample.phase === null);
  if (total) return total.value;
  const phases = ['L1', 'L2', 'L3'].map(phase =>
    fitting.find(sample => sample.phase?.split('-')[0] === phase),
  );
  const values = phases.flatMap(sample => (sample ? [sample.value] : []));
  return values.length === 0 ? null : sum(values);
}

/**
 * Keeps the readings; answers those that were not kept before. The same reading is one within a connector, or within
 * the transaction of an OCPP 2.0.1 station, whose connector may not be known yet.
 */
export async function storeMeterValues(
  tx: Context,
  station: Station,
  connectorNumber: number,
  sessionId: string | null,
  readings: readonly MeterReading[],
  transactionId?: string,
): Promise<MeterObservation[]> {
  if (readings.length === 0) return [];
  const rows = readings.map(reading => ({
    reading,
    observation: observationOf(reading),
    digest: digestOf(transactionId ?? connectorNumber, reading),
  }));
  const stored = await db(tx)
    .insertInto('meter_values')
    .values(
      rows.map(({ reading, observation, digest }) => ({
        id: newId(),
        networkId: station.networkId,
        chargerId: station.id,
        connectorNumber,
        sessionId,
        at: reading.at,
        digest,
        energyWh: observation.registerWh,
        intervalWh: observation.intervalWh,
        powerW: observation.powerW,
        socPercent: observation.socPercent,
        samples: jsonb([...reading.samples]),
        receivedAt: tx.now().toString(),
      })),
    )
    .onConflict(conflict => conflict.doNothing())
    .returning('digest')
    .execute();
  const fresh = new Set(stored.map(row => row.digest));
  return rows.filter(row => fresh.delete(row.digest)).map(row => row.observation);
}

const digestOf = (source: number | string, reading: MeterReading): string =>
  createHash('sha256')
    .update(JSON.stringify([source, reading.samples]))
    .digest('base64url');

const sum = (values: readonly string[]): string =>
  values.reduce((total, value) => total.plus(value), new Big(0)).toFixed();
