import type {
  CertificateHash,
  CertificateUse,
  LocalListChange,
  ReportedVariable,
  VariableName,
} from '../../src/kernel/charger-commands.ts';
import { asked, type CommandRoutes } from '../commands.ts';
import { isNotSupported } from '../errors.ts';

const MAX_ID_TAG = 20;

const CERTIFICATE_USES: Partial<Record<CertificateUse, string>> = {
  CentralSystemRoot: 'CentralSystemRootCertificate',
  ManufacturerRoot: 'ManufacturerRootCertificate',
};

/** What of a transfer is said only where it is wished. */
const retrying = (args: { retries: number | null; retryIntervalSeconds: number | null }) => ({
  ...(args.retries !== null && { retries: args.retries }),
  ...(args.retryIntervalSeconds !== null && { retryInterval: args.retryIntervalSeconds }),
});

/** What operators ask of a station: core, firmware, local list, and the security extension (edition 2 and later). */
export const operatorCommands16 = {
  async getConfiguration({ call }, { variables }) {
    const answer = (await call('GetConfiguration', {
      ...(variables && { key: variables.map(({ variable }) => variable) }),
    })) as {
      configurationKey?: { key: string; readonly: boolean; value?: string }[];
      unknownKey?: string[];
    };
    return {
      variables: (answer.configurationKey ?? []).map(
        (told): ReportedVariable => ({
          ...nameOf(told.key),
          attributeType: 'Actual',
          value: told.value ?? null,
          mutability: told.readonly ? 'ReadOnly' : 'ReadWrite',
          dataType: null,
          unit: null,
        }),
      ),
      unknown: (answer.unknownKey ?? []).map(nameOf),
      isComplete: true,
    };
  },

  async setConfiguration({ call }, { variable, attributeType, value }) {
    // 1.6 knows keys alone
    if (variable.component || variable.evseNumber || attributeType !== 'Actual') {
      return { status: 'NotSupported' };
    }
    return asked(call('ChangeConfiguration', { key: variable.variable, value }));
  },

  async updateFirmware({ call }, { requestNumber, location, retrieveAt, installAt, signing, ...rest }) {
    if (!signing) {
      await call('UpdateFirmware', { location, retrieveDate: retrieveAt, ...retrying(rest) });
      return { status: 'Accepted' };
    }
    return asked(
      call('SignedUpdateFirmware', {
        requestId: requestNumber,
        firmware: {
          location,
          retrieveDateTime: retrieveAt,
          ...(installAt && { installDateTime: installAt }),
          signingCertificate: signing.certificate,
          signature: signing.signature,
        },
        ...retrying(rest),
      }),
    );
  },

  /** GetLog where the station has the security extension; else the older GetDiagnostics, which knows one log. */
  async uploadLog({ call }, { requestNumber, log, location, oldestAt, latestAt, ...rest }) {
    try {
      const { status, filename } = (await call('GetLog', {
        logType: `${log}Log`,
        requestId: requestNumber,
        log: {
          remoteLocation: location,
          ...(oldestAt && { oldestTimestamp: oldestAt }),
          ...(latestAt && { latestTimestamp: latestAt }),
        },
        ...retrying(rest),
      })) as { status: 'Accepted' | 'Rejected' | 'AcceptedCanceled'; filename?: string };
      return { status, fileName: filename ?? null };
    } catch (error) {
      if (log !== 'Diagnostics' || !isNotSupported(error)) throw error;
    }
    const { fileName } = (await call('GetDiagnostics', {
      location,
      ...(oldestAt && { startTime: oldestAt }),
      ...(latestAt && { stopTime: latestAt }),
      ...retrying(rest),
    })) as { fileName?: string };
    return { status: 'Accepted', fileName: fileName ?? null };
  },

  async localListVersion({ call }) {
    const { listVersion } = (await call('GetLocalListVersion', {})) as { listVersion?: number };
    return { version: listVersion === undefined || listVersion < 0 ? null : listVersion };
  },

  sendLocalList: ({ call }, { version, updateType, entries }) =>
    asked(
      call('SendLocalList', {
        listVersion: version,
        updateType,
        // a longer one cannot be shown to a 1.6 station at all
        localAuthorizationList: entries.filter(({ idTag }) => idTag.length <= MAX_ID_TAG).map(entryOf),
      }),
    ),

  clearCache: ({ call }) => asked(call('ClearCache', {})),

  changeAvailability: ({ call }, { connectorNumber, isOperative }) =>
    asked(
      call('ChangeAvailability', {
        connectorId: connectorNumber,
        type: isOperative ? 'Operative' : 'Inoperative',
      }),
    ),

  async dataTransfer({ call }, { vendorId, messageId, data }) {
    const answer = (await call('DataTransfer', {
      vendorId,
      ...(messageId !== null && { messageId }),
      ...(data !== null && { data }),
    })) as { status: 'Accepted' | 'Rejected' | 'UnknownMessageId' | 'UnknownVendorId'; data?: string };
    return { status: answer.status, data: answer.data ?? null };
  },

  async installCertificate({ call }, { use, certificate }) {
    const certificateType = CERTIFICATE_USES[use];
    if (!certificateType) return { status: 'Rejected' };
    return asked(call('InstallCertificate', { certificateType, certificate }));
  },

  deleteCertificate: ({ call }, { certificate }) =>
    asked(call('DeleteCertificate', { certificateHashData: certificate })),

  async certificateIds({ call }, { use }) {
    const certificateType = CERTIFICATE_USES[use];
    if (!certificateType) return { certificates: [] };
    const answer = (await call('GetInstalledCertificateIds', { certificateType })) as {
      certificateHashData?: CertificateHash[];
    };
    return { certificates: answer.certificateHashData ?? [] };
  },

  sendCertificate: ({ call }, { chain }) => asked(call('CertificateSigned', { certificateChain: chain })),
} satisfies CommandRoutes<OperatorCommand>;

type OperatorCommand =
  | 'getConfiguration'
  | 'setConfiguration'
  | 'updateFirmware'
  | 'uploadLog'
  | 'localListVersion'
  | 'sendLocalList'
  | 'clearCache'
  | 'changeAvailability'
  | 'dataTransfer'
  | 'installCertificate'
  | 'deleteCertificate'
  | 'certificateIds'
  | 'sendCertificate';

const nameOf = (key: string): VariableName => ({
  component: null,
  componentInstance: null,
  evseNumber: null,
  variable: key,
  variableInstance: null,
});

/** Without a standing the tag is taken out. */
function entryOf(entry: LocalListChange): object {
  if (!('status' in entry)) return { idTag: entry.idTag };
  return {
    idTag: entry.idTag,
    idTagInfo: {
      status: entry.status,
      ...(entry.expiresAt && { expiryDate: entry.expiresAt }),
      ...(entry.groupUid && { parentIdTag: entry.groupUid.slice(0, MAX_ID_TAG) }),
    },
  };
}
