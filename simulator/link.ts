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
  readonly protocol: 'ocpp1.6';
  readonly actions: readonly string[];
  readonly callTimeoutMs: number;
  readonly pingIntervalMs: number;
  readonly backoff: { readonly initialMs: number; readonly maxMs: number };
  readonly random: () => number;
  /** a timer which dies with the station */
  readonly after: (ms: number, run: () => void) => void;
  readonly onOpen: () => void;
  readonly onLost: (reason: string) => void;
  readonly onRefused: (reason: string) => void;
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
  let isOpen = false;
  let isClosing = false;
  let isClosed = false;
  let failures = 0;
  let nextDelayMs: number | undefined;

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
      options.onRefused(connectError(error));
      connectLater();
      return;
    }
    isOpen = true;
    options.onOpen();
  }

  function connectLater(): void {
    const { initialMs, maxMs } = options.backoff;
    const growing = Math.min(maxMs, initialMs * 2 ** Math.min(failures++, 20));
    const delayMs = nextDelayMs ?? growing * (0.5 + options.random() / 2);
    nextDelayMs = undefined;
    options.after(delayMs, () => void connect());
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
    async close() {
      isClosed = true;
      await close('Station stopped');
    },
  };
}

function connectError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = 'code' in error ? ` (${String(error.code)})` : '';
  return `${error.message || error.name}${code}`;
}
