import { sendSample } from './charging.ts';
import { findConnector, sendStatus } from './connector.ts';
import { boot, heartbeat } from './registration.ts';
import { afterAnswer, type StationState, tell } from './state.ts';

type Send = (station: StationState, connectorIds: readonly number[], isAll: boolean) => void;

/** The messages that either version may be asked for. */
const triggers = {
  BootNotification: station => boot(station),
  FirmwareStatusNotification: station => tell(station, 'FirmwareStatusNotification', { status: 'Idle' }),
  Heartbeat: station => heartbeat(station),
  MeterValues: (station, ids) => {
    for (const id of ids) sendTriggeredReading(station, id);
  },
  StatusNotification: (station, ids, isAll) => {
    for (const id of isAll ? [0, ...ids] : ids) sendStatus(station, id);
  },
} as const satisfies Record<string, Send>;

export const isTrigger = (message: string): message is keyof typeof triggers =>
  Object.hasOwn(triggers, message);

/** Sends the message once the command is answered. False where there is no such connector. */
export function trigger(
  station: StationState,
  message: keyof typeof triggers,
  connectorId: number | undefined,
): boolean {
  if (connectorId !== undefined && connectorId !== 0 && !findConnector(station, connectorId)) return false;
  const isAll = connectorId === undefined;
  const concerned = isAll ? station.connectors.map(({ id }) => id) : [connectorId];
  afterAnswer(station, () => (triggers[message] as Send)(station, concerned, isAll));
  return true;
}

/** In its order among the transaction's messages when there is one, else at once. */
function sendTriggeredReading(station: StationState, connectorId: number): void {
  const connector = findConnector(station, connectorId);
  if (!connector) return;
  if (connector.session?.phase === 'charging') sendSample(station, connector, 'Trigger');
  else station.dialect.tellReading(station, connector);
}
