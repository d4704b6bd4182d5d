import { RPCClient } from 'ocpp-rpc';

/**
 * A station's connection: one `ocpp-rpc` client which is opened again after every loss, with growing delays and
 * jitter. The library's own reconnect is off: it gives up when the first attempt fails, and sends what was called
 * while connecting before the station could say BootNotification.
 */
export interface LinkOptions {
  /** base: the station connects to `<url>/ocpp/<uid>` */
  readonly url: string;
  readonly uid: string;
  readonly password: string;
  readonly protocol: 'ocpp1.6' | 'ocpp2.0.1';
  readonly actions: readonly string[];
  readonly callTimeoutMs: number;
  readonly pingIntervalMs: number;
  readonly backoff: { readonly initialMs: number; readonly maxMs: number };
  readonly random: () => number;
  /** Whether this call's frame goes out twice. */
  readonly duplicatesFrame: () => boolean;
  /** a timer which dies with the station */
  readonly after: (ms: number, run: () => void) => NodeJS.Timeout;
  readonly cancel: (timer: NodeJS.Timeout) => void;
  readonly onOpen: () => void;
  readonly onLost: (reason: string) => void;
  readonly onRefused: (reason: string) => void;
  /** The server has too much to do, and named a time to come back at. */
  readonly onPutOff: () => void;
  /** Answers a call of the central system, at once. */
  readonly onCall: (action: string, request: unknown) => object;
  /** The central system sent what the schema forbids. */
  readonly onViolation: (reason: string) => void;
}

export interface Link {
  readonly isOpen: boolean;
  connect(): void;
  /** Rejects when not connected, on loss, time-out, refusal, or an answer the schema forbids. */
  call(action: string, request: object): Promise<unknown>;
  setPingInterval(ms: number): void;
  /** Closes, and connects again after `delayMs` without further backoff. */
  restart(delayMs: number): void;
  /** The line breaks without a word, and is there again after `delayMs`. */
  cut(delayMs: number): void;
  /** Connects now rather than when the wait is over; not earlier than the server asked for. */
  hurry(): void;
  close(): Promise<void>;
}

export function createLink(options: LinkOptions): Link {
  const clientOptions: ConstructorParameters<typeof RPCClient>[0] = {
    identity: options.uid,
    endpoint: `${options.url.replace(/\/+$/, '')}/ocpp`,
    password: options.password,
    protocols: [options.protocol],
    strictMode: true,
    strictModeValidators: [],
    reconnect: false,
    maxReconnects: 0,
    backoff: { initialDelay: 1000, maxDelay: 10_000, factor: 2, randomisationFactor: 0.25 },
    callTimeoutMs: options.callTimeoutMs,
    callConcurrency: 1,
    pingIntervalMs: options.pingIntervalMs,
    deferPingsOnActivity: true,
    respondWithDetailedErrors: false,
    maxBadMessages: Number.POSITIVE_INFINITY,
    headers: {},
    // compression costs a station some 100 KB, and small messages gain nothing by it
    wsOpts: { perMessageDeflate: false, handshakeTimeout: 10_000, closeTimeout: 2000 },
  };
  const client = new RPCClient(clientOptions);
  sendTwice(client, options.duplicatesFrame);
  let isOpen = false;
  let isClosing = false;
  let isClosed = false;
  let failures = 0;
  let nextDelayMs: number | undefined;
  let waiting: NodeJS.Timeout | undefined;

  const answer = async ({ method, params }: { method?: string; params?: object }) =>
    options.onCall(method ?? '', params ?? {});
  for (const action of options.actions) client.handle(action, answer);

  client.on('close', ({ code, reason }: { code: number; reason?: string }) => {
    if (!isOpen) return; // an attempt which failed: connect() has the reason
    isOpen = false;
    isClosing = false;
    options.onLost(reason ? `${code} ${reason}` : String(code));
    connectLater();
  });
  client.on(
    'strictValidationFailure',
    (failure: { method: string; outbound: boolean; isCall: boolean; error: Error }) => {
      if (!failure.outbound && failure.isCall)
        options.onViolation(`${failure.method}: ${failure.error.message}`);
    },
  );

  async function connect(): Promise<void> {
    if (isClosed) return;
    try {
      await client.connect();
    } catch (error) {
      if (isClosed) return;
      const laterMs = retryAfterMs(error);
      if (laterMs === undefined) {
        options.onRefused(connectError(error));
        connectLater();
      } else {
        options.onPutOff();
        // those who were put off together shall not come back together
        nextDelayMs = laterMs * (1 + options.random());
        connectLater(true);
      }
      return;
    }
    isOpen = true;
    options.onOpen();
  }

  function connectLater(isPutOff = false): void {
    const { initialMs, maxMs } = options.backoff;
    const growing = Math.min(maxMs, initialMs * 2 ** Math.min(failures++, 20));
    const delayMs = nextDelayMs ?? growing * (0.5 + options.random() / 2);
    nextDelayMs = undefined;
    const timer = options.after(delayMs, () => {
      waiting = undefined;
      void connect();
    });
    waiting = isPutOff ? undefined : timer;
  }

  async function close(reason: string): Promise<void> {
    // a socket error while closing comes as a rejection; the socket is closed all the same
    await client.close({ code: 1000, reason }).catch(() => undefined);
  }

  return {
    get isOpen() {
      return isOpen && !isClosing;
    },
    connect: () => void connect(),
    async call(action, request) {
      if (!isOpen || isClosing) throw new Error('not connected');
      const response = await client.call(action, request);
      failures = 0;
      return response;
    },
    setPingInterval: ms => client.reconfigure({ ...clientOptions, pingIntervalMs: ms }),
    restart(delayMs) {
      if (!isOpen || isClosing) return;
      nextDelayMs = delayMs;
      isClosing = true;
      void close('Rebooting');
    },
    cut(delayMs) {
      if (!isOpen || isClosing) return;
      nextDelayMs = delayMs;
      isClosing = true;
      void client.close({ force: true }).catch(() => undefined);
    },
    hurry() {
      if (!waiting) return;
      options.cancel(waiting);
      waiting = undefined;
      void connect();
    },
    async close() {
      isClosed = true;
      await close('Station stopped');
    },
  };
}

/** The library sends each call as one text; the same one again is what a station with a bad line does. */
function sendTwice(client: RPCClient, duplicates: () => boolean): void {
  const internals = client as unknown as { sendRaw(message: string): void };
  const sendRaw = internals.sendRaw.bind(client);
  internals.sendRaw = message => {
    sendRaw(message);
    if (String(message).startsWith('[2,') && duplicates()) sendRaw(message);
  };
}

/** What a 429 or 503 says of when to come back (RFC 9110, 10.2.3), ms; undefined where it says nothing. */
function retryAfterMs(error: unknown): number | undefined {
  const { code, response } = error as {
    code?: unknown;
    response?: { headers: Record<string, string | undefined> };
  };
  if (code !== 429 && code !== 503) return undefined;
  const given = response?.headers['retry-after'];
  if (given === undefined) return undefined;
  const ms = /^\d+$/.test(given) ? Number(given) * 1000 : Date.parse(given) - Date.now();
  return Number.isFinite(ms) ? Math.min(Math.max(ms, 500), 10 * 60_000) : undefined;
}

function connectError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = 'code' in error ? ` (${String(error.code)})` : '';
  return `${error.message || error.name}${code}`;
}
