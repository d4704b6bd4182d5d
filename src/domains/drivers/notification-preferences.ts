import { requireDriver } from '../../auth/authorize.ts';
import type { Context } from '../../kernel/context.ts';
import { UnauthorizedError } from '../../kernel/errors.ts';
import { checkedPhoneNumber } from '../../kernel/phone-number.ts';
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

export type Switch = keyof typeof DEFAULTS;
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
  const row = await preferences(ctx)
    .where('d.id', '=', driver.id)
    .where('d.networkId', '=', driver.networkId)
    .executeTakeFirst();
  if (!row) throw new UnauthorizedError('The driver is no more.');
  return {
    ...switchesOf(row),
    email: row.email ?? row.ownEmail,
    phoneNumber: row.phoneNumber ?? row.ownPhoneNumber ?? null,
    updatedAt: row.updatedAt ?? null,
  };
}

/** What a driver wants to be told, and where they are reached. */
export interface DriverReach {
  readonly networkId: string;
  readonly wants: { readonly [Name in Switch]: boolean };
  readonly email: string;
  readonly phoneNumber: string | null;
  readonly hasDevice: boolean;
}

/** Of the drivers of the scope's networks, by id. */
export async function reachOfDrivers(
  ctx: Context,
  driverIds: readonly string[],
): Promise<Map<string, DriverReach>> {
  const rows = await preferences(ctx)
    .select(['d.id', 'd.networkId'])
    .select(({ exists, selectFrom }) =>
      exists(
        selectFrom('push_subscriptions as s')
          .select('s.id')
          .whereRef('s.driverId', '=', 'd.id')
          .whereRef('s.networkId', '=', 'd.networkId'),
      ).as('hasDevice'),
    )
    .where('d.id', 'in', [...driverIds])
    .where('d.networkId', 'in', [...ctx.scope.networkIds])
    .execute();
  return new Map(
    rows.map(row => [
      row.id,
      {
        networkId: row.networkId,
        wants: switchesOf(row),
        email: row.email ?? row.ownEmail,
        phoneNumber: row.phoneNumber ?? row.ownPhoneNumber ?? null,
        hasDevice: Boolean(row.hasDevice),
      },
    ]),
  );
}

const preferences = (ctx: Context) =>
  db(ctx)
    .selectFrom('drivers as d')
    .leftJoin('notification_preferences as p', 'p.driverId', 'd.id')
    .select(['d.email as ownEmail', 'd.phoneNumber as ownPhoneNumber'])
    .select(['p.email', 'p.phoneNumber', 'p.updatedAt', ...SWITCHES.map(name => `p.${name}` as const)]);

const switchesOf = (row: { readonly [Name in Switch]?: boolean | null }): Record<Switch, boolean> =>
  Object.fromEntries(SWITCHES.map(name => [name, row[name] ?? DEFAULTS[name]])) as Record<Switch, boolean>;

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
  const { email } = changes;
  if (email != null) checkEmail('email', email);
  const phoneNumber =
    changes.phoneNumber == null
      ? changes.phoneNumber
      : checkedPhoneNumber('phoneNumber', changes.phoneNumber);
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
