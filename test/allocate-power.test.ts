import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { allocatePower, type PowerRequest } from '../src/domains/smart-charging/allocate-power.ts';

const request = (id: string): fc.Arbitrary<PowerRequest> =>
  fc.record(
    {
      id: fc.constant(id),
      maxW: fc.integer({ min: 0, max: 400 }),
      minW: fc.integer({ min: 0, max: 120 }),
      weight: fc.constantFrom(1, 1, 1, 2, 3, 0.5),
      isSilent: fc.constantFrom(false, false, false, true),
      isStandBy: fc.constantFrom(false, false, true),
    },
    { requiredKeys: ['id', 'maxW', 'minW'] },
  );
const requests = fc
  .uniqueArray(fc.string({ minLength: 1, maxLength: 3 }), { maxLength: 8 })
  .chain(ids => fc.tuple(...ids.map(request)));
const ceiling = fc.integer({ min: 0, max: 2_500 });

const sumOf = (allocation: Map<string, number>) => [...allocation.values()].reduce((sum, w) => sum + w, 0);
const leastOf = ({ minW, maxW }: PowerRequest) => Math.min(minW, maxW);
const asking = (all: readonly PowerRequest[]) => all.filter(one => !one.isSilent && !one.isStandBy);
const leftForAsking = (ceilingW: number, all: readonly PowerRequest[]) =>
  Math.max(0, ceilingW - all.filter(one => one.isSilent).reduce((sum, { maxW }) => sum + maxW, 0));

/** One watt at a time, to whom has least; minima first. */
function naive(ceilingW: number, all: readonly PowerRequest[]): Map<string, number> {
  const inOrder = [...all].sort((a, b) => (a.id < b.id ? -1 : 1));
  const given = new Map(inOrder.map(one => [one.id, leastOf(one)]));
  let left = ceilingW - sumOf(given);
  for (; left > 0; left--) {
    const open = inOrder.filter(({ id, maxW }) => given.get(id)! < maxW);
    const next = open.reduce<PowerRequest | null>(
      (best, one) => (best && given.get(best.id)! <= given.get(one.id)! ? best : one),
      null,
    );
    if (!next) break;
    given.set(next.id, given.get(next.id)! + 1);
  }
  return given;
}

