import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { authorize } from '../../auth/authorize.ts';
import type { Context } from '../../kernel/context.ts';
import { newId } from '../../kernel/ids.ts';
import type { SealedColumn } from '../../kernel/installation-secret.ts';
import { runInScope, systemScope } from '../../kernel/scope.ts';
import { db } from '../db.ts';
import { type Authority, newAuthority } from './certificate-signing.ts';

/** What it was called when the first was sealed. */
const SEALED_AS = 'station-authority';

export const SEALED_AUTHORITIES: readonly SealedColumn[] = [
  { table: 'charger_authorities', column: 'sealed_private_key', purpose: SEALED_AS },
];

/** What anybody may know of the authority. */
export interface PublicAuthority {
  /** PEM. */
  readonly certificate: string;
  readonly createdAt: string;
}

/**
 * Makes the installation's authority for stations' certificates, which signs from now on; for the platform's owner. An
 * older one signs no more, and what it signed stays good.
 */
export async function createChargerAuthority(ctx: Context): Promise<PublicAuthority> {
  authorize(ctx.viewer, 'platform');
  const { certificate, privateKey } = await newAuthority(ctx.now());
  const createdAt = ctx.now().toString();
  await db(ctx)
    .insertInto('charger_authorities')
    .values({
      id: newId(),
      certificate,
      sealedPrivateKey: ctx.secret.seal(SEALED_AS, privateKey),
      createdAt,
    })
    .execute();
  return { certificate, createdAt };
}

/** The authority that signs now; null where the installation has none. */
export async function chargerAuthority(ctx: Context): Promise<PublicAuthority | null> {
  authorize(ctx.viewer, 'read');
  const newest = await newestOf(ctx.em);
  return newest && { certificate: newest.certificate, createdAt: newest.createdAt };
}

/** With its private key: for signing alone. */
export async function signingAuthority(ctx: Context): Promise<Authority | null> {
  const newest = await newestOf(ctx.em);
  return (
    newest && {
      certificate: newest.certificate,
      privateKey: ctx.secret.unseal(SEALED_AS, newest.sealedPrivateKey),
    }
  );
}

const newestOf = async (em: SqlEntityManager) =>
  (await runInScope(systemScope, () =>
    db({ em: em.fork() as SqlEntityManager })
      .selectFrom('charger_authorities')
      .selectAll()
      .orderBy('createdAt', 'desc')
      .orderBy('id', 'desc')
      .limit(1)
      .executeTakeFirst(),
  )) ?? null;
