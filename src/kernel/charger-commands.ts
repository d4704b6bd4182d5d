type TokenKind = 'RFID' | 'APP_USER' | 'AD_HOC_USER' | 'OTHER';

/** What can be asked of a charging station, in the domain's words; the OCPP module translates for each version. */
export interface ChargerCommandMap {
  remoteStart: {
    args: {
      connectorNumber: number;
      idTag: string;
      tokenType: TokenKind;
      /** Comes back with the transaction where the station speaks OCPP 2.0.1. */
      remoteStartNumber: number;
      sessionId: string;
    };
    answer: { status: 'Accepted' | 'Rejected' };
  };
  remoteStop: {
    /** The station's own, or the number that it was given, as text. */
    args: { transactionId: string };
    answer: { status: 'Accepted' | 'Rejected' };
  };
  reset: {
    args: { type: 'Soft' | 'Hard' };
    answer: { status: 'Accepted' | 'Rejected' };
  };
  unlock: {
    args: { connectorNumber: number };
    answer: { status: 'Unlocked' | 'UnlockFailed' | 'NotSupported' };
  };
  trigger: {
    args: { message: TriggerMessage; connectorNumber: number | null };
    answer: { status: 'Accepted' | 'Rejected' | 'NotImplemented' };
  };
  reserve: {
    args: {
      reservationNumber: number;
      connectorNumber: number;
      idTag: string;
      tokenType: TokenKind;
      expiresAt: string;
    };
    answer: { status: 'Accepted' | 'Faulted' | 'Occupied' | 'Rejected' | 'Unavailable' };
  };
  cancelReservation: {
    args: { reservationNumber: number };
    answer: { status: 'Accepted' | 'Rejected' };
  };
  setLimit: {
    args: { connectorNumber: number; profileId: number; unit: 'A' | 'W'; limit: number };
    answer: { status: 'Accepted' | 'Rejected' | 'NotSupported' };
  };
  clearLimit: {
    args: { profileId: number };
    answer: { status: 'Accepted' | 'Unknown' };
  };
  transactionStatus: {
    args: { transactionId: string };
    /** `isOngoing` is null where the station does not say. */
    answer: { isOngoing: boolean | null; hasMessages: boolean };
  };
  compositeSchedule: {
    args: { connectorNumber: number; unit: 'A' | 'W'; durationSeconds: number };
    /** The schedule in OCPP 1.6's shape, whatever the station speaks. */
    answer: { status: 'Accepted' | 'Rejected'; schedule: CompositeSchedule | null };
  };
}

export const TRIGGER_MESSAGES = [
  'BootNotification',
  'DiagnosticsStatusNotification',
  'FirmwareStatusNotification',
  'Heartbeat',
  'MeterValues',
  'StatusNotification',
] as const;
export type TriggerMessage = (typeof TRIGGER_MESSAGES)[number];

/** OCPP 1.6, section 7.13. */
export interface CompositeSchedule {
  readonly duration?: number;
  readonly startSchedule?: string;
  readonly chargingRateUnit: 'A' | 'W';
  readonly chargingSchedulePeriod: readonly {
    readonly startPeriod: number;
    readonly limit: number;
    readonly numberPhases?: number;
  }[];
  readonly minChargingRate?: number;
}

export type ChargerCommandName = keyof ChargerCommandMap;

export interface ChargerCommands {
  /**
   * Asks the station, on whatever node its socket is. Throws ChargerOfflineError at once where there is no socket,
   * ChargerRejectedError where it answers with an error, UnavailableError where no answer came in time (the outcome
   * is unknown then).
   */
  ask<Name extends ChargerCommandName>(
    chargerId: string,
    name: Name,
    args: ChargerCommandMap[Name]['args'],
  ): Promise<ChargerCommandMap[Name]['answer']>;
}
