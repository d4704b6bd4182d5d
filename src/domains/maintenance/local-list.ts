import { sql } from 'kysely';
import type { LocalListChange, LocalListEntry } from '../../kernel/charger-commands.ts';
import type { Context } from '../../kernel/context.ts';
import { ChargerRejectedError, ConflictError, invalid } from '../../kernel/errors.ts';
import { instantOf } from '../../kernel/instant.ts';
import { jsonb } from '../../kernel/json.ts';
import { inTransaction } from '../../kernel/transaction.ts';
import { db } from '../db.ts';
import { hasRoomFor, LONGEST_UID_16 } from '../drivers/token-length.ts';
import type { LocalList } from './local-list.entity.ts';
import { type OperatedCharger, requireOperated } from './operated-charger.ts';

const MAX_ENTRIES = 5_000;
/** For a station that has not told how many entries a message may have. */
const USUAL_CHUNK = 100;
/** A sender that has not got on by then was lost. */
const BUSY_SECONDS = 300;
const MAX_VERSION = 2 ** 31 - 2;

export type ListUpdate = 'full' | 'differential';

export interface LocalListInput {
  readonly chargerId: string;
  /** Left out: what has changed, where it is known what the station has, and everything elsewhere. */
  readonly update?: ListUpdate | null;
  /** Tokens of the network; where left out, all that are valid and that the station's OCPP has room for. */
  readonly idTags?: readonly string[] | null;
}

export interface LocalListResult {
  readonly chargerId: string;
  readonly version: number;
  readonly entryCount: number;
  /** How it was sent in the end; null where the station had it already. */
  readonly update: ListUpdate | null;
}

/**
 * Gives a station its local authorization list, in as many messages as it needs. One whose list is another than we
 * know of gets it in full. Throws ConflictError while somebody else is sending, ChargerRejectedError where it has no
 * list or does not take it, ChargerOfflineError, UnavailableError.
 */
export async function sendLocalList(ctx: Context, input: LocalListInput): Promise<LocalListResult> {
  const charger = await requireOperated(ctx, input.chargerId, 'control');
  const wanted = await entriesFor(ctx, charger, input.idTags ?? null);
  const list = await claim(ctx, charger);
  try {
    return await send(ctx, charger, list, wanted, input.update ?? null);
  } finally {
    await db(ctx)
      .updateTable('local_lists')
      .set({ busyUntil: null })
      .where('chargerId', '=', charger.id)
      .execute();
  }
}

/** What we know of the list that a station has; null before it was sent one. */
export async function localList(ctx: Context, chargerId: string): Promise<LocalList | null> {
  const charger = await requireOperated(ctx, chargerId, 'read');
  const list = await db(ctx)
    .selectFrom('local_lists')
    .selectAll()
    .where('chargerId', '=', charger.id)
    .where('sentAt', 'is not', null)
    .executeTakeFirst();
  return (list as LocalList | undefined) ?? null;
}

async function send(
  ctx: Context,
  charger: OperatedCharger,
  list: LocalList,
  wanted: readonly LocalListEntry[],
  asked: ListUpdate | null,
): Promise<LocalListResult> {
  const { version } = await ctx.chargers.ask(charger.id, 'localListVersion', {});
  if (version === null) throw new ChargerRejectedError('The charger has no local list.');
  const isKnown = list.sentAt !== null && version === list.version && version > 0;
  let update: ListUpdate | null = asked === 'full' || !isKnown ? 'full' : 'differential';
  // never a version that the station may have had, and never beyond its integers
  let last = Math.max(version, list.version);
  if (last >= MAX_VERSION) [last, update] = [0, 'full'];
  if (update === 'differential') {
    const changes = differences(list.entries, wanted);
    if (changes.length === 0) update = null;
    else {
      const reached = await sendInParts(ctx, charger, last, 'differential', changes, list.entries);
      if (reached === null) update = 'full';
      else last = reached;
    }
  }
  if (update === 'full') {
    const reached = await sendInParts(ctx, charger, last, 'full', wanted, []);
    if (reached === null) throw new ChargerRejectedError('The charger did not take the local list.');
    last = reached;
  }
  return { chargerId: charger.id, version: last, entryCount: wanted.length, update };
}

/**
 * Sends the changes and keeps what the station has taken after each message. Answers the version reached, null where
 * the station finds that the versions do not fit.
 */
async function sendInParts(
  ctx: Context,
  charger: OperatedCharger,
  from: number,
  update: ListUpdate,
  changes: readonly LocalListChange[],
  before: readonly LocalListEntry[],
): Promise<number | null> {
  const size = await chunkSize(ctx, charger);
  const entries = new Map(before.map(entry => [key(entry), entry]));
  let version = from;
  let at = 0;
  do {
    const part = changes.slice(at, at + size);
    const isFull = update === 'full' && at === 0;
    version += 1;
    const { status } = await ctx.chargers.ask(charger.id, 'sendLocalList', {
      version,
      updateType: isFull ? 'Full' : 'Differential',
      entries: part,
    });
    if (status === 'VersionMismatch' && !isFull) return null;
    if (status !== 'Accepted') {
      throw new ChargerRejectedError(`The charger did not take the local list: ${status}.`);
    }
    for (const change of part) {
      if ('status' in change) entries.set(key(change), change);
      else entries.delete(key(change));
    }
    await db(ctx)
      .updateTable('local_lists')
      .set({
        version,
        entries: jsonb([...entries.values()]),
        sentAt: ctx.now().toString(),
        busyUntil: ctx.now().add({ seconds: BUSY_SECONDS }).toString(),
      })
      .where('chargerId', '=', charger.id)
      .execute();
    at += size;
  } while (at < changes.length);
  return version;
}

