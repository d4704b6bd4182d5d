import { sql } from 'kysely';
import type { ReportedVariable, VariableName } from '../../kernel/charger-commands.ts';
import type { Context } from '../../kernel/context.ts';
import { newId } from '../../kernel/ids.ts';
import { isSecretName } from '../../kernel/secret-names.ts';
import { inTransaction } from '../../kernel/transaction.ts';
import { db } from '../db.ts';

/** A station that reports more has gone mad. */
const MAX_VARIABLES = 5_000;
const MAX_VALUE = 2_500;
/** A statement takes 65,535 values. */
const BATCH = 1_000;

/** The columns that name a variable. */
export const nameColumns = (name: VariableName) => ({
  component: name.component ?? '',
  componentInstance: name.componentInstance ?? '',
  evseNumber: name.evseNumber ?? 0,
  variable: name.variable,
  variableInstance: name.variableInstance ?? '',
});

/**
 * Takes down what a station tells of its settings; secrets without their values. `replacesAll`: what it does not tell
 * any more is gone.
 */
export async function storeVariables(
  ctx: Context,
  station: { readonly id: string; readonly networkId: string },
  reported: readonly ReportedVariable[],
  { replacesAll }: { readonly replacesAll: boolean },
): Promise<void> {
  const readAt = ctx.now().toString();
  const rows = reported.slice(0, MAX_VARIABLES).map(variable => ({
    networkId: station.networkId,
    chargerId: station.id,
    ...nameColumns(variable),
    attributeType: variable.attributeType,
    value: isSecretName(variable.variable) ? null : (variable.value?.slice(0, MAX_VALUE) ?? null),
    mutability: variable.mutability,
    dataType: variable.dataType,
    unit: variable.unit,
    isSecret: isSecretName(variable.variable),
    readAt,
  }));
  // some stations tell a key twice
  const unique = [...new Map(rows.map(row => [JSON.stringify(nameOf(row)), row])).values()];
  await inTransaction(ctx, async tx => {
    if (replacesAll)
      await db(tx).deleteFrom('charger_variables').where('chargerId', '=', station.id).execute();
    for (let at = 0; at < unique.length; at += BATCH) {
      await db(tx)
        .insertInto('charger_variables')
        .values(unique.slice(at, at + BATCH).map(row => ({ id: newId(), ...row })))
        .onConflict(conflict =>
          conflict.constraint('charger_variables_name_unique').doUpdateSet({
            value: sql<string | null>`excluded.value`,
            // an answer may tell the value alone
            mutability: sql`coalesce(excluded.mutability, charger_variables.mutability)`,
            dataType: sql<string | null>`coalesce(excluded.data_type, charger_variables.data_type)`,
            unit: sql<string | null>`coalesce(excluded.unit, charger_variables.unit)`,
            isSecret: sql<boolean>`excluded.is_secret`,
            readAt,
          }),
        )
        .execute();
    }
  });
}

const nameOf = (row: ReturnType<typeof nameColumns> & { readonly attributeType: string }) => [
  row.component,
  row.componentInstance,
  row.evseNumber,
  row.variable,
  row.variableInstance,
  row.attributeType,
];
