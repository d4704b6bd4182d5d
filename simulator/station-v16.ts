import { batterySoc } from './battery.ts';
import { beginFlow, endCharge } from './charging-v16.ts';
import { commandNames, handleCommand } from './commands-v16.ts';
import { configuration, configurationNumber } from './configuration.ts';
import { createConnector, findConnector, releaseConnector } from './connector-v16.ts';
import { advanceCharge } from './flow-v16.ts';
import { createLink } from './link.ts';
import { type PlugInResult, startLocally } from './local-v16.ts';
import { wholeWh } from './meter.ts';
import type { ConnectorStatus } from './ocpp16.ts';
import { createOutbox } from './outbox.ts';
import { boot, resumeRegistration } from './registration-v16.ts';
import {
  after,
  type ConnectionState,
  type Connector,
  cancel,
  isOnline,
  type ResolvedStationOptions,
  reportError,
  type StationState,
  type StationTotals,
  setConnection,
} from './state-v16.ts';

/** All but `url`, `uid` and `password` have defaults. `url` is the base: the station connects to `<url>/ocpp/<uid>`. */
export type StationOptions = Pick<ResolvedStationOptions, 'url' | 'uid' | 'password'> &
  Partial<Omit<ResolvedStationOptions, 'url' | 'uid' | 'password'>>;

export interface ConnectorSnapshot {
  readonly id: number;
  readonly status: ConnectorStatus;
  readonly transactionId: number | undefined;
  readonly idTag: string | undefined;
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
  plugIn(connectorId: number, idTag: string): Promise<PlugInResult>;
  /** The driver unplugs: a transaction ends (EVDisconnected), and the connector is free again. */
  unplug(connectorId: number): void;
  status(): StationSnapshot;
}

const defaults = {
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
  backoff: { initialMs: 1000, maxMs: 30_000 },
  connectDelayMs: 0,
  meterIntervalMs: 2000,
  configuration: {},
  now: () => new Date(),
  random: Math.random,
  onChange: undefined,
} as const satisfies Omit<ResolvedStationOptions, 'url' | 'uid' | 'password'>;

/** Starts one OCPP 1.6J station, which connects, boots, and obeys until it is stopped. */
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
    plugIn: async (connectorId, idTag) => startLocally(station, connectorOf(connectorId), idTag),
    unplug(connectorId) {
      const connector = connectorOf(connectorId);
      if (!connector.session) return;
      endCharge(station, connector, 'EVDisconnected');
      releaseConnector(station, connector);
    },
    status: () => snapshot(station),
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
  const station: StationState = {
    options,
    timers,
    configuration: settings,
    connectors: Array.from({ length: options.connectors }, (_, i) => createConnector(i + 1)),
    authorizationCache: new Map(),
    totals: { transactionsStarted: 0, transactionsEnded: 0, energyWh: 0, errors: 0 },
    profiles: [],
    meterIntervalMs: givenInterval ? Number(givenInterval) * 1000 : options.meterIntervalMs,
    registration: undefined,
    connection: 'connecting',
    operative: true,
    clockOffsetMs: 0,
    heartbeat: undefined,
    bootTimer: undefined,
    lastError: undefined,
    outbox: createOutbox({
      ready: () => isOnline(station),
      attempts: () => configurationNumber(settings, 'TransactionMessageAttempts'),
      retryDelayMs: () => configurationNumber(settings, 'TransactionMessageRetryInterval') * 1000,
      wait: ms => new Promise<void>(resolve => after(station, ms, resolve)),
    }),
    link: createLink({
      url: options.url,
      uid: options.uid,
      password: options.password,
      protocol: 'ocpp1.6',
      actions: commandNames,
      callTimeoutMs: options.callTimeoutMs,
      pingIntervalMs: configurationNumber(settings, 'WebSocketPingInterval') * 1000,
      backoff: options.backoff,
      random: options.random,
      after: (ms, run) => after(station, ms, run),
      onOpen: () => opened(station),
      onLost: reason => lost(station, reason),
      onRefused: reason => reportError(station, `cannot connect: ${reason}`),
      onCall: (action, request) => handleCommand(station, action, request),
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
    transactionId: session?.transactionId,
    idTag: session?.idTag,
    registerWh,
    energyWh: session ? registerWh - session.meterStartWh : 0,
    powerW: session?.powerW ?? 0,
    socPercent: session && batterySoc(session.battery) * 100,
  };
}
