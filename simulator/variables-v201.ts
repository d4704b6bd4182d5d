import { configurationApplied } from './apply-configuration.ts';
import { changeConfiguration, readConfiguration } from './configuration.ts';
import type { CentralCalls201 } from './ocpp201.ts';
import type { StationState } from './state.ts';

/** What the device model calls the settings that this station has in either version. */
const keys: Readonly<Record<string, string>> = {
  'AuthCacheCtrlr/Enabled': 'AuthorizationCacheEnabled',
  'AuthCtrlr/AuthorizeRemoteStart': 'AuthorizeRemoteTxRequests',
  'AuthCtrlr/LocalAuthorizeOffline': 'LocalAuthorizeOffline',
  'AuthCtrlr/OfflineTxForUnknownIdEnabled': 'AllowOfflineTxForUnknownId',
  'OCPPCommCtrlr/HeartbeatInterval': 'HeartbeatInterval',
  'OCPPCommCtrlr/MessageAttempts': 'TransactionMessageAttempts',
  'OCPPCommCtrlr/WebSocketPingInterval': 'WebSocketPingInterval',
  'SampledDataCtrlr/TxUpdatedInterval': 'MeterValueSampleInterval',
  'SampledDataCtrlr/TxUpdatedMeasurands': 'MeterValuesSampledData',
  'TxCtrlr/StopTxOnInvalidId': 'StopTransactionOnInvalidId',
};

const keyOf = ({ component, variable }: { component: { name: string }; variable: { name: string } }) =>
  keys[`${component.name}/${variable.name}`];

export function getVariables(
  station: StationState,
  { getVariableData }: CentralCalls201['GetVariables']['request'],
): CentralCalls201['GetVariables']['response'] {
  return {
    getVariableResult: getVariableData.map(({ component, variable, attributeType }) => {
      const named = { component, variable };
      const key = keyOf(named);
      if (key === undefined) return { ...named, attributeStatus: 'UnknownVariable' };
      if (attributeType && attributeType !== 'Actual') {
        return { ...named, attributeType, attributeStatus: 'NotSupportedAttributeType' };
      }
      const [read] = readConfiguration(station.configuration, [key]).configurationKey;
      return { ...named, attributeStatus: 'Accepted', attributeValue: read?.value ?? '' };
    }),
  };
}

export function setVariables(
  station: StationState,
  { setVariableData }: CentralCalls201['SetVariables']['request'],
): CentralCalls201['SetVariables']['response'] {
  return {
    setVariableResult: setVariableData.map(({ component, variable, attributeType, attributeValue }) => {
      const named = { component, variable };
      const key = keyOf(named);
      if (key === undefined) return { ...named, attributeStatus: 'UnknownVariable' };
      if (attributeType && attributeType !== 'Actual') {
        return { ...named, attributeType, attributeStatus: 'NotSupportedAttributeType' };
      }
      const status = changeConfiguration(station.configuration, key, attributeValue);
      if (status === 'Accepted') configurationApplied(station, key);
      return { ...named, attributeStatus: status === 'Accepted' ? 'Accepted' : 'Rejected' };
    }),
  };
}
