/** The configuration keys of a 1.6 station (OCPP 1.6, 9). Values are text, as on the wire. */
export type Configuration = Map<string, string>;

interface ConfigurationKey {
  readonly initial: string;
  readonly readonly?: true;
  readonly valid?: (value: string) => boolean;
}

const seconds = (value: string) => /^\d{1,9}$/.test(value);
const truth = (value: string) => /^(true|false)$/i.test(value);
const measurands = [
  'Energy.Active.Import.Register',
  'Power.Active.Import',
  'Current.Import',
  'Voltage',
  'SoC',
] as const;
const listOfMeasurands = (value: string) =>
  value === '' || value.split(',').every(each => (measurands as readonly string[]).includes(each.trim()));

const keys: Readonly<Record<string, ConfigurationKey>> = {
  AllowOfflineTxForUnknownId: { initial: 'false', valid: truth },
  AuthorizationCacheEnabled: { initial: 'true', valid: truth },
  AuthorizeRemoteTxRequests: { initial: 'false', valid: truth },
  ChargeProfileMaxStackLevel: { initial: '10', readonly: true },
  ChargingScheduleAllowedChargingRateUnit: { initial: 'Current,Power', readonly: true },
  ChargingScheduleMaxPeriods: { initial: '48', readonly: true },
  ConnectionTimeOut: { initial: '60', valid: seconds },
  GetConfigurationMaxKeys: { initial: '50', readonly: true },
  HeartbeatInterval: { initial: '120', valid: seconds },
  LocalAuthorizeOffline: { initial: 'true', valid: truth },
  LocalPreAuthorize: { initial: 'false', valid: truth },
  MaxChargingProfilesInstalled: { initial: '20', readonly: true },
  MeterValuesSampledData: { initial: measurands.join(','), valid: listOfMeasurands },
  MeterValueSampleInterval: { initial: '2', valid: seconds },
  NumberOfConnectors: { initial: '1', readonly: true },
  ReserveConnectorZeroSupported: { initial: 'false', readonly: true },
  ResetRetries: { initial: '1', valid: seconds },
  StopTransactionOnEVSideDisconnect: { initial: 'true', readonly: true },
  StopTransactionOnInvalidId: { initial: 'true', valid: truth },
  StopTxnSampledData: { initial: 'Energy.Active.Import.Register', valid: listOfMeasurands },
  SupportedFeatureProfiles: {
    initial: 'Core,RemoteTrigger,Reservation,SmartCharging',
    readonly: true,
  },
  TransactionMessageAttempts: { initial: '3', valid: seconds },
  TransactionMessageRetryInterval: { initial: '5', valid: seconds },
  UnlockConnectorOnEVSideDisconnect: { initial: 'true', valid: truth },
  WebSocketPingInterval: { initial: '30', valid: seconds },
};

/** Holds only what differs from the defaults, so that thousands of stations share one table. */
export function configuration(given: Readonly<Record<string, string>> = {}): Configuration {
  return new Map(Object.entries(given));
}

export function configurationValue(of: Configuration, key: string): string {
  return of.get(key) ?? keys[key]?.initial ?? '';
}

export function configurationNumber(of: Configuration, key: string): number {
  return Number(configurationValue(of, key));
}

export function configurationFlag(of: Configuration, key: string): boolean {
  return configurationValue(of, key).toLowerCase() === 'true';
}

export function changeConfiguration(
  of: Configuration,
  key: string,
  value: string,
): 'Accepted' | 'Rejected' | 'NotSupported' {
  const known = Object.hasOwn(keys, key) ? keys[key] : undefined;
  if (!known) return 'NotSupported';
  if (known.readonly || known.valid?.(value) === false) return 'Rejected';
  of.set(key, value);
  return 'Accepted';
}

/** All keys, or those asked for, and the names among them which this station does not know. */
export function readConfiguration(of: Configuration, asked: readonly string[] | undefined) {
  const names = asked?.length ? asked : Object.keys(keys);
  return {
    configurationKey: names
      .filter(key => Object.hasOwn(keys, key))
      .map(key => ({ key, readonly: keys[key]?.readonly ?? false, value: configurationValue(of, key) })),
    unknownKey: names.filter(key => !Object.hasOwn(keys, key)),
  };
}
