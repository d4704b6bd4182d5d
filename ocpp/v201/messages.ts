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
