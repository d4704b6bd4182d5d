import { type BatteryOptions, batterySoc } from './battery.ts';
import { beginFlow, endCharge } from './charging.ts';
import { dialect16 } from './commands-v16.ts';
import { dialect201 } from './commands-v201.ts';
import { configuration, configurationNumber } from './configuration.ts';
import { createConnector, findConnector, releaseConnector } from './connector.ts';
import { noFaults } from './faults.ts';
import { advanceCharge } from './flow.ts';
import { createLink } from './link.ts';
import { type PlugInResult, startLocally } from './local.ts';
import { wholeWh } from './meter.ts';
import type { ConnectorStatus } from './ocpp16.ts';
import { createOutbox } from './outbox.ts';
import { boot, resumeRegistration } from './registration.ts';
import { losePower } from './reset.ts';
import {
  after,
  type ConnectionState,
  type Connector,
  type CountedTransaction,
  cancel,
  isOnline,
  type ResolvedStationOptions,
  reportError,
  type StationState,
  type StationTotals,
  setConnection,
} from './state.ts';

/** All but `url`, `uid` and `password` have defaults. `url` is the base: the station connects to `<url>/ocpp/<uid>`. */
export type StationOptions = Pick<ResolvedStationOptions, 'url' | 'uid' | 'password'> &
  Partial<Omit<ResolvedStationOptions, 'url' | 'uid' | 'password'>>;

export interface ConnectorSnapshot {
  readonly id: number;
  readonly status: ConnectorStatus;
  readonly transactionId: number | string | undefined;
  readonly idTag: string | undefined;
  /** A vehicle is plugged in, charging or not. */
  readonly isTaken: boolean;
  /** whole Wh, as on the wire */
  readonly registerWh: number;
  /** of the present session */
  readonly energyWh: number;
  readonly powerW: number;
  readonly socPercent: number | undefined;
}

export interface StationSnapshot {
  readonly uid: string;
  readonly connection: ConnectionState;
  readonly connectors: readonly ConnectorSnapshot[];
  readonly totals: Readonly<StationTotals>;
  /** transaction messages not yet acknowledged */
  readonly queued: number;
  readonly lastError: string | undefined;
}

export interface Station {
  readonly uid: string;
  /** Resolves when the socket is closed. Open transactions are left open, as when a station loses its line. */
  stop(): Promise<void>;
  /** A driver plugs in at this connector and shows a card; the answer is the authorization's. */
  plugIn(connectorId: number, idTag: string, vehicle?: Partial<BatteryOptions>): Promise<PlugInResult>;
  /** The driver shows the card again: the transaction ends (Local). */
  showCard(connectorId: number): void;
  /** The driver unplugs: a transaction ends (EVDisconnected), and the connector is free again. */
  unplug(connectorId: number): void;
  status(): StationSnapshot;
  /** Every transaction so far, by the station's own count. */
  counted(): readonly CountedTransaction[];
  /** The line breaks, and is there again after so long. */
  cutLine(ms: number): void;
  /** The power goes, and is back after so long. `continues` is asked for each charge. */
  losePower(ms: number, continues: () => boolean): void;
  /** Comes back at once, if it is waiting to connect again. */
  hurry(): void;
}

const defaults = {
  version: '1.6',
  connectors: 1,
  speed: 1,
  maxPowerW: 22_080,
  voltageV: 230,
  phases: 3,
  batteryOptions: {},
  plugInDelayMs: 300,
  finishingMs: 3000,
  rebootMs: 1000,
  callTimeoutMs: 30_000,
  lostAnswerMs: 1000,
  backoff: { initialMs: 1000, maxMs: 30_000 },
  connectDelayMs: 0,
  meterIntervalMs: 2000,
  configuration: {},
  faults: noFaults,
  now: () => new Date(),
  random: Math.random,
  onChange: undefined,
} as const satisfies Omit<ResolvedStationOptions, 'url' | 'uid' | 'password'>;

/** Starts one station, which connects, boots, and obeys until it is stopped. */
export function startStation(given: StationOptions): Station {
  const options: ResolvedStationOptions = { ...defaults, ...given };
  const station = createState(options);
  after(station, options.connectDelayMs, () => station.link.connect());

  const connectorOf = (id: number): Connector => {
    const connector = findConnector(station, id);
    if (!connector) throw new RangeError(`${options.uid} has no connector ${id}`);
    return connector;
  };

  return {
    uid: options.uid,
    async stop() {
      setConnection(station, 'stopped');
      for (const timer of station.timers) clearTimeout(timer);
      station.timers.clear();
      await station.link.close();
    },
    plugIn: async (connectorId, idTag, vehicle) =>
      startLocally(station, connectorOf(connectorId), idTag, vehicle),
    showCard: connectorId => endCharge(station, connectorOf(connectorId), 'Local'),
    unplug(connectorId) {
      const connector = connectorOf(connectorId);
      if (!connector.session) return;
      endCharge(station, connector, 'EVDisconnected');
      releaseConnector(station, connector);
    },
    status: () => snapshot(station),
    counted: () => station.counted,
    cutLine: ms => station.link.cut(ms),
    losePower: (ms, continues) => losePower(station, ms, continues),
    hurry: () => station.link.hurry(),
  };
}

