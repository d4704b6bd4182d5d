import type { AttributeType, VariableName } from '../../kernel/charger-commands.ts';
import type { Context } from '../../kernel/context.ts';
import { ChargerOfflineError, ChargerRejectedError, invalid, UnavailableError } from '../../kernel/errors.ts';
import { newId } from '../../kernel/ids.ts';
import { isSecretName } from '../../kernel/secret-names.ts';
import { inTransaction } from '../../kernel/transaction.ts';
import { type OfferedPassword, offerPassword } from '../chargers/charger-password-change.ts';
import { db } from '../db.ts';
import type { ChangeOutcome } from './configuration.entity.ts';
import { askedBy, keepNewest, type OperatedCharger, requireOperated } from './operated-charger.ts';
import { checkName } from './read-configuration.ts';
import { nameColumns } from './store-variables.ts';

const MAX_VALUE = 2_500;
const KEPT_CHANGES = 1_000;

export interface ConfigurationInput extends VariableName {
  readonly chargerId: string;
  /** Actual where left out. */
  readonly attributeType?: AttributeType | null;
  readonly value: string;
}

const OUTCOMES = {
  Accepted: 'accepted',
  RebootRequired: 'reboot_required',
  Rejected: 'rejected',
  NotSupported: 'not_supported',
} as const satisfies Record<string, ChangeOutcome>;

/**
 * Has a station change a setting and keeps who wanted it and what the station said: answers the change's id. A station
 * that is given another password may come with it, and with the one before until it has. Throws ChargerOfflineError,
 * ChargerRejectedError, UnavailableError where it did not answer: whether it has changed is not known then.
 */
export async function setConfiguration(ctx: Context, input: ConfigurationInput): Promise<string> {
  const charger = await requireOperated(ctx, input.chargerId, 'control');
  check(input);
  const change = { ...input, attributeType: input.attributeType ?? 'Actual' };
  const id = await noteChange(ctx, charger, change);
  const password = isStationPassword(input) ? await offerPassword(ctx, charger.id, input.value) : null;
  try {
    const { component, componentInstance, evseNumber, variable, variableInstance } = input;
    const { status } = await ctx.chargers.ask(charger.id, 'setConfiguration', {
      variable: { component, componentInstance, evseNumber, variable, variableInstance },
      attributeType: change.attributeType,
      value: input.value,
    });
    await settle(ctx, charger, id, change, OUTCOMES[status], password);
    return id;
  } catch (error) {
    const outcome = outcomeOf(error);
    if (outcome) await settle(ctx, charger, id, change, outcome, password);
    throw error;
  }
}

type Change = ConfigurationInput & { readonly attributeType: AttributeType };

/** It is written down before the station hears of it: what it was told is known whatever happens then. */
async function noteChange(ctx: Context, charger: OperatedCharger, change: Change): Promise<string> {
  const id = newId();
  const isSecret = isSecretName(change.variable);
  await inTransaction(ctx, async tx => {
    const known = await variableRow(tx, charger.id, change).select('value').executeTakeFirst();
    await db(tx)
      .insertInto('configuration_changes')
      .values({
        id,
        networkId: charger.networkId,
        chargerId: charger.id,
        ...nameColumns(change),
        attributeType: change.attributeType,
        oldValue: known?.value ?? null,
        newValue: isSecret ? null : change.value,
        outcome: 'sent',
        requestedBy: askedBy(tx),
        createdAt: tx.now().toString(),
      })
      .execute();
    await keepNewest(tx, 'configuration_changes', charger.id, KEPT_CHANGES);
  });
  return id;
}

async function settle(
  ctx: Context,
  charger: OperatedCharger,
  id: string,
  change: Change,
  outcome: ChangeOutcome,
  password: OfferedPassword | null,
): Promise<void> {
  await inTransaction(ctx, async tx => {
    await db(tx).updateTable('configuration_changes').set({ outcome }).where('id', '=', id).execute();
    if (outcome === 'accepted' && !isSecretName(change.variable)) {
      await db(tx)
        .updateTable('charger_variables')
        .set({ value: change.value, readAt: tx.now().toString() })
        .where('id', 'in', variableRow(tx, charger.id, change).select('id'))
        .execute();
    }
    // the station may use the new one at once, or after a reboot; where nothing is known, either
    if (outcome !== 'accepted' && outcome !== 'reboot_required' && outcome !== 'unanswered') {
      await password?.withdraw(tx);
    }
  });
}

const variableRow = (ctx: Context, chargerId: string, change: Change) => {
  const { component, componentInstance, evseNumber, variable, variableInstance } = nameColumns(change);
  return db(ctx)
    .selectFrom('charger_variables')
    .where('chargerId', '=', chargerId)
    .where('component', '=', component)
    .where('componentInstance', '=', componentInstance)
    .where('evseNumber', '=', evseNumber)
    .where('variable', '=', variable)
    .where('variableInstance', '=', variableInstance)
    .where('attributeType', '=', change.attributeType);
};

/** The setting that is the station's Basic password: 1.6's AuthorizationKey, 2.0.1's SecurityCtrlr.BasicAuthPassword. */
const isStationPassword = ({ component, variable }: VariableName): boolean =>
  component
    ? component.toLowerCase() === 'securityctrlr' && variable.toLowerCase() === 'basicauthpassword'
    : variable.toLowerCase() === 'authorizationkey';

function outcomeOf(error: unknown): ChangeOutcome | null {
  if (error instanceof ChargerOfflineError) return 'offline';
  if (error instanceof ChargerRejectedError) return 'rejected';
  return error instanceof UnavailableError ? 'unanswered' : null;
}

function check(input: ConfigurationInput): void {
  checkName('variable', input);
  const { value } = input;
  if (value.length > MAX_VALUE) invalid('value', `may have at most ${MAX_VALUE} characters`);
  if (!input.component && value.length > 500) invalid('value', 'OCPP 1.6 takes at most 500 characters');
  if (!isStationPassword(input)) return;
  if (!/^[\x21-\x7e]{16,40}$/.test(value)) {
    invalid('value', 'a password has 16 to 40 visible ASCII characters');
  }
  // some stations take hexadecimal digits for the bytes they spell, others for themselves
  if (/^[0-9a-f]+$/i.test(value)) invalid('value', 'a password needs other characters than 0-9 and a-f');
}
