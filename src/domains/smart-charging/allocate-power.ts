export interface PowerRequest {
  readonly id: string;
  /** The most it can use. */
  readonly maxW: number;
  /** Below this it cannot charge at all: it gets this much or nothing. */
  readonly minW: number;
  /** How many shares it counts for; 1 where left out. */
  readonly weight?: number;
  /** It cannot be told anything, and may draw its maximum. */
  readonly isSilent?: boolean;
  /** It does not charge, and may begin to: it gets what it needs to begin, or nothing, of what the others leave. */
  readonly isStandBy?: boolean;
}

/**
 * Divides a ceiling (watts) among requests, in whole watts that together are never above it.
 *
 * - Silent ones come first: each is counted at its maximum, as far as the ceiling goes.
 * - While what remains does not give everybody their minimum, the requests with the smallest minimum get theirs and
 *   the rest pause at 0 W: by minimum, then the heavier weight, then id (give ids that grow with time, and who came
 *   first is served first). What is too little for the next in line stays unused: handed to those who charge, it
 *   would have to be taken back as soon as the ceiling rises far enough for one more.
 * - Else everybody gets the same (times their weight) as far as their minimum and maximum allow: max-min fairness,
 *   odd watts by id.
 * - Those on stand-by come last: where all others have their maximum, each gets its minimum in the same order, as far as
 *   the rest goes.
 *
 * More ceiling, or one request less, never lowers anybody; the order of the requests does not matter.
 */
export function allocatePower(ceilingW: number, requests: readonly PowerRequest[]): Map<string, number> {
  const allocation = new Map<string, number>();
  let leftW = Math.max(0, Math.floor(ceilingW));
  const inOrder = [...requests].sort((a, b) => compareText(a.id, b.id));
  for (const { id, maxW } of inOrder.filter(request => request.isSilent)) {
    const countedW = Math.min(Math.max(0, Math.ceil(maxW)), leftW);
    allocation.set(id, countedW);
    leftW -= countedW;
  }
  const asking = inOrder.filter(request => !request.isSilent && !request.isStandBy).map(bounded);
  const minimaW = asking.reduce((sum, { minW }) => sum + minW, 0);
  const isEnough = minimaW <= leftW;
  const given = isEnough ? evenly(leftW, asking) : minimaOnly(leftW, asking);
  for (const [index, { id }] of asking.entries()) allocation.set(id, given[index]!);
  const standingBy = inOrder.filter(request => !request.isSilent && request.isStandBy).map(bounded);
  // what a line leaves unused is nobody's: it would have to be taken back as soon as the line moves on
  const restW = isEnough ? given.reduce((rest, w) => rest - w, leftW) : 0;
  const reserved = minimaOnly(restW, standingBy);
  for (const [index, { id }] of standingBy.entries()) allocation.set(id, reserved[index]!);
  return allocation;
}

type Bounded = Required<Omit<PowerRequest, 'isSilent' | 'isStandBy'>>;

function bounded({ id, maxW, minW, weight = 1 }: PowerRequest): Bounded {
  if (!(weight > 0)) throw new RangeError('A weight is above 0.');
  const most = Math.max(0, Math.floor(maxW));
  return { id, maxW: most, minW: Math.min(most, Math.max(0, Math.ceil(minW))), weight };
}

/** Minima, in the order of the line, as far as the watts go; the line stops at the first who does not fit. */
function minimaOnly(leftW: number, asking: readonly Bounded[]): number[] {
  const line = asking
    .map((request, index) => ({ ...request, index }))
    .sort((a, b) => a.minW - b.minW || b.weight - a.weight || compareText(a.id, b.id));
  const given = asking.map(() => 0);
  let usedW = 0;
  for (const { index, minW } of line) {
    if (usedW + minW > leftW) break;
    given[index] = minW;
    usedW += minW;
  }
  return given;
}

/**
 * Water-filling. At the level `l` a request has its weight times `l`, whole watts within its bounds; all allocations
 * lie on one path that only rises, by level and, where several rise at one level, by id.
 */
function evenly(leftW: number, asking: readonly Bounded[]): number[] {
  const at = (level: number) =>
    asking.map(({ weight, minW, maxW }) => Math.min(maxW, Math.max(minW, Math.floor(weight * level))));
  const total = (watts: readonly number[]) => watts.reduce((sum, w) => sum + w, 0);
  let low = 0;
  let high = asking.reduce((most, { weight, maxW }) => Math.max(most, (maxW + 1) / weight), 1);
  if (total(at(high)) <= leftW) return at(high);
  for (;;) {
    const middle = (low + high) / 2;
    if (middle <= low || middle >= high) break;
    if (total(at(middle)) <= leftW) low = middle;
    else high = middle;
  }
  const given = at(low);
  let oddW = leftW - total(given);
  for (const [index, next] of at(high).entries()) {
    const moreW = Math.min(oddW, next - given[index]!);
    given[index]! += moreW;
    oddW -= moreW;
  }
  return given;
}

/** The same everywhere, whatever the locale. */
const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