function createState(options: ResolvedStationOptions): StationState {
  const timers = new Set<NodeJS.Timeout>();
  const givenInterval = options.configuration.MeterValueSampleInterval;
  const settings = configuration({
    MeterValueSampleInterval: String(Math.ceil(options.meterIntervalMs / 1000)),
    ...options.configuration,
    NumberOfConnectors: String(options.connectors),
  });
  const dialect = options.version === '1.6' ? dialect16 : dialect201;
  const { faults } = options;
  const station: StationState = {
    options,
    dialect,
    timers,
    configuration: settings,
    connectors: Array.from({ length: options.connectors }, (_, i) => createConnector(i + 1)),
    authorizationCache: new Map(),
    totals: { transactionsStarted: 0, transactionsEnded: 0, energyWh: 0, errors: 0, putOff: 0 },
    counted: [],
    profiles: [],
    meterIntervalMs: givenInterval ? Number(givenInterval) * 1000 : options.meterIntervalMs,
    registration: undefined,
    bootCause: 'PowerUp',
    connection: 'connecting',
    operative: true,
    clockOffsetMs: faults.clockSkewMs ?? 0,
    heartbeat: undefined,
    bootTimer: undefined,
    lastError: undefined,
    outbox: createOutbox({
      ready: () => isOnline(station),
      attempts: () => configurationNumber(settings, 'TransactionMessageAttempts'),
      retryDelayMs: () => configurationNumber(settings, 'TransactionMessageRetryInterval') * 1000,
      wait: ms => new Promise<void>(resolve => after(station, ms, resolve)),
      faults: {
        losesAnswer: faults.losesAnswer,
        repeatsMessage: faults.repeatsMessage,
        // in 1.6 a stop needs the answer to its start
        swapsMessages: () => options.version === '2.0.1' && faults.swapsMessages(),
        lostAnswerMs: options.lostAnswerMs,
      },
    }),
    link: createLink({
      url: options.url,
      uid: options.uid,
      password: options.password,
      protocol: dialect.protocol,
      actions: dialect.commandNames,
      callTimeoutMs: options.callTimeoutMs,
      pingIntervalMs: configurationNumber(settings, 'WebSocketPingInterval') * 1000,
      backoff: options.backoff,
      random: options.random,
      duplicatesFrame: faults.duplicatesFrame,
      after: (ms, run) => after(station, ms, run),
      cancel: timer => void cancel(station, timer),
      onOpen: () => opened(station),
      onLost: reason => lost(station, reason),
      onRefused: reason => reportError(station, `cannot connect: ${reason}`),
      onPutOff: () => void station.totals.putOff++,
      onCall: (action, request) => dialect.command(station, action, request),
      onViolation: reason => reportError(station, `bad call from the server: ${reason}`),
    }),
  };
  return station;
}

function opened(station: StationState): void {
  setConnection(station, 'registering');
  if (station.registration === 'Accepted') resumeRegistration(station);
  else boot(station);
}

function lost(station: StationState, reason: string): void {
  if (station.connection === 'stopped') return;
  setConnection(station, 'offline', reason);
  station.heartbeat = cancel(station, station.heartbeat);
  station.bootTimer = cancel(station, station.bootTimer);
  // nobody is there to answer StartTransaction: the vehicle gets its energy all the same
  for (const connector of station.connectors) {
    if (connector.session) beginFlow(station, connector, connector.session);
  }
}

function snapshot(station: StationState): StationSnapshot {
  return {
    uid: station.options.uid,
    connection: station.connection,
    connectors: station.connectors.map(connector => connectorSnapshot(station, connector)),
    totals: { ...station.totals },
    queued: station.outbox.size,
    lastError: station.lastError,
  };
}

function connectorSnapshot(station: StationState, connector: Connector): ConnectorSnapshot {
  advanceCharge(station, connector);
  const { id, status, session } = connector;
  const registerWh = wholeWh(connector.registerWh);
  return {
    id,
    status,
    transactionId: session?.counted?.transactionId,
    idTag: session?.idTag,
    isTaken: session !== undefined,
    registerWh,
    energyWh: session ? registerWh - session.meterStartWh : 0,
    powerW: session?.powerW ?? 0,
    socPercent: session && batterySoc(session.battery) * 100,
  };
}
