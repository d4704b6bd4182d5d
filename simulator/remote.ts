import { endCharge, openTransaction, prepareCharge } from './charging.ts';
import { configurationFlag } from './configuration.ts';
import { endReservation, findConnector, freeConnector, releaseConnector, sendStatus } from './connector.ts';
import type { ChargingProfile } from './ocpp16.ts';
import { installProfile } from './smart-charging.ts';
import {
  after,
  afterAnswer,
  type Connector,
  errorText,
  isOnline,
  reportError,
  type StationState,
} from './state.ts';

export interface RemoteStart {
  readonly idTag: string;
  /** any free one where left out */
  readonly connectorId?: number | undefined;
  readonly remoteStartId?: number | undefined;
  readonly chargingProfile?: ChargingProfile | undefined;
}
export interface Outcome {
  readonly status: 'Accepted' | 'Rejected';
}

export function remoteStart(station: StationState, start: RemoteStart): Outcome {
  const { idTag, connectorId, chargingProfile } = start;
  const connector = isOnline(station) ? freeConnector(station, idTag, connectorId) : undefined;
  if (!connector) return { status: 'Rejected' };
  if (chargingProfile && chargingProfile.chargingProfilePurpose !== 'TxProfile')
    return { status: 'Rejected' };
  startPrepared(station, connector, start);
  return { status: 'Accepted' };
}

function startPrepared(
  station: StationState,
  connector: Connector,
  { idTag, remoteStartId, chargingProfile }: RemoteStart,
): void {
  const session = prepareCharge(station, connector, { idTag, remoteStartId });
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
      const { status } = await station.dialect.authorize(station, idTag);
      if (status === 'Accepted') return void plugIn();
      reportError(station, `Authorize: ${idTag} is ${status}`);
    } catch (error) {
      reportError(station, `Authorize: ${errorText(error)}`);
    }
    if (session.phase === 'preparing') releaseConnector(station, connector);
  });
}

export function remoteStop(station: StationState, transactionId: number | string): Outcome {
  const connector = station.connectors.find(
    ({ session }) => session && session.phase !== 'ended' && session.counted?.transactionId === transactionId,
  );
  if (!connector) return { status: 'Rejected' };
  afterAnswer(station, () => endCharge(station, connector, 'Remote'));
  return { status: 'Accepted' };
}

/** Ends what charges there. False where there is no such connector. */
export function unlockConnector(station: StationState, connectorId: number): boolean {
  const connector = findConnector(station, connectorId);
  if (!connector) return false;
  afterAnswer(station, () => endCharge(station, connector, 'UnlockCommand'));
  return true;
}

/** Connector 0 is all of them. What is in use changes when it ends. */
export function changeAvailability(
  station: StationState,
  connectorId: number,
  operative: boolean,
): { status: 'Accepted' | 'Rejected' | 'Scheduled' } {
  const connectors =
    connectorId === 0 ? station.connectors : station.connectors.filter(({ id }) => id === connectorId);
  if (connectors.length === 0) return { status: 'Rejected' };
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
