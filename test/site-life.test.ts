import fc from 'fast-check';
import { expect, it } from 'vitest';
import { planRound } from '../src/domains/smart-charging/plan-round.ts';
import {
  type LimitCommand,
  mostWhileSending,
  type Site,
  type SiteConnector,
  sharesOf,
} from '../src/domains/smart-charging/site.ts';

// A site under a ceiling lives: charges begin and end, with a connection and without; stations come, go, start anew,
// refuse, and fall silent, while commands are on their way and answers come in any order. What the stations truly hold
// is kept beside what is known of it.

type Mood = 'obeys' | 'refuses' | 'is silent' | 'obeys in silence';
const MOODS: readonly Mood[] = ['obeys', 'obeys', 'obeys', 'refuses', 'is silent', 'obeys in silence'];

const KINDS = [
  { powerType: 'AC_3_PHASE', maxVoltageV: 400, maxCurrentA: 32, maxPowerW: 22_000 },
  { powerType: 'AC_1_PHASE', maxVoltageV: 230, maxCurrentA: 32, maxPowerW: 7_400 },
  { powerType: 'DC', maxVoltageV: 920, maxCurrentA: 60, maxPowerW: 50_000 },
] as const;

/** One that shares the ceiling out: several may do so at the same time. */
interface Run {
  readonly deaf: Set<string>;
  /** Commands of its round that are not answered yet. */
  open: number;
}

interface Attempt {
  readonly run: Run;
  readonly asked: SiteConnector;
  readonly command: LimitCommand;
  readonly sendingAt: string;
}

class Station {
  known: SiteConnector;
  mood: Mood = 'obeys';
  isCharging = false;
  /** What it truly holds; null for no limit. */
  heldW: number | null = null;
  charges = 0;

  constructor(index: number, kind: (typeof KINDS)[number]) {
    this.known = {
      ...kind,
      id: `k${index}`,
      networkId: 'n',
      chargerId: `c${index}`,
      number: 1,
      requestedUnit: null,
      requestedLimit: null,
      shareW: null,
      sentW: null,
      sendingW: null,
      sendingAt: null,
      refusedAt: null,
      isConnected: true,
      hasConnected: true,
      toldPeriods: [],
      sessionId: null,
      hasUnsentProfiles: false,
    };
  }

  get drawnW(): number {
    const { maxPowerW } = this.known;
    return this.isCharging ? Math.min(maxPowerW, this.heldW ?? maxPowerW) : 0;
  }

  know(changes: Partial<SiteConnector>): void {
    this.known = { ...this.known, ...changes };
  }

  /** The server hears of charges while there is a connection. */
  tell(): void {
    if (!this.known.isConnected) return;
    this.know({ sessionId: this.isCharging ? `s${this.charges}-${this.known.id}` : null });
  }
}

class Life {
  readonly stations: readonly Station[];
  readonly ceilingW: number;
  nowMs = Date.parse('2026-06-19T12:00:00Z');
  #attempts: Attempt[] = [];

  constructor(ceilingW: number, kinds: readonly (typeof KINDS)[number][], refusers: readonly boolean[]) {
    this.ceilingW = ceilingW;
    this.stations = kinds.map((kind, index) => new Station(index, kind));
    for (const [index, station] of this.stations.entries()) if (refusers[index]) station.mood = 'refuses';
    this.happened();
    this.settle();
  }

  get site(): Site {
    return { ceilingW: this.ceilingW, connectors: this.stations.map(({ known }) => known) };
  }

  happened(): void {
    this.#nextRound({ deaf: new Set(), open: 0 });
  }

  #nextRound(run: Run): void {
    this.nowMs += 10;
    const { commands } = planRound(this.site, run.deaf, this.nowMs);
    run.open = commands.length;
    for (const { connector: asked, command } of commands) {
      const sendingAt = new Date(this.nowMs).toISOString();
      this.#attempts.push({ run, asked, command, sendingAt });
      this.#of(asked).know({ sendingW: mostWhileSending(asked, command), sendingAt });
    }
  }

  #of = ({ id }: SiteConnector): Station => this.stations.find(({ known }) => known.id === id)!;

  /** A station answers the first of the commands that are on their way to it, or does not. */
  answer(pick: number): void {
    if (this.#attempts.length === 0) return;
    const { asked: whose } = this.#attempts[pick % this.#attempts.length]!;
    const first = this.#attempts.findIndex(one => one.asked.id === whose.id);
    const [attempt] = this.#attempts.splice(first, 1) as [Attempt];
    const { run, asked, command, sendingAt } = attempt;
    const station = this.#of(asked);
    const isReached = station.known.isConnected;
    const isTaken = station.mood === 'obeys' || station.mood === 'obeys in silence';
    if (isReached && isTaken) station.heldW = command?.watts ?? null;
    const isNoted = station.known.sendingAt === sendingAt;
    if (isReached && station.mood === 'obeys') {
      const sentW = command?.watts ?? null;
      if (isNoted) station.know({ sentW, sendingW: null, sendingAt: null, refusedAt: null });
    } else {
      run.deaf.add(asked.id);
      const isRefused = isReached && station.mood === 'refuses';
      if (isNoted) {
        station.know({
          sendingAt: null,
          ...(isRefused && { refusedAt: new Date(this.nowMs).toISOString() }),
          ...(isRefused && asked.sendingW === null && { sendingW: null }),
        });
      }
    }
    run.open -= 1;
    if (run.open === 0) this.#nextRound(run);
  }

  settle(): void {
    for (let left = 2_000; this.#attempts.length > 0; left--) {
      if (left === 0) throw new Error('It does not come to an end.');
      this.answer(left);
    }
  }
}

