import { sql } from 'kysely';
import { authorize, reachedNetwork } from '../../auth/authorize.ts';
import { type Context, inScopeOf } from '../../kernel/context.ts';
import { invalid, NotFoundError } from '../../kernel/errors.ts';
import { networksScope, systemScope } from '../../kernel/scope.ts';
import { db } from '../db.ts';
import type { UnknownCharger } from './charger-connection.entity.ts';
import { type ConnectorFields, createCharger, type NewCharger } from './chargers.ts';

const MAX_LISTED = 200;

/**
 * The stations that knocked and are nobody's, the last one first, 200 at most: to the platform's owner all, to others
 * those that came by the URL of one of their networks.
 */
export async function unknownChargers(ctx: Context): Promise<UnknownCharger[]> {
  authorize(ctx.viewer, 'read');
  return (await inKnockScope(ctx, scoped =>
    knocks(scoped).orderBy('u.lastSeenAt', 'desc').orderBy('u.uid').limit(MAX_LISTED).execute(),
  )) as UnknownCharger[];
}

export type AdoptedCharger = Omit<NewCharger, 'connectors'> & {
  /** Left out: they come with what the station reports. */
  readonly connectors?: readonly ConnectorFields[] | null;
};

/**
 * Takes in a station that knocked: into the network by whose URL it came, else the one given, else the caller's own.
 * The password is answered once. Throws NotFoundError for one that the caller is not shown.
 */
export async function adoptCharger(
  ctx: Context,
  input: AdoptedCharger,
): Promise<{ id: string; password: string }> {
  authorize(ctx.viewer, 'write');
  if (input.networkId) reachedNetwork(ctx, input.networkId);
  const knock = await inKnockScope(ctx, scoped =>
    knocks(scoped).where('u.uid', '=', input.uid).executeTakeFirst(),
  );
  if (!knock) throw new NotFoundError('unknown charger');
  if (knock.networkId && input.networkId && knock.networkId !== input.networkId) {
    invalid('networkId', 'the station comes by the URL of another network');
  }
  const networkId = knock.networkId ?? input.networkId;
  const made = await createCharger(
    ctx,
    { ...input, networkId: networkId ?? reachedNetwork(ctx, null), connectors: input.connectors ?? [] },
    { mayLackConnectors: true },
  );
  // only now, and by itself: one that stays behind is not listed any more
  const scoped = { ...ctx, em: ctx.em.fork() as Context['em'], scope: systemScope };
  await inScopeOf(scoped, () =>
    db(scoped).deleteFrom('unknown_chargers').where('uid', '=', input.uid).execute(),
  );
  return made;
}

const isPlatformOwner = (ctx: Context): boolean =>
  ctx.viewer.kind === 'key' && ctx.viewer.scopes.includes('platform');

/** Stations that named no network are in nobody's scope but the system's. */
function inKnockScope<T>(ctx: Context, read: (ctx: Context) => Promise<T>): Promise<T> {
  const scope = isPlatformOwner(ctx) ? systemScope : networksScope(ctx.scope.networkIds);
  const scoped = { ...ctx, em: ctx.em.fork() as Context['em'], scope };
  return inScopeOf(scoped, () => read(scoped));
}

const knocks = (ctx: Context) =>
  db(ctx)
    .selectFrom('unknown_chargers as u')
    .selectAll('u')
    .where(({ not, exists, selectFrom }) =>
      not(exists(selectFrom('chargers as c').select(sql`1`.as('one')).whereRef('c.uid', '=', 'u.uid'))),
    )
    .$if(!ctx.scope.system, query => query.where('u.networkId', 'in', [...ctx.scope.networkIds]));
