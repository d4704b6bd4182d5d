import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import WebSocket from 'ws';
import type { Program } from './process.ts';

/** What a server needs to be started with for its footprint to be taken. */
export const INSPECTED = { NODE_OPTIONS: '--inspect=127.0.0.1:0' };

export interface Footprint {
  /** Behind a garbage collection. */
  readonly heapBytes: number;
  readonly residentBytes: number;
  /** Open files and sockets of the process. */
  readonly descriptors: number;
  /** Of Node's own: timers, sockets, requests under way. */
  readonly resources: number;
}

interface Inspector {
  ask(method: string, params?: object): Promise<{ result?: { value?: unknown } }>;
  close(): void;
}

async function openInspector(server: Program): Promise<Inspector> {
  const url = /ws:\/\/127\.0\.0\.1:\d+\/[\w-]+/.exec(server.errors())?.[0];
  if (!url) throw new Error('The server was not started with INSPECTED.');
  const socket = new WebSocket(url);
  await once(socket, 'open');
  let count = 0;
  return {
    async ask(method, params = {}) {
      const id = ++count;
      const answer = Promise.withResolvers<{ result?: { value?: unknown } }>();
      const listen = (data: WebSocket.RawData) => {
        const message = JSON.parse(String(data));
        if (message.id === id) answer.resolve(message.result);
      };
      socket.on('message', listen);
      socket.send(JSON.stringify({ id, method, params }));
      return answer.promise.finally(() => socket.off('message', listen));
    },
    close: () => socket.terminate(),
  };
}

/** What the process holds; it collects its garbage first. */
export async function footprint(server: Program): Promise<Footprint> {
  // only for as long as it is asked: with an inspector attached, a process that crashes does not end
  const inspector = await openInspector(server);
  for (let each = 0; each < 2; each++) await inspector.ask('HeapProfiler.collectGarbage');
  const expression = '[process.memoryUsage().heapUsed, process.getActiveResourcesInfo().length]';
  const { result } = await inspector.ask('Runtime.evaluate', { expression, returnByValue: true });
  inspector.close();
  const [heapBytes, resources] = result!.value as [number, number];
  const descriptors = readdirSync(`/proc/${server.child.pid}/fd`).length;
  return { heapBytes, resources, residentBytes: residentBytes(server), descriptors };
}

/** What the process has of the machine's memory. */
export function residentBytes({ child }: Program): number {
  const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)![1]) * 1024;
}

/** How long the process has kept a core busy. */
export function cpuSeconds({ child }: Program): number {
  const fields = readFileSync(`/proc/${child.pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

/** The heap as it is, garbage and all. */
export async function heapBytes(server: Program): Promise<number> {
  const inspector = await openInspector(server);
  const expression = 'process.memoryUsage().heapUsed';
  const { result } = await inspector.ask('Runtime.evaluate', { expression, returnByValue: true });
  inspector.close();
  return result!.value as number;
}
