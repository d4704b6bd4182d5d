import { listReservations } from '../src/domains/reservations/read-reservations.ts';
import type { RESERVATION_STATUSES } from '../src/domains/reservations/reservation-states.ts';
import { cancelReservation, reserve } from '../src/domains/reservations/reservations.ts';
import { ChargerOfflineError, ConnectorUnavailableError, TokenInvalidError } from '../src/kernel/errors.ts';
import { builder, inSubGraph } from './builder.ts';
import { toConnection } from './connection.ts';
import { commonErrors } from './errors.ts';
import { ChargerRef, ConnectorRef, DriverRef, ReservationRef } from './refs.ts';

const ReservationStatus = builder.enumType('ReservationStatus', {
  values: {
    PENDING: { value: 'pending', description: 'The station has not answered.' },
    ACCEPTED: { value: 'accepted', description: 'The station holds the connector.' },
    USED: { value: 'used', description: 'A session began with it.' },
    REJECTED: { value: 'rejected' },
    CANCELLED: { value: 'cancelled' },
    EXPIRED: { value: 'expired' },
  } as const satisfies Record<Uppercase<(typeof RESERVATION_STATUSES)[number]>, object>,
});

ReservationRef.implement({
  description: 'A connector held for a driver.',
  fields: t => ({
    status: t.expose('status', { type: ReservationStatus }),
    statusReason: t.exposeString('statusReason', { nullable: true }),
    idTag: t.exposeString('idTag', { description: 'The token that may start the charge.' }),
    charger: t.field({ type: ChargerRef, resolve: reservation => reservation.chargerId }),
    connector: t.field({ type: ConnectorRef, resolve: reservation => reservation.connectorId }),
    connectorNumber: t.exposeInt('connectorNumber'),
    driver: t.field({ type: DriverRef, resolve: reservation => reservation.driverId }),
    expiresAt: t.expose('expiresAt', { type: 'DateTime' }),
    cancelledAt: t.expose('cancelledAt', { type: 'DateTime', nullable: true }),
    createdAt: t.expose('createdAt', { type: 'DateTime' }),
  }),
});

const ReserveInput = builder.inputType('ReserveInput', {
  fields: t => ({
    chargerId: t.globalID({ required: true, for: ChargerRef }),
    connectorNumber: t.int({ description: '1 where left out.' }),
    idTag: t.string({ description: "The driver's newest valid token where left out." }),
    expiryMinutes: t.int({ description: '1 to 240; 15 where left out.' }),
  }),
});

const charging = inSubGraph('charging');

charging.queryField('reservations', t =>
  t.connection({
    type: ReservationRef,
    description: 'The newest first.',
    args: { statuses: t.arg({ type: [ReservationStatus] }), offset: t.arg.int() },
    resolve: async (_, { statuses, ...page }, ctx) =>
      toConnection(await listReservations(ctx, { statuses }, page)),
  }),
);

charging.mutationFields(t => ({
  reserve: t.field({
    type: ReservationRef,
    description:
      'Holds a connector for the signed-in driver; a refusal of the station is a rejected reservation. Scope: control.',
    errors: { types: [...commonErrors, TokenInvalidError, ConnectorUnavailableError, ChargerOfflineError] },
    args: { input: t.arg({ type: ReserveInput, required: true }) },
    resolve: (_, { input }, ctx) => reserve(ctx, { ...input, chargerId: input.chargerId.id }),
  }),
  cancelReservation: t.field({
    type: ReservationRef,
    description: 'Gives a reservation up; one that is over stays as it is. Scope: control.',
    errors: { types: commonErrors },
    args: { id: t.arg.globalID({ required: true, for: ReservationRef }) },
    resolve: (_, { id }, ctx) => cancelReservation(ctx, id.id),
  }),
}));
