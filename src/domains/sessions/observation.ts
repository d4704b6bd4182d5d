import Big from 'big.js';

/** What a station reported during one transaction. Times are epoch milliseconds, by the station's clock. */
export type Observation = MeterObservation | StatusObservation;

export interface MeterObservation {
  readonly kind: 'meter';
  readonly at: number;
  /** Energy.Active.Import.Register of the whole outlet, exact decimal Wh; null where the sample has none. */
  readonly registerWh: string | null;
  /** Energy.Active.Import.Interval: what flowed since the sample before; exact decimal Wh, null where there is none. */
  readonly intervalWh: string | null;
  readonly powerW: number | null;
  readonly socPercent: number | null;
}

export interface StatusObservation {
  readonly kind: 'status';
  readonly at: number;
  /** AVAILABLE, PREPARING, CHARGING, SUSPENDED_EV, SUSPENDED_EVSE, FINISHING, UNAVAILABLE, FAULTED, … */
  readonly status: string;
}

/** After energy has flowed, these begin idle. */
export const DRIVER_SUSPENDS = new Set(['SUSPENDED_EV', 'FINISHING']);
/** While these last, standing still is the station's doing, or no vehicle is there. */
export const NEVER_IDLE = new Set(['SUSPENDED_EVSE', 'FAULTED', 'UNAVAILABLE', 'AVAILABLE']);

/**
 * Sorts by time. What has the same time comes in one order whatever the arrival: a sample before a status, for
 * its energy flowed before the change, and of several statuses last the one that decides for the driver.
 */
export function inOrder(a: Observation, b: Observation): number {
  if (a.at !== b.at) return a.at - b.at;
  if (a.kind === 'meter') return b.kind === 'meter' ? inMeterOrder(a, b) : -1;
  if (b.kind === 'meter') return 1;
  return statusRank(a.status) - statusRank(b.status);
}

function inMeterOrder(a: MeterObservation, b: MeterObservation): number {
  return (
    new Big(a.registerWh ?? -1).cmp(b.registerWh ?? -1) ||
    new Big(a.intervalWh ?? -1).cmp(b.intervalWh ?? -1) ||
    // Power first: it keeps the other sample from passing for a meter that stands still.
    compare(b.powerW ?? -Infinity, a.powerW ?? -Infinity) ||
    compare(a.socPercent ?? -Infinity, b.socPercent ?? -Infinity)
  );
}

function statusRank(status: string): number {
  if (NEVER_IDLE.has(status)) return 3;
  if (status === 'CHARGING') return 2;
  return DRIVER_SUSPENDS.has(status) ? 1 : 0;
}

/** Unlike a difference, right for two infinities. */
function compare(a: number, b: number): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
