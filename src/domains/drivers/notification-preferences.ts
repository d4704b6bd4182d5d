import { requireDriver } from '../../auth/authorize.ts';
import type { Context } from '../../kernel/context.ts';
import { invalid, UnauthorizedError } from '../../kernel/errors.ts';
import { db } from '../db.ts';
import { checkEmail } from './check-email.ts';
import type { NotificationPreferences } from './driver-belongings.entity.ts';

const DEFAULTS = {
  pushEnabled: true,
  emailEnabled: true,
  smsEnabled: false,
  notifySessionStarted: true,
  notifySessionStopped: true,
  notifySessionFailed: true,
  notifyReservationReminder: true,
  notifyPayment: true,
} as const;

type Switch = keyof typeof DEFAULTS;
const SWITCHES = Object.keys(DEFAULTS) as Switch[];

/** What a driver wants to be told and how, their own address and number filled in. */
export type EffectivePreferences = { readonly [Name in Switch]: boolean } & {
  readonly email: string;
  readonly phoneNumber: string | null;
  /** Null while nothing was changed from the defaults. */
  readonly updatedAt: string | null;
};

export async function notificationPreferences(ctx: Context): Promise<EffectivePreferences> {
  const driver = requireDriver(ctx, 'read');
  const row = await db(ctx)
    .selectFrom('drivers as d')
    .leftJoin('notification_preferences as p', 'p.driverId', 'd.id')
    .select(['d.email as ownEmail', 'd.phoneNumber as ownPhoneNumber'])
    .select(['p.email', 'p.phoneNumber', 'p.updatedAt', ...SWITCHES.map(name => `p.${name}` as const)])
    .where('d.id', '=', driver.id)
    .where('d.networkId', '=', driver.networkId)
    .executeTakeFirst();
  if (!row) throw new UnauthorizedError('The driver is no more.');
  return {
    ...(Object.fromEntries(SWITCHES.map(name => [name, row[name] ?? DEFAULTS[name]])) as Record<
      Switch,
      boolean
    >),
    email: row.email ?? row.ownEmail,
    phoneNumber: row.phoneNumber ?? row.ownPhoneNumber ?? null,
    updatedAt: row.updatedAt ?? null,
  };
}

/** What is left out stays; an `email` or `phoneNumber` of null goes back to the driver's own. */
export type PreferenceChanges = { readonly [Name in Switch]?: boolean | null } & {
  readonly email?: string | null;
  /** E.164. */
  readonly phoneNumber?: string | null;
};

export async function updateNotificationPreferences(
  ctx: Context,
  changes: PreferenceChanges,
): Promise<EffectivePreferences> {
  const driver = requireDriver(ctx, 'write');
  const { email, phoneNumber } = changes;
  if (email != null) checkEmail('email', email);
  if (phoneNumber != null && !/^\+[1-9]\d{6,14}$/.test(phoneNumber)) {
    invalid('phoneNumber', 'must be a number with its country, such as +17875551234 (E.164)');
  }
  const given: Partial<NotificationPreferences> = {
    ...Object.fromEntries(SWITCHES.filter(name => changes[name] != null).map(name => [name, changes[name]])),
    ...(email !== undefined && { email }),
    ...(phoneNumber !== undefined && { phoneNumber }),
    updatedAt: ctx.now().toString(),
  };
  await db(ctx)
    .insertInto('notification_preferences')
    .values({
      driverId: driver.id,
      networkId: driver.networkId,
      ...DEFAULTS,
      email: null,
      phoneNumber: null,
      ...given,
      updatedAt: ctx.now().toString(),
    })
    .onConflict(conflict => conflict.column('driverId').doUpdateSet(given))
    .execute();
  return notificationPreferences(ctx);
}
