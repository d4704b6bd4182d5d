import type { StationProfile } from '../../kernel/charger-commands.ts';
import type { Context } from '../../kernel/context.ts';
import { jsonb } from '../../kernel/json.ts';
import { db } from '../db.ts';
import type { Session } from '../sessions/session.entity.ts';
import type { ChargingProfile } from './charging-profile.entity.ts';
import { type ScheduleInput, scheduleColumns } from './profile-input.ts';
import { capped, toStationProfile } from './profile-stack.ts';
import { requestOf, type SiteConnector } from './site.ts';
import { storeProfile } from './store-profile.ts';

/** The profile of a charge that is about to start: it goes with the remote start, which knows no transaction yet. */
export async function profileForStart(
  tx: Context,
  session: Session,
  input: ScheduleInput,
): Promise<StationProfile> {
  const columns = scheduleColumns(input);
  const { chargerId, networkId, connectorNumber, id: sessionId } = session;
  const charger = { id: chargerId, networkId };
  const id = await storeProfile(tx, charger, {
    connectorNumber,
    purpose: 'Tx',
    sessionId,
    isFromStart: true,
    ...columns,
  });
  const connector = await db(tx)
    .selectFrom('connectors as k')
    .leftJoin('charging_limits as l', 'l.connectorId', 'k.id')
    .select(['k.powerType', 'k.maxVoltageV', 'l.requestedUnit', 'l.requestedLimit', 'l.sentW'])
    .where('k.id', '=', session.connectorId!)
    .executeTakeFirstOrThrow();
  const request = requestOf(connector as SiteConnector);
  const { sentW } = connector;
  const isHeldLower = sentW !== null && (request === null || sentW < request.watts);
  const limit = isHeldLower ? ({ unit: 'W', limit: sentW, watts: sentW } as const) : request;
  const periods = capped(columns.periods, columns.unit, limit, connector);
  const now = tx.now().toString();
  const row = (await db(tx)
    .updateTable('charging_profiles')
    .set({ sentAt: now, sentPeriods: jsonb(periods) })
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirstOrThrow()) as ChargingProfile;
  return toStationProfile(row, periods, null);
}

/** The station has answered the remote start; the profile's fate is the start's. */
export async function profileOfStart(
  ctx: Context,
  sessionId: string,
  status: 'accepted' | 'rejected',
): Promise<void> {
  await db(ctx)
    .updateTable('charging_profiles')
    .set({ status, updatedAt: ctx.now().toString() })
    .where('sessionId', '=', sessionId)
    .where('isFromStart', '=', true)
    .where('status', '=', 'pending')
    .execute();
}
