import { z } from 'zod';
import { reservation } from '../answers/plans.ts';
import { toGlobalId, toUuid } from '../ids.ts';
import { integer, oneOf, optional, paging, sliceOf, text, uuid } from '../parameters.ts';
import { row } from '../row.ts';
import { time } from '../values.ts';

interface Reservation {
  id: string;
  status: string;
  statusReason: string | null;
  idTag: string;
  connectorNumber: number;
  charger: { id: string; uid: string; serialNumber: string | null };
  expiresAt: string;
  createdAt: string;
  cancelledAt: string | null;
}

const RESERVATION = `
  fragment Detail on Reservation {
    id status statusReason idTag connectorNumber expiresAt createdAt cancelledAt charger { id uid serialNumber }
  }`;

/** How REST calls the states; one that was used shows as expired, with its reason. */
const WORDS: Record<string, string> = {
  PENDING: 'Pending',
  ACCEPTED: 'Accepted',
  USED: 'Expired',
  REJECTED: 'Rejected',
  CANCELLED: 'Cancelled',
  EXPIRED: 'Expired',
};

const reservationOf = (reservation: Reservation) => ({
  id: toUuid(reservation.id),
  chargerId: toUuid(reservation.charger.id),
  chargerName: reservation.charger.serialNumber ?? reservation.charger.uid,
  connectorNumber: reservation.connectorNumber,
  status: WORDS[reservation.status]!,
  statusReason: reservation.statusReason,
  idTag: reservation.idTag,
  expiryDate: time(reservation.expiresAt),
  createdAt: time(reservation.createdAt),
  cancelledAt: time(reservation.cancelledAt),
});

export const listReservations = row({
  method: 'GET',
  path: '/reservations',
  title: 'List reservations',
  access: { scope: 'read', audience: 'either' },
  query: z.object({ ...paging, status: oneOf([...new Set(Object.values(WORDS))]).optional() }),
  operation: `
    query Reservations($first: Int!, $offset: Int!, $statuses: [ReservationStatus!]) {
      reservations(first: $first, offset: $offset, statuses: $statuses) { nodes { ...Detail } }
    } ${RESERVATION}`,
  variables: ({ query: { page, pageSize, status } }) => ({
    ...sliceOf({ page, pageSize }),
    statuses: status && Object.keys(WORDS).filter(state => WORDS[state]?.toUpperCase() === status),
  }),
  response: z.array(reservation),
  answer: ({ reservations }: { reservations: { nodes: Reservation[] } }) =>
    reservations.nodes.map(reservationOf),
});

export const createReservation = row({
  method: 'POST',
  path: '/reservations',
  title: 'Reserve a connector',
  access: { scope: 'control', audience: 'driver' },
  body: z.object({
    chargerId: uuid,
    connectorNumber: optional(integer),
    idTag: optional(text),
    expiryMinutes: optional(integer),
  }),
  operation: `
    mutation Reserve($input: ReserveInput!) {
      result: reserve(input: $input) {
        ... on Reservation { ...Detail }
        ... on Error { code message }
        ... on ValidationError { details { field message } }
      }
    } ${RESERVATION}`,
  variables: ({ body: { chargerId, ...input } }) => ({
    input: { ...input, chargerId: toGlobalId('Charger', chargerId) },
  }),
  response: reservation,
  answer: ({ result }: { result: Reservation }) => reservationOf(result),
});

export const getReservation = row({
  method: 'GET',
  path: '/reservations/{id}',
  title: 'Get a reservation',
  access: { scope: 'read', audience: 'either' },
  operation: `query Reservation($id: ID!) { reservation: node(id: $id) { ...Detail } } ${RESERVATION}`,
  variables: ({ path }) => ({ id: toGlobalId('Reservation', path.id) }),
  response: reservation,
  answer: ({ reservation }: { reservation: Reservation | null }) => reservation && reservationOf(reservation),
});

export const deleteReservation = row({
  method: 'DELETE',
  path: '/reservations/{id}',
  title: 'Cancel a reservation',
  access: { scope: 'control', audience: 'either' },
  operation: `
    mutation CancelReservation($id: ID!) {
      result: cancelReservation(id: $id) { ... on Reservation { ...Detail } ... on Error { code message } }
    } ${RESERVATION}`,
  variables: ({ path }) => ({ id: toGlobalId('Reservation', path.id) }),
  response: reservation,
  answer: ({ result }: { result: Reservation }) => reservationOf(result),
});
