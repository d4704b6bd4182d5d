import type { Context } from '../../kernel/context.ts';
import { epochMs } from '../../kernel/instant.ts';
import { jsonb } from '../../kernel/json.ts';
import { db } from '../db.ts';
import { type Metering, observe } from './metering.ts';
import type { MeterObservation, Observation } from './observation.ts';
import type { Session } from './session.entity.ts';
import { emitSession } from './session-events.ts';
import { advance } from './session-states.ts';
import { mayTell, tellLater } from './tell-session.ts';

/** Folds what the station reported into a running session that is locked, and tells of it. */
export async function foldIntoSession(
  tx: Context,
  session: Session,
  observations: readonly Observation[],
  chargerUid: string,
): Promise<void> {
  if (!session.metering || observations.length === 0) return;
  const now = tx.now().toString();
  const before = session.metering;
  const metering = observations.reduce(observe, before);
  const becameIdle = metering.idleSince !== null && before.idleSince === null;
  if (session.status !== 'stopping') advance(session, metering.idleSince === null ? 'active' : 'idle');
  const shown = { status: session.status, ...figures(metering) };
  const isTold = becameIdle || mayTell(tx, session);
  Object.assign(session, shown, { metering });
  await db(tx)
    .updateTable('sessions')
    .set({ ...shown, metering: jsonb(metering), updatedAt: now, ...(isTold && { toldAt: now }) })
    .where('id', '=', session.id)
    .execute();
  if (isTold) await emitSession(tx, becameIdle ? 'session.idle' : 'session.updated', session, chargerUid);
  else await tellLater(tx, session);
}

/** What of the metering is shown in columns of the session. */
export const figures = (metering: Metering) => ({
  energyWh: metering.energyWh,
  currentMeterWh: metering.registerWh,
  currentPowerW: metering.currentPowerW,
  maxPowerW: metering.maxPowerW,
  socPercent: metering.socPercent,
  isIdle: metering.idleSince !== null,
  idleSeconds: Math.floor(metering.idleMilliseconds / 1000),
});

/** What the station's meter showed in the session. */
export async function samplesOf(tx: Context, sessionId: string): Promise<MeterObservation[]> {
  const meterValues = await db(tx)
    .selectFrom('meter_values')
    .select(['at', 'energyWh', 'intervalWh', 'powerW', 'socPercent'])
    .where('sessionId', '=', sessionId)
    .execute();
  return meterValues.map(value => ({
    kind: 'meter',
    at: epochMs(value.at),
    registerWh: value.energyWh,
    intervalWh: value.intervalWh,
    powerW: value.powerW,
    socPercent: value.socPercent,
  }));
}

/** All that the station reported of the session up to an instant: what the final figures are computed from. */
export async function historyOf(tx: Context, session: Session, until: string): Promise<Observation[]> {
  const statuses = session.connectorId
    ? await db(tx)
        .selectFrom('connector_status_reports')
        .select(['at', 'status'])
        .where('connectorId', '=', session.connectorId)
        .where('at', '>=', session.startTime)
        .where('at', '<=', until)
        .execute()
    : [];
  return [
    ...(await samplesOf(tx, session.id)),
    ...statuses.map(report => ({ kind: 'status' as const, at: epochMs(report.at), status: report.status })),
  ];
}
