import { authorize, requireDriver } from '../../auth/authorize.ts';
import type { Context } from '../../kernel/context.ts';
import { invalid, NotFoundError } from '../../kernel/errors.ts';
import { newId } from '../../kernel/ids.ts';
import { inTransaction } from '../../kernel/transaction.ts';
import { visibleChargers } from '../chargers/read-chargers.ts';
import { db } from '../db.ts';
import { raiseAlert } from '../notifications/raise-alert.ts';
import { requireVisibleLocation } from './read-locations.ts';
import type { ProblemCategory, ProblemReport } from './review.entity.ts';

const MAX_NOTE = 2000;

const TITLES: Record<ProblemCategory, string> = {
  broken_charger: 'Broken charger',
  blocked: 'Blocked charger',
  payment: 'Payment problem',
  safety: 'Safety problem',
  other: 'Problem',
};

export interface NewProblemReport {
  readonly locationId: string;
  readonly category: ProblemCategory;
  readonly note?: string | null;
  /** One at the location. */
  readonly chargerId?: string | null;
}

/** Takes down a driver's report and raises an alert under the same id, which it answers. */
export async function reportProblem(ctx: Context, input: NewProblemReport): Promise<{ alertId: string }> {
  const driver = requireDriver(ctx, 'write');
  const id = newId();
  await inTransaction(ctx, async tx => {
    const location = await requireVisibleLocation(tx, input.locationId);
    const note = input.note?.trim() || null;
    if (note && note.length > MAX_NOTE) invalid('note', `may have at most ${MAX_NOTE} characters`);
    const charger = input.chargerId ? await requireCharger(tx, location.id, input.chargerId) : null;
    const subject = {
      networkId: location.networkId,
      locationId: location.id,
      chargerId: charger?.id ?? null,
    };
    await db(tx)
      .insertInto('problem_reports')
      .values({
        id,
        ...subject,
        driverId: driver.id,
        category: input.category,
        note,
        createdAt: tx.now().toString(),
      })
      .execute();
    const place = charger ? `${location.name}, ${charger.uid}` : location.name;
    const message = `${TITLES[input.category]} reported at ${place}${note ? `: ${note}` : ''}`;
    // each driver's own words: none stands for another
    await raiseAlert(tx, { id, ...subject, type: 'problem_report', subject: null, message });
  });
  return { alertId: id };
}

async function requireCharger(tx: Context, locationId: string, id: string) {
  const charger = await visibleChargers(tx)
    .where('c.id', '=', id)
    .where('c.locationId', '=', locationId)
    .executeTakeFirst();
  if (!charger) throw new NotFoundError('charger at this location');
  return charger;
}

/** The reports behind alerts, by the alert's id. */
export async function reportsOfAlerts(
  ctx: Context,
  alertIds: readonly string[],
): Promise<Map<string, ProblemReport>> {
  authorize(ctx.viewer, 'read');
  const reports = await db(ctx)
    .selectFrom('problem_reports as p')
    .selectAll('p')
    .where('p.id', 'in', [...alertIds])
    .where('p.networkId', 'in', [...ctx.scope.networkIds])
    .execute();
  return new Map(reports.map(report => [report.id, report as ProblemReport]));
}
