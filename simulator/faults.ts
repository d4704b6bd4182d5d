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

/** Whether faults still happen: shared by a fleet, which stops them all at the end of its run. */
export interface Trouble {
  isOver: boolean;
}

/** A station of a scenario; nothing goes wrong where the scenario says nothing of it. */
export function faultsOf(given: ScenarioFaults, random: () => number, trouble: Trouble): Faults {
  const dice = (share: number | undefined): boolean => share !== undefined && share > 0 && random() < share;
  const now = (share: number | undefined) => () => !trouble.isOver && dice(share);
  const { offline, reboot, clockSkew } = given;
  return {
    clockSkewMs:
      clockSkew && dice(clockSkew.stations)
        ? Math.round((random() * 2 - 1) * clockSkew.maxSeconds * 1000)
        : undefined,
    isSinglePhase: dice(given.singlePhase),
    tellsPhases: dice(given.phaseRegisters),
    isUnnumbered: dice(given.unnumbered),
    offline: offline && dice(offline.stations) ? offline : undefined,
    reboot: reboot && dice(reboot.stations) ? reboot : undefined,
    duplicatesFrame: now(given.duplicateFrames),
    repeatsMessage: now(given.repeatedMessages),
    losesAnswer: now(given.lostAnswers),
    swapsMessages: now(given.outOfOrder),
    refusesCommand: now(given.refusedCommands),
  };
}

export const noFaults: Faults = faultsOf({}, () => 1, { isOver: true });

/** A number within a span, evenly spread. */
export const within = ([from, to]: Span, random: () => number): number => from + random() * (to - from);
