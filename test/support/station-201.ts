import { randomUUID } from 'node:crypto';
import { RawStation, type StationOptions } from './station.ts';

export type Event201 = Record<string, unknown> & {
  readonly eventType: 'Started' | 'Updated' | 'Ended';
  readonly seqNo: number;
};

/** What a station says of a connector when it boots holds since before the charges of any test. */
const LONG_AGO = '2026-01-01T00:00:00Z';

/** Connected with OCPP 2.0.1, booted, the first connectors of two EVSEs available. */
export async function booted201(
  options: Omit<StationOptions, 'protocols'> & { evses?: readonly number[] },
): Promise<RawStation> {
  const station = await RawStation.connect({ ...options, protocols: ['ocpp2.0.1'] });
  await station.call('BootNotification', {
    reason: 'PowerUp',
    chargingStation: { vendorName: 'Test', model: 'Raw201', serialNumber: 'S-1', firmwareVersion: '2.0' },
  });
  for (const evseId of options.evses ?? [1, 2]) await status201(station, evseId, 1, 'Available', LONG_AGO);
  return station;
}

export const status201 = (
  station: RawStation,
  evseId: number,
  connectorId: number,
  connectorStatus: string,
  timestamp = new Date().toISOString(),
) => station.call('StatusNotification', { evseId, connectorId, connectorStatus, timestamp });

/** One meter value of the whole outlet: the register in Wh. */
export const register = (timestamp: string, wh: number, context = 'Sample.Periodic', powerW?: number) => ({
  timestamp,
  sampledValue: [
    { value: wh, context, measurand: 'Energy.Active.Import.Register' },
    ...(powerW === undefined ? [] : [{ value: powerW, context, measurand: 'Power.Active.Import' }]),
  ],
});

export interface Charge201 {
  readonly transactionId?: string;
  readonly idToken: string;
  readonly evseId?: number;
  /** The start, ISO 8601. */
  readonly at: string;
  readonly meterStart?: number;
  /** Minutes after the start; the register in Wh, or OCPP's chargingState. */
  readonly steps: readonly (
    | { readonly minute: number; readonly meter: number; readonly powerW?: number }
    | { readonly minute: number; readonly state: string }
  )[];
  readonly stop: { readonly minute: number; readonly meter: number; readonly reason?: string };
  readonly isOffline?: boolean;
}

/** The messages of a whole charge in their order. EVSE and token come once, with the first. */
export function eventsOf(charge: Charge201): Event201[] {
  const { transactionId = randomUUID(), evseId = 1, meterStart = 0, steps, stop, isOffline } = charge;
  const time = (minute: number) =>
    Temporal.Instant.from(charge.at)
      .add({ seconds: Math.round(minute * 60) })
      .toString();
  const common = { ...(isOffline && { offline: true }) };
  const started: Event201 = {
    ...common,
    eventType: 'Started',
    seqNo: 0,
    timestamp: time(0),
    triggerReason: 'Authorized',
    transactionInfo: { transactionId, chargingState: 'Charging' },
    evse: { id: evseId, connectorId: 1 },
    idToken: { idToken: charge.idToken, type: 'ISO14443' },
    meterValue: [register(time(0), meterStart, 'Transaction.Begin')],
  };
  const updated = steps.map(
    (step, index): Event201 => ({
      ...common,
      eventType: 'Updated',
      seqNo: index + 1,
      timestamp: time(step.minute),
      triggerReason: 'state' in step ? 'ChargingStateChanged' : 'MeterValuePeriodic',
      transactionInfo: { transactionId, ...('state' in step && { chargingState: step.state }) },
      ...('meter' in step && {
        meterValue: [register(time(step.minute), step.meter, 'Sample.Periodic', step.powerW)],
      }),
    }),
  );
  const ended: Event201 = {
    ...common,
    eventType: 'Ended',
    seqNo: steps.length + 1,
    timestamp: time(stop.minute),
    triggerReason: 'StopAuthorized',
    transactionInfo: { transactionId, stoppedReason: stop.reason ?? 'Local' },
    idToken: { idToken: charge.idToken, type: 'ISO14443' },
    meterValue: [register(time(stop.minute), stop.meter, 'Transaction.End')],
  };
  return [started, ...updated, ended];
}

/** Sends the messages one after the other, and answers the answers. */
export async function sendAll(
  station: RawStation,
  events: readonly Event201[],
): Promise<Record<string, unknown>[]> {
  const answers = [];
  for (const event of events) answers.push(await station.call('TransactionEvent', event));
  return answers;
}
