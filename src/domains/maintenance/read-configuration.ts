import { authorize } from '../../auth/authorize.ts';
import type { VariableName } from '../../kernel/charger-commands.ts';
import type { Context } from '../../kernel/context.ts';
import { invalid } from '../../kernel/errors.ts';
import { type Page, type PageRequest, pageOf } from '../../kernel/page.ts';
import { db } from '../db.ts';
import type { ChargerVariable, ConfigurationChange } from './configuration.entity.ts';
import { requireOperated } from './operated-charger.ts';
import { storeVariables } from './store-variables.ts';

const MAX_NAMES = 100;

export interface ChargerConfiguration {
  readonly chargerId: string;
  /** By component and name. */
  readonly variables: readonly ChargerVariable[];
  /** Of those asked for just now: what the station does not know. */
  readonly unknown: readonly VariableName[];
}

/** What is known of a station's settings, without asking it. */
export async function chargerConfiguration(ctx: Context, chargerId: string): Promise<ChargerConfiguration> {
  const charger = await requireOperated(ctx, chargerId, 'read');
  return { chargerId: charger.id, variables: await variablesOf(ctx, charger.id), unknown: [] };
}

/**
 * Has the station tell its settings, all or those named, and answers what is known then. Throws ChargerOfflineError,
 * ChargerRejectedError, UnavailableError.
 */
export async function readConfiguration(
  ctx: Context,
  input: { readonly chargerId: string; readonly variables?: readonly VariableName[] | null },
): Promise<ChargerConfiguration> {
  const charger = await requireOperated(ctx, input.chargerId, 'control');
  if (input.variables && (input.variables.length === 0 || input.variables.length > MAX_NAMES)) {
    invalid('variables', `must be 1 to ${MAX_NAMES}, or left out for all`);
  }
  for (const variable of input.variables ?? []) checkName('variables', variable);
  const variables = input.variables ?? null;
  const answer = await ctx.chargers.ask(charger.id, 'getConfiguration', { variables });
  await storeVariables(ctx, charger, answer.variables, {
    replacesAll: variables === null && answer.isComplete,
  });
  return {
    chargerId: charger.id,
    variables: await variablesOf(ctx, charger.id),
    unknown: answer.unknown,
  };
}

/** Throws a ValidationError for a name that no station can have. */
export function checkName(field: string, name: VariableName): void {
  const texts = [name.component, name.componentInstance, name.variable, name.variableInstance];
  if (texts.some(text => text !== null && !/^[^\p{Cc}]{1,50}$/u.test(text))) {
    invalid(field, 'names have 1 to 50 characters');
  }
}

const variablesOf = async (ctx: Context, chargerId: string): Promise<ChargerVariable[]> =>
  (await db(ctx)
    .selectFrom('charger_variables')
    .selectAll()
    .where('chargerId', '=', chargerId)
    .orderBy('component')
    .orderBy('evseNumber')
    .orderBy('variable')
    .orderBy('id')
    .execute()) as ChargerVariable[];

/** Who changed what at a charger, the newest first. */
export async function listConfigurationChanges(
  ctx: Context,
  chargerId: string,
  request: PageRequest,
): Promise<Page<ConfigurationChange>> {
  const charger = await requireOperated(ctx, chargerId, 'read');
  return pageOf<ConfigurationChange>(
    changes(ctx).where('h.chargerId', '=', charger.id),
    {
      columns: ['h.created_at', 'h.id'],
      types: ['timestamptz', 'uuid'],
      descending: true,
      keyOf: row => [row.createdAt, row.id],
    },
    request,
  );
}

export async function loadConfigurationChanges(
  ctx: Context,
  ids: readonly string[],
): Promise<ConfigurationChange[]> {
  authorize(ctx.viewer, 'read');
  return (await changes(ctx)
    .where('h.id', 'in', [...ids])
    .execute()) as ConfigurationChange[];
}

const changes = (ctx: Context) =>
  db(ctx)
    .selectFrom('configuration_changes as h')
    .selectAll('h')
    .where('h.networkId', 'in', [...ctx.scope.networkIds]);
