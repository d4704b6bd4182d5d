import type { ProfilePeriod } from '../../kernel/charger-commands.ts';
import { epochMs } from '../../kernel/instant.ts';
import type { Connector } from '../chargers/connector.entity.ts';
import { allocatePower } from './allocate-power.ts';
import { ampsWithin, drawnAtMostW, type Electrics, minChargingW, type RateUnit } from './electricity.ts';

export interface Site {
  /** Null for no ceiling. */
  readonly ceilingW: number | null;
  readonly connectors: readonly SiteConnector[];
}

/** A connector and what it is held to (see `ChargingLimit`). */
export interface SiteConnector
  extends Pick<
    Connector,
    'id' | 'networkId' | 'chargerId' | 'number' | 'powerType' | 'maxVoltageV' | 'maxCurrentA' | 'maxPowerW'
  > {
  readonly requestedUnit: RateUnit | null;
  /** Exact decimal. */
  readonly requestedLimit: string | null;
  readonly shareW: number | null;
  readonly sentW: number | null;
  readonly sendingW: number | null;
  readonly sendingAt: string | null;
  readonly refusedAt: string | null;
  readonly isConnected: boolean;
  /** One that never had a socket is not in use yet: nobody charges there, and nothing is known of its profiles. */
  readonly hasConnected: boolean;
  /**
   * Operators' profiles, as the station was told them: none lets more through than the limit, save the profile of a remote
   * start, and those that were raised before the limit, which was then refused.
   */
  readonly toldPeriods: readonly { readonly unit: RateUnit; readonly periods: readonly ProfilePeriod[] }[];
  /** The charge that runs on it. */
  readonly sessionId: string | null;
  /** Charging profiles of operators' are still to be sent, or to be taken back. */
  readonly hasUnsentProfiles: boolean;
}

/** What a station is told: a limit, and the most watts that it lets through. Null: it shall hold none of ours. */
export type LimitCommand = { readonly unit: RateUnit; readonly limit: number; readonly watts: number } | null;

/** No command is waited for longer: its process has died. Longer than the longest COMMAND_TIMEOUT_SECONDS. */
const FORGOTTEN_AFTER_MS = 330_000;
/** For so long a station that refused is not asked again, unless something else comes of it. */
const REFUSAL_HOLDS_MS = 300_000;

/** The connectors that may draw, now or later: what they hold together is never above the ceiling. */
export const countedConnectors = ({ connectors }: Site): SiteConnector[] =>
  connectors.filter(({ hasConnected }) => hasConnected);

/**
 * Each connector's share of the ceiling; one without a charge is on stand-by: it gets what a vehicle needs to begin, or
 * nothing where others need it. One whose station cannot be told counts with what it holds, one that does not obey
 * (`deaf`) at its maximum. Who began first is served first where the ceiling is too low for all.
 */
export function sharesOf(site: Site, deaf: ReadonlySet<string>, nowMs: number): Map<string, number> {
  if (site.ceilingW === null) return new Map();
  const counted = countedConnectors(site);
  const nameOf = ({ id, sessionId }: SiteConnector) => sessionId ?? id;
  const shares = allocatePower(
    site.ceilingW,
    counted.map(connector => {
      const isSilent = !connector.isConnected || isDeaf(connector, deaf, nowMs);
      const limitW = requestOf(connector)?.watts ?? connector.maxPowerW;
      return {
        id: nameOf(connector),
        maxW: isSilent ? heldW(connector, deaf, nowMs) : Math.min(connector.maxPowerW, limitW),
        minW: minChargingW(connector),
        isSilent,
        isStandBy: connector.sessionId === null,
      };
    }),
  );
  return new Map(counted.map(connector => [connector.id, shares.get(nameOf(connector))!]));
}

/**
 * What the connector's station is to be told: the lower of what was asked for and the share. A share that does not
 * bind is told as well: so it is known that the station obeys, before it must.
 */
export function commandFor(connector: SiteConnector, shareW: number | null): LimitCommand {
  const request = requestOf(connector);
  if (shareW === null) return request;
  const isFree = shareW >= connector.maxPowerW;
  if (request && (isFree || request.watts <= shareW)) return request;
  const unit = request?.unit ?? (connector.powerType === 'DC' ? 'W' : 'A');
  if (isFree) {
    const { maxPowerW, maxCurrentA } = connector;
    return { unit, limit: unit === 'W' ? maxPowerW : maxCurrentA, watts: maxPowerW };
  }
  const limit = unit === 'W' ? shareW : ampsWithin(connector, shareW);
  return { unit, limit, watts: Math.min(shareW, drawnAtMostW(connector, unit, limit)) };
}

/** What the command lets the connector draw. */
export const allowedW = (connector: SiteConnector, command: LimitCommand): number =>
  Math.min(connector.maxPowerW, command?.watts ?? connector.maxPowerW);

/** What the command may come to until it is answered; of one that left a word unanswered nothing is known until then. */
export const mostWhileSending = ({ sendingW, maxPowerW }: SiteConnector, command: LimitCommand): number =>
  sendingW === null ? (command?.watts ?? maxPowerW) : maxPowerW;

/**
 * The most that the connector may draw by what its station was told and is known to have taken. A station that is out of
 * reach keeps to its profiles (OCPP 1.6, section 3.13.6; 2.0.1, K01.FR.27).
 */
export function heldW(connector: SiteConnector, deaf: ReadonlySet<string>, nowMs: number): number {
  const { maxPowerW, sentW, sendingW, toldPeriods } = connector;
  if (isDeaf(connector, deaf, nowMs) || sentW === null) return maxPowerW;
  if (sendingW !== null && !isOnItsWay(connector, nowMs)) return maxPowerW;
  const told = toldPeriods.flatMap(({ unit, periods }) =>
    periods.map(({ limit }) => drawnAtMostW(connector, unit, limit)),
  );
  return Math.min(maxPowerW, Math.max(sentW, sendingW ?? 0, ...told));
}

/** Whether the station has refused what it was told, just now or not long ago. */
export const isDeaf = ({ id, refusedAt }: SiteConnector, deaf: ReadonlySet<string>, nowMs: number): boolean =>
  deaf.has(id) || (refusedAt !== null && nowMs - epochMs(refusedAt) < REFUSAL_HOLDS_MS);

/** Whether no limit is known to hold the connector: none was accepted, or an answer is missing. */
export const isUnbounded = ({ sentW, sendingW }: SiteConnector): boolean =>
  sentW === null || sendingW !== null;

/** Whether another command for the connector is waiting for its answer. */
export const isOnItsWay = ({ sendingAt }: SiteConnector, nowMs: number): boolean =>
  sendingAt !== null && nowMs - epochMs(sendingAt) < FORGOTTEN_AFTER_MS;

/** Whether the station holds something else, or may. */
export const isNews = (
  { sentW, sendingW, hasUnsentProfiles }: SiteConnector,
  command: LimitCommand,
): boolean => hasUnsentProfiles || sendingW !== null || sentW !== (command?.watts ?? null);

/** What was asked for, whatever the site has to share. */
export function requestOf(
  connector: Electrics & Pick<SiteConnector, 'requestedUnit' | 'requestedLimit'>,
): LimitCommand {
  if (connector.requestedUnit === null || connector.requestedLimit === null) return null;
  const limit = Number(connector.requestedLimit);
  return {
    unit: connector.requestedUnit,
    limit,
    watts: drawnAtMostW(connector, connector.requestedUnit, limit),
  };
}
