import type { BatteryOptions } from './battery.ts';
import { openTransaction, prepareCharge } from './charging.ts';
import { configurationFlag } from './configuration.ts';
import { isFreeFor, releaseConnector } from './connector.ts';
import type { AuthorizationStatus } from './ocpp16.ts';
import { after, type Connector, isOnline, rememberTag, reportError, type StationState } from './state.ts';

/** `Occupied`: the connector is not free for this tag, and nobody was asked. */
export type PlugInResult = AuthorizationStatus | 'Occupied';

/** A driver plugs in and shows a card: Authorize, or the station's own judgement while offline, then the transaction. */
export async function startLocally(
  station: StationState,
  connector: Connector,
  idTag: string,
  vehicle?: Partial<BatteryOptions>,
): Promise<PlugInResult> {
  if (!isFreeFor(station, connector, idTag)) return 'Occupied';
  const session = prepareCharge(station, connector, { idTag, vehicle });
  const status = await authorize(station, idTag);
  if (session.phase !== 'preparing' || station.connection === 'stopped') return status;
  if (status !== 'Accepted') {
    reportError(station, `Authorize: ${idTag} is ${status}`);
    releaseConnector(station, connector);
    return status;
  }
  after(station, station.options.plugInDelayMs, () => {
    if (session.phase === 'preparing') openTransaction(station, connector, session);
  });
  return status;
}

async function authorize(station: StationState, idTag: string): Promise<AuthorizationStatus> {
  if (!isOnline(station)) return authorizeOffline(station, idTag);
  try {
    const idTagInfo = await station.dialect.authorize(station, idTag);
    rememberTag(station, idTag, idTagInfo);
    return idTagInfo.status;
  } catch {
    return authorizeOffline(station, idTag);
  }
}

function authorizeOffline({ configuration, authorizationCache, options }: StationState, idTag: string) {
  const known = authorizationCache.get(idTag.toLowerCase());
  if (!known) return configurationFlag(configuration, 'AllowOfflineTxForUnknownId') ? 'Accepted' : 'Invalid';
  if (!configurationFlag(configuration, 'LocalAuthorizeOffline')) return 'Invalid';
  const expired = known.expiryDate !== undefined && Date.parse(known.expiryDate) <= options.now().getTime();
  return expired ? 'Expired' : known.status;
}
