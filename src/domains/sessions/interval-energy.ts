import Big from 'big.js';
import type { Metering } from './metering.ts';
import type { MeterObservation } from './observation.ts';

/** Whether the register has told nothing since the start: no sample of it, or nothing but 0. */
const isRegisterSilent = (state: Metering): boolean =>
  state.meterResets === 0 &&
  state.registerWh === state.startRegisterWh &&
  (state.registerAt === state.startAt || isZero(state.registerWh));

/**
 * An interval counts while the register is silent, once for each time. Some stations have no register, and say nothing
 * of it, or 0; of one that has both the register decides.
 */
export function countsByInterval(state: Metering, { at, registerWh, intervalWh }: MeterObservation): boolean {
  if (intervalWh === null || at <= (state.intervalAt ?? state.startAt)) return false;
  return isRegisterSilent(state) && !speaks(registerWh, state.registerWh);
}

/** The state with the energy of one more interval. */
export function withInterval(state: Metering, { at, intervalWh }: MeterObservation): Metering {
  const energyWh = new Big(state.energyWh).plus(intervalWh!).toFixed();
  return { ...state, energyWh, intervalAt: at, energyRoseAt: isZero(intervalWh!) ? state.energyRoseAt : at };
}

/** Whether a register says anything: not where it is 0 after 0, as of stations that have none. */
export const speaks = (registerWh: string | null, before: string): boolean =>
  registerWh !== null && !(isZero(registerWh) && isZero(before));

const isZero = (wh: string): boolean => new Big(wh).eq(0);
