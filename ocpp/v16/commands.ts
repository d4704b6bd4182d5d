import type { CompositeSchedule } from '../../src/kernel/charger-commands.ts';
import { asked, type CommandRoutes } from '../command-routes.ts';
import { toProfile16 } from './charging-profile.ts';
import { operatorCommands16 } from './operator-commands.ts';

/** What only the security extension can ask for, in its words. */
const EXTENDED: Readonly<Record<string, string>> = {
  LogStatusNotification: 'LogStatusNotification',
  SignCertificate: 'SignChargePointCertificate',
};

/** The domain's commands as OCPP 1.6 calls. */
export const commands16: CommandRoutes = {
  ...operatorCommands16,

  remoteStart: ({ call }, { connectorNumber, idTag, profile }) =>
    asked(
      call('RemoteStartTransaction', {
        connectorId: connectorNumber,
        idTag,
        ...(profile && { chargingProfile: toProfile16(profile) }),
      }),
    ),

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

  setProfile: ({ call }, { connectorNumber, profile }) =>
    asked(
      call('SetChargingProfile', {
        connectorId: connectorNumber,
        csChargingProfiles: toProfile16(profile),
      }),
    ),

  clearProfile: ({ call }, { profileNumber }) => asked(call('ClearChargingProfile', { id: profileNumber })),

  /** OCPP 1.6 has no such question. */
  reportProfiles: async () => ({ status: 'NotSupported' }),

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
