import type {
  CertificateHash,
  CertificateUse,
  LocalListChange,
  ReportedVariable,
} from '../../src/kernel/charger-commands.ts';
import type { CommandRoutes } from '../command-routes.ts';
import { toIdToken } from './id-token.ts';
import type { AttributeType, VariablePlace } from './messages.ts';
import { FULL_REPORT, placeOf, variableName } from './variables.ts';

const CERTIFICATE_USES: Record<CertificateUse, string> = {
  CentralSystemRoot: 'CSMSRootCertificate',
  ManufacturerRoot: 'ManufacturerRootCertificate',
  V2GRoot: 'V2GRootCertificate',
  MORoot: 'MORootCertificate',
};

interface Answer<Status extends string> {
  readonly status: Status;
}

/** What of a transfer is said only where it is wished. */
const retrying = (args: { retries: number | null; retryIntervalSeconds: number | null }) => ({
  ...(args.retries !== null && { retries: args.retries }),
  ...(args.retryIntervalSeconds !== null && { retryInterval: args.retryIntervalSeconds }),
});

/** What operators ask of a station, as OCPP 2.0.1 calls. */
export const operatorCommands201 = {
  /** By name at once; all of it comes in NotifyReports of its own. A name without a component is OCPP 1.6's. */
  async getConfiguration({ call }, { variables }) {
    if (!variables) {
      await call('GetBaseReport', { requestId: FULL_REPORT, reportBase: 'FullInventory' });
      return { variables: [], unknown: [], isComplete: false };
    }
    const places = variables.flatMap(name => placeOf(name) ?? []);
    const { getVariableResult: results } =
      places.length > 0
        ? ((await call('GetVariables', { getVariableData: places })) as { getVariableResult: Result[] })
        : { getVariableResult: [] };
    return {
      variables: results.flatMap(result =>
        result.attributeStatus === 'Accepted' ? [reportedBy(result)] : [],
      ),
      // a Rejected one is known, and told to nobody
      unknown: [
        ...variables.filter(name => !placeOf(name)),
        ...results.filter(isUnknown).map(result => variableName(result)),
      ],
      isComplete: true,
    };
  },

  async setConfiguration({ call }, { variable, attributeType, value }) {
    const place = placeOf(variable);
    if (!place) return { status: 'NotSupported' };
    const { setVariableResult } = (await call('SetVariables', {
      setVariableData: [{ ...place, attributeType, attributeValue: value }],
    })) as { setVariableResult: Result[] };
    const result = setVariableResult[0]!;
    if (isUnknown(result)) return { status: 'NotSupported' };
    const { attributeStatus } = result;
    return { status: attributeStatus as 'Accepted' | 'Rejected' | 'RebootRequired' };
  },

  async updateFirmware({ call }, { requestNumber, location, retrieveAt, installAt, signing, ...rest }) {
    const { status } = (await call('UpdateFirmware', {
      requestId: requestNumber,
      firmware: {
        location,
        retrieveDateTime: retrieveAt,
        ...(installAt && { installDateTime: installAt }),
        ...(signing && { signingCertificate: signing.certificate, signature: signing.signature }),
      },
      ...retrying(rest),
    })) as Answer<'Accepted' | 'Rejected' | 'AcceptedCanceled' | 'InvalidCertificate' | 'RevokedCertificate'>;
    return { status };
  },

  async uploadLog({ call }, { requestNumber, log, location, oldestAt, latestAt, ...rest }) {
    const { status, filename } = (await call('GetLog', {
      logType: `${log}Log`,
      requestId: requestNumber,
      log: {
        remoteLocation: location,
        ...(oldestAt && { oldestTimestamp: oldestAt }),
        ...(latestAt && { latestTimestamp: latestAt }),
      },
      ...retrying(rest),
    })) as Answer<'Accepted' | 'Rejected' | 'AcceptedCanceled'> & { filename?: string };
    return { status, fileName: filename ?? null };
  },

  async localListVersion({ call }) {
    const { versionNumber } = (await call('GetLocalListVersion', {})) as { versionNumber: number };
    return { version: versionNumber < 0 ? null : versionNumber };
  },

  async sendLocalList({ call }, { version, updateType, entries }) {
    const { status } = (await call('SendLocalList', {
      versionNumber: version,
      updateType,
      // the schema has no empty list
      ...(entries.length > 0 && { localAuthorizationList: entries.map(entryOf) }),
    })) as Answer<'Accepted' | 'Failed' | 'VersionMismatch'>;
    return { status };
  },

  async clearCache({ call }) {
    const { status } = (await call('ClearCache', {})) as Answer<'Accepted' | 'Rejected'>;
    return { status };
  },

  async changeAvailability({ call, evseOf }, { connectorNumber, isOperative }) {
    const place = connectorNumber === 0 ? null : await evseOf(connectorNumber);
    const { status } = (await call('ChangeAvailability', {
      operationalStatus: isOperative ? 'Operative' : 'Inoperative',
      ...(place && { evse: { id: place.evseId, connectorId: place.connectorId } }),
    })) as Answer<'Accepted' | 'Rejected' | 'Scheduled'>;
    return { status };
  },

  async dataTransfer({ call }, { vendorId, messageId, data }) {
    const answer = (await call('DataTransfer', {
      vendorId,
      ...(messageId !== null && { messageId }),
      ...(data !== null && { data }),
    })) as Answer<'Accepted' | 'Rejected' | 'UnknownMessageId' | 'UnknownVendorId'> & { data?: unknown };
    return { status: answer.status, data: asText(answer.data) };
  },

  async installCertificate({ call }, { use, certificate }) {
    const { status } = (await call('InstallCertificate', {
      certificateType: CERTIFICATE_USES[use],
      certificate,
    })) as Answer<'Accepted' | 'Rejected' | 'Failed'>;
    return { status };
  },

  async deleteCertificate({ call }, { certificate }) {
    const { status } = (await call('DeleteCertificate', { certificateHashData: certificate })) as Answer<
      'Accepted' | 'Failed' | 'NotFound'
    >;
    return { status };
  },

  async certificateIds({ call }, { use }) {
    const { certificateHashDataChain = [] } = (await call('GetInstalledCertificateIds', {
      certificateType: [CERTIFICATE_USES[use]],
    })) as { certificateHashDataChain?: { certificateHashData: CertificateHash }[] };
    return { certificates: certificateHashDataChain.map(({ certificateHashData }) => certificateHashData) };
  },

  async sendCertificate({ call }, { chain }) {
    const { status } = (await call('CertificateSigned', {
      certificateChain: chain,
      certificateType: 'ChargingStationCertificate',
    })) as Answer<'Accepted' | 'Rejected'>;
    return { status };
  },
} satisfies Partial<CommandRoutes>;

