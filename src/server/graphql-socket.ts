import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { FastifyRequest } from 'fastify';
import { type ExecutionResult, GraphQLError } from 'graphql';
import { CloseCode } from 'graphql-ws';
import { useServer } from 'graphql-ws/use/ws';
import type { YogaServerInstance } from 'graphql-yoga';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Viewer } from '../auth/viewer.ts';
import { clientAddress } from '../kernel/client-address.ts';
import type { Context } from '../kernel/context.ts';
import { DomainError, RateLimitedError } from '../kernel/errors.ts';
import type { App } from './app.ts';
import { executeInScope, subscribeInScope } from './graphql.ts';
import type { Listeners } from './listeners.ts';
import { written } from './shared-results.ts';
import { viewerOf } from './viewer-of.ts';

const MAX_MESSAGE_BYTES = 1024 * 1024;
/** With so much not yet taken by a reader, no more is sent until it is. */
const UNREAD_BYTES = 64 * 1024;
/** A close code after HTTP's status; clients do not come back by themselves after it. */
const TOO_MANY = CloseCode.TooManyInitialisationRequests;

/** What an operation comes with. */
export interface Carrier {
  /** Known already where the operation comes over a socket. */
  readonly caller?: { readonly viewer: Viewer; readonly address: string };
  readonly req: IncomingMessage | FastifyRequest;
}

/** graphql-ws: who connects says who it is in `connection_init`, `{ apiKey, authorization }`, or in the same headers. */
export function graphQLSocket(app: App, yoga: YogaServerInstance<Carrier, Context>, listeners: Listeners) {
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_MESSAGE_BYTES,
    handleProtocols: protocols => (protocols.has('graphql-transport-ws') ? 'graphql-transport-ws' : false),
  });
  const senders = new WeakMap<Context, Send>();
  const unknown = new WeakMap<IncomingMessage, { readonly address: string; leave(): void }>();
  const server = useServer<{ apiKey?: string; authorization?: string }, { caller?: Carrier['caller'] }>(
    {
      async onConnect({ connectionParams, extra }) {
        const apiKey = connectionParams?.apiKey ?? headerOf(extra.request, 'x-api-key');
        const authorization = connectionParams?.authorization ?? headerOf(extra.request, 'authorization');
        const credentials = {
          ...(apiKey !== undefined && { 'x-api-key': apiKey }),
          ...(authorization !== undefined && { authorization }),
        };
        const { address, leave } = unknown.get(extra.request)!;
        try {
          const viewer = await viewerOf(app, credentials);
          whenClosed(extra.socket, app.streams.enter('socket', viewer, address));
          leave();
          extra.caller = { viewer, address };
        } catch (error) {
          if (!(error instanceof DomainError)) throw error;
          extra.socket.close(
            error instanceof RateLimitedError ? TOO_MANY : CloseCode.Forbidden,
            error.message,
          );
          return false;
        }
        const unwatch = listeners.watch(credentials, reason =>
          extra.socket.close(CloseCode.Forbidden, reason),
        );
        whenClosed(extra.socket, unwatch);
        return true;
      },
      async onSubscribe({ extra }, id, params) {
        const { schema, contextFactory, parse, validate } = yoga.getEnveloped({
          req: extra.request,
          caller: extra.caller,
          params,
        });
        try {
          const document = parse(params.query);
          const errors = validate(schema, document);
          if (errors.length > 0) return errors;
          const contextValue = await contextFactory();
          senders.set(contextValue, result => sendNext(extra.socket, id, result));
          return {
            schema,
            document,
            operationName: params.operationName,
            variableValues: params.variables,
            contextValue,
          };
        } catch (error) {
          // a mistake in one operation must not end the others on the socket
          if (error instanceof GraphQLError) return [error];
          throw error;
        }
      },
      execute: executeInScope,
      async subscribe(args) {
        const results = await subscribeInScope(args, app.streams);
        const send = senders.get(args.contextValue as Context);
        return Symbol.asyncIterator in results && send ? sending(results, send) : results;
      },
    },
    sockets,
  );
  return {
    upgrade(request: IncomingMessage, socket: Duplex, head: Buffer) {
      const address = clientAddress(app, request);
      try {
        const leave = app.streams.enterUnknown(address);
        socket.once('close', leave);
        unknown.set(request, { address, leave });
      } catch (error) {
        if (!(error instanceof RateLimitedError)) throw error;
        return refuse(socket, error);
      }
      sockets.handleUpgrade(request, socket, head, client => sockets.emit('connection', client, request));
    },
    async close() {
      await server.dispose();
    },
  };
}

/** Clients come back by themselves after this. */
const refuse = (socket: Duplex, { retryAfterSeconds }: RateLimitedError): void =>
  void socket.end(
    `HTTP/1.1 429 Too Many Requests\r\nRetry-After: ${retryAfterSeconds}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`,
  );

/** Also where it was closed while it was asked who is there. */
function whenClosed(socket: WebSocket, then: () => void): void {
  if (socket.readyState === socket.CLOSED) then();
  else socket.once('close', then);
}

type Send = (result: ExecutionResult) => void | Promise<void>;

/** Hands the results over itself, so that those which many await are written out once; no more is left but the end. */
function sending(
  results: AsyncIterableIterator<ExecutionResult>,
  send: Send,
): AsyncIterableIterator<ExecutionResult> {
  return {
    async next() {
      for (;;) {
        const { value, done } = await results.next();
        if (done) return { value: undefined, done };
        await send(value);
      }
    },
    return: () => results.return!(),
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

/** A `next` message of graphql-ws. Resolves when the reader has taken enough of what was sent before. */
function sendNext(socket: WebSocket, id: string, result: ExecutionResult): void | Promise<void> {
  if (socket.readyState !== socket.OPEN) return;
  const message = `{"id":${JSON.stringify(id)},"type":"next","payload":${written(result)}}`;
  if (socket.bufferedAmount < UNREAD_BYTES) return socket.send(message);
  return new Promise(resolve => socket.send(message, () => resolve()));
}

const headerOf = (request: IncomingMessage, name: string): string | undefined => {
  const value = request.headers[name];
  return Array.isArray(value) ? value[0] : value;
};
