/**
 * The charge of a vehicle's battery over time, pure and in closed form: one step costs the same whether it covers
 * 50 ms or a day, and two steps give what one step of their sum gives.
 *
 * The vehicle takes `maxPowerW` up to `taperFromSoc`, then power falls in a straight line over the stored energy,
 * to `endPowerFraction` of it when full: constant current, then constant voltage, seen from outside.
 */
export interface BatteryOptions {
  readonly capacityWh: number;
  /** 0 to 1 */
  readonly startSoc: number;
  /** the most the vehicle takes, by its on-board charger or its battery */
  readonly maxPowerW: number;
  /** 0 to 1, the state of charge from which power falls */
  readonly taperFromSoc: number;
  /** above 0, at most 1: what is left of maxPowerW just before full */
  readonly endPowerFraction: number;
}

export interface Battery {
  readonly options: BatteryOptions;
  readonly storedWh: number;
}

export const defaultBattery: BatteryOptions = {
  capacityWh: 60_000,
  startSoc: 0.3,
  maxPowerW: 11_000,
  taperFromSoc: 0.8,
  endPowerFraction: 0.05,
};

/** below this much room (Wh) the battery counts as full */
const fullWithinWh = 0.01;

export function battery(options: Partial<BatteryOptions> = {}): Battery {
  const all = { ...defaultBattery, ...options };
  return { options: all, storedWh: all.capacityWh * Math.min(1, Math.max(0, all.startSoc)) };
}

/** State of charge, 0 to 1. */
export function batterySoc({ options, storedWh }: Battery): number {
  return options.capacityWh > 0 ? storedWh / options.capacityWh : 1;
}

export function batteryFull({ options, storedWh }: Battery): boolean {
  return options.capacityWh - storedWh <= fullWithinWh;
}

/** Watts which flow at this instant when the station offers `limitW`; 0 when the battery is full. */
export function batteryPowerW(of: Battery, limitW: number): number {
  if (batteryFull(of)) return 0;
  return Math.max(0, Math.min(limitW, acceptedW(of.options, of.storedWh)));
}

/** `seconds` of charging under `limitW`: the battery after it, and the energy which went in. */
export function batteryCharge(
  of: Battery,
  limitW: number,
  seconds: number,
): { battery: Battery; energyWh: number } {
  const powerW = batteryPowerW(of, limitW);
  if (powerW <= 0 || !(seconds > 0)) return { battery: of, energyWh: 0 };
  const { capacityWh } = of.options;
  const flatUntilWh = flatUntil(of.options, powerW);

  const flatSeconds = Math.min(seconds, (Math.max(0, flatUntilWh - of.storedWh) / powerW) * 3600);
  let storedWh = of.storedWh + (powerW * flatSeconds) / 3600;

  const fallingHours = (seconds - flatSeconds) / 3600;
  if (fallingHours > 0) {
    // power falls by `slope` watts for each Wh stored, so it falls exponentially over time
    const slope = taperSlope(of.options);
    const fromW = acceptedW(of.options, storedWh);
    storedWh += slope > 0 ? (fromW * -Math.expm1(-slope * fallingHours)) / slope : fromW * fallingHours;
  }
  storedWh = Math.min(capacityWh, Math.max(of.storedWh, storedWh));
  return { battery: { options: of.options, storedWh }, energyWh: storedWh - of.storedWh };
}

function taperSlope({ capacityWh, taperFromSoc, maxPowerW, endPowerFraction }: BatteryOptions): number {
  const taperWh = capacityWh * (1 - taperFromSoc);
  return taperWh > 0 ? (maxPowerW * (1 - endPowerFraction)) / taperWh : 0;
}

function acceptedW(options: BatteryOptions, storedWh: number): number {
  const beyondWh = Math.max(0, storedWh - options.capacityWh * options.taperFromSoc);
  return Math.max(
    options.maxPowerW * options.endPowerFraction,
    options.maxPowerW - taperSlope(options) * beyondWh,
  );
}

/** The stored energy up to which the battery takes all of `powerW`. */
function flatUntil(options: BatteryOptions, powerW: number): number {
  const slope = taperSlope(options);
  const taperFromWh = options.capacityWh * options.taperFromSoc;
  if (slope <= 0) return options.capacityWh;
  return Math.min(options.capacityWh, taperFromWh + Math.max(0, options.maxPowerW - powerW) / slope);
}
