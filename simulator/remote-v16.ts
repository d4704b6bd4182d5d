import { endCharge, openTransaction, prepareCharge } from './charging-v16.ts';
import { configurationFlag } from './configuration.ts';
import {
  endReservation,
  findConnector,
  freeConnector,
  releaseConnector,
  sendStatus,
} from './connector-v16.ts';
import type { CentralCalls, ChargingProfile } from './ocpp16.ts';
import { installProfile } from './smart-charging-v16.ts';
import {
  after,
  afterAnswer,
  type Connector,
  call,
  errorText,
  isOnline,
  reportError,
  type StationState,
} from './state-v16.ts';

export function remoteStart(
  station: StationState,
  { idTag, connectorId, chargingProfile }: CentralCalls['RemoteStartTransaction']['request'],
): CentralCalls['RemoteStartTransaction']['response'] {
  const connector = isOnline(station) ? freeConnector(station, idTag, connectorId) : undefined;
  if (!connector) return { status: 'Rejected' };
  if (chargingProfile && chargingProfile.chargingProfilePurpose !== 'TxProfile')
    return { status: 'Rejected' };
  startPrepared(station, connector, idTag, chargingProfile);
  return { status: 'Accepted' };
}

function startPrepared(
  station: StationState,
  connector: Connector,
  idTag: string,
  chargingProfile: ChargingProfile | undefined,
): void {
  const session = prepareCharge(station, connector, idTag);
  const open = () => {
    if (session.phase !== 'preparing') return;
    openTransaction(station, connector, session);
    if (chargingProfile) installProfile(station, connector.id, chargingProfile);
  };
  const plugIn = () => after(station, station.options.plugInDelayMs, open);
  if (!configurationFlag(station.configuration, 'AuthorizeRemoteTxRequests')) {
    plugIn();
    return;
  }
  afterAnswer(station, async () => {
    try {
      const { idTagInfo } = await call(station, 'Authorize', { idTag });
      if (idTagInfo.status === 'Accepted') return void plugIn();
      reportError(station, `Authorize: ${idTag} is ${idTagInfo.status}`);
    } catch (error) {
      reportError(station, `Authorize: ${errorText(error)}`);
    }
    if (session.phase === 'preparing') releaseConnector(station, connector);
  });
}

export function remoteStop(
  station: StationState,
  { transactionId }: CentralCalls['RemoteStopTransaction']['request'],
): CentralCalls['RemoteStopTransaction']['response'] {
  const connector = station.connectors.find(
    ({ session }) => session && session.phase !== 'ended' && session.transactionId === transactionId,
  );
  if (!connector) return { status: 'Rejected' };
  afterAnswer(station, () => endCharge(station, connector, 'Remote'));
  return { status: 'Accepted' };
}

export function unlockConnector(
  station: StationState,
  { connectorId }: CentralCalls['UnlockConnector']['request'],
): CentralCalls['UnlockConnector']['response'] {
  const connector = findConnector(station, connectorId);
  if (!connector) return { status: 'NotSupported' };
  afterAnswer(station, () => endCharge(station, connector, 'UnlockCommand'));
  return { status: 'Unlocked' };
}

/** Connector 0 is all of them. What is in use changes when it ends. */
export function changeAvailability(
  station: StationState,
  { connectorId, type }: CentralCalls['ChangeAvailability']['request'],
): CentralCalls['ChangeAvailability']['response'] {
  const connectors =
    connectorId === 0 ? station.connectors : station.connectors.filter(({ id }) => id === connectorId);
  if (connectors.length === 0) return { status: 'Rejected' };
  const operative = type === 'Operative';
  if (connectorId === 0) station.operative = operative;
  for (const connector of connectors) {
    connector.operative = operative;
    applyAvailability(station, connector);
  }
  if (connectorId === 0) afterAnswer(station, () => sendStatus(station, 0));
  return { status: !operative && connectors.some(each => each.session) ? 'Scheduled' : 'Accepted' };
}

function applyAvailability(station: StationState, connector: Connector): void {
  const operative = connector.operative && station.operative;
  if (connector.session || (operative && connector.reservation)) return;
  endReservation(station, connector);
  releaseConnector(station, connector);
}
