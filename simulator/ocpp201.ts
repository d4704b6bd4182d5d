import type { RateUnit, ReadingContext, RegistrationStatus, SchedulePeriod } from './ocpp16.ts';

/** OCPP 2.0.1 payloads, only the members the simulator reads or writes. ocpp-rpc's strict mode checks them. */

export interface IdToken {
  idToken: string;
  type: string;
}

export interface IdTokenInfo {
  status: string;
  cacheExpiryDateTime?: string;
  groupIdToken?: IdToken;
}

interface Evse {
  id: number;
  connectorId?: number;
}

export interface MeterValue201 {
  timestamp: string;
  sampledValue: {
    value: number;
    context: ReadingContext;
    measurand: string;
    phase?: string;
    unitOfMeasure: { unit: string };
  }[];
}

export type ChargingState = 'Charging' | 'EVConnected' | 'SuspendedEV' | 'SuspendedEVSE';

export interface TransactionEvent {
  eventType: 'Started' | 'Updated' | 'Ended';
  timestamp: string;
  triggerReason: string;
  seqNo: number;
  offline?: true;
  reservationId?: number;
  evse?: Evse;
  idToken?: IdToken;
  meterValue?: MeterValue201[];
  transactionInfo: {
    transactionId: string;
    chargingState?: ChargingState;
    stoppedReason?: string;
    remoteStartId?: number;
  };
}

export interface ChargingProfile201 {
  id: number;
  stackLevel: number;
  chargingProfilePurpose:
    | 'ChargingStationExternalConstraints'
    | 'ChargingStationMaxProfile'
    | 'TxDefaultProfile'
    | 'TxProfile';
  chargingProfileKind: 'Absolute' | 'Recurring' | 'Relative';
  recurrencyKind?: 'Daily' | 'Weekly';
  validFrom?: string;
  validTo?: string;
  transactionId?: string;
  chargingSchedule: {
    startSchedule?: string;
    duration?: number;
    chargingRateUnit: RateUnit;
    chargingSchedulePeriod: SchedulePeriod[];
  }[];
}

interface Variable {
  component: { name: string };
  variable: { name: string };
  attributeType?: string;
}

interface Call<Request, Response> {
  request: Request;
  response: Response;
}
type Empty = Record<string, never>;
type Said<Status extends string> = { status: Status };

/** What a station asks of the CSMS. */
export interface StationCalls201 {
  Authorize: Call<{ idToken: IdToken }, { idTokenInfo: IdTokenInfo }>;
  BootNotification: Call<
    {
      reason: string;
      chargingStation: { vendorName: string; model: string; serialNumber: string; firmwareVersion: string };
    },
    { status: RegistrationStatus; currentTime: string; interval: number }
  >;
  Heartbeat: Call<Empty, { currentTime: string }>;
  TransactionEvent: Call<TransactionEvent, { idTokenInfo?: IdTokenInfo }>;
}

/** What the CSMS asks of a station, as far as the station knows it. */
export interface CentralCalls201 {
  CancelReservation: Call<{ reservationId: number }, Said<'Accepted' | 'Rejected'>>;
  ChangeAvailability: Call<
    { operationalStatus: 'Operative' | 'Inoperative'; evse?: Evse },
    Said<'Accepted' | 'Rejected' | 'Scheduled'>
  >;
  ClearCache: Call<Empty, Said<'Accepted'>>;
  ClearChargingProfile: Call<
    {
      chargingProfileId?: number;
      chargingProfileCriteria?: { evseId?: number; chargingProfilePurpose?: string; stackLevel?: number };
    },
    Said<'Accepted' | 'Unknown'>
  >;
  DataTransfer: Call<{ vendorId: string }, Said<'Accepted' | 'UnknownVendorId'>>;
  GetCompositeSchedule: Call<
    { duration: number; evseId: number; chargingRateUnit?: RateUnit },
    Said<'Accepted' | 'Rejected'> & {
      schedule?: {
        evseId: number;
        duration: number;
        scheduleStart: string;
        chargingRateUnit: RateUnit;
        chargingSchedulePeriod: SchedulePeriod[];
      };
    }
  >;
  GetTransactionStatus: Call<
    { transactionId?: string },
    { ongoingIndicator?: boolean; messagesInQueue: boolean }
  >;
  GetVariables: Call<
    { getVariableData: Variable[] },
    { getVariableResult: (Variable & { attributeStatus: string; attributeValue?: string })[] }
  >;
  RequestStartTransaction: Call<
    { evseId?: number; remoteStartId: number; idToken: IdToken; chargingProfile?: ChargingProfile201 },
    Said<'Accepted' | 'Rejected'>
  >;
  RequestStopTransaction: Call<{ transactionId: string }, Said<'Accepted' | 'Rejected'>>;
  ReserveNow: Call<
    { id: number; expiryDateTime: string; idToken: IdToken; groupIdToken?: IdToken; evseId?: number },
    Said<'Accepted' | 'Faulted' | 'Occupied' | 'Rejected' | 'Unavailable'>
  >;
  Reset: Call<{ type: 'Immediate' | 'OnIdle' }, Said<'Accepted'>>;
  SetChargingProfile: Call<
    { evseId: number; chargingProfile: ChargingProfile201 },
    Said<'Accepted' | 'Rejected'>
  >;
  SetVariables: Call<
    { setVariableData: (Variable & { attributeValue: string })[] },
    { setVariableResult: (Variable & { attributeStatus: string })[] }
  >;
  TriggerMessage: Call<
    { requestedMessage: string; evse?: Evse },
    Said<'Accepted' | 'Rejected' | 'NotImplemented'>
  >;
  UnlockConnector: Call<
    { evseId: number; connectorId: number },
    Said<'Unlocked' | 'UnlockFailed' | 'UnknownConnector'>
  >;
}
