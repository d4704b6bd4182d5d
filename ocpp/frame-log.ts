import { randomUUID } from 'node:crypto';
import type { StationFrame } from '../src/kernel/charger-commands.ts';
import { masked } from './mask-frame.ts';

const MAX_FRAMES = 40;
/** For one station; of thousands that is some tens of megabytes at the very most. */
const MAX_BYTES = 16 * 1024;
/** The payload of a longer frame is not kept. */
const MAX_FRAME_BYTES = 8 * 1024;
const HEAD_BYTES = 200;
/** Stations that have left, whose last words are kept. */
const MAX_GONE = 500;

interface Noted {
  readonly id: string;
  readonly atMs: number;
  readonly direction: 'in' | 'out';
  readonly text: string;
  readonly isCut: boolean;
  readonly sizeBytes: number;
}

/** So that frames of several processes never have the same id. */
const processId = randomUUID().slice(0, 8);
let count = 0;

/** The last frames of one station as they were; what may not be seen is taken out when somebody looks. */
class FrameLog {
  #frames: Noted[] = [];
  #bytes = 0;

  note(direction: 'in' | 'out', text: string): void {
    // a copy: a slice would keep the whole text
    const isCut = text.length > MAX_FRAME_BYTES;
    const kept = !isCut ? text : Buffer.from(text.slice(0, HEAD_BYTES)).toString();
    count += 1;
    this.#frames.push({
      id: `${processId}-${count}`,
      atMs: Date.now(),
      direction,
      text: kept,
      isCut,
      sizeBytes: Buffer.byteLength(text),
    });
    this.#bytes += kept.length;
    while (this.#frames.length > MAX_FRAMES || this.#bytes > MAX_BYTES) {
      this.#bytes -= this.#frames.shift()!.text.length;
    }
  }

  last(): StationFrame[] {
    const actions = new Map<string, string>();
    return this.#frames.map(frame => {
      const shown = show(frame);
      const opposite = frame.direction === 'in' ? 'out' : 'in';
      if (shown.kind === 'call') actions.set(`${frame.direction} ${shown.messageId}`, shown.action!);
      return { ...shown, action: shown.action ?? actions.get(`${opposite} ${shown.messageId}`) ?? null };
    });
  }
}

const KINDS = { 2: 'call', 3: 'result', 4: 'error' } as const;

function show({ id, atMs, direction, text, isCut, sizeBytes }: Noted): StationFrame {
  const at = Temporal.Instant.fromEpochMilliseconds(atMs).toString();
  const place = { id, at, direction, sizeBytes };
  const unreadable = { ...place, kind: 'unreadable', messageId: null, action: null, payload: null } as const;
  if (isCut) {
    const [, type, messageId, action] =
      /^\s*\[\s*([234])\s*,\s*"([^"]*)"(?:\s*,\s*"(\w+)")?/.exec(text) ?? [];
    if (!type) return unreadable;
    const kind = KINDS[Number(type) as keyof typeof KINDS];
    return { ...unreadable, kind, messageId: messageId!, action: (kind === 'call' && action) || null };
  }
  try {
    const [type, messageId, ...rest] = JSON.parse(text) as [keyof typeof KINDS, string, ...unknown[]];
    const kind = KINDS[type];
    if (!kind || typeof messageId !== 'string') return unreadable;
    if (kind === 'call') {
      return { ...place, kind, messageId, action: String(rest[0]), payload: masked(rest[1]) };
    }
    if (kind === 'result') return { ...place, kind, messageId, action: null, payload: masked(rest[0]) };
    const [code, description, details] = rest;
    return { ...place, kind, messageId, action: null, payload: masked({ code, description, details }) };
  } catch {
    return unreadable;
  }
}

/** The last frames of every station that this process holds, and of those that left it last. */
export class FrameLogs {
  readonly #logs = new Map<string, FrameLog>();
  readonly #gone = new Set<string>();

  /** The station's log, from now on kept until it leaves. */
  open(chargerId: string): FrameLog {
    this.#gone.delete(chargerId);
    const log = this.#logs.get(chargerId) ?? new FrameLog();
    this.#logs.set(chargerId, log);
    return log;
  }

  leave(chargerId: string): void {
    this.#gone.delete(chargerId);
    this.#gone.add(chargerId);
    if (this.#gone.size <= MAX_GONE) return;
    const [oldest] = this.#gone;
    this.#gone.delete(oldest!);
    this.#logs.delete(oldest!);
  }

  last(chargerId: string): StationFrame[] {
    return this.#logs.get(chargerId)?.last() ?? [];
  }
}
