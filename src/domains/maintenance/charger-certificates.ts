import { authorize } from '../../auth/authorize.ts';
import type { CertificateHash, CertificateUse } from '../../kernel/charger-commands.ts';
import type { Context } from '../../kernel/context.ts';
import {
  ChargerOfflineError,
  ConflictError,
  invalid,
  NotFoundError,
  UnavailableError,
} from '../../kernel/errors.ts';
import { newId } from '../../kernel/ids.ts';
import { addJob } from '../../kernel/jobs.ts';
import { type Page, type PageRequest, pageOf } from '../../kernel/page.ts';
import { inTransaction } from '../../kernel/transaction.ts';
import type { Station } from '../chargers/station.ts';
import { db } from '../db.ts';
import { isCertificate, leafOf, signRequest, whyNotSignable } from './certificate-signing.ts';
import { signingAuthority } from './charger-authority.ts';
import { keepNewest, requireOperated } from './operated-charger.ts';
import type { ChargerCertificate } from './security.entity.ts';

const KEPT_CERTIFICATES = 20;
const MAX_CERTIFICATE = 5_500;
const MAX_CHAIN = 10_000;

/**
 * A station asks for a certificate. A request that names it, and that it has signed itself, is kept, in place of one
 * that still waited; the installation's authority signs it, where there is one, else an operator brings the chain.
 * Answers whether the request is any good.
 */
export async function certificateRequested(ctx: Context, station: Station, csr: string): Promise<boolean> {
  const problem = await whyNotSignable(csr, station.uid);
  if (problem) {
    ctx.log.warn({ chargerUid: station.uid, reason: problem }, 'certificate request refused');
    return false;
  }
  const isSignedHere = (await signingAuthority(ctx)) !== null;
  await inTransaction(ctx, async tx => {
    const now = tx.now().toString();
    await db(tx)
      .updateTable('charger_certificates')
      .set({ status: 'superseded', updatedAt: now })
      .where('chargerId', '=', station.id)
      .where('status', 'in', ['requested', 'signed'])
      .execute();
    const id = newId();
    const { networkId } = station;
    await db(tx)
      .insertInto('charger_certificates')
      .values({
        id,
        networkId,
        chargerId: station.id,
        status: 'requested',
        csr,
        createdAt: now,
        updatedAt: now,
      })
      .execute();
    await keepNewest(tx, 'charger_certificates', station.id, KEPT_CERTIFICATES);
    if (isSignedHere) await addJob(tx, 'sign-certificate', { networkId, certificateId: id });
  });
  return true;
}

/** Job: signs a station's request and sends the chain. A station that is not reached asks again by itself. */
export async function signCertificate(
  ctx: Context,
  { certificateId }: { readonly certificateId: string },
): Promise<void> {
  const row = await db(ctx)
    .selectFrom('charger_certificates as z')
    .innerJoin('chargers as c', 'c.id', 'z.chargerId')
    .select(['z.id', 'z.chargerId', 'z.csr', 'z.chain', 'c.uid'])
    .where('z.id', '=', certificateId)
    .where('z.status', 'in', ['requested', 'signed'])
    .executeTakeFirst();
  const authority = await signingAuthority(ctx);
  if (!row || !authority) return;
  // a job that runs again sends what it signed before
  const chain = row.chain ?? (await signRequest(authority, row.csr, row.uid, ctx.now()));
  await keepChain(ctx, row, chain);
  try {
    await sendChain(ctx, row, chain);
  } catch (error) {
    if (!(error instanceof ChargerOfflineError || error instanceof UnavailableError)) throw error;
    ctx.log.warn({ chargerUid: row.uid, reason: error.message }, 'certificate not delivered');
  }
}

/**
 * Brings a station the certificate that it asked for, signed elsewhere (PEM, its own first). Answers the request's id.
 * Throws NotFoundError, ConflictError where the request waits no more, ValidationError for a chain that is not for it,
 * ChargerOfflineError, ChargerRejectedError, UnavailableError.
 */
export async function deliverCertificate(
  ctx: Context,
  input: { readonly id: string; readonly chain: string },
): Promise<string> {
  authorize(ctx.viewer, 'control');
  const [row] = await loadChargerCertificates(ctx, [input.id]);
  if (!row) throw new NotFoundError('certificate');
  if (row.status !== 'requested' && row.status !== 'signed') {
    throw new ConflictError(`The request is ${row.status} already.`);
  }
  if (input.chain.length > MAX_CHAIN) invalid('chain', `may have at most ${MAX_CHAIN} characters`);
  await keepChain(ctx, row, input.chain);
  await sendChain(ctx, row, input.chain);
  return row.id;
}

