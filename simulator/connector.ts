import type { ConnectorStatus } from './ocpp16.ts';
import {
  afterAnswer,
  type Connector,
  cancel,
  emit,
  isOnline,
  reportError,
  type StationState,
  timestamp,
} from './state.ts';

/** The steps a connector may take (OCPP 1.6, 4.9, without faults, which this station never has). */
const steps: Readonly<Record<ConnectorStatus, readonly ConnectorStatus[]>> = {
  Available: ['Preparing', 'Reserved', 'Unavailable'],
  Preparing: ['Available', 'Charging', 'SuspendedEVSE', 'SuspendedEV', 'Finishing', 'Unavailable'],
  Charging: ['Available', 'SuspendedEVSE', 'SuspendedEV', 'Finishing', 'Unavailable'],
  SuspendedEVSE: ['Available', 'Charging', 'SuspendedEV', 'Finishing', 'Unavailable'],
  SuspendedEV: ['Available', 'Charging', 'SuspendedEVSE', 'Finishing', 'Unavailable'],
  Finishing: ['Available', 'Preparing', 'Unavailable'],
  Reserved: ['Available', 'Preparing', 'Unavailable'],
  Unavailable: ['Available'],
  Faulted: [],
};

export function createConnector(id: number): Connector {
  return {
    id,
    status: 'Available',
    registerWh: 0,
    session: undefined,
    reservation: undefined,
    operative: true,
    finishing: undefined,
  };
}

export function findConnector(station: StationState, id: number): Connector | undefined {
  return station.connectors.find(each => each.id === id);
}

export function setStatus(station: StationState, connector: Connector, status: ConnectorStatus): void {
  if (connector.status === status) return;
  if (!steps[connector.status].includes(status)) {
    reportError(station, `connector ${connector.id} cannot go from ${connector.status} to ${status}`);
    return;
  }
  const isTold = station.dialect.statusWord(connector.status) !== station.dialect.statusWord(status);
  connector.status = status;
  emit(station, { uid: station.options.uid, kind: 'status', connectorId: connector.id, status });
  if (!isTold) return;
  const changedAt = timestamp(station);
  // a change caused by a command is told after the command's answer
  afterAnswer(station, () => {
    if (isOnline(station)) station.dialect.tellStatus(station, connector.id, status, changedAt);
  });
}

/** Tells the present status: changes made while offline are told as they are on return. Connector 0 is the station. */
export function sendStatus(station: StationState, connectorId: number): void {
  const own = station.operative ? 'Available' : 'Unavailable';
  const status = connectorId === 0 ? own : findConnector(station, connectorId)?.status;
  if (status) station.dialect.tellStatus(station, connectorId, status, timestamp(station));
}

/** Nothing is plugged in any more: free, or out of order if that was asked for meanwhile. */
export function releaseConnector(station: StationState, connector: Connector): void {
  connector.finishing = cancel(station, connector.finishing);
  connector.session = undefined;
  setStatus(station, connector, connector.operative && station.operative ? 'Available' : 'Unavailable');
}

/** Free for this tag: available, or reserved for it (by the tag itself or its group). */
export function isFreeFor(station: StationState, connector: Connector, idTag: string): boolean {
  if (connector.status === 'Available') return true;
  const reservation = connector.status === 'Reserved' ? connector.reservation : undefined;
  if (!reservation) return false;
  const parent = station.authorizationCache.get(idTag.toLowerCase())?.parentIdTag;
  return (
    sameTag(reservation.idTag, idTag) ||
    (reservation.parentIdTag !== undefined &&
      parent !== undefined &&
      sameTag(reservation.parentIdTag, parent))
  );
}

/** The connector asked for, or the first free one; undefined when there is none for this tag. */
export function freeConnector(
  station: StationState,
  idTag: string,
  id: number | undefined,
): Connector | undefined {
  return station.connectors.find(
    each => (id === undefined || each.id === id) && isFreeFor(station, each, idTag),
  );
}

export function endReservation(station: StationState, connector: Connector): void {
  if (!connector.reservation) return;
  cancel(station, connector.reservation.expiry);
  connector.reservation = undefined;
  if (connector.status === 'Reserved') releaseConnector(station, connector);
}

/** Tags are compared without regard to case (CiString20Type). */
function sameTag(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}
