import { Resolver } from 'node:dns/promises';
import { isIP, type LookupFunction } from 'node:net';
import { Agent, buildConnector, request } from 'undici';
import { isLoopbackAddress, isPublicAddress } from './public-address.ts';

const MAX_URL_LENGTH = 2000;
const DNS_TIMEOUT_MS = 2_000;
/** What is kept of an answer. */
const MAX_ANSWER_BYTES = 2048;

export interface Posted {
  readonly status: number;
  /** At most 2 KB of it. */
  readonly body: string;
}

/** HTTP to places that others have named: integrators' webhooks, browsers' push services. */
export interface GuardedFetch {
  /** Whom those at the other end may write to: a `mailto:` URL. */
  readonly contact: string;
  /** What keeps a URL from ever being posted to, for people; null where nothing does. Looks up no name. */
  problemWith(url: string): string | null;
  /**
   * Posts, follows no redirect, and gives up after the time-out. Throws an UnreachableError where no whole answer
   * came, or where the address that the name stands for at this moment is not one of the public internet.
   */
  post(url: string, headers: Readonly<Record<string, string>>, body: string | Buffer): Promise<Posted>;
  close(): Promise<void>;
}

/** No answer; the message says why, and nothing of our own network. */
export class UnreachableError extends Error {
  /** Whether the request may have arrived all the same. */
  readonly mayHaveArrived: boolean;

  constructor(message: string, options: ErrorOptions & { readonly mayHaveArrived: boolean }) {
    super(message, options);
    this.mayHaveArrived = options.mayHaveArrived;
  }
}

/** The addresses that a name stands for. */
export type Resolve = (name: string) => Promise<string[]>;

export interface GuardOptions {
  /** Permits loopback addresses, and HTTP: for tests and development. */
  readonly allowLoopback: boolean;
  readonly timeoutMs: number;
  readonly contact: string;
  readonly resolve?: Resolve | undefined;
}

export function openGuardedFetch(options: GuardOptions): GuardedFetch {
  const { allowLoopback, timeoutMs, resolve = resolveByDns } = options;
  const isPermitted = (address: string) =>
    isPublicAddress(address) || (allowLoopback && isLoopbackAddress(address));
  const agent = new Agent({ connect: guardedConnector(isPermitted, resolve, timeoutMs) });

  const problemWith = (text: string): string | null => {
    const url = text.length <= MAX_URL_LENGTH && URL.canParse(text) ? new URL(text) : null;
    if (!url || !(url.protocol === 'https:' || (allowLoopback && url.protocol === 'http:'))) {
      return 'must be an https:// URL';
    }
    if (url.username || url.password) return 'must not carry a user name or a password';
    const name = hostOf(url.hostname);
    if (isIP(name) ? isPermitted(name) : allowLoopback || !isLocalhost(name)) return null;
    return 'must not lead to a private, loopback or link-local address';
  };

  return {
    contact: options.contact,
    problemWith,
    async post(url, headers, body) {
      const problem = problemWith(url);
      if (problem) throw new UnreachableError(`The URL ${problem}.`, { mayHaveArrived: false });
      try {
        const signal = AbortSignal.timeout(timeoutMs);
        const answer = await request(url, { method: 'POST', headers, body, signal, dispatcher: agent });
        return { status: answer.statusCode, body: await beginningOf(answer.body) };
      } catch (error) {
        throw new UnreachableError(reasonOf(error, timeoutMs), {
          cause: error,
          mayHaveArrived: !isBeforeTheRequest(error),
        });
      }
    },
    close: () => agent.destroy(),
  };
}

/**
 * Connects to addresses that have been looked at, and to nothing else: the name is resolved here, once, so it cannot
 * stand for another address at the moment of connecting.
 */
function guardedConnector(
  isPermitted: (address: string) => boolean,
  resolve: Resolve,
  timeoutMs: number,
): buildConnector.connector {
  const lookup: LookupFunction = (name, { all }, done) => {
    resolve(name).then(
      addresses => {
        const found = addresses.map(address => ({ address, family: isIP(address) }));
        const [first] = found;
        if (!first || !addresses.every(isPermitted)) return done(new ForbiddenAddress(), '');
        if (all) done(null, found);
        else done(null, first.address, first.family);
      },
      error => done(error, ''),
    );
  };
  const connect = buildConnector({ timeout: timeoutMs, allowH2: false, lookup });
  return (options, done) => {
    // an address as it stands is never looked up
    if (isIP(options.hostname) && !isPermitted(options.hostname)) return done(new ForbiddenAddress(), null);
    connect(options, (...[error, socket]) => {
      if (error) return done(error, null);
      if (isPermitted(socket.remoteAddress ?? '')) return done(null, socket);
      socket.destroy();
      done(new ForbiddenAddress(), null);
    });
  };
}

class ForbiddenAddress extends Error {}

/** By DNS alone, not by the system's own resolver: that one blocks a thread that passwords and files need too. */
const resolveByDns: Resolve = async name => {
  if (isLocalhost(hostOf(name))) return ['127.0.0.1', '::1'];
  const resolver = new Resolver({ timeout: DNS_TIMEOUT_MS, tries: 2 });
  const answers = await Promise.allSettled([resolver.resolve4(name), resolver.resolve6(name)]);
  const addresses = answers.flatMap(answer => (answer.status === 'fulfilled' ? answer.value : []));
  if (addresses.length > 0) return addresses;
  throw (answers[0] as PromiseRejectedResult).reason ?? new Error('no address');
};

/** Without the brackets of an IPv6 address, and the dot that may end a name. */
const hostOf = (hostname: string): string => hostname.replace(/^\[(.*)\]$/, '$1').replace(/\.$/, '');

const isLocalhost = (name: string): boolean => /^(.*\.)?localhost$/i.test(name);

async function beginningOf(body: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    size += chunk.length;
    // leaving the loop closes the connection
    if (size >= MAX_ANSWER_BYTES) break;
  }
  const kept = Buffer.concat(chunks).subarray(0, MAX_ANSWER_BYTES);
  // a character that is cut in two is left out; PostgreSQL's text holds any character but NUL
  return new TextDecoder().decode(kept, { stream: true }).replaceAll('\0', '\uFFFD');
}

function reasonOf(error: unknown, timeoutMs: number): string {
  if (error instanceof ForbiddenAddress) return 'The host leads to an address that is not permitted.';
  const { name, code } = error as { name?: string; code?: string };
  if (name === 'TimeoutError' || code === 'UND_ERR_CONNECT_TIMEOUT') {
    return `No whole answer within ${timeoutMs / 1000} s.`;
  }
  return REASONS[code ?? ''] ?? `The connection failed (${code ?? name}).`;
}

/** Of what failed while it looked up the name or connected, nothing has left. */
function isBeforeTheRequest(error: unknown): boolean {
  const { syscall, code } = error as { syscall?: string; code?: string };
  return (
    error instanceof ForbiddenAddress ||
    syscall === 'connect' ||
    /^(query|getaddrinfo)/.test(syscall ?? '') ||
    code === 'UND_ERR_CONNECT_TIMEOUT'
  );
}

const REASONS: Record<string, string> = {
  ENOTFOUND: 'The host name is not known.',
  ENODATA: 'The host name is not known.',
  ECONNREFUSED: 'The connection was refused.',
  ECONNRESET: 'The connection was closed.',
  UND_ERR_SOCKET: 'The connection was closed.',
};
