import type { TestServer } from './server.ts';
import { RawStation } from './station.ts';

/** The demo charger with this uid. */
export function demoCharger(server: TestServer, uid: string) {
  const charger = server.demo.chargers.find(candidate => candidate.uid === uid);
  if (!charger) throw new Error(`The demo network has no charger ${uid}.`);
  return charger;
}

/** A raw station for a demo charger, booted, its connector available. */
export async function bootedStation(server: TestServer, uid: string): Promise<RawStation> {
  const { password } = demoCharger(server, uid);
  const station = await RawStation.connect({ socketUrl: server.socketUrl, uid, password });
  await station.call('BootNotification', { chargePointVendor: 'Test', chargePointModel: 'Raw' });
  await station.call('StatusNotification', { connectorId: 1, errorCode: 'NoError', status: 'Available' });
  return station;
}

export interface ScriptedCharge {
  readonly connectorId?: number;
  readonly idTag: string;
  readonly meterStart?: number;
  /** The start, ISO 8601. */
  readonly at: string;
  readonly steps: readonly ScriptedStep[];
  readonly stop: { readonly minute: number; readonly meter: number; readonly reason?: string };
}

/** Minutes after the start; the register in Wh, or the connector's status. */
export type ScriptedStep =
  | { readonly minute: number; readonly meter: number; readonly powerW?: number }
  | { readonly minute: number; readonly status: string };

/** Plays a charge frame by frame, with the times that the script has, and answers the OCPP transaction id. */
export async function playCharge(station: RawStation, charge: ScriptedCharge): Promise<number> {
  const { connectorId = 1, meterStart = 0 } = charge;
  const time = (minute: number) =>
    Temporal.Instant.from(charge.at)
      .add({ seconds: Math.round(minute * 60) })
      .toString();
  const { transactionId } = await station.call<{ transactionId: number }>('StartTransaction', {
    connectorId,
    idTag: charge.idTag,
    meterStart,
    timestamp: time(0),
  });
  for (const step of charge.steps) {
    if ('status' in step) {
      await station.call('StatusNotification', {
        connectorId,
        errorCode: 'NoError',
        status: step.status,
        timestamp: time(step.minute),
      });
    } else {
      await station.call('MeterValues', {
        connectorId,
        transactionId,
        meterValue: [
          {
            timestamp: time(step.minute),
            sampledValue: [
              { value: String(step.meter), measurand: 'Energy.Active.Import.Register', unit: 'Wh' },
              ...(step.powerW === undefined
                ? []
                : [{ value: String(step.powerW), measurand: 'Power.Active.Import', unit: 'W' }]),
            ],
          },
        ],
      });
    }
  }
  await station.call('StopTransaction', {
    transactionId,
    idTag: charge.idTag,
    meterStop: charge.stop.meter,
    timestamp: time(charge.stop.minute),
    reason: charge.stop.reason ?? 'Local',
  });
  return transactionId;
}