const EVENTS = [
  'start',
  'stop',
  'go',
  'come',
  'boot',
  'mood',
  'answer',
  'answer',
  'answer',
  'later',
] as const;

function happen(life: Life, kind: (typeof EVENTS)[number], at: number): void {
  const station = life.stations[at % life.stations.length]!;
  const { isConnected, sendingW, sentW } = station.known;
  switch (kind) {
    case 'start':
    case 'stop':
      station.charges += station.isCharging ? 0 : 1;
      station.isCharging = kind === 'start';
      station.tell();
      life.happened();
      break;
    case 'go':
      station.know({ isConnected: false });
      break;
    case 'come':
      if (isConnected) break;
      station.know({ isConnected: true, sendingAt: null });
      station.tell();
      life.happened();
      break;
    case 'boot':
      if (!isConnected) break;
      station.know({ sendingW: sendingW ?? sentW, sendingAt: null, refusedAt: null });
      life.happened();
      break;
    case 'mood':
      station.mood = MOODS[Math.floor(at / life.stations.length) % MOODS.length]!;
      break;
    case 'answer':
      life.answer(at);
      break;
    case 'later':
      life.settle();
      life.nowMs += 360_000;
      life.happened();
      break;
  }
}

const lives = fc.record({
  ceilingW: fc.integer({ min: 0, max: 90_000 }),
  kinds: fc.array(fc.constantFrom(...KINDS), { minLength: 1, maxLength: 5 }),
  /** Who never obeyed. */
  refusers: fc.array(fc.constantFrom(false, false, false, true), { minLength: 5, maxLength: 5 }),
  events: fc.array(fc.tuple(fc.constantFrom(...EVENTS), fc.nat(10_000)), { minLength: 20, maxLength: 80 }),
});

it('the limits that charging stations hold are never above the ceiling, whatever happens in whatever order', () => {
  let charged = 0;
  fc.assert(
    fc.property(lives, ({ ceilingW, kinds, refusers, events }) => {
      const life = new Life(ceilingW, kinds, refusers);
      // nobody can hold these
      const refusedW = life.stations.reduce(
        (sum, { known }, i) => sum + (refusers[i] ? known.maxPowerW : 0),
        0,
      );
      for (const [kind, at] of events) {
        happen(life, kind, at);
        const drawnW = life.stations.reduce((sum, station) => sum + station.drawnW, 0);
        if (drawnW > 0) charged++;
        expect(drawnW).toBeLessThanOrEqual(Math.max(ceilingW, refusedW));
      }
    }),
    { numRuns: 3_000 },
  );
  expect(charged).toBeGreaterThan(10_000);
});

it('and once all is well again, everybody has their share, and what anybody may begin with fits beside it', () => {
  fc.assert(
    fc.property(lives, ({ ceilingW, kinds, refusers, events }) => {
      const life = new Life(ceilingW, kinds, refusers);
      for (const [kind, at] of events) happen(life, kind, at);
      for (const station of life.stations) station.mood = 'obeys';
      for (const at of life.stations.keys()) happen(life, 'come', at);
      happen(life, 'later', 0);
      life.settle();
      const shares = sharesOf(life.site, new Set(), life.nowMs);
      const isShort = (heldW: number, shareW: number) => heldW < shareW - 70;
      for (const { known, heldW } of life.stations) {
        expect(heldW).toBe(known.sentW);
        expect(heldW).toBeLessThanOrEqual(shares.get(known.id)!);
        expect(isShort(heldW!, Math.min(known.maxPowerW, shares.get(known.id)!))).toBe(false);
      }
      expect(life.stations.reduce((sum, { heldW }) => sum + heldW!, 0)).toBeLessThanOrEqual(ceilingW);
    }),
    { numRuns: 1_000 },
  );
});
