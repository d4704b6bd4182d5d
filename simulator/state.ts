import type { Battery, BatteryOptions } from './battery.ts';
import { type Configuration, configurationFlag } from './configuration.ts';
import type { Faults } from './faults.ts';
import type { Link } from './link.ts';
import type { ConnectorStatus, IdTagInfo, ReadingContext, RegistrationStatus, StopReason } from './ocpp16.ts';
import { isRefusal, type Outbox } from './outbox.ts';
import type { InstalledProfile } from './profiles.ts';

/**
 * The state of one station, of either version: plain data over which functions work, so that thousands fit into one
 * process. It thinks in the words of OCPP 1.6, which are the finer ones for a connector; its dialect translates.
 */
export interface StationState {
  readonly options: ResolvedStationOptions;
  readonly dialect: Dialect;
  readonly link: Link;
  readonly outbox: Outbox;
  readonly configuration: Configuration;
  readonly connectors: readonly Connector[];
  readonly authorizationCache: Map<string, IdTagInfo>;
  readonly timers: Set<NodeJS.Timeout>;
  readonly totals: StationTotals;
  /** Every transaction of this station, by its own count. */
  readonly counted: CountedTransaction[];
  profiles: InstalledProfile[];
  /** 0: no samples */
  meterIntervalMs: number;
  /** undefined until the first answer after a boot */
  registration: RegistrationStatus | undefined;
  bootCause: BootCause;
  operative: boolean;
  /** the clock that the station's messages show, minus ours */
  clockOffsetMs: number;
  heartbeat: NodeJS.Timeout | undefined;
  bootTimer: NodeJS.Timeout | undefined;
  connection: ConnectionState;
  lastError: string | undefined;
}

export type OcppVersion = '1.6' | '2.0.1';
export type BootCause = 'PowerUp' | 'RemoteReset';

/** How one OCPP version says what the station means. What is queued waits in the outbox until it is acknowledged. */
export interface Dialect {
  readonly version: OcppVersion;
  readonly protocol: 'ocpp1.6' | 'ocpp2.0.1';
  /** What this station understands; the library answers NotImplemented to all else. */
  readonly commandNames: readonly string[];
  command(station: StationState, action: string, request: unknown): object;
  boot(station: StationState): Promise<BootAnswer>;
  heartbeat(station: StationState): Promise<{ currentTime: string }>;
  /** The first word over a new connection that needs no boot. Rejects where the central system has forgotten us. */
  greet(station: StationState): Promise<unknown>;
  authorize(station: StationState, idTag: string): Promise<IdTagInfo>;
  /** The version's word for a status: a change between two with the same word is not told. */
  statusWord(status: ConnectorStatus): string;
  /** Connector 0 is the station. */
  tellStatus(station: StationState, connectorId: number, status: ConnectorStatus, changedAt: string): void;
  queueStart(station: StationState, connector: Connector, session: Session, start: ChargeStart): void;
  /** The flow began, stopped, or goes on after a power cut. */
  queueFlowChange(station: StationState, connector: Connector, session: Session): void;
  queueSample(
    station: StationState,
    connector: Connector,
    session: Session,
    context: ReadingContext,
    at: string,
  ): void;
  /** Outside of a transaction. */
  tellReading(station: StationState, connector: Connector): void;
  /** Calls `ended` once it is acknowledged. */
  queueStop(station: StationState, connector: Connector, session: Session, stop: ChargeStop): void;
}

export interface BootAnswer {
  readonly status: RegistrationStatus;
  readonly currentTime: string;
  readonly interval: number;
}

export interface ChargeStart {
  readonly at: string;
  readonly reservationId: number | undefined;
}

export interface ChargeStop {
  readonly at: string;
  readonly reason: StopReason;
  readonly meterStopWh: number;
  readonly ended: () => void;
}

/** A transaction as the station counted it, to be held against what the central system made of it. */
export interface CountedTransaction {
  readonly uid: string;
  readonly connectorId: number;
  readonly version: OcppVersion;
  readonly idTag: string;
  /** 1.6: from the central system; 2.0.1: the station's own. */
  transactionId: number | string | undefined;
  /** By the station's clock, as told. */
  readonly startedAt: string;
  readonly meterStartWh: number;
  /** undefined while it runs */
  meterStopWh: number | undefined;
  reason: StopReason | undefined;
  /** The central system refused its start for good: nothing further of it is sent. */
  isRefused: boolean;
}

export interface ResolvedStationOptions {
  readonly url: string;
  readonly uid: string;
  readonly password: string;
  readonly version: OcppVersion;
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
  /** after a message whose answer got lost */
  readonly lostAnswerMs: number;
  readonly backoff: { readonly initialMs: number; readonly maxMs: number };
  readonly connectDelayMs: number;
  readonly meterIntervalMs: number;
  readonly configuration: Readonly<Record<string, string>>;
  readonly faults: Faults;
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

/** preparing: not yet asked for; starting: its start is on its way; paused: the station has no power; ended. */
export interface Session {
  readonly idTag: string;
  /** The remote start that this answers (2.0.1). */
  readonly remoteStartId: number | undefined;
  phase: 'preparing' | 'starting' | 'charging' | 'paused' | 'ended';
  /** Known from the start on, save for `transactionId`, which comes with the answer in 1.6. */
  counted: CountedTransaction | undefined;
  /** of the next message (2.0.1) */
  seqNo: number;
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
  /** how often the server asked to come back later (429) */
  putOff: number;
}

/** registering: connected, not yet accepted. */
export type ConnectionState = 'connecting' | 'registering' | 'online' | 'offline' | 'stopped';

export type StationChange =
  | { uid: string; kind: 'connection'; connection: ConnectionState; detail?: string }
  | { uid: string; kind: 'boot'; status: RegistrationStatus; intervalSeconds: number }
  | { uid: string; kind: 'status'; connectorId: number; status: ConnectorStatus }
  | { uid: string; kind: 'started'; connectorId: number; transactionId: number | string; idTag: string }
  | {
      uid: string;
      kind: 'ended';
      connectorId: number;
      transactionId: number | string | undefined;
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

export function cancel(station: Pick<StationState, 'timers'>, timer: NodeJS.Timeout | undefined): undefined {
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

/** The wall clock as the station's messages tell it. */
export function timestamp(station: StationState, atMs = station.options.now().getTime()): string {
  return new Date(atMs + station.clockOffsetMs).toISOString();
}

/** For messages nobody waits for: a refusal is an error to count, a lost connection is not. */
export function tell(station: StationState, action: string, request: object): void {
  if (!station.link.isOpen || station.connection === 'stopped') return;
  station.link.call(action, request).catch((error: unknown) => {
    if (station.link.isOpen || isRefusal(error)) reportError(station, `${action}: ${errorText(error)}`);
  });
}

export function rememberTag(station: StationState, idTag: string, info: IdTagInfo): void {
  // that a tag charges elsewhere is true of this moment alone
  if (info.status === 'ConcurrentTx') return;
  if (configurationFlag(station.configuration, 'AuthorizationCacheEnabled')) {
    station.authorizationCache.set(idTag.toLowerCase(), info);
  }
}

export function errorText(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = 'rpcErrorCode' in error ? `${String(error.rpcErrorCode)} ` : '';
  return `${code}${error.message || error.name}`.trim();
}
