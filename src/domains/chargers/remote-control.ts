import { authorize, signedInDriver } from '../../auth/authorize.ts';
import { SECURITY_TRIGGER_MESSAGES, type TriggerMessage } from '../../kernel/charger-commands.ts';
import type { Context } from '../../kernel/context.ts';
import { ChargerOfflineError, ChargerRejectedError, UnavailableError } from '../../kernel/errors.ts';
import { connectorOf, requireControl } from './charger-access.ts';

export type ResetType = 'Soft' | 'Hard';

/** What became of a command: the station accepted it, or why not, and whether to ask again makes sense. */
export interface CommandResult {
  readonly chargerId: string;
  readonly accepted: boolean;
  /** For people; null where accepted. */
  readonly reason: string | null;
  /** The station was not reached, or did not answer. */
  readonly retryable: boolean;
}

export interface UnlockResult extends CommandResult {
  readonly connectorNumber: number;
}

export interface TriggerResult extends CommandResult {
  readonly message: TriggerMessage;
  readonly connectorNumber: number | null;
}

export interface ResetResult extends CommandResult {
  readonly type: ResetType;
}

export interface RebootResult {
  readonly chargerId: string;
  readonly type: ResetType;
  readonly accepted: boolean;
  readonly message: string;
}

const REFUSED = 'The charger rejected the request.';
const OFFLINE = 'The charger is offline.';
const NO_ANSWER = 'The charger did not answer in time.';

/** Asks the station to release a cable. Throws NotFoundError, and ValidationError for a connector it lacks. */
export async function unlockConnector(
  ctx: Context,
  input: { readonly chargerId: string; readonly connectorNumber?: number | null },
): Promise<UnlockResult> {
  const charger = await requireControl(ctx, input.chargerId);
  const connectorNumber = input.connectorNumber ?? 1;
  await connectorOf(ctx, charger.id, connectorNumber);
  const verdict = await verdictOf(async () => {
    const { status } = await ctx.chargers.ask(charger.id, 'unlock', { connectorNumber });
    if (status === 'Unlocked') return null;
    return status === 'NotSupported'
      ? 'The charger cannot unlock this connector.'
      : 'The connector stayed locked.';
  });
  return { chargerId: charger.id, connectorNumber, ...verdict };
}

/** Asks the station to send a message again. Throws NotFoundError, and ValidationError for a connector it lacks. */
export async function triggerMessage(
  ctx: Context,
  input: {
    readonly chargerId: string;
    readonly message?: TriggerMessage | null;
    readonly connectorNumber?: number | null;
  },
): Promise<TriggerResult> {
  const isSecurity = (SECURITY_TRIGGER_MESSAGES as readonly unknown[]).includes(input.message);
  if (isSecurity) authorize(ctx.viewer, 'control', 'operator');
  const charger = await requireControl(ctx, input.chargerId);
  const { message, connectorNumber } = {
    message: input.message ?? 'StatusNotification',
    connectorNumber: input.connectorNumber ?? null,
  };
  if (connectorNumber !== null) await connectorOf(ctx, charger.id, connectorNumber);
  const verdict = await verdictOf(async () => {
    const { status } = await ctx.chargers.ask(charger.id, 'trigger', { message, connectorNumber });
    if (status === 'Accepted') return null;
    return status === 'NotImplemented' ? `The charger cannot be asked for a ${message}.` : REFUSED;
  });
  return { chargerId: charger.id, message, connectorNumber, ...verdict };
}

/** Asks the station to restart; for a driver always softly, so that nobody's charge is cut. Throws NotFoundError. */
export async function resetCharger(
  ctx: Context,
  input: { readonly chargerId: string; readonly type?: ResetType | null },
): Promise<ResetResult> {
  const charger = await requireControl(ctx, input.chargerId);
  const type = signedInDriver(ctx.viewer) ? 'Soft' : (input.type ?? 'Soft');
  const verdict = await verdictOf(async () => {
    const { status } = await ctx.chargers.ask(charger.id, 'reset', { type });
    return status === 'Accepted' ? null : REFUSED;
  });
  return { chargerId: charger.id, type, ...verdict };
}

/**
 * The same for operators, who are told by an error that the station was not reached. Throws NotFoundError,
 * ChargerOfflineError, and UnavailableError where it did not answer in time.
 */
export async function rebootCharger(
  ctx: Context,
  input: { readonly chargerId: string; readonly type?: ResetType | null },
): Promise<RebootResult> {
  authorize(ctx.viewer, 'control', 'operator');
  const charger = await requireControl(ctx, input.chargerId);
  const type = input.type ?? 'Soft';
  const accepted = await ctx.chargers.ask(charger.id, 'reset', { type }).then(
    ({ status }) => status === 'Accepted',
    error => {
      if (error instanceof ChargerRejectedError) return false;
      throw error;
    },
  );
  const message = accepted ? `The charger accepted the ${type.toLowerCase()} reset.` : REFUSED;
  return { chargerId: charger.id, type, accepted, message };
}

/** `ask` answers why the station refused, null where it accepted. That it was not reached is a result, no error. */
async function verdictOf(
  ask: () => Promise<string | null>,
): Promise<Pick<CommandResult, 'accepted' | 'reason' | 'retryable'>> {
  try {
    const reason = await ask();
    return { accepted: reason === null, reason, retryable: false };
  } catch (error) {
    if (error instanceof ChargerRejectedError) return { accepted: false, reason: REFUSED, retryable: false };
    if (error instanceof ChargerOfflineError) return { accepted: false, reason: OFFLINE, retryable: true };
    if (error instanceof UnavailableError) return { accepted: false, reason: NO_ANSWER, retryable: true };
    throw error;
  }
}
