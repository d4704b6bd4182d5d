import Big from 'big.js';
import { countsByInterval, speaks, withInterval } from './interval-energy.ts';
import {
  DRIVER_SUSPENDS,
  inOrder,
  type MeterObservation,
  NEVER_IDLE,
  type Observation,
  type StatusObservation,
} from './observation.ts';

/** What is known of a transaction so far: plain JSON. Times are epoch milliseconds, registers decimal Wh. */
export interface Metering {
  readonly startAt: number;
  readonly startRegisterWh: string;
  /** The latest register and when it was last sampled. */
  readonly registerWh: string;
  readonly registerAt: number;
  /** The sum of the register's rises; while there are none, of the intervals. */
  readonly energyWh: string;
  /** The last interval that counts; null or, in what is stored from before they counted, absent while none does. */
  readonly intervalAt?: number | null;
  /** The sample that showed the last rise; null in warm-up. */
  readonly energyRoseAt: number | null;
  /** The register dropped this often. Each time the energy between two samples is lost to the driver's favour. */
  readonly meterResets: number;
  /** Since when the meter shows no flow: the last rise, power, or return to charging. */
  readonly flatSince: number;
  /** Start of the idle interval that is open. */
  readonly idleSince: number | null;
  /** The last sample that showed no flow within the open interval; where a later rise cuts it off. */
  readonly idleSeenAt: number | null;
  /** Whether the register was sampled at or after `idleSince`, so that another rise must be new energy. */
  readonly idleSampled: boolean;
  /** The sum of the closed idle intervals. */
  readonly idleMilliseconds: number;
  readonly currentPowerW: number | null;
  readonly maxPowerW: number | null;
  readonly socPercent: number | null;
  readonly stationStatus: string | null;
  readonly lastObservedAt: number;
  /** Something arrived behind its time and was left out: `foldHistory` has the true figures. */
  readonly late: boolean;
}

/** A finished transaction. Always `chargingSeconds + idleSeconds = durationSeconds`. */
export interface MeteredTransaction {
  readonly energyWh: string;
  readonly endRegisterWh: string;
  readonly durationSeconds: number;
  readonly chargingSeconds: number;
  /** Before any grace. */
  readonly idleSeconds: number;
  readonly maxPowerW: number | null;
  readonly socPercent: number | null;
  readonly meterResets: number;
  /** The register told nothing: the energy is the sum of the intervals. */
  readonly isByIntervals?: boolean;
  readonly late: boolean;
}

/** A meter that stands still this long is idle, whatever the status says. */
const FLAT_MILLISECONDS = 60_000;

/** The state at the transaction's start: `at` in epoch milliseconds, the start register in decimal Wh. */
export function startMetering(at: number, registerWh: string): Metering {
  const register = new Big(registerWh).toFixed();
  return {
    startAt: at,
    startRegisterWh: register,
    registerWh: register,
    registerAt: at,
    energyWh: '0',
    intervalAt: null,
    energyRoseAt: null,
    meterResets: 0,
    flatSince: at,
    idleSince: null,
    idleSeenAt: null,
    idleSampled: false,
    idleMilliseconds: 0,
    currentPowerW: null,
    maxPowerW: null,
    socPercent: null,
    stationStatus: null,
    lastObservedAt: at,
    late: false,
  };
}

/**
 * The state after one more observation (design/ocpp.md, 34 and 37). What is older than the latest one seen
 * only sets `late`.
 *
 * Idle begins, once energy has flowed, at a status SUSPENDED_EV or FINISHING, or, when the register has stood
 * still without power for 60 s, back at its last rise. It ends
 * - at a change to CHARGING or to a status that is not the driver's doing;
 * - when power or a rise shows flow, at the last sample that still showed none (or at its own beginning, which
 *   leaves nothing): energy flowed at some time since, and the driver has the benefit of the doubt. Only the
 *   first rise after a status, without power, is taken for energy from before that status.
 */
export function observe(state: Metering, observation: Observation): Metering {
  if (observation.at < state.lastObservedAt) return { ...state, late: true };
  const seen = { ...state, lastObservedAt: observation.at };
  return observation.kind === 'meter' ? observeMeter(seen, observation) : observeStatus(seen, observation);
}

