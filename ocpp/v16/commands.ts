import type { CompositeSchedule } from '../../src/kernel/charger-commands.ts';
import { type CommandRoutes, STACK_LEVEL } from '../commands.ts';

/** A call whose answer is the domain's as it is. */
const asked = <Answer>(answer: Promise<unknown>): Promise<Answer> => answer as Promise<Answer>;

/** The domain's commands as OCPP 1.6 calls. */
export const commands16: CommandRoutes = {
  remoteStart: ({ call }, { connectorNumber, idTag }) =>
    asked(call('RemoteStartTransaction', { connectorId: connectorNumber, idTag })),

  remoteStop: ({ call }, { transactionId }) =>
    asked(call('RemoteStopTransaction', { transactionId: Number(transactionId) })),

  reset: ({ call }, { type }) => asked(call('Reset', { type })),

  unlock: ({ call }, { connectorNumber }) => asked(call('UnlockConnector', { connectorId: connectorNumber })),

  trigger: ({ call }, { message, connectorNumber }) =>
    asked(
      call('TriggerMessage', {
        requestedMessage: message,
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