/** What takes the list from one state to the other. */
function differences(
  before: readonly LocalListEntry[],
  wanted: readonly LocalListEntry[],
): LocalListChange[] {
  const had = new Map(before.map(entry => [key(entry), entry]));
  const has = new Set(wanted.map(key));
  return [
    ...before.filter(entry => !has.has(key(entry))).map(({ idTag, tokenType }) => ({ idTag, tokenType })),
    ...wanted.filter(entry => !isSame(entry, had.get(key(entry)))),
  ];
}

const key = ({ idTag }: { readonly idTag: string }): string => idTag.toLowerCase();

/** jsonb keeps no order of members. */
const isSame = (a: LocalListEntry, b: LocalListEntry | undefined): boolean =>
  b !== undefined &&
  (['idTag', 'tokenType', 'status', 'expiresAt', 'groupUid'] as const).every(field => a[field] === b[field]);

/** The network's valid tokens; or those named, whatever their standing. */
async function entriesFor(
  ctx: Context,
  charger: OperatedCharger,
  idTags: readonly string[] | null,
): Promise<LocalListEntry[]> {
  if (idTags && idTags.length > MAX_ENTRIES) invalid('idTags', `may be at most ${MAX_ENTRIES}`);
  const now = ctx.now();
  const lower = idTags?.map(tag => tag.toLowerCase()) ?? null;
  const tokens = await db(ctx)
    .selectFrom('tokens')
    .select(['uid', 'type', 'groupUid', 'expiresAt', 'isBlocked', 'revokedAt'])
    .where('networkId', '=', charger.networkId)
    .$if(lower !== null, query => query.where(sql<boolean>`lower(uid) = any(${lower}::text[])`))
    .$if(lower === null, query =>
      query
        .where('isBlocked', '=', false)
        .where('revokedAt', 'is', null)
        .where(eb => eb.or([eb('expiresAt', 'is', null), eb('expiresAt', '>', now.toString())])),
    )
    .orderBy('uid')
    .limit(MAX_ENTRIES + 1)
    .execute();
  if (tokens.length > MAX_ENTRIES) {
    invalid('idTags', `the network has more than ${MAX_ENTRIES} valid tokens: name those that are meant`);
  }
  const known = new Set(tokens.map(token => token.uid.toLowerCase()));
  const missing = idTags?.find(tag => !known.has(tag.toLowerCase()));
  if (missing !== undefined) invalid('idTags', `the network has no token ${missing}`);
  const fitting = tokens.filter(token => hasRoomFor(charger.ocppVersion, token.uid));
  if (idTags && fitting.length < tokens.length) {
    invalid(
      'idTags',
      `may have ${LONGEST_UID_16} characters at most in the list of a station that speaks OCPP 1.6`,
    );
  }
  return fitting.map(token => ({
    idTag: token.uid,
    tokenType: token.type,
    status:
      token.isBlocked || token.revokedAt
        ? 'Blocked'
        : token.expiresAt && Temporal.Instant.compare(instantOf(token.expiresAt), now) <= 0
          ? 'Expired'
          : 'Accepted',
    expiresAt: token.expiresAt && instantOf(token.expiresAt).toString(),
    groupUid: token.groupUid,
  }));
}

/** One sender at a time: two would take each other's versions. */
async function claim(ctx: Context, charger: OperatedCharger): Promise<LocalList> {
  return inTransaction(ctx, async tx => {
    const now = tx.now();
    await db(tx)
      .insertInto('local_lists')
      .values({ chargerId: charger.id, networkId: charger.networkId })
      .onConflict(conflict => conflict.doNothing())
      .execute();
    const claimed = await db(tx)
      .updateTable('local_lists')
      .set({ busyUntil: now.add({ seconds: BUSY_SECONDS }).toString() })
      .where('chargerId', '=', charger.id)
      .where(eb => eb.or([eb('busyUntil', 'is', null), eb('busyUntil', '<', now.toString())]))
      .returningAll()
      .executeTakeFirst();
    if (!claimed) throw new ConflictError('The list is being sent to this charger already.');
    return claimed as LocalList;
  });
}

/** How many entries a message may have, as the station told when its configuration was read. */
async function chunkSize(ctx: Context, charger: OperatedCharger): Promise<number> {
  const told = await db(ctx)
    .selectFrom('charger_variables')
    .select('value')
    .where('chargerId', '=', charger.id)
    .where(sql<boolean>`lower(variable) in ('sendlocallistmaxlength', 'itemspermessage')`)
    .where(sql<boolean>`(component = '' or lower(component) = 'localauthlistctrlr')`)
    .executeTakeFirst();
  const size = Number(told?.value ?? USUAL_CHUNK);
  return Number.isInteger(size) && size > 0 ? Math.min(size, USUAL_CHUNK * 10) : USUAL_CHUNK;
}