type Asked = { readonly id: string; readonly csr: string; readonly chargerId: unknown };

async function keepChain(ctx: Context, row: Asked, chain: string): Promise<void> {
  const leaf = leafOf(chain, row.csr);
  if (!leaf) invalid('chain', 'must be PEM certificates in order, the first for the key of the request');
  await db(ctx)
    .updateTable('charger_certificates')
    .set({ status: 'signed', chain, ...leaf, updatedAt: ctx.now().toString() })
    .where('id', '=', row.id)
    .where('status', 'in', ['requested', 'signed'])
    .execute();
}

async function sendChain(ctx: Context, row: Asked, chain: string): Promise<void> {
  const { status } = await ctx.chargers.ask(String(row.chargerId), 'sendCertificate', { chain });
  await db(ctx)
    .updateTable('charger_certificates')
    .set({ status: status === 'Accepted' ? 'accepted' : 'rejected', updatedAt: ctx.now().toString() })
    .where('id', '=', row.id)
    .where('status', '=', 'signed')
    .execute();
}

/** What a station asked to have signed, the newest first. */
export async function listChargerCertificates(
  ctx: Context,
  chargerId: string,
  request: PageRequest,
): Promise<Page<ChargerCertificate>> {
  const charger = await requireOperated(ctx, chargerId, 'read');
  return pageOf<ChargerCertificate>(
    certificates(ctx).where('z.chargerId', '=', charger.id),
    {
      columns: ['z.created_at', 'z.id'],
      types: ['timestamptz', 'uuid'],
      descending: true,
      keyOf: row => [row.createdAt, row.id],
    },
    request,
  );
}

export async function loadChargerCertificates(
  ctx: Context,
  ids: readonly string[],
): Promise<ChargerCertificate[]> {
  authorize(ctx.viewer, 'read');
  return (await certificates(ctx)
    .where('z.id', 'in', [...ids])
    .execute()) as ChargerCertificate[];
}

const certificates = (ctx: Context) =>
  db(ctx)
    .selectFrom('charger_certificates as z')
    .selectAll('z')
    .where('z.networkId', 'in', [...ctx.scope.networkIds]);

/** Whom a station trusts; what it says to a change. Each throws ChargerOfflineError, ChargerRejectedError, UnavailableError. */
export async function installedCertificates(
  ctx: Context,
  input: { readonly chargerId: string; readonly use: CertificateUse },
): Promise<readonly CertificateHash[]> {
  const charger = await requireOperated(ctx, input.chargerId, 'control');
  return (await ctx.chargers.ask(charger.id, 'certificateIds', { use: input.use })).certificates;
}

export interface CertificateVerdict {
  readonly chargerId: string;
  readonly accepted: boolean;
  /** The station's word. */
  readonly status: string;
}

export async function installCertificate(
  ctx: Context,
  input: { readonly chargerId: string; readonly use: CertificateUse; readonly certificate: string },
): Promise<CertificateVerdict> {
  const charger = await requireOperated(ctx, input.chargerId, 'control');
  const { use, certificate } = input;
  if (certificate.length > MAX_CERTIFICATE || !isCertificate(certificate)) {
    invalid('certificate', `must be a PEM certificate of at most ${MAX_CERTIFICATE} characters`);
  }
  const { status } = await ctx.chargers.ask(charger.id, 'installCertificate', { use, certificate });
  return { chargerId: charger.id, accepted: status === 'Accepted', status };
}

export async function deleteCertificate(
  ctx: Context,
  input: { readonly chargerId: string; readonly certificate: CertificateHash },
): Promise<CertificateVerdict> {
  const charger = await requireOperated(ctx, input.chargerId, 'control');
  const { certificate } = input;
  for (const [field, most] of [
    ['issuerNameHash', 128],
    ['issuerKeyHash', 128],
    ['serialNumber', 40],
  ] as const) {
    if (!/^[0-9a-fA-F]+$/.test(certificate[field]) || certificate[field].length > most) {
      invalid(field, `must be 1 to ${most} hexadecimal digits`);
    }
  }
  const { status } = await ctx.chargers.ask(charger.id, 'deleteCertificate', { certificate });
  return { chargerId: charger.id, accepted: status === 'Accepted', status };
}
