import type { ChargerCommandMap } from '../../kernel/charger-commands.ts';
import type { Context } from '../../kernel/context.ts';
import { invalid } from '../../kernel/errors.ts';
import { requireOperated } from './operated-charger.ts';

/** A message takes 256 KiB; what else is in it is small. */
const MAX_DATA = 100_000;

/** Has a station forget whom it let charge before. Throws ChargerOfflineError, ChargerRejectedError, UnavailableError. */
export async function clearCache(
  ctx: Context,
  chargerId: string,
): Promise<{ chargerId: string; accepted: boolean }> {
  const charger = await requireOperated(ctx, chargerId, 'control');
  const { status } = await ctx.chargers.ask(charger.id, 'clearCache', {});
  return { chargerId: charger.id, accepted: status === 'Accepted' };
}

export interface DataTransferInput {
  readonly chargerId: string;
  readonly vendorId: string;
  readonly messageId?: string | null;
  readonly data?: string | null;
}

export type DataTransferResult = ChargerCommandMap['dataTransfer']['answer'] & { readonly chargerId: string };

/** Sends a vendor's own message. Throws ChargerOfflineError, ChargerRejectedError, UnavailableError. */
export async function transferData(ctx: Context, input: DataTransferInput): Promise<DataTransferResult> {
  const charger = await requireOperated(ctx, input.chargerId, 'control');
  const { vendorId, messageId = null, data = null } = input;
  if (vendorId.length < 1 || vendorId.length > 255) invalid('vendorId', 'must have 1 to 255 characters');
  if (messageId !== null && messageId.length > 50) invalid('messageId', 'may have at most 50 characters');
  if (data !== null && data.length > MAX_DATA) invalid('data', `may have at most ${MAX_DATA} characters`);
  const answer = await ctx.chargers.ask(charger.id, 'dataTransfer', { vendorId, messageId, data });
  return { chargerId: charger.id, ...answer };
}
