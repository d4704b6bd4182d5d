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
      /** Holds for the charge that begins; it cannot name a transaction yet. */
      profile: StationProfile | null;
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
  /** Connector 0 is the whole station. Takes the place of the profile with the same number. */
  setProfile: {
    args: { connectorNumber: number; profile: StationProfile };
    answer: { status: 'Accepted' | 'Rejected' | 'NotSupported' };
  };
  clearProfile: {
    args: { profileNumber: number };
    answer: { status: 'Accepted' | 'Unknown' };
  };
  /** The station tells all its profiles in messages of their own. NotSupported: the version has no such question. */
  reportProfiles: {
    args: { requestNumber: number };
    answer: { status: 'Accepted' | 'NoProfiles' | 'NotSupported' };
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
  /** All that the station has where `variables` is null. */
  getConfiguration: {
    args: { variables: readonly VariableName[] | null };
    answer: {
      variables: readonly ReportedVariable[];
      /** Those that were asked for and that the station does not know. */
      unknown: readonly VariableName[];
      /** False where the station reports all of it later, in messages of its own (2.0.1's base report). */
      isComplete: boolean;
    };
  };
  setConfiguration: {
    args: { variable: VariableName; attributeType: AttributeType; value: string };
    /** NotSupported: the station does not know the variable, its component or its attribute. */
    answer: { status: 'Accepted' | 'Rejected' | 'RebootRequired' | 'NotSupported' };
  };
  updateFirmware: {
    args: {
      requestNumber: number;
      location: string;
      retrieveAt: string;
      installAt: string | null;
      retries: number | null;
      retryIntervalSeconds: number | null;
      /** PEM and base64; null for an image that is not signed. */
      signing: { certificate: string; signature: string } | null;
    };
    answer: {
      status: 'Accepted' | 'Rejected' | 'AcceptedCanceled' | 'InvalidCertificate' | 'RevokedCertificate';
    };
  };
  uploadLog: {
    args: {
      requestNumber: number;
      log: 'Diagnostics' | 'Security';
      location: string;
      oldestAt: string | null;
      latestAt: string | null;
      retries: number | null;
      retryIntervalSeconds: number | null;
    };
    /** AcceptedCanceled: and the upload before was given up. */
    answer: { status: 'Accepted' | 'Rejected' | 'AcceptedCanceled'; fileName: string | null };
  };
  localListVersion: {
    args: Record<never, never>;
    /** 0 for an empty list; null where the station has none at all. */
    answer: { version: number | null };
  };
  sendLocalList: {
    args: {
      version: number;
      updateType: 'Full' | 'Differential';
      entries: readonly LocalListChange[];
    };
    answer: { status: 'Accepted' | 'Failed' | 'NotSupported' | 'VersionMismatch' };
  };
  clearCache: {
    args: Record<never, never>;
    answer: { status: 'Accepted' | 'Rejected' };
  };
  changeAvailability: {
    /** Connector 0 is the whole station. */
    args: { connectorNumber: number; isOperative: boolean };
    answer: { status: 'Accepted' | 'Rejected' | 'Scheduled' };
  };
  dataTransfer: {
    args: { vendorId: string; messageId: string | null; data: string | null };
    answer: {
      status: 'Accepted' | 'Rejected' | 'UnknownMessageId' | 'UnknownVendorId';
      data: string | null;
    };
  };
  installCertificate: {
    /** PEM. */
    args: { use: CertificateUse; certificate: string };
    answer: { status: 'Accepted' | 'Rejected' | 'Failed' };
  };
  deleteCertificate: {
    args: { certificate: CertificateHash };
    answer: { status: 'Accepted' | 'Failed' | 'NotFound' };
  };
  certificateIds: {
    args: { use: CertificateUse };
    answer: { certificates: readonly CertificateHash[] };
  };
  /** The answer to the station's own request for a certificate: PEM, its own first. */
  sendCertificate: {
    args: { chain: string };
    answer: { status: 'Accepted' | 'Rejected' };
  };
}

export const ATTRIBUTE_TYPES = ['Actual', 'Target', 'MinSet', 'MaxSet'] as const;
export type AttributeType = (typeof ATTRIBUTE_TYPES)[number];

export const MUTABILITIES = ['ReadOnly', 'WriteOnly', 'ReadWrite'] as const;
export type Mutability = (typeof MUTABILITIES)[number];

/** A setting's name. OCPP 1.6 has the variable alone (its key); the rest is null there. */
export interface VariableName {
  readonly component: string | null;
  readonly componentInstance: string | null;
  readonly evseNumber: number | null;
  readonly variable: string;
  readonly variableInstance: string | null;
}

