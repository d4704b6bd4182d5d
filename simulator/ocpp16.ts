/** OCPP 1.6 payloads, only the members the simulator reads or writes. The schemas of ocpp-rpc's strict mode check them. */

export type ConnectorStatus =
  | 'Available'
  | 'Preparing'
  | 'Charging'
  | 'SuspendedEVSE'
  | 'SuspendedEV'
  | 'Finishing'
  | 'Reserved'
  | 'Unavailable'
  | 'Faulted';

export type RegistrationStatus = 'Accepted' | 'Pending' | 'Rejected';
export type AuthorizationStatus = 'Accepted' | 'Blocked' | 'Expired' | 'Invalid' | 'ConcurrentTx';
export type StopReason =
  | 'EVDisconnected'
  | 'HardReset'
  | 'Local'
  | 'Other'
  | 'PowerLoss'
  | 'Remote'
  | 'SoftReset'
  | 'UnlockCommand'
  | 'DeAuthorized';
export type RateUnit = 'A' | 'W';
export type Phase = 'L1' | 'L2' | 'L3';
export type ReadingContext = 'Sample.Periodic' | 'Transaction.Begin' | 'Transaction.End' | 'Trigger';

export interface IdTagInfo {
  status: AuthorizationStatus;
  expiryDate?: string;
  parentIdTag?: string;
}

export interface SampledValue {
  value: string;
  context: ReadingContext;
  measurand: string;
  unit: string;
  phase?: Phase;
}

export interface MeterValue {
  timestamp: string;
  sampledValue: SampledValue[];
}

export interface SchedulePeriod {
  /** seconds from the start of the schedule */
  startPeriod: number;
  limit: number;
  numberPhases?: number;
}

export interface ChargingSchedule {
  duration?: number;
  startSchedule?: string;
  chargingRateUnit: RateUnit;
  chargingSchedulePeriod: SchedulePeriod[];
}

export interface ChargingProfile {
  chargingProfileId: number;
  /** A text in 2.0.1. */
  transactionId?: number | string;
  stackLevel: number;
  chargingProfilePurpose: 'ChargePointMaxProfile' | 'TxDefaultProfile' | 'TxProfile';
  chargingProfileKind: 'Absolute' | 'Recurring' | 'Relative';
  recurrencyKind?: 'Daily' | 'Weekly';
  validFrom?: string;
  validTo?: string;
  chargingSchedule: ChargingSchedule;
}

interface Call<Request, Response> {
  request: Request;
  response: Response;
}
type Empty = Record<string, never>;

/** What a station asks of the central system. */
export interface StationCalls {
  Authorize: Call<{ idTag: string }, { idTagInfo: IdTagInfo }>;
  BootNotification: Call<
    {
      chargePointVendor: string;
      chargePointModel: string;
      chargePointSerialNumber: string;
      firmwareVersion: string;
      meterType: string;
      meterSerialNumber: string;
    },
    { status: RegistrationStatus; currentTime: string; interval: number }
  >;
  DiagnosticsStatusNotification: Call<{ status: 'Idle' }, Empty>;
  FirmwareStatusNotification: Call<{ status: 'Idle' }, Empty>;
  Heartbeat: Call<Empty, { currentTime: string }>;
  MeterValues: Call<{ connectorId: number; transactionId?: number; meterValue: MeterValue[] }, Empty>;
  StartTransaction: Call<
    { connectorId: number; idTag: string; meterStart: number; reservationId?: number; timestamp: string },
    { idTagInfo: IdTagInfo; transactionId: number }
  >;
  StatusNotification: Call<
    { connectorId: number; errorCode: 'NoError'; status: ConnectorStatus; timestamp: string },
    Empty
  >;
  StopTransaction: Call<
    {
      transactionId: number;
      idTag?: string;
      meterStop: number;
      timestamp: string;
      reason: StopReason;
      transactionData?: MeterValue[];
    },
    { idTagInfo?: IdTagInfo }
  >;
}

/** What the central system asks of a station, as far as the station knows it. */
export interface CentralCalls {
  CancelReservation: Call<{ reservationId: number }, { status: 'Accepted' | 'Rejected' }>;
  ChangeAvailability: Call<
    { connectorId: number; type: 'Operative' | 'Inoperative' },
    { status: 'Accepted' | 'Rejected' | 'Scheduled' }
  >;
  ChangeConfiguration: Call<
    { key: string; value: string },
    { status: 'Accepted' | 'Rejected' | 'RebootRequired' | 'NotSupported' }
  >;
  ClearCache: Call<Empty, { status: 'Accepted' }>;
  ClearChargingProfile: Call<
    {
      id?: number;
      connectorId?: number;
      chargingProfilePurpose?: ChargingProfile['chargingProfilePurpose'];
      stackLevel?: number;
    },
    { status: 'Accepted' | 'Unknown' }
  >;
  DataTransfer: Call<
    { vendorId: string; messageId?: string; data?: string },
    { status: 'Accepted' | 'UnknownMessageId' | 'UnknownVendorId'; data?: string }
  >;
  GetCompositeSchedule: Call<
    { connectorId: number; duration: number; chargingRateUnit?: RateUnit },
    {
      status: 'Accepted' | 'Rejected';
      connectorId?: number;
      scheduleStart?: string;
      chargingSchedule?: ChargingSchedule;
    }
  >;
  GetConfiguration: Call<
    { key?: string[] },
    { configurationKey: { key: string; readonly: boolean; value: string }[]; unknownKey: string[] }
  >;
  RemoteStartTransaction: Call<
    { connectorId?: number; idTag: string; chargingProfile?: ChargingProfile },
    { status: 'Accepted' | 'Rejected' }
  >;
  RemoteStopTransaction: Call<{ transactionId: number }, { status: 'Accepted' | 'Rejected' }>;
  ReserveNow: Call<
    { connectorId: number; expiryDate: string; idTag: string; parentIdTag?: string; reservationId: number },
    { status: 'Accepted' | 'Faulted' | 'Occupied' | 'Rejected' | 'Unavailable' }
  >;
  Reset: Call<{ type: 'Hard' | 'Soft' }, { status: 'Accepted' | 'Rejected' }>;
  SetChargingProfile: Call<
    { connectorId: number; csChargingProfiles: ChargingProfile },
    { status: 'Accepted' | 'Rejected' | 'NotSupported' }
  >;
  TriggerMessage: Call<
    { requestedMessage: string; connectorId?: number },
    { status: 'Accepted' | 'Rejected' | 'NotImplemented' }
  >;
  UnlockConnector: Call<{ connectorId: number }, { status: 'Unlocked' | 'UnlockFailed' | 'NotSupported' }>;
}