/**
 * Closes the transaction at `at` with its final register (null where the station sent none); open idle ends
 * there. The caller sets aside a final register below the first, and an end before the start
 * (design/ocpp.md, 28): here they make neither energy nor time. An end older than the latest observation still
 * counts what its register adds; `foldHistory` leaves out what came after it.
 */
export function endMetering(state: Metering, at: number, registerWh: string | null): MeteredTransaction {
  const sampledAt = Math.max(at, state.lastObservedAt);
  const final = observe(state, {
    kind: 'meter',
    at: sampledAt,
    registerWh,
    intervalWh: null,
    powerW: null,
    socPercent: null,
  });
  const durationSeconds = wholeSeconds(at - final.startAt);
  // Never more than the duration, even where an end came behind its time.
  const idleSeconds = Math.min(wholeSeconds(closeIdle(final, at).idleMilliseconds), durationSeconds);
  return {
    energyWh: final.energyWh,
    endRegisterWh: final.registerWh,
    durationSeconds,
    chargingSeconds: durationSeconds - idleSeconds,
    idleSeconds,
    maxPowerW: final.maxPowerW,
    socPercent: final.socPercent,
    meterResets: final.meterResets,
    isByIntervals: final.intervalAt != null,
    late: final.late,
  };
}

/**
 * The whole transaction from all that was reported, in whatever order it arrived; what lies before its start
 * or after its end is left out. The same as observing each in order of time.
 */
export function foldHistory(
  start: { readonly at: number; readonly registerWh: string },
  observations: readonly Observation[],
  end: { readonly at: number; readonly registerWh: string | null },
): MeteredTransaction {
  const state = foldSoFar(
    start,
    observations.filter(observation => observation.at <= end.at),
    end.registerWh,
  );
  return endMetering(state, end.at, end.registerWh);
}

/**
 * The final figures from all that was reported. Where the registers at start and stop agree with each other, no
 * sample between them (a stray reading looks like a reset) can make more of it than their difference.
 */
export function meterFinally(
  ...[start, observations, end]: Parameters<typeof foldHistory>
): MeteredTransaction {
  const metered = foldHistory(start, observations, end);
  if (end.registerWh === null || metered.isByIntervals) return metered;
  const difference = new Big(end.registerWh).minus(start.registerWh);
  return difference.lt(metered.energyWh) ? { ...metered, energyWh: difference.toFixed() } : metered;
}

/** The state of a transaction that goes on, from all that was reported, in whatever order it arrived. */
export function foldSoFar(
  start: { readonly at: number; readonly registerWh: string },
  observations: readonly Observation[],
  endRegisterWh: string | null = null,
): Metering {
  const within = observations.filter(observation => observation.at >= start.at);
  const isSpeaking = (registerWh: string | null) => speaks(registerWh, start.registerWh);
  // where the register has the say, what intervals tell of the same energy changes nothing, not even idle time
  const isByRegister =
    isSpeaking(endRegisterWh) ||
    within.some(one => one.kind === 'meter' && one.at > start.at && isSpeaking(one.registerWh));
  return within
    .map(one => (isByRegister && one.kind === 'meter' ? { ...one, intervalWh: null } : one))
    .sort(inOrder)
    .reduce(observe, startMetering(start.at, start.registerWh));
}

function observeMeter(before: Metering, sample: MeterObservation): Metering {
  const { at, powerW } = sample;
  const isByInterval = countsByInterval(before, sample);
  const movement = isByInterval ? intervalMovement(sample) : movementOf(before, sample);
  const read = withReadings(before, sample);
  const state = isByInterval ? withInterval(read, sample) : withRegister(read, sample, movement);
  const isPowered = powerW !== null && powerW !== 0;
  const roseBeforeIdle = state.idleSince !== null && !state.idleSampled;
  if (isPowered || (movement === 'rose' && !roseBeforeIdle)) {
    return { ...closeIdle(state, state.idleSeenAt ?? at), flatSince: at };
  }
  if (state.idleSince !== null) {
    const showsNoFlow = movement === 'flat' || powerW === 0;
    return {
      ...state,
      idleSeenAt: showsNoFlow ? at : state.idleSeenAt,
      idleSampled: state.idleSampled || movement !== 'unknown',
    };
  }
  if (movement === 'reset') return { ...state, flatSince: at };
  if (movement === 'flat' && mayIdle(state) && at - state.flatSince >= FLAT_MILLISECONDS) {
    return { ...state, idleSince: state.flatSince, idleSeenAt: at, idleSampled: true };
  }
  return state;
}

