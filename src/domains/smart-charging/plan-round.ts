import { minChargingW } from './electricity.ts';
import {
  allowedW,
  commandFor,
  heldW,
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
 * Who is told what next. First all that are to draw less, and those that nothing limits yet: these get no more than
 * what the others leave at the moment, be it nothing. Then, with nobody left to lower, those that are to draw more, as
 * far as the ceiling has room. Empty when every station that listens holds what it shall.
 */
export function planRound(site: Site, deaf: ReadonlySet<string>, nowMs: number): Round {
  const shares = sharesOf(site, deaf);
  const wanted = site.connectors.map(connector => {
    const command = commandFor(connector, shares.get(connector.id) ?? null);
    return { connector, command, targetW: allowedW(connector, command) };
  });
  const news = wanted.filter(({ connector, command }) => connector.isConnected && isNews(connector, command));
  const free = news.filter(({ connector }) => !deaf.has(connector.id) && !isOnItsWay(connector, nowMs));
  const isLeftOver = news.some(({ connector }) => connector.sendingW !== null);
  const { ceilingW } = site;
  if (ceilingW === null) return { shares, commands: free, isLeftOver };

  const charging = site.connectors.filter(({ sessionId }) => sessionId !== null);
  const held = (connector: SiteConnector) => heldW(connector, deaf, nowMs);
  const isNew = (connector: SiteConnector) =>
    isUnbounded(connector) && free.some(it => it.connector === connector);
  const boundW = charging.filter(one => !isNew(one)).reduce((sum, one) => sum + held(one), 0);

  let roomW = ceilingW - boundW;
  const down = free.flatMap(({ connector, command, targetW }) => {
    if (connector.sessionId === null) return [{ connector, command }];
    if (!isNew(connector)) return targetW <= held(connector) ? [{ connector, command }] : [];
    const first = within(connector, command, roomW);
    roomW -= allowedW(connector, first);
    return [{ connector, command: first }];
  });
  if (down.length > 0) return { shares, commands: down, isLeftOver };

  let sumW = charging.reduce((sum, one) => sum + held(one), 0);
  const up = free.filter(({ connector, targetW }) => {
    const raisedW = sumW - held(connector) + targetW;
    if (raisedW > ceilingW) return false;
    sumW = raisedW;
    return true;
  });
  return { shares, commands: up, isLeftOver };
}

/** The command as far as there is room for it: less of it, or a pause where a vehicle could not charge with less. */
export function within(connector: SiteConnector, command: LimitCommand, roomW: number): LimitCommand {
  if (allowedW(connector, command) <= roomW) return command;
  return commandFor(connector, roomW >= minChargingW(connector) ? Math.floor(roomW) : 0);
}
