import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { createRPCError, RPCServer } from 'ocpp-rpc';
import { afterEach, beforeEach, expect, vi } from 'vitest';
import { type Station, type StationOptions, startStation } from '../../simulator/station.ts';

export const password = 'a-password-of-the-station';

interface Received {
  uid: string;
  action: string;
  // biome-ignore lint/suspicious/noExplicitAny: payloads were checked by strict mode, and tests read them as they are
  request: any;
}
interface Connection {
  call(action: string, request: object): Promise<unknown>;
  close(options: object): Promise<unknown>;
}
type Answer = (request: Received['request']) => object | Promise<object>;

/** A small central system on a real socket, of both versions, strict in both directions. */
async function startCentral() {
  const received: Received[] = [];
  const violations: string[] = [];
  const frames: string[] = [];
  const connections = new Map<string, Connection>();
  let transactions = 100;
  const central = {
    received,
    violations,
    frames,
    url: '',
    refuseConnections: false,
    /** Retry-After of the 429 that every upgrade gets. */
    putOffForSeconds: undefined as number | undefined,
    /** connections made so far */
    upgrades: 0,
    answers: {
      Authorize: request =>
        'idTag' in request ? { idTagInfo: { status: 'Accepted' } } : { idTokenInfo: { status: 'Accepted' } },
      BootNotification: () => ({ status: 'Accepted', currentTime: new Date().toISOString(), interval: 300 }),
      DiagnosticsStatusNotification: () => ({}),
      FirmwareStatusNotification: () => ({}),
      Heartbeat: () => ({ currentTime: new Date().toISOString() }),
      MeterValues: () => ({}),
      StartTransaction: () => ({ transactionId: ++transactions, idTagInfo: { status: 'Accepted' } }),
      StatusNotification: () => ({}),
      StopTransaction: () => ({}),
      TransactionEvent: request => (request.idToken ? { idTokenInfo: { status: 'Accepted' } } : {}),
    } as Record<string, Answer>,
    of: (action: string, uid?: string) =>
      received
        .filter(each => each.action === action && (uid === undefined || each.uid === uid))
        .map(each => each.request),
    statuses: (connectorId: number) =>
      central
        .of('StatusNotification')
        .filter(each => each.connectorId === connectorId)
        .map(each => each.status),
    command: async (uid: string, action: string, request: object = {}) =>
      (await connections.get(uid)?.call(action, request)) as Received['request'],
    cut: (uid: string) => connections.get(uid)?.close({ code: 1012, force: true }),
    async close() {
      await server.close({ force: true, code: 1001, reason: 'test over' });
      http.close();
    },
  };
  const server = new RPCServer({
    protocols: ['ocpp1.6', 'ocpp2.0.1'],
    strictMode: true,
    callTimeoutMs: 5000,
  });
  server.auth((accept, reject, handshake) => {
    if (central.refuseConnections) return reject(503, 'not now');
    if (handshake.password?.toString() !== password) return reject(401, 'who are you');
    if (handshake.endpoint !== '/ocpp') return reject(404, 'nothing here');
    central.upgrades++;
    accept({}, [...handshake.protocols][0]);
  });
  server.on('client', client => {
    const uid: string = client.identity;
    connections.set(uid, client);
    client.on('message', ({ message, outbound }: { message: string; outbound: boolean }) => {
      if (!outbound) frames.push(String(message));
    });
    client.on('strictValidationFailure', ({ method, error }: { method: string; error: Error }) => {
      violations.push(`${method}: ${error.message}`);
    });
    client.handle(async ({ method, params }: { method: string; params: unknown }) => {
      received.push({ uid, action: method, request: params });
      const answer = central.answers[method];
      if (!answer) throw createRPCError('NotImplemented');
      return answer(params);
    });
  });
  const http = createServer().on('upgrade', (request, socket, head) => {
    const seconds = central.putOffForSeconds;
    if (seconds === undefined) return void server.handleUpgrade(request, socket as Socket, head);
    socket.end(`HTTP/1.1 429 Too Many Requests\r\nRetry-After: ${seconds}\r\nContent-Length: 0\r\n\r\n`);
  });
  await new Promise<void>(resolve => http.listen(0, '127.0.0.1', resolve));
  central.url = `ws://127.0.0.1:${(http.address() as AddressInfo).port}`;
  return central;
}

/** The present test's. */
export let central: Awaited<ReturnType<typeof startCentral>>;
/** Stopped when the test is over. */
export let stations: Station[];

/** A central system for each test of the file; none may have seen what the schemas forbid. */
export function stageCentral(): void {
  beforeEach(async () => {
    central = await startCentral();
    stations = [];
  });
  afterEach(async () => {
    await Promise.all(stations.map(each => each.stop()));
    await central.close();
    expect(central.violations).toEqual([]);
  });
}

export function simulate(given: Partial<StationOptions> = {}): Station {
  const station = startStation({
    url: central.url,
    uid: 'CP-1',
    password,
    // an hour of energy each 360 ms, so that registers rise visibly between samples
    speed: 10_000,
    meterIntervalMs: 20,
    plugInDelayMs: 1,
    finishingMs: 20,
    rebootMs: 1,
    backoff: { initialMs: 10, maxMs: 20 },
    batteryOptions: { capacityWh: 60_000_000, startSoc: 0.2, maxPowerW: 11_000 },
    ...given,
  });
  stations.push(station);
  return station;
}

export const until = <T>(check: () => T) => vi.waitFor(check, { interval: 5, timeout: 5000 });
export const online = (station: Station) => until(() => expect(station.status().connection).toBe('online'));
export const statusOf = (station: Station, id = 1) =>
  station.status().connectors.find(each => each.id === id);
export const becomes = (station: Station, status: string, id = 1) =>
  until(() => expect(statusOf(station, id)?.status).toBe(status));

export function registers(uid = 'CP-1'): number[] {
  return central.of('MeterValues', uid).map(each => registerOf(each.meterValue[0]));
}
export function registerOf(meterValue: { sampledValue: { measurand: string; value: string }[] }): number {
  return Number(
    meterValue.sampledValue.find(each => each.measurand === 'Energy.Active.Import.Register')?.value,
  );
}

export async function startRemotely(station: Station, idTag = 'DEMO'): Promise<number> {
  await online(station);
  const answer = await central.command('CP-1', 'RemoteStartTransaction', { idTag, connectorId: 1 });
  expect(answer).toEqual({ status: 'Accepted' });
  await becomes(station, 'Charging');
  return until(() => {
    const id = statusOf(station)?.transactionId;
    expect(id).toBeGreaterThan(0);
    return id as number;
  });
}
