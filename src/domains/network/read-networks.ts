import { authorize, seesPublicOnly } from '../../auth/authorize.ts';
import type { Context } from '../../kernel/context.ts';
import { type Page, type PageRequest, pageOf } from '../../kernel/page.ts';
import { db } from '../db.ts';
import type { ApiKey } from './api-key.entity.ts';
import type { Network } from './network.entity.ts';

export async function loadNetworks(ctx: Context, ids: readonly string[]): Promise<Network[]> {
  authorize(ctx.viewer, 'read', 'public');
  return (await networks(ctx)
    .where('n.id', 'in', [...ids])
    .execute()) as Network[];
}

/** Of a network that the caller has loaded; operators' own, nothing for apps and drivers. */
export const alertEmailOf = (ctx: Context, network: Network): string | null =>
  seesPublicOnly(ctx.viewer) ? null : (network.alertEmail ?? null);

/** The networks that the caller reaches. */
export async function listNetworks(ctx: Context, request: PageRequest): Promise<Page<Network>> {
  authorize(ctx.viewer, 'read', 'public');
  return pageOf<Network>(
    networks(ctx),
    {
      columns: ['n.name', 'n.id'],
      types: ['text', 'uuid'],
      descending: false,
      keyOf: row => [row.name, row.id],
    },
    request,
  );
}

const networks = (ctx: Context) =>
  db(ctx)
    .selectFrom('networks as n')
    .selectAll('n')
    .where('n.id', 'in', [...ctx.scope.networkIds]);

/** A key without its hash. */
export type ApiKeyRow = Omit<ApiKey, 'hash'>;

export async function loadApiKeys(ctx: Context, ids: readonly string[]): Promise<ApiKeyRow[]> {
  authorize(ctx.viewer, 'admin');
  return (await apiKeys(ctx)
    .where('a.id', 'in', [...ids])
    .execute()) as ApiKeyRow[];
}

export async function listApiKeys(ctx: Context, request: PageRequest): Promise<Page<ApiKeyRow>> {
  authorize(ctx.viewer, 'admin');
  return pageOf<ApiKeyRow>(
    apiKeys(ctx),
    {
      columns: ['a.created_at', 'a.id'],
      types: ['timestamptz', 'uuid'],
      descending: true,
      keyOf: row => [row.createdAt, row.id],
    },
    request,
  );
}

const apiKeys = (ctx: Context) =>
  db(ctx)
    .selectFrom('api_keys as a')
    .select([
      'a.id',
      'a.networkId',
      'a.name',
      'a.kind',
      'a.scopes',
      'a.prefix',
      'a.lastFour',
      'a.expiresAt',
      'a.revokedAt',
      'a.createdAt',
    ])
    .where('a.networkId', 'in', [...ctx.scope.networkIds]);
