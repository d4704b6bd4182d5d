import { epochMs } from '../../kernel/instant.ts';
import type { EvsePlace } from '../chargers/connector.entity.ts';
import { isPlausibleTime } from '../chargers/station-clock.ts';
import type { StatusObservation } from './observation.ts';
import type { IdToken, TransactionEvent } from './transaction-event.entity.ts';

/** How far ahead of ours a station's clock may be before its time for an end is not believed. */
const FUTURE_TOLERANCE_MS = 10 * 60_000;
/** Of so many messages that lack, the rest is not listed. */
const MOST_LISTED = 100;

/** What an OCPP 2.0.1 transaction is, by all that is known of it. Instants are ISO 8601, registers decimal Wh. */
export interface TransactionFacts {
  readonly startedAt: string;
  /** Null where no register is known yet. */
  readonly startRegisterWh: string | null;
  readonly startReason: string;
  readonly isStartSeen: boolean;
  readonly end: TransactionEnd | null;
  readonly isEndSeen: boolean;
  readonly place: EvsePlace | null;
  /** Who charges. */
  readonly idToken: IdToken | null;
  /** Who ended the charge by a token. */
  readonly stopToken: IdToken | null;
  readonly remoteStartNumber: number | null;
  readonly reservationNumber: number | null;
  readonly statuses: readonly StatusObservation[];
  readonly missing: readonly number[];
  readonly doubts: readonly string[];
}

export interface TransactionEnd {
  readonly at: string;
  readonly registerWh: string | null;
  readonly reason: string;
}

/**
 * Puts a transaction together: the same from the same messages, in whatever order they came (OCPP lines 35 and 36).
 * `isOver`: the station has said that it goes on no more and that nothing about it is still to come. Where its Started
 * tells no register, the charge begins at the first one that was sampled, in whatever message.
 */
export function factsOf(
  messages: readonly TransactionEvent[],
  isOver: boolean,
  firstSampledWh: string | null = null,
): TransactionFacts {
  const events = [...messages].sort(inSequence);
  const byTime = [...events].sort((a, b) => epochMs(a.at) - epochMs(b.at) || inSequence(a, b));
  const started = events.find(event => event.type === 'Started');
  const ended = events.find(event => event.type === 'Ended');
  const first = started ?? byTime[0]!;
  const told = <T>(read: (content: TransactionEvent['content']) => T | null): T | null => {
    for (const event of events) {
      const value = read(event.content);
      if (value !== null) return value;
    }
    return null;
  };
  const stopToken = told(content => (content.isStopToken ? content.idToken : null));
  const registers = events.flatMap(({ content }) => content.firstRegister ?? []).sort((a, b) => a.at - b.at);
  const startRegisterWh = started?.content.firstRegister?.wh ?? firstSampledWh ?? registers[0]?.wh ?? null;
  const startedAt = started?.at ?? earlier(first, registers[0]?.at);
  const isEndTimely =
    ended !== undefined &&
    epochMs(ended.at) >= epochMs(startedAt) &&
    epochMs(ended.at) <= epochMs(ended.receivedAt) + FUTURE_TOLERANCE_MS;
  const endRegisterWh = ended?.content.lastRegisterWh ?? null;
  const isEndRegisterSane =
    endRegisterWh === null || startRegisterWh === null || Number(endRegisterWh) >= Number(startRegisterWh);
  return {
    startedAt,
    startRegisterWh,
    startReason: first.content.triggerReason,
    isStartSeen: started !== undefined,
    isEndSeen: ended !== undefined,
    end: ended
      ? {
          at: isEndTimely ? ended.at : lastTimely(byTime, ended),
          registerWh: isEndRegisterSane ? endRegisterWh : null,
          reason: ended.content.stopReason ?? 'Local',
        }
      : isOver
        ? { at: byTime.at(-1)!.at, registerWh: null, reason: 'Other' }
        : null,
    place: told(({ place }) => (place?.connector != null ? place : null)) ?? told(({ place }) => place),
    idToken: told(content => (content.isStopToken ? null : content.idToken)) ?? stopToken,
    stopToken,
    remoteStartNumber: told(content => content.remoteStartNumber),
    reservationNumber: told(content => content.reservationNumber),
    statuses: events.flatMap(({ at, content }) =>
      content.chargingStatus ? [{ kind: 'status', at: epochMs(at), status: content.chargingStatus }] : [],
    ),
    missing: missingSequenceNumbers(events),
    doubts: [
      ...(events.some(event => event.at !== event.reportedAt) ? ['implausible_time'] : []),
      ...(ended && !isEndTimely ? ['implausible_stop_time'] : []),
      ...(isEndRegisterSane ? [] : ['implausible_stop_meter']),
    ],
  };
}

/**
 * The sequence numbers between a transaction's first and last message that have not come. None are known to lack
 * where the station does not count: some put 0 on every message.
 */
export function missingSequenceNumbers(
  events: readonly Pick<TransactionEvent, 'seqNo' | 'type'>[],
): number[] {
  const seen = new Set(events.map(event => event.seqNo));
  if (seen.size < events.length) return [];
  const first = events.find(event => event.type === 'Started')?.seqNo ?? -1;
  const missing: number[] = [];
  const last = Math.max(...seen);
  for (let seqNo = first + 1; seqNo < last && missing.length < MOST_LISTED; seqNo++) {
    if (!seen.has(seqNo)) missing.push(seqNo);
  }
  return missing;
}

const inSequence = (a: TransactionEvent, b: TransactionEvent): number =>
  a.seqNo - b.seqNo ||
  epochMs(a.reportedAt) - epochMs(b.reportedAt) ||
  TYPES.indexOf(a.type) - TYPES.indexOf(b.type) ||
  (a.digest < b.digest ? -1 : 1);

const TYPES = ['Started', 'Updated', 'Ended'];

/** Where the start has not been told of, the charge began no later than at the first thing known of it. */
const earlier = (first: TransactionEvent, registerAt: number | undefined): string =>
  registerAt !== undefined &&
  isPlausibleTime(registerAt, epochMs(first.receivedAt)) &&
  registerAt < epochMs(first.at)
    ? new Date(registerAt).toISOString()
    : first.at;

/** The last time that can be so, where an end's cannot. */
const lastTimely = (byTime: readonly TransactionEvent[], ended: TransactionEvent): string =>
  byTime.filter(({ at, id }) => id !== ended.id && epochMs(at) <= epochMs(ended.receivedAt)).at(-1)?.at ??
  byTime[0]!.at;
