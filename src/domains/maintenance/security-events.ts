import { authorize } from '../../auth/authorize.ts';
import type { Context } from '../../kernel/context.ts';
import { newId } from '../../kernel/ids.ts';
import { epochMs } from '../../kernel/instant.ts';
import { type Page, type PageRequest, pageOf } from '../../kernel/page.ts';
import { inTransaction } from '../../kernel/transaction.ts';
import type { Station } from '../chargers/station.ts';
import { isPlausibleTime } from '../chargers/station-clock.ts';
import { db } from '../db.ts';
import { raiseAlert } from '../notifications/raise-alert.ts';
import { keepNewest } from './operated-charger.ts';
import type { SecurityEvent } from './security.entity.ts';

const KEPT_EVENTS = 1_000;

/**
 * Those that somebody should look at, in the words of 1.6's security extension and of 2.0.1 (part 2, appendix 1). What
 * the documents call critical means only that the station must send it, a plain start included.
 */
const CRITICAL = new Set([
  'AttemptedReplayAttacks',
  'CentralSystemFailedToAuthenticate',
  'CsmsFailedToAuthenticate',
  'FailedToAuthenticateAtCentralSystem',
  'FailedToAuthenticateAtCsms',
  'InvalidCentralSystemCertificate',
  'InvalidChargePointCertificate',
  'InvalidChargingStationCertificate',
  'InvalidCsmsCertificate',
  'InvalidFirmwareSignature',
  'InvalidFirmwareSigningCertificate',
  'InvalidTLSCipherSuite',
  'InvalidTLSVersion',
  'MaintenanceLoginFailed',
  'MemoryExhaustion',
  'SecurityLogWasCleared',
  'TamperDetectionActivated',
]);

export interface SecurityReport {
  readonly type: string;
  readonly techInfo: string | null;
  /** By the station's clock; null where it told none. */
  readonly at: string | null;
}

/**
 * Keeps what a station reports; the same again changes nothing. A critical one raises an alert, unless one of its kind
 * is open for the station.
 */
export async function securityEvent(ctx: Context, station: Station, report: SecurityReport): Promise<void> {
  const now = ctx.now();
  const isTime = report.at !== null && isPlausibleTime(epochMs(report.at), now.epochMilliseconds);
  const isCritical = CRITICAL.has(report.type);
  await inTransaction(ctx, async tx => {
    const stored = await db(tx)
      .insertInto('security_events')
      .values({
        id: newId(),
        networkId: station.networkId,
        chargerId: station.id,
        type: report.type,
        techInfo: report.techInfo,
        isCritical,
        occurredAt: isTime ? report.at! : now.toString(),
        createdAt: now.toString(),
      })
      .onConflict(conflict => conflict.constraint('security_events_once_unique').doNothing())
      .returning('id')
      .executeTakeFirst();
    if (!stored) return;
    await keepNewest(tx, 'security_events', station.id, KEPT_EVENTS);
    if (!isCritical) return;
    await raiseAlert(tx, {
      networkId: station.networkId,
      type: 'security_event',
      subject: `${station.id}:${report.type}`,
      message: `Security event at ${station.uid}: ${report.type}.`,
      locationId: station.locationId,
      chargerId: station.id,
    });
  });
}

export interface SecurityEventFilter {
  readonly chargerId?: string | null;
  readonly isCritical?: boolean | null;
}

/** What the stations of the caller's networks reported, the newest first. */
export async function listSecurityEvents(
  ctx: Context,
  filter: SecurityEventFilter,
  request: PageRequest,
): Promise<Page<SecurityEvent>> {
  authorize(ctx.viewer, 'read');
  return pageOf<SecurityEvent>(
    events(ctx)
      .$if(filter.chargerId != null, query => query.where('e.chargerId', '=', filter.chargerId!))
      .$if(filter.isCritical != null, query => query.where('e.isCritical', '=', filter.isCritical!)),
    {
      columns: ['e.created_at', 'e.id'],
      types: ['timestamptz', 'uuid'],
      descending: true,
      keyOf: row => [row.createdAt, row.id],
    },
    request,
  );
}

export async function loadSecurityEvents(ctx: Context, ids: readonly string[]): Promise<SecurityEvent[]> {
  authorize(ctx.viewer, 'read');
  return (await events(ctx)
    .where('e.id', 'in', [...ids])
    .execute()) as SecurityEvent[];
}

const events = (ctx: Context) =>
  db(ctx)
    .selectFrom('security_events as e')
    .selectAll('e')
    .where('e.networkId', 'in', [...ctx.scope.networkIds]);
