import { sql } from 'kysely';
import { authorize, signedInDriver } from '../../auth/authorize.ts';
import type { Context } from '../../kernel/context.ts';
import { type FieldProblem, ValidationError } from '../../kernel/errors.ts';
import type { EventType } from '../../kernel/event-catalogue.ts';
import type { LoggedEvent } from '../../kernel/events.ts';
import { followEvents } from '../../kernel/follow-events.ts';
import { isUuid } from '../../kernel/ids.ts';
import { visibleChargers } from '../chargers/read-chargers.ts';

export interface EventFilter {
  /** All where left out. */
  readonly types?: readonly EventType[] | null;
  /** Only of these chargers, by id or by uid; all, and what concerns no charger, where both are left out. */
  readonly chargerIds?: readonly string[] | null;
  readonly chargerUids?: readonly string[] | null;
  /** A `sequence`: what came behind it is sent first, without a gap. */
  readonly since?: string | null;
}

/**
 * What happens in the caller's networks, to a driver what concerns them. Throws a ValidationError that names a charger
 * which is not there: a filter with a slip in it would be silent for ever.
 */
export async function eventFeed(
  ctx: Context,
  { types, chargerIds, chargerUids, since }: EventFilter,
): Promise<AsyncIterableIterator<LoggedEvent>> {
  authorize(ctx.viewer, 'read', 'either');
  const wantedTypes = types && new Set<string>(types);
  const ofChargers = chargerIds || chargerUids ? await named(ctx, chargerIds ?? [], chargerUids ?? []) : null;
  return followEvents(ctx, {
    since,
    chargerIds: ofChargers,
    wants: event => (!wantedTypes || wantedTypes.has(event.type)) && isOwn(ctx, event),
  });
}

/** A driver hears of what is their own, an operator of all in its networks. */
export function isOwn(ctx: Context, event: LoggedEvent): boolean {
  const driver = signedInDriver(ctx.viewer);
  return driver === null || event.driverId === driver.id;
}

async function named(ctx: Context, ids: readonly string[], uids: readonly string[]): Promise<Set<string>> {
  const chargers = await visibleChargers(ctx)
    .clearSelect()
    .select(['c.id', 'c.uid'])
    .where(sql<boolean>`(c.id = any(${ids.filter(isUuid)}::uuid[]) or c.uid = any(${[...uids]}::text[]))`)
    .execute();
  const found = new Set(chargers.flatMap(({ id, uid }) => [id, uid]));
  const missing = (field: string, names: readonly string[]): FieldProblem[] =>
    names.filter(name => !found.has(name)).map(name => ({ field, message: `there is no charger ${name}` }));
  const problems = [...missing('chargerIds', ids), ...missing('chargerUids', uids)];
  if (problems.length > 0) throw new ValidationError(problems);
  return new Set(chargers.map(({ id }) => id));
}