describe('the division of a ceiling', () => {
  it('is in whole watts that together are never above it, and nobody gets more than they can use', () => {
    fc.assert(
      fc.property(ceiling, requests, (ceilingW, all) => {
        const allocation = allocatePower(ceilingW, all);
        expect([...allocation.keys()].sort()).toEqual(all.map(({ id }) => id).sort());
        expect(sumOf(allocation)).toBeLessThanOrEqual(ceilingW);
        for (const { id, maxW } of all) {
          expect(Number.isInteger(allocation.get(id))).toBe(true);
          expect(allocation.get(id)).toBeGreaterThanOrEqual(0);
          expect(allocation.get(id)).toBeLessThanOrEqual(maxW);
        }
      }),
    );
  });

  it('gives each at least their minimum as long as the ceiling allows, and leaves nothing that one could use', () => {
    fc.assert(
      fc.property(ceiling, requests, (ceilingW, all) => {
        const left = leftForAsking(ceilingW, all);
        fc.pre(asking(all).reduce((sum, one) => sum + leastOf(one), 0) <= left);
        const allocation = allocatePower(ceilingW, all);
        for (const one of asking(all)) expect(allocation.get(one.id)).toBeGreaterThanOrEqual(leastOf(one));
        const usable = asking(all).reduce((sum, { maxW }) => sum + maxW, 0);
        const used = asking(all).reduce((sum, { id }) => sum + allocation.get(id)!, 0);
        expect(used).toBe(Math.min(left, usable));
      }),
    );
  });

  it('is what giving one watt at a time to whom has least comes to', () => {
    fc.assert(
      fc.property(ceiling, requests, (ceilingW, all) => {
        const equals = all.map(({ id, maxW, minW }) => ({ id, maxW, minW }));
        fc.pre(equals.reduce((sum, one) => sum + leastOf(one), 0) <= ceilingW);
        expect(allocatePower(ceilingW, equals)).toEqual(naive(ceilingW, equals));
      }),
    );
  });

  it('follows the weights, to the watt, between those whom no bound holds', () => {
    fc.assert(
      fc.property(ceiling, requests, (ceilingW, all) => {
        const allocation = allocatePower(ceilingW, all);
        const free = asking(all).filter(one => {
          const watts = allocation.get(one.id)!;
          return watts > leastOf(one) && watts < one.maxW;
        });
        for (const a of free) {
          for (const b of free) {
            const [wa, wb] = [a.weight ?? 1, b.weight ?? 1];
            const gap = allocation.get(a.id)! / wa - allocation.get(b.id)! / wb;
            expect(Math.abs(gap)).toBeLessThanOrEqual(1 / Math.min(wa, wb) + 1e-9);
          }
        }
      }),
    );
  });

  it('pauses, where the minima do not fit, those with the largest: the rest get theirs exactly', () => {
    fc.assert(
      fc.property(ceiling, requests, (ceilingW, all) => {
        const left = leftForAsking(ceilingW, all);
        fc.pre(asking(all).reduce((sum, one) => sum + leastOf(one), 0) > left);
        const allocation = allocatePower(ceilingW, all);
        const served = asking(all).filter(one => allocation.get(one.id)! > 0);
        const paused = asking(all).filter(one => allocation.get(one.id) === 0 && leastOf(one) > 0);
        for (const one of served) expect(allocation.get(one.id)).toBe(leastOf(one));
        for (const waiting of paused) {
          expect(served.every(one => leastOf(one) <= leastOf(waiting))).toBe(true);
        }
        const next = Math.min(...paused.map(leastOf));
        expect(served.reduce((sum, one) => sum + leastOf(one), 0) + next).toBeGreaterThan(left);
      }),
    );
  });

  it('serves who came first, where ids grow with time and all need the same', () => {
    const same = { maxW: 22_000, minW: 4_157 };
    const allocation = allocatePower(9_000, [
      { id: '3', ...same },
      { id: '1', ...same },
      { id: '2', ...same },
    ]);
    expect(Object.fromEntries(allocation)).toEqual({ 1: 4_157, 2: 4_157, 3: 0 });
  });

  it('lowers nobody when the ceiling rises', () => {
    fc.assert(
      fc.property(ceiling, fc.integer({ min: 1, max: 300 }), requests, (ceilingW, more, all) => {
        const before = allocatePower(ceilingW, all);
        const after = allocatePower(ceilingW + more, all);
        for (const { id } of all) expect(after.get(id)).toBeGreaterThanOrEqual(before.get(id)!);
      }),
      { numRuns: 500 },
    );
  });

  it('lowers nobody when one leaves', () => {
    fc.assert(
      fc.property(ceiling, requests, fc.nat(), (ceilingW, all, pick) => {
        fc.pre(all.length > 0);
        const leaving = all[pick % all.length]!;
        const before = allocatePower(ceilingW, all);
        const after = allocatePower(
          ceilingW,
          all.filter(one => one !== leaving),
        );
        for (const [id, watts] of after) expect(watts).toBeGreaterThanOrEqual(before.get(id)!);
      }),
      { numRuns: 500 },
    );
  });

  it('does not depend on the order of the requests', () => {
    const shuffled = requests.chain(all =>
      fc.tuple(
        fc.constant(all),
        fc.shuffledSubarray([...all], { minLength: all.length, maxLength: all.length }),
      ),
    );
    fc.assert(
      fc.property(ceiling, shuffled, (ceilingW, [all, again]) => {
        expect(Object.fromEntries(allocatePower(ceilingW, again))).toEqual(
          Object.fromEntries(allocatePower(ceilingW, all)),
        );
      }),
    );
  });

  it('counts a silent one at its maximum, before the others', () => {
    fc.assert(
      fc.property(ceiling, requests, (ceilingW, all) => {
        const allocation = allocatePower(ceilingW, all);
        const silent = all.filter(one => one.isSilent);
        const counted = silent.reduce((sum, { id }) => sum + allocation.get(id)!, 0);
        const maximum = silent.reduce((sum, { maxW }) => sum + maxW, 0);
        expect(counted).toBe(Math.min(ceilingW, maximum));
        expect(allocatePower(ceilingW - counted, asking(all))).toEqual(
          new Map([...allocation].filter(([id]) => asking(all).some(one => one.id === id))),
        );
      }),
    );
  });

  it('gives those on stand-by their minimum of what nobody else can use, or nothing', () => {
    fc.assert(
      fc.property(ceiling, requests, (ceilingW, all) => {
        const allocation = allocatePower(ceilingW, all);
        const standingBy = all.filter(one => one.isStandBy && !one.isSilent);
        const alone = allocatePower(
          ceilingW,
          all.filter(one => !standingBy.includes(one)),
        );
        for (const [id, watts] of alone) expect(allocation.get(id)).toBe(watts);
        for (const one of standingBy) expect([0, leastOf(one)]).toContain(allocation.get(one.id));
        const isServed = standingBy.some(one => allocation.get(one.id)! > 0);
        if (isServed) for (const one of asking(all)) expect(alone.get(one.id)).toBe(one.maxW);
        const waiting = standingBy.filter(one => allocation.get(one.id)! < leastOf(one)).map(leastOf);
        const isAnybodyShort = asking(all).some(one => alone.get(one.id)! < one.maxW);
        if (isAnybodyShort) expect(isServed).toBe(false);
        else expect(sumOf(allocation) + Math.min(...waiting)).toBeGreaterThan(ceilingW);
      }),
      { numRuns: 500 },
    );
  });

  it('is quick for a large site', () => {
    const many = Array.from({ length: 500 }, (_, index) => ({
      id: String(index).padStart(4, '0'),
      maxW: 22_000 + index,
      minW: 1_380,
      weight: 1 + (index % 7) / 3,
    }));
    const allocation = allocatePower(3_000_000, many);
    expect(sumOf(allocation)).toBe(3_000_000);
  });

  it('refuses a weight that is none', () => {
    expect(() => allocatePower(10, [{ id: 'a', maxW: 1, minW: 0, weight: 0 }])).toThrow(RangeError);
  });
});
