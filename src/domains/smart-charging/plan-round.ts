import { minChargingW } from './electricity.ts';
import {
  allowedW,
  commandFor,
  countedConnectors,
  heldW,
  isDeaf,
  isNews,
  isOnItsWay,
  isUnbounded,
  type LimitCommand,
  type Site,
  type SiteConnector,
  sharesOf,
} from './site.ts';

export interface Round {
  readonly shares: ReadonlyMap<string, number>;
  readonly commands: readonly { readonly connector: SiteConnector; readonly command: LimitCommand }[];
  /** Something is still to be told to a station that did not answer, or that somebody else is telling something. */
  readonly isLeftOver: boolean;
}

/**
 * Who is told what next. First all that are to draw less, and those of which it is not known that a limit holds them:
 * these get no more than what the others leave at the moment, be it nothing. Then, with nobody left to lower, those that
 * are to draw more, as far as the ceiling has room. Who charges comes before who is on stand-by. Empty when every
 * station that listens holds what it shall.
 */
export function planRound(site: Site, deaf: ReadonlySet<string>, nowMs: number): Round {
  const shares = sharesOf(site, deaf, nowMs);
  const wanted = site.connectors.map(connector => {
    const command = commandFor(connector, shares.get(connector.id) ?? null);
    return { connector, command, targetW: allowedW(connector, command) };
  });
  const news = wanted.filter(({ connector, command }) => connector.isConnected && isNews(connector, command));
  const free = news
    .filter(({ connector }) => !isDeaf(connector, deaf, nowMs) && !isOnItsWay(connector, nowMs))
    .sort((a, b) => Number(a.connector.sessionId === null) - Number(b.connector.sessionId === null));
  const isLeftOver = news.some(({ connector }) => connector.sendingW !== null);
  const { ceilingW } = site;
  if (ceilingW === null) return { shares, commands: free, isLeftOver };

  const counted = countedConnectors(site);
  const held = (connector: SiteConnector) => heldW(connector, deaf, nowMs);
  const isFresh = (connector: SiteConnector) =>
    connector.sentW === null && connector.sendingW === null && free.some(it => it.connector === connector);
  const sumOf = (some: readonly SiteConnector[]) => some.reduce((sum, one) => sum + held(one), 0);

  let roomW = ceilingW - sumOf(counted.filter(one => !isFresh(one)));
  const down = free.flatMap(({ connector, command, targetW }) => {
    if (isFresh(connector)) {
      // nothing has ever limited it: whatever it is told lowers it, also while its like are told the same
      const first = within(connector, command, roomW);
      roomW -= allowedW(connector, first);
      return [{ connector, command: first }];
    }
    if (!isUnbounded(connector)) return targetW <= held(connector) ? [{ connector, command }] : [];
    // it may hold less than it counts for
    const leftW = ceilingW - sumOf(counted.filter(one => one !== connector));
    return [{ connector, command: within(connector, command, leftW) }];
  });
  if (down.length > 0) return { shares, commands: down, isLeftOver };

  let sumW = sumOf(counted);
  const up = free.flatMap(({ connector, command }) => {
    const othersW = sumW - held(connector);
    // what another cannot be told to give up yet is missing here
    const more = within(connector, command, ceilingW - othersW);
    const raisedW = allowedW(connector, more);
    if (raisedW <= held(connector)) return [];
    sumW = othersW + raisedW;
    return [{ connector, command: more }];
  });
  return { shares, commands: up, isLeftOver };
}

/** The command as far as there is room for it: less of it, or a pause where a vehicle could not charge with less. */
export function within(connector: SiteConnector, command: LimitCommand, roomW: number): LimitCommand {
  if (allowedW(connector, command) <= roomW) return command;
  return commandFor(connector, roomW >= minChargingW(connector) ? Math.floor(roomW) : 0);
}
