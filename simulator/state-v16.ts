import type { Battery, BatteryOptions } from './battery.ts';
import { type Configuration, configurationFlag } from './configuration.ts';
import type { Link } from './link.ts';
import type { ConnectorStatus, IdTagInfo, RegistrationStatus, StationCalls, StopReason } from './ocpp16.ts';
import { isRefusal, type Outbox } from './outbox.ts';
import type { InstalledProfile } from './profiles.ts';

/** The state of one 1.6 station. Plain data over which functions work, so that thousands fit into one process. */
export interface StationState {
  readonly options: ResolvedStationOptions;
  readonly link: Link;
  readonly outbox: Outbox;
  readonly configuration: Configuration;
  readonly connectors: readonly Connector[];
  readonly authorizationCache: Map<string, IdTagInfo>;
  readonly timers: Set<NodeJS.Timeout>;
  readonly totals: StationTotals;
  profiles: InstalledProfile[];
  /** 0: no samples */
  meterIntervalMs: number;
  /** undefined until the first answer after a boot */
  registration: RegistrationStatus | undefined;
  operative: boolean;
  /** the central system's clock minus ours */
  clockOffsetMs: number;
  heartbeat: NodeJS.Timeout | undefined;
  bootTimer: NodeJS.Timeout | undefined;
  connection: ConnectionState;
  lastError: string | undefined;
}

export interface ResolvedStationOptions {
  readonly url: string;
  readonly uid: string;
  readonly password: string;
  readonly connectors: number;
  /** simulated seconds for each real second, in the flow of energy */
  readonly speed: number;
  readonly maxPowerW: number;
  readonly voltageV: number;
  readonly phases: number;
  readonly batteryOptions: Partial<BatteryOptions>;
  readonly plugInDelayMs: number;
  readonly finishingMs: number;
  readonly rebootMs: number;
  readonly callTimeoutMs: number;
  readonly backoff: { readonly initialMs: number; readonly maxMs: number };
  readonly connectDelayMs: number;
  readonly meterIntervalMs: number;
  readonly configuration: Readonly<Record<string, string>>;
  readonly now: () => Date;
  readonly random: () => number;
  readonly onChange: ((change: StationChange) => void) | undefined;
}

export interface Connector {
  readonly id: number;
  status: ConnectorStatus;
  /** all energy this connector ever gave, with its fraction; the wire shows whole Wh */
  registerWh: number;
  session: Session | undefined;
  reservation: Reservation | undefined;
  operative: boolean;
  finishing: NodeJS.Timeout | undefined;
}

interface Reservation {
  readonly reservationId: number;
  readonly idTag: string;
  readonly parentIdTag: string | undefined;
  readonly expiry: NodeJS.Timeout;
}

/** preparing: not yet asked for; starting: StartTransaction is on its way; charging; ended. */
export interface Session {
  readonly idTag: string;
  phase: 'preparing' | 'starting' | 'charging' | 'ended';
  transactionId: number | undefined;
  /** the central system refused StartTransaction for good: nothing further of it is sent */
  refused: boolean;
  /** raw, by `options.now` */
  startedAtMs: number;
  advancedAtMs: number;
  meterStartWh: number;
  battery: Battery;
  powerW: number;
  timer: NodeJS.Timeout | undefined;
}

export interface StationTotals {
  transactionsStarted: number;
  transactionsEnded: number;
  energyWh: number;
  errors: number;
}

/** registering: connected, not yet accepted. */
export type ConnectionState = 'connecting' | 'registering' | 'online' | 'offline' | 'stopped';

export type StationChange =
  | { uid: string; kind: 'connection'; connection: ConnectionState; detail?: string }
  | { uid: string; kind: 'boot'; status: RegistrationStatus; intervalSeconds: number }
  | { uid: string; kind: 'status'; connectorId: number; status: ConnectorStatus }
  | { uid: string; kind: 'started'; connectorId: number; transactionId: number; idTag: string }
  | {
      uid: string;
      kind: 'ended';
      connectorId: number;
      transactionId: number | undefined;
      reason: StopReason;
      energyWh: number;
    }
  | { uid: string; kind: 'command'; action: string; outcome: string }
  | { uid: string; kind: 'error'; message: string };

export function emit(station: StationState, change: StationChange): void {
  station.options.onChange?.(change);
}

export function reportError(station: StationState, message: string): void {
  station.totals.errors++;
  station.lastError = message;
  emit(station, { uid: station.options.uid, kind: 'error', message });
}

/** Connected and accepted: may send anything. */
export function isOnline(station: StationState): boolean {
  return station.connection === 'online' && station.link.isOpen;
}

export function setConnection(station: StationState, connection: ConnectionState, detail?: string): void {
  if (station.connection === connection) return;
  station.connection = connection;
  emit(station, { uid: station.options.uid, kind: 'connection', connection, ...(detail && { detail }) });
}

/** Runs later unless the station is stopped before. */
export function after(station: Pick<StationState, 'timers'>, ms: number, run: () => void): NodeJS.Timeout {
  const timer = setTimeout(
    () => {
      station.timers.delete(timer);
      run();
    },
    Math.min(ms, 2 ** 31 - 1),
  );
  station.timers.add(timer);
  return timer;
}

export function cancel(station: StationState, timer: NodeJS.Timeout | undefined): undefined {
  if (timer) {
    clearTimeout(timer);
    station.timers.delete(timer);
  }
  return undefined;
}

/** After the answer to the call which is handled now: what follows an `Accepted` must not overtake it. */
export function afterAnswer(station: StationState, run: () => void): void {
  setImmediate(() => {
    if (station.connection !== 'stopped') run();
  });
}

/** The wall clock as the central system tells it, for time stamps. */
export function timestamp(station: StationState, atMs = station.options.now().getTime()): string {
  return new Date(atMs + station.clockOffsetMs).toISOString();
}

/** Rejects as `Link.call` does. Strict mode has checked the answer against its schema, hence the assertion. */
export async function call<Action extends keyof StationCalls>(
  station: StationState,
  action: Action,
  request: StationCalls[Action]['request'],
): Promise<StationCalls[Action]['response']> {
  return (await station.link.call(action, request)) as StationCalls[Action]['response'];
}

/** For messages nobody waits for: a refusal is an error to count, a lost connection is not. */
export function tell<Action extends keyof StationCalls>(
  station: StationState,
  action: Action,
  request: StationCalls[Action]['request'],
): void {
  if (!station.link.isOpen || station.connection === 'stopped') return;
  call(station, action, request).catch((error: unknown) => {
    if (station.link.isOpen || isRefusal(error)) reportError(station, `${action}: ${errorText(error)}`);
  });
}

export function rememberTag(station: StationState, idTag: string, info: IdTagInfo): void {
  if (configurationFlag(station.configuration, 'AuthorizationCacheEnabled')) {
    station.authorizationCache.set(idTag.toLowerCase(), info);
  }
}

export function errorText(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = 'rpcErrorCode' in error ? `${String(error.rpcErrorCode)} ` : '';
  return `${code}${error.message || error.name}`.trim();
}
