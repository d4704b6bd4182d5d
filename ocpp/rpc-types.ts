import type { EventEmitter } from 'node:events';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';

// ocpp-rpc's own declarations are loose where we are strict: what we use of it, as it behaves in 2.2.1

export interface Handshake {
  readonly remoteAddress: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly protocols: ReadonlySet<string>;
  /** The path before the identity. */
  readonly endpoint: string;
  readonly identity: string;
  readonly request: IncomingMessage;
  /** Present where the header's user name is the identity. */
  readonly password?: Buffer;
}

export interface HandledCall {
  readonly messageId: string;
  readonly method: string;
  readonly params: unknown;
}

export interface RPCServerClient extends EventEmitter {
  readonly identity: string;
  readonly protocol: string;
  readonly session: { readonly station?: unknown };
  readonly handshake: Handshake;
  handle(handler: (call: HandledCall) => Promise<object>): void;
  handle(method: string, handler: (call: HandledCall) => Promise<object>): void;
  call(method: string, params: object, options: { readonly callTimeoutMs: number }): Promise<unknown>;
  close: (options: {
    readonly code?: number;
    readonly reason?: string;
    readonly awaitPending?: boolean;
    readonly force?: boolean;
  }) => Promise<unknown>;
}

export interface RPCServer extends EventEmitter {
  readonly handleUpgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => Promise<void>;
  auth(
    callback: (
      accept: (session: object, protocol: string) => void,
      reject: (code: number, message: string) => void,
      handshake: Handshake,
    ) => void | Promise<void>,
  ): void;
  close(options: { readonly code?: number; readonly reason?: string }): Promise<void>;
}