/** A setting as a station tells it. */
export interface ReportedVariable extends VariableName {
  readonly attributeType: AttributeType;
  readonly value: string | null;
  /** Null where it was not told this time; so with the data type and the unit. */
  readonly mutability: Mutability | null;
  readonly dataType: string | null;
  readonly unit: string | null;
}

/** A token as a station's local list has it. */
export interface LocalListEntry {
  readonly idTag: string;
  /** The network's own type: RFID, APP_USER, AD_HOC_USER, OTHER. */
  readonly tokenType: string;
  readonly status: 'Accepted' | 'Blocked' | 'Expired' | 'Invalid';
  readonly expiresAt: string | null;
  readonly groupUid: string | null;
}

/** An entry to add or replace, or an idTag to take out. */
export type LocalListChange = LocalListEntry | { readonly idTag: string; readonly tokenType: string };

export const CERTIFICATE_USES = ['CentralSystemRoot', 'ManufacturerRoot', 'V2GRoot', 'MORoot'] as const;
export type CertificateUse = (typeof CERTIFICATE_USES)[number];

/** What names a certificate at a station (RFC 6960, CertID). */
export interface CertificateHash {
  readonly hashAlgorithm: 'SHA256' | 'SHA384' | 'SHA512';
  readonly issuerNameHash: string;
  readonly issuerKeyHash: string;
  readonly serialNumber: string;
}

export const TRIGGER_MESSAGES = [
  'BootNotification',
  'DiagnosticsStatusNotification',
  'FirmwareStatusNotification',
  'Heartbeat',
  'MeterValues',
  'StatusNotification',
] as const;
/** Those that come with the security extension of 1.6, and in 2.0.1. */
export const SECURITY_TRIGGER_MESSAGES = ['LogStatusNotification', 'SignCertificate'] as const;
export type TriggerMessage = (typeof TRIGGER_MESSAGES)[number] | (typeof SECURITY_TRIGGER_MESSAGES)[number];

export const PROFILE_PURPOSES = ['ChargePointMax', 'TxDefault', 'Tx', 'ExternalConstraints'] as const;
/** 2.0.1's ChargingStationMaxProfile is ChargePointMax. ExternalConstraints are told by stations, never by us. */
export type ProfilePurpose = (typeof PROFILE_PURPOSES)[number];

export const PROFILE_KINDS = ['Absolute', 'Recurring', 'Relative'] as const;
export type ProfileKind = (typeof PROFILE_KINDS)[number];

export const RECURRENCIES = ['Daily', 'Weekly'] as const;
export type Recurrency = (typeof RECURRENCIES)[number];

export interface ProfilePeriod {
  /** Seconds after the schedule's start. */
  readonly startPeriod: number;
  /** In the schedule's unit, at most one decimal. */
  readonly limit: number;
  /** All that the connector has where null. */
  readonly numberPhases: number | null;
}

/** A charging profile in the words of both versions (1.6, section 7.8; 2.0.1, section 2.10). */
export interface StationProfile {
  /** OCPP's id: names it at the station. */
  readonly number: number;
  readonly purpose: ProfilePurpose;
  readonly stackLevel: number;
  readonly kind: ProfileKind;
  readonly recurrency: Recurrency | null;
  /** Inclusive. */
  readonly validFrom: string | null;
  /** Exclusive. */
  readonly validTo: string | null;
  /** Of a Tx profile; null inside a remote start. */
  readonly transactionId: string | null;
  readonly unit: 'A' | 'W';
  /** Where an absolute or recurring schedule begins. */
  readonly startsAt: string | null;
  readonly durationSeconds: number | null;
  readonly minChargingRate: number | null;
  /** In order of time, the first at 0. */
  readonly periods: readonly ProfilePeriod[];
}

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
  /** The last messages between us and the station, the oldest first, on whatever node they went through. */
  lastFrames(chargerId: string): Promise<StationFrame[]>;
}

/** A message between us and a station, without secrets. */
export interface StationFrame {
  /** Names the message; grows with those that go through one node. */
  readonly id: string;
  readonly at: string;
  readonly direction: 'in' | 'out';
  readonly kind: 'call' | 'result' | 'error' | 'unreadable';
  readonly messageId: string | null;
  /** Of a result or an error that of its call, where that is still known. */
  readonly action: string | null;
  readonly payload: unknown;
  readonly sizeBytes: number;
}