interface Result extends VariablePlace {
  readonly attributeStatus: string;
  readonly attributeType?: AttributeType;
  readonly attributeValue?: string;
}

const isUnknown = ({ attributeStatus }: Result): boolean =>
  attributeStatus === 'UnknownComponent' ||
  attributeStatus === 'UnknownVariable' ||
  attributeStatus === 'NotSupportedAttributeType';

/** An answer to GetVariables tells the value alone. */
const reportedBy = (result: Result): ReportedVariable => ({
  ...variableName(result),
  attributeType: result.attributeType ?? 'Actual',
  value: result.attributeValue ?? null,
  mutability: null,
  dataType: null,
  unit: null,
});

/** Without a standing the token is taken out. */
function entryOf(entry: LocalListChange): object {
  const idToken = toIdToken(entry.idTag, entry.tokenType as Parameters<typeof toIdToken>[1]);
  if (!('status' in entry)) return { idToken };
  return {
    idToken,
    idTokenInfo: {
      status: entry.status,
      ...(entry.expiresAt && { cacheExpiryDateTime: entry.expiresAt }),
      ...(entry.groupUid && { groupIdToken: { idToken: entry.groupUid, type: 'Central' } }),
    },
  };
}

/** 2.0.1 carries any JSON, 1.6 text. */
const asText = (data: unknown): string | null =>
  data === undefined || data === null ? null : typeof data === 'string' ? data : JSON.stringify(data);
