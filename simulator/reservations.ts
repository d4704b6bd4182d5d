import { endReservation, findConnector, setStatus } from './connector.ts';
import { after, cancel, type StationState } from './state.ts';

interface ReservationRequest {
  readonly connectorId: number;
  readonly expiryDate: string;
  readonly idTag: string;
  readonly parentIdTag?: string | undefined;
  readonly reservationId: number;
}

export function reserveNow(
  station: StationState,
  request: ReservationRequest,
): { status: 'Accepted' | 'Faulted' | 'Occupied' | 'Rejected' | 'Unavailable' } {
  const { reservationId, idTag, parentIdTag } = request;
  const connector = findConnector(station, request.connectorId);
  const remainingMs =
    Date.parse(request.expiryDate) - station.options.now().getTime() - station.clockOffsetMs;
  // connector 0 is any connector, which this station does not offer (ReserveConnectorZeroSupported)
  if (!connector || remainingMs <= 0) return { status: 'Rejected' };
  if (connector.status === 'Unavailable' || connector.status === 'Faulted')
    return { status: connector.status };
  const renewed = connector.reservation?.reservationId === reservationId;
  if (connector.status !== 'Available' && !(connector.status === 'Reserved' && renewed))
    return { status: 'Occupied' };

  cancel(station, connector.reservation?.expiry);
  const expiry = after(station, remainingMs, () => endReservation(station, connector));
  connector.reservation = { reservationId, idTag, parentIdTag, expiry };
  setStatus(station, connector, 'Reserved');
  return { status: 'Accepted' };
}

export function cancelReservation(
  station: StationState,
  reservationId: number,
): { status: 'Accepted' | 'Rejected' } {
  const connector = station.connectors.find(each => each.reservation?.reservationId === reservationId);
  if (!connector) return { status: 'Rejected' };
  endReservation(station, connector);
  return { status: 'Accepted' };
}
