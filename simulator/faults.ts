import type { ScenarioFaults, Span } from './scenario.ts';

/** What goes wrong at one station. The dice fall anew for each question, save for what the station is. */
export interface Faults {
  /** The clock's error, ms. */
  readonly clockSkewMs: number | undefined;
  readonly isSinglePhase: boolean;
  readonly tellsPhases: boolean;
  readonly isUnnumbered: boolean;
  readonly offline: Recurring | undefined;
  readonly reboot: (Recurring & { readonly continues: number }) | undefined;
  duplicatesFrame(): boolean;
  repeatsMessage(): boolean;
  losesAnswer(): boolean;
  swapsMessages(): boolean;
  refusesCommand(): boolean;
}

export interface Recurring {
  readonly everySeconds: Span;
  readonly forSeconds: Span;
}

/** What goes wrong in a fleet: shared by its stations, and stopped for all of them at the end of a run. */
export interface Trouble {
  isOver: boolean;
  /** How often each fault has struck. */
  readonly struck: Map<string, number>;
}

export function strike({ struck }: Trouble, fault: string): void {
  struck.set(fault, (struck.get(fault) ?? 0) + 1);
}

/** A station of a scenario; nothing goes wrong where the scenario says nothing of it. */
export function faultsOf(given: ScenarioFaults, random: () => number, trouble: Trouble): Faults {
  const dice = (share: number | undefined): boolean => share !== undefined && share > 0 && random() < share;
  const now = (fault: string, share: number | undefined) => () => {
    const strikes = !trouble.isOver && dice(share);
    if (strikes) strike(trouble, fault);
    return strikes;
  };
  const always = (fault: string, share: number | undefined) => {
    const is = dice(share);
    if (is) strike(trouble, fault);
    return is;
  };
  const { offline, reboot, clockSkew } = given;
  return {
    clockSkewMs:
      clockSkew && always('clocks off', clockSkew.stations)
        ? Math.round((random() * 2 - 1) * clockSkew.maxSeconds * 1000)
        : undefined,
    isSinglePhase: always('stations on one phase', given.singlePhase),
    tellsPhases: always('meters that tell phases', given.phaseRegisters),
    isUnnumbered: always('stations that do not number', given.unnumbered),
    offline: offline && dice(offline.stations) ? offline : undefined,
    reboot: reboot && dice(reboot.stations) ? reboot : undefined,
    duplicatesFrame: now('frames doubled', given.duplicateFrames),
    repeatsMessage: now('messages repeated', given.repeatedMessages),
    losesAnswer: now('answers lost', given.lostAnswers),
    swapsMessages: now('messages overtaken', given.outOfOrder),
    refusesCommand: now('commands refused', given.refusedCommands),
  };
}

export const noFaults: Faults = faultsOf({}, () => 1, { isOver: true, struck: new Map() });

/** A number within a span, evenly spread. */
export const within = ([from, to]: Span, random: () => number): number => from + random() * (to - from);
