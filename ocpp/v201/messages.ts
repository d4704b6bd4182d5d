// The payloads of OCPP 2.0.1 as its schemas have them (validated before a handler sees them), as far as they are read.

export interface IdTokenType {
  idToken: string;
  type:
    | 'Central'
    | 'eMAID'
    | 'ISO14443'
    | 'ISO15693'
    | 'KeyCode'
    | 'Local'
    | 'MacAddress'
    | 'NoAuthorization';
}

export interface IdTokenInfo {
  status: 'Accepted' | 'Blocked' | 'ConcurrentTx' | 'Expired' | 'Invalid' | 'Unknown';
  cacheExpiryDateTime?: string;
  groupIdToken?: IdTokenType;
}

export interface Evse {
  id: number;
  connectorId?: number;
}

export interface SampledValue {
  value: number;
  context?: string;
  measurand?: string;
  phase?: string;
  location?: string;
  signedMeterValue?: object;
  unitOfMeasure?: { unit?: string; multiplier?: number };
}

export interface MeterValue {
  timestamp: string;
  sampledValue: SampledValue[];
}

export interface BootNotification {
  chargingStation: {
    vendorName: string;
    model: string;
    serialNumber?: string;
    firmwareVersion?: string;
  };
  reason: string;
}

export interface StatusNotification {
  timestamp: string;
  connectorStatus: 'Available' | 'Occupied' | 'Reserved' | 'Unavailable' | 'Faulted';
  evseId: number;
  connectorId: number;
}

export interface Authorize {
  idToken: IdTokenType;
  certificate?: string;
  iso15118CertificateHashData?: object[];
}

export interface TransactionEvent {
  eventType: 'Started' | 'Updated' | 'Ended';
  timestamp: string;
  triggerReason: string;
  seqNo: number;
  offline?: boolean;
  reservationId?: number;
  evse?: Evse;
  idToken?: IdTokenType;
  meterValue?: MeterValue[];
  transactionInfo: {
    transactionId: string;
    chargingState?: 'Charging' | 'EVConnected' | 'SuspendedEV' | 'SuspendedEVSE' | 'Idle';
    stoppedReason?: string;
    remoteStartId?: number;
  };
}

export interface MeterValues {
  evseId: number;
  meterValue: MeterValue[];
}

export interface ReservationStatusUpdate {
  reservationId: number;
  reservationUpdateStatus: 'Expired' | 'Removed';
}

export interface FirmwareStatusNotification {
  status: string;
  requestId?: number;
}

export interface LogStatusNotification {
  status: string;
  requestId?: number;
}

export interface SecurityEventNotification {
  type: string;
  timestamp: string;
  techInfo?: string;
}

export interface SignCertificate {
  csr: string;
  certificateType?: 'ChargingStationCertificate' | 'V2GCertificate';
}

export type AttributeType = 'Actual' | 'Target' | 'MinSet' | 'MaxSet';

/** What names a variable. */
export interface VariablePlace {
  component: { name: string; instance?: string; evse?: Evse };
  variable: { name: string; instance?: string };
}

export interface NotifyReport {
  requestId: number;
  generatedAt: string;
  seqNo: number;
  tbc?: boolean;
  reportData?: (VariablePlace & {
    variableAttribute: {
      type?: AttributeType;
      value?: string;
      mutability?: 'ReadOnly' | 'WriteOnly' | 'ReadWrite';
    }[];
    variableCharacteristics?: { unit?: string; dataType: string };
  })[];
}

export interface NotifyEvent {
  generatedAt: string;
  seqNo: number;
  eventData: (VariablePlace & { timestamp: string; trigger: string; actualValue: string })[];
}

export interface ChargingScheduleType {
  id: number;
  startSchedule?: string;
  duration?: number;
  chargingRateUnit: 'A' | 'W';
  chargingSchedulePeriod: { startPeriod: number; limit: number; numberPhases?: number }[];
  minChargingRate?: number;
}

export interface ChargingProfileType {
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
  chargingSchedule: ChargingScheduleType[];
}

export type ChargingLimitSource = 'EMS' | 'Other' | 'SO' | 'CSO';

export interface ReportChargingProfiles {
  requestId: number;
  chargingLimitSource: ChargingLimitSource;
  chargingProfile: ChargingProfileType[];
  tbc?: boolean;
  evseId: number;
}

export interface NotifyChargingLimit {
  evseId?: number;
  chargingLimit: { chargingLimitSource: ChargingLimitSource; isGridCritical?: boolean };
  chargingSchedule?: ChargingScheduleType[];
}

export interface ClearedChargingLimit {
  chargingLimitSource: ChargingLimitSource;
  evseId?: number;
}
