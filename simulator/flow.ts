import { batteryCharge, batteryFull, batteryPowerW, batterySoc } from './battery.ts';
import { setStatus } from './connector.ts';
import type { Reading } from './meter.ts';
import { type LimitQuery, profileLimitW } from './profiles.ts';
import type { Connector, Session, StationState } from './state.ts';

/** Brings register, battery and power up to now. Safe to call at any time. */
export function advanceCharge(station: StationState, connector: Connector): void {
  const session = connector.session;
  if (session?.phase !== 'charging') return;
  const atMs = station.options.now().getTime();
  const seconds = Math.max(0, ((atMs - session.advancedAtMs) / 1000) * station.options.speed);
  const limitW = profileLimitW(station.profiles, limitQuery(station, connector));
  const { battery: after, energyWh } = batteryCharge(session.battery, limitW, seconds);
  session.advancedAtMs = atMs;
  session.battery = after;
  session.powerW = batteryPowerW(after, limitW);
  connector.registerWh += energyWh;
  station.totals.energyWh += energyWh;
}

/** After a change of limits: what flowed until now, under the old ones, must have been advanced before. */
export function settleStatus(station: StationState, connector: Connector, session: Session): void {
  if (session.phase !== 'charging') return;
  const limitW = profileLimitW(station.profiles, limitQuery(station, connector));
  session.powerW = batteryPowerW(session.battery, limitW);
  const idle = batteryFull(session.battery) ? 'SuspendedEV' : 'SuspendedEVSE';
  const before = connector.status;
  setStatus(station, connector, session.powerW > 0 ? 'Charging' : idle);
  if (connector.status !== before) station.dialect.queueFlowChange(station, connector, session);
}

export function limitQuery(station: StationState, connector: Connector | undefined): LimitQuery {
  const { voltageV, phases, maxPowerW, now } = station.options;
  const charging = station.connectors.filter(each => each.session?.phase === 'charging').length;
  return {
    connectorId: connector?.id ?? 0,
    // profiles speak in the central system's time
    atMs: now().getTime() + station.clockOffsetMs,
    startedAtMs: connector?.session && connector.session.startedAtMs + station.clockOffsetMs,
    voltageV,
    phases,
    maxPowerW,
    sharing: connector ? charging : 1,
  };
}

export function readingOf(station: StationState, connector: Connector): Reading {
  const { voltageV, phases } = station.options;
  const session = connector.session;
  const powerW = session?.powerW ?? 0;
  return {
    registerWh: connector.registerWh,
    powerW,
    currentA: powerW / (voltageV * phases),
    voltageV,
    phases,
    socPercent: session && batterySoc(session.battery) * 100,
  };
}
