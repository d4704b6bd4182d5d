import type {
  ProfileKind,
  ProfilePeriod,
  ProfilePurpose,
  Recurrency,
} from '../../kernel/charger-commands.ts';
import { invalid } from '../../kernel/errors.ts';
import { epochMs } from '../../kernel/instant.ts';
import { type RateUnit, tenthsDown } from './electricity.ts';
import { HIGHEST_LIMIT } from './limits.ts';
import { LIMIT_STACK_LEVEL } from './profile-stack.ts';

/** When and how much: OCPP's charging schedule with its validity. */
export interface ScheduleInput {
  readonly kind: ProfileKind;
  /** Of a recurring one. */
  readonly recurrency?: Recurrency | null;
  readonly stackLevel?: number | null;
  readonly validFrom?: string | null;
  readonly validTo?: string | null;
  readonly unit: RateUnit;
  /** Of an absolute or recurring one. */
  readonly startsAt?: string | null;
  readonly durationSeconds?: number | null;
  readonly minChargingRate?: number | null;
  readonly periods: readonly {
    readonly startPeriod: number;
    readonly limit: number;
    readonly numberPhases?: number | null;
  }[];
}

export interface ProfileInput extends ScheduleInput {
  readonly chargerId: string;
  /** 0 for the whole station. */
  readonly connectorNumber: number;
  readonly purpose: Exclude<ProfilePurpose, 'ExternalConstraints'>;
}

/** As many as a day has quarters of an hour; stations tell in ChargingScheduleMaxPeriods what they take. */
const MAX_PERIODS = 96;
const HIGHEST_STACK_LEVEL = 1_000;
/** A year: longer than any schedule is meant. */
const LONGEST_SECONDS = 366 * 86_400;

/** The columns of a schedule that makes sense. Throws a ValidationError for any other. */
export function scheduleColumns(input: ScheduleInput) {
  const { kind, unit } = input;
  const recurrency = input.recurrency ?? null;
  const startsAt = input.startsAt ?? null;
  const durationSeconds = input.durationSeconds ?? null;
  const minChargingRate = input.minChargingRate ?? null;
  const stackLevel = input.stackLevel ?? 0;
  const [validFrom, validTo] = [input.validFrom ?? null, input.validTo ?? null];
  if ((kind === 'Recurring') !== (recurrency !== null)) {
    invalid('recurrency', 'belongs to a recurring schedule, and to no other');
  }
  if ((kind === 'Relative') !== (startsAt === null)) {
    invalid('startsAt', 'belongs to an absolute or recurring schedule, and to no other');
  }
  if (stackLevel < 0 || stackLevel > HIGHEST_STACK_LEVEL) {
    invalid('stackLevel', `must be from 0 to ${HIGHEST_STACK_LEVEL}`);
  }
  if (validFrom && validTo && epochMs(validFrom) >= epochMs(validTo)) {
    invalid('validTo', 'must be after validFrom');
  }
  if (durationSeconds !== null && !(durationSeconds >= 1 && durationSeconds <= LONGEST_SECONDS)) {
    invalid('durationSeconds', `must be from 1 to ${LONGEST_SECONDS}`);
  }
  if (minChargingRate !== null) checkLimit('minChargingRate', minChargingRate);
  return {
    kind,
    recurrency,
    stackLevel,
    validFrom,
    validTo,
    unit,
    startsAt,
    durationSeconds,
    minChargingRate: minChargingRate === null ? null : tenthsDown(minChargingRate).toFixed(1),
    periods: periodsOf(input.periods, durationSeconds ?? LONGEST_SECONDS),
  };
}

function periodsOf(periods: ScheduleInput['periods'], durationSeconds: number): ProfilePeriod[] {
  if (periods.length === 0 || periods.length > MAX_PERIODS) {
    invalid('periods', `must be 1 to ${MAX_PERIODS}`);
  }
  for (const [index, { startPeriod, limit, numberPhases }] of periods.entries()) {
    const before = periods[index - 1];
    if (before ? startPeriod <= before.startPeriod : startPeriod !== 0) {
      invalid('periods', 'begin at 0, each one after the one before it');
    }
    if (startPeriod >= durationSeconds) invalid('periods', 'must begin before the schedule ends');
    if (numberPhases != null && !(numberPhases >= 1 && numberPhases <= 3)) {
      invalid('periods', 'have 1 to 3 phases');
    }
    checkLimit('periods', limit);
  }
  return periods.map(({ startPeriod, limit, numberPhases }) => ({
    startPeriod,
    limit: tenthsDown(limit),
    numberPhases: numberPhases ?? null,
  }));
}

function checkLimit(field: string, limit: number): void {
  if (!(limit >= 0 && limit <= HIGHEST_LIMIT)) invalid(field, `limits are from 0 to ${HIGHEST_LIMIT}`);
}

/**
 * Where a profile may stand, so that the connector's own limit (a TxDefault profile of the stack level 1) stays the
 * most: operators' profiles for a connector are sent within it, which those for the whole station cannot be.
 */
export function checkPlace({ purpose, connectorNumber, kind, stackLevel }: ProfileInput): void {
  const level = stackLevel ?? 0;
  if (purpose === 'ChargePointMax') {
    if (connectorNumber !== 0) invalid('connectorNumber', 'is 0 for what the whole station may draw');
    if (kind === 'Relative') invalid('kind', 'what the whole station may draw is relative to no charge');
  } else if (purpose === 'Tx') {
    if (connectorNumber === 0) invalid('connectorNumber', 'a charge runs on a connector');
  } else if (connectorNumber === 0 ? level >= LIMIT_STACK_LEVEL : level <= LIMIT_STACK_LEVEL) {
    invalid(
      'stackLevel',
      connectorNumber === 0
        ? 'is 0 for a default of all connectors: above stands each connector’s own limit'
        : `is above ${LIMIT_STACK_LEVEL} for a connector’s default: there and below stands the connector’s own limit`,
    );
  }
}