function observeStatus(before: Metering, { at, status }: StatusObservation): Metering {
  const state = { ...before, stationStatus: status };
  // Some stations repeat CHARGING with every sample: only the change to it is news.
  const resumes = status === 'CHARGING' && before.stationStatus !== 'CHARGING';
  const wasBlocked = before.stationStatus !== null && NEVER_IDLE.has(before.stationStatus);
  if (resumes || wasBlocked || NEVER_IDLE.has(status)) {
    const closed = { ...closeIdle(state, at), flatSince: at };
    return DRIVER_SUSPENDS.has(status) ? openIdle(closed, at) : closed;
  }
  return DRIVER_SUSPENDS.has(status) ? openIdle(state, at) : state;
}

/** As of a register, by what flowed in the interval. */
const intervalMovement = ({ intervalWh }: MeterObservation): Movement =>
  Number(intervalWh) > 0 ? 'rose' : 'flat';

type Movement = 'rose' | 'flat' | 'reset' | 'unknown';

function movementOf(state: Metering, { at, registerWh }: MeterObservation): Movement {
  if (registerWh === null) return 'unknown';
  const change = new Big(registerWh).cmp(state.registerWh);
  if (change > 0) return 'rose';
  // The same sample again, or two that contradict each other: neither is a later reading.
  if (at === state.registerAt) return 'unknown';
  // a register that the station has not stands still whatever flows
  if (state.intervalAt != null && !speaks(registerWh, state.registerWh)) return 'unknown';
  return change === 0 ? 'flat' : 'reset';
}

function withReadings(state: Metering, { powerW, socPercent }: MeterObservation): Metering {
  return {
    ...state,
    currentPowerW: powerW ?? state.currentPowerW,
    maxPowerW: powerW === null ? state.maxPowerW : Math.max(powerW, state.maxPowerW ?? powerW),
    socPercent: socPercent ?? state.socPercent,
  };
}

function withRegister(state: Metering, { at, registerWh }: MeterObservation, movement: Movement): Metering {
  if (registerWh === null || movement === 'unknown') return state;
  // a register that speaks after all has counted what the intervals told
  const before =
    state.intervalAt != null && speaks(registerWh, state.registerWh)
      ? { ...state, energyWh: '0', intervalAt: null }
      : state;
  const read = { ...before, registerWh: new Big(registerWh).toFixed(), registerAt: at };
  if (movement === 'reset') return { ...read, meterResets: state.meterResets + 1 };
  if (movement === 'flat') return read;
  const rise = new Big(registerWh).minus(state.registerWh);
  return { ...read, energyWh: rise.plus(read.energyWh).toFixed(), energyRoseAt: at };
}

function mayIdle(state: Metering): boolean {
  return state.energyRoseAt !== null && !NEVER_IDLE.has(state.stationStatus ?? '');
}

function openIdle(state: Metering, at: number): Metering {
  if (state.idleSince !== null || !mayIdle(state)) return state;
  return { ...state, idleSince: at, idleSeenAt: at, idleSampled: state.registerAt >= at };
}

function closeIdle(state: Metering, at: number): Metering {
  if (state.idleSince === null) return state;
  const idleMilliseconds = state.idleMilliseconds + Math.max(0, at - state.idleSince);
  return { ...state, idleSince: null, idleSeenAt: null, idleSampled: false, idleMilliseconds };
}

function wholeSeconds(milliseconds: number): number {
  return Math.floor(Math.max(0, milliseconds) / 1000);
}
