import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planRound } from '../src/domains/smart-charging/plan-round.ts';
import {
  allowedW,
  commandFor,
  heldW,
  type Site,
  type SiteConnector,
  sharesOf,
} from '../src/domains/smart-charging/site.ts';

// A site's stations played out, round by round: what each accepts, in whatever order the answers come.

type Behaviour = 'accepts' | 'refuses' | 'is silent';

interface Played extends SiteConnector {
  readonly behaviour: Behaviour;
}

const NOW_MS = Date.parse('2026-06-19T12:00:00Z');

const KINDS = [
  { powerType: 'AC_3_PHASE', maxVoltageV: 400, maxCurrentA: 32, maxPowerW: 22_000 },
  { powerType: 'AC_1_PHASE', maxVoltageV: 230, maxCurrentA: 32, maxPowerW: 7_400 },
  { powerType: 'DC', maxVoltageV: 920, maxCurrentA: 200, maxPowerW: 150_000 },
] as const;

const PLAIN = { refusedAt: null, hasConnected: true, toldPeriods: [], hasUnsentProfiles: false } as const;

const connector = (index: number) =>
  fc
    .record({
      kind: fc.constantFrom(...KINDS),
      charging: fc.boolean(),
      isConnected: fc.constantFrom(true, true, true, false),
      behaviour: fc.constantFrom<Behaviour>('accepts', 'accepts', 'accepts', 'refuses', 'is silent'),
      request: fc.option(
        fc.record({ unit: fc.constantFrom('A' as const, 'W' as const), limit: fc.nat(30_000) }),
      ),
      sentW: fc.option(fc.nat(25_000)),
      isUnsettled: fc.constantFrom(false, false, false, true),
    })
    .map(
      ({ kind, charging, isConnected, behaviour, request, sentW, isUnsettled }): Played => ({
        ...kind,
        id: `k${index}`,
        networkId: 'n',
        chargerId: `c${index}`,
        number: 1,
        isConnected,
        sessionId: charging ? `s${index}` : null,
        requestedUnit: request?.unit ?? null,
        requestedLimit: request ? String(request.limit) : null,
        shareW: null,
        sentW,
        sendingW: isUnsettled ? 1 : null,
        sendingAt: null,
        ...PLAIN,
        behaviour,
      }),
    );

const sites = fc.record({
  ceilingW: fc.nat(120_000),
  connectors: fc
    .integer({ min: 1, max: 6 })
    .chain(size => fc.tuple(...Array.from({ length: size }, (_, i) => connector(i)))),
  /** The order in which answers come. */
  order: fc.array(fc.nat(1_000), { minLength: 60, maxLength: 60 }),
});

/** Plays to the end, telling `onChange` after each answer what was held before and after by whom. */
function play(
  start: { ceilingW: number; connectors: readonly Played[]; order: readonly number[] },
  onAnswer: (site: Site, deaf: ReadonlySet<string>, changed: Played, before: Played) => void,
) {
  let connectors = [...start.connectors];
  const deaf = new Set<string>();
  const order = [...start.order];
  for (let rounds = 0; ; rounds++) {
    if (rounds > 30) throw new Error('It does not come to an end.');
    const { commands } = planRound({ ceilingW: start.ceilingW, connectors }, deaf, NOW_MS);
    if (commands.length === 0) return { connectors, deaf };
    const waiting = [...commands];
    const inTime = new Set<string>();
    while (waiting.length > 0) {
      const [{ connector: asked, command }] = waiting.splice((order.shift() ?? 0) % waiting.length, 1) as [
        (typeof waiting)[number],
      ];
      const before = connectors.find(({ id }) => id === asked.id)!;
      let after: Played = before;
      if (before.behaviour === 'accepts')
        after = { ...before, sentW: command?.watts ?? null, sendingW: null };
      else {
        inTime.add(asked.id);
        if (before.behaviour === 'is silent')
          after = { ...before, sendingW: command?.watts ?? before.maxPowerW };
      }
      connectors = connectors.map(one => (one === before ? after : one));
      onAnswer({ ceilingW: start.ceilingW, connectors }, deaf, after, before);
    }
    for (const id of inTime) deaf.add(id);
  }
}

