import type { CompositeSchedule } from '../../src/kernel/charger-commands.ts';
import { asked, type CommandRoutes, STACK_LEVEL } from '../commands.ts';
import { operatorCommands16 } from './operator-commands.ts';

/** What only the security extension can ask for, in its words. */
const EXTENDED: Readonly<Record<string, string>> = {
  LogStatusNotification: 'LogStatusNotification',
  SignCertificate: 'SignChargePointCertificate',
};

/** The domain's commands as OCPP 1.6 calls. */
export const commands16: CommandRoutes = {
  ...operatorCommands16,

  remoteStart: ({ call }, { connectorNumber, idTag }) =>
    asked(call('RemoteStartTransaction', { connectorId: connectorNumber, idTag })),

  remoteStop: ({ call }, { transactionId }) =>
    asked(call('RemoteStopTransaction', { transactionId: Number(transactionId) })),

  reset: ({ call }, { type }) => asked(call('Reset', { type })),

  unlock: ({ call }, { connectorNumber }) => asked(call('UnlockConnector', { connectorId: connectorNumber })),

  trigger: ({ call }, { message, connectorNumber }) =>
    asked(
      call(message in EXTENDED ? 'ExtendedTriggerMessage' : 'TriggerMessage', {
        requestedMessage: EXTENDED[message] ?? message,
        ...(connectorNumber !== null && { connectorId: connectorNumber }),
      }),
    ),

  reserve: ({ call }, { reservationNumber, connectorNumber, idTag, expiresAt }) =>
    asked(
      call('ReserveNow', {
        reservationId: reservationNumber,
        connectorId: connectorNumber,
        idTag,
        expiryDate: expiresAt,
      }),
    ),

  cancelReservation: ({ call }, { reservationNumber }) =>
    asked(call('CancelReservation', { reservationId: reservationNumber })),

  setLimit: ({ call }, { connectorNumber, profileId, unit, limit }) =>
    asked(
      call('SetChargingProfile', {
        connectorId: connectorNumber,
        csChargingProfiles: {
          chargingProfileId: profileId,
          stackLevel: STACK_LEVEL,
          chargingProfilePurpose: 'TxDefaultProfile',
          chargingProfileKind: 'Relative',
          chargingSchedule: {
            chargingRateUnit: unit,
            chargingSchedulePeriod: [{ startPeriod: 0, limit }],
          },
        },
      }),
    ),

  clearLimit: ({ call }, { profileId }) => asked(call('ClearChargingProfile', { id: profileId })),

  /** OCPP 1.6 has no such question. */
  transactionStatus: async () => ({ isOngoing: null, hasMessages: false }),

  async compositeSchedule({ call }, { connectorNumber, unit, durationSeconds }) {
    const answer = (await call('GetCompositeSchedule', {
      connectorId: connectorNumber,
      duration: durationSeconds,
      chargingRateUnit: unit,
    })) as { status: 'Accepted' | 'Rejected'; chargingSchedule?: CompositeSchedule };
    return { status: answer.status, schedule: answer.chargingSchedule ?? null };
  },
};
