// The payloads of OCPP 1.6 as its schemas have them (validated before a handler sees them).

export interface IdTagInfo {
  status: 'Accepted' | 'Blocked' | 'Expired' | 'Invalid' | 'ConcurrentTx';
  expiryDate?: string;
  parentIdTag?: string;
}

export interface SampledValue {
  value: string;
  context?: string;
  format?: 'Raw' | 'SignedData';
  measurand?: string;
  phase?: string;
  location?: string;
  unit?: string;
}

export interface MeterValue {
  timestamp: string;
  sampledValue: SampledValue[];
}

export interface BootNotification {
  chargePointVendor: string;
  chargePointModel: string;
  chargePointSerialNumber?: string;
  chargeBoxSerialNumber?: string;
  firmwareVersion?: string;
}

export interface StatusNotification {
  connectorId: number;
  errorCode: string;
  status:
    | 'Available'
    | 'Preparing'
    | 'Charging'
    | 'SuspendedEVSE'
    | 'SuspendedEV'
    | 'Finishing'
    | 'Reserved'
    | 'Unavailable'
    | 'Faulted';
  info?: string;
  timestamp?: string;
  vendorErrorCode?: string;
}

export interface Authorize {
  idTag: string;
}

export interface StartTransaction {
  connectorId: number;
  idTag: string;
  meterStart: number;
  timestamp: string;
  reservationId?: number;
}

export interface StopTransaction {
  transactionId: number;
  idTag?: string;
  meterStop: number;
  timestamp: string;
  reason?: string;
  transactionData?: MeterValue[];
}

export interface MeterValues {
  connectorId: number;
  transactionId?: number;
  meterValue: MeterValue[];
}

export interface DataTransfer {
  vendorId: string;
  messageId?: string;
  data?: string;
}

export interface DiagnosticsStatusNotification {
  status: string;
}

export interface FirmwareStatusNotification {
  status: string;
}

export interface SignedFirmwareStatusNotification {
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
}