/** What the connector draws at most by what its station accepted; nothing before it accepted anything. */
const acceptedW = (one: SiteConnector) =>
  one.sendingW !== null ? 0 : Math.min(one.maxPowerW, one.sentW ?? 0);

describe('rounds of commands', () => {
  it('never let the limits that stations have accepted pass the ceiling, whatever the order of the answers', () => {
    fc.assert(
      fc.property(sites, start => {
        play(start, ({ connectors }, deaf, after, before) => {
          if (acceptedW(after) <= acceptedW(before)) return;
          const sum = connectors.reduce((watts, one) => {
            const isOutOfReach = !one.isConnected || deaf.has(one.id);
            return watts + (isOutOfReach ? heldW(one, deaf, NOW_MS) : acceptedW(one));
          }, 0);
          expect(sum).toBeLessThanOrEqual(start.ceilingW);
        });
      }),
      { numRuns: 500 },
    );
  });

  it('end with every station that listens at the lower of its limit and its share', () => {
    fc.assert(
      fc.property(sites, start => {
        const { connectors, deaf } = play(start, () => {});
        const shares = sharesOf({ ceilingW: start.ceilingW, connectors }, deaf, NOW_MS);
        for (const one of connectors.filter(({ id, isConnected }) => isConnected && !deaf.has(id))) {
          const command = commandFor(one, shares.get(one.id) ?? null);
          expect(one.sendingW).toBe(null);
          expect(one.sentW).toBe(command?.watts ?? null);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('leave the site within its ceiling, whoever may begin to charge; those out of reach count with what they hold', () => {
    fc.assert(
      fc.property(sites, start => {
        const { connectors, deaf } = play(start, () => {});
        const isLost = (one: Played) => !one.isConnected || deaf.has(one.id);
        const total = (some: readonly Played[]) =>
          some.reduce((sum, one) => sum + heldW(one, deaf, NOW_MS), 0);
        const lostW = total(connectors.filter(isLost));
        const restW = total(connectors.filter(one => !isLost(one)));
        expect(restW).toBeLessThanOrEqual(Math.max(0, start.ceilingW - lostW));
      }),
      { numRuns: 500 },
    );
  });

  it('a charger that never had a socket counts nothing, and one that was never told a limit at its maximum', () => {
    const base = {
      ...KINDS[0],
      ...PLAIN,
      networkId: 'n',
      number: 1,
      requestedUnit: null,
      requestedLimit: null,
    };
    const offline = {
      ...base,
      isConnected: false,
      sessionId: null,
      shareW: null,
      sendingW: null,
      sendingAt: null,
    };
    const there: SiteConnector = {
      ...base,
      ...{ id: 'a', chargerId: 'a', isConnected: true, sessionId: 'a', shareW: null },
      ...{ sentW: 5_000, sendingW: null, sendingAt: null },
    };
    const other: SiteConnector = { ...offline, id: 'b', chargerId: 'b', sentW: null };
    const shareBeside = (b: SiteConnector, ceilingW = 25_000) =>
      sharesOf({ ceilingW, connectors: [there, b] }, new Set(), NOW_MS).get('a');
    expect(shareBeside({ ...other, hasConnected: false })).toBe(22_000);
    expect(shareBeside(other, 30_000)).toBe(8_000);
    expect(shareBeside({ ...other, sentW: 4_157 })).toBe(20_843);
  });

  it('an operator’s profile that was told with more than the limit counts, until it is told again within it', () => {
    const one: SiteConnector = {
      ...{ ...KINDS[0], ...PLAIN, id: 'a', networkId: 'n', chargerId: 'a', number: 1, isConnected: true },
      ...{ sessionId: 'a', requestedUnit: null, requestedLimit: null, shareW: null },
      ...{ sentW: 5_000, sendingW: null, sendingAt: null },
      toldPeriods: [{ unit: 'W', periods: [{ startPeriod: 0, limit: 9_000, numberPhases: null }] }],
    };
    expect(heldW(one, new Set(), NOW_MS)).toBe(9_000);
  });

  it('without a ceiling: each is told its own limit, or to forget ours, at once', () => {
    fc.assert(
      fc.property(sites, ({ connectors }) => {
        const { commands } = planRound({ ceilingW: null, connectors }, new Set(), NOW_MS);
        for (const { connector: one, command } of commands) {
          expect(command?.unit ?? null).toBe(one.requestedUnit);
          expect(command?.limit ?? null).toBe(
            one.requestedLimit === null ? null : Number(one.requestedLimit),
          );
        }
      }),
    );
  });

  it('nobody is told anything while another command is on its way to it, and it counts with the higher', () => {
    const [ac] = KINDS;
    const one: SiteConnector = {
      ...ac,
      id: 'k',
      networkId: 'n',
      chargerId: 'c',
      number: 1,
      isConnected: true,
      sessionId: 's',
      requestedUnit: null,
      requestedLimit: null,
      shareW: 8_000,
      sentW: 5_000,
      sendingW: 8_000,
      sendingAt: new Date(NOW_MS - 1_000).toISOString(),
      ...PLAIN,
    };
    const round = planRound({ ceilingW: 6_000, connectors: [one] }, new Set(), NOW_MS);
    expect(round).toMatchObject({ commands: [], isLeftOver: true });
    expect(heldW(one, new Set(), NOW_MS)).toBe(8_000);
    const forgotten = planRound({ ceilingW: 6_000, connectors: [one] }, new Set(), NOW_MS + 3600_000);
    expect(forgotten.commands).toHaveLength(1);
    expect(heldW(one, new Set(), NOW_MS + 3600_000)).toBe(22_000);
  });

  it('nobody is raised before the answer of one who was told to draw less, by whomever', () => {
    const base = {
      ...KINDS[0],
      networkId: 'n',
      number: 1,
      isConnected: true,
      requestedUnit: null,
      requestedLimit: null,
      shareW: null,
      sendingW: null,
      sendingAt: null,
      ...PLAIN,
    };
    const sendingAt = new Date(NOW_MS - 1_000).toISOString();
    const high = { ...base, id: 'a', chargerId: 'a', sessionId: 'a', sentW: 20_000 };
    const low: SiteConnector = { ...base, id: 'b', chargerId: 'b', sessionId: 'b', sentW: 5_000 };
    const commandsWith = (other: SiteConnector) =>
      planRound({ ceilingW: 25_000, connectors: [other, low] }, new Set(), NOW_MS).commands;
    expect(commandsWith({ ...high, sendingW: 12_471, sendingAt })).toEqual([]);
    expect(commandsWith({ ...high, sentW: 12_471 })).toMatchObject([
      { connector: low, command: { limit: 18 } },
    ]);
  });

  it('a limit in amperes is sent as it was asked for wherever the share does not bind', () => {
    const one = { ...KINDS[0], requestedUnit: 'A', requestedLimit: '16.0' } as unknown as SiteConnector;
    expect(commandFor(one, 11_086)).toEqual({ unit: 'A', limit: 16, watts: 11_086 });
    expect(commandFor(one, 11_085)).toEqual({ unit: 'A', limit: 15.9, watts: 11_016 });
    expect(commandFor({ ...one, requestedLimit: '100.0' }, null)).toMatchObject({ unit: 'A', limit: 100 });
    expect(allowedW(one, { unit: 'A', limit: 100, watts: 69_283 })).toBe(22_000);
  });
});
