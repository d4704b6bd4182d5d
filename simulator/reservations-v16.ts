import { endReservation, findConnector, setStatus } from './connector-v16.ts';
import type { CentralCalls } from './ocpp16.ts';
import { after, cancel, type StationState } from './state-v16.ts';

export function reserveNow(
  station: StationState,
  request: CentralCalls['ReserveNow']['request'],
): CentralCalls['ReserveNow']['response'] {
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
  { reservationId }: CentralCalls['CancelReservation']['request'],
): CentralCalls['CancelReservation']['response'] {
  const connector = station.connectors.find(each => each.reservation?.reservationId === reservationId);
  if (!connector) return { status: 'Rejected' };
  endReservation(station, connector);
  return { status: 'Accepted' };
}
