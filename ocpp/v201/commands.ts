import type { CompositeSchedule, TriggerMessage } from '../../src/kernel/charger-commands.ts';
import type { CommandRoutes } from '../command-routes.ts';
import { toProfile201 } from './charging-profile.ts';
import { toIdToken } from './id-token.ts';
import { operatorCommands201 } from './operator-commands.ts';

/** A result with the status that every answer has. */
interface Answer<Status extends string> {
  readonly status: Status;
}

const TRIGGERS: Record<TriggerMessage, string> = {
  BootNotification: 'BootNotification',
  DiagnosticsStatusNotification: 'LogStatusNotification',
  FirmwareStatusNotification: 'FirmwareStatusNotification',
  Heartbeat: 'Heartbeat',
  LogStatusNotification: 'LogStatusNotification',
  SignCertificate: 'SignChargingStationCertificate',
  MeterValues: 'MeterValues',
  StatusNotification: 'StatusNotification',
};
/** The triggers that are about a connector rather than its EVSE. */
const OF_CONNECTOR = new Set<TriggerMessage>(['StatusNotification']);

/** The domain's commands as OCPP 2.0.1 calls. */
export const commands201: CommandRoutes = {
  ...operatorCommands201,

  async remoteStart(line, { connectorNumber, idTag, tokenType, remoteStartNumber, profile }) {
    const { evseId } = await line.evseOf(connectorNumber);
    const { status } = (await line.call('RequestStartTransaction', {
      evseId,
      remoteStartId: remoteStartNumber,
      idToken: toIdToken(idTag, tokenType),
      ...(profile && { chargingProfile: toProfile201(profile) }),
    })) as Answer<'Accepted' | 'Rejected'>;
    return { status };
  },

  async remoteStop(line, { transactionId }) {
    const { status } = (await line.call('RequestStopTransaction', { transactionId })) as Answer<
      'Accepted' | 'Rejected'
    >;
    return { status };
  },

  async reset(line, { type }) {
    const { status } = (await line.call('Reset', {
      type: type === 'Hard' ? 'Immediate' : 'OnIdle',
    })) as Answer<'Accepted' | 'Rejected' | 'Scheduled'>;
    return { status: status === 'Rejected' ? status : 'Accepted' };
  },

  async unlock(line, { connectorNumber }) {
    const { status } = (await line.call('UnlockConnector', await line.evseOf(connectorNumber))) as Answer<
      'Unlocked' | 'UnlockFailed' | 'OngoingAuthorizedTransaction' | 'UnknownConnector'
    >;
    if (status === 'UnknownConnector') return { status: 'NotSupported' };
    return { status: status === 'Unlocked' ? status : 'UnlockFailed' };
  },

  async trigger(line, { message, connectorNumber }) {
    const place = connectorNumber === null ? null : await line.evseOf(connectorNumber);
    const { status } = (await line.call('TriggerMessage', {
      requestedMessage: TRIGGERS[message],
      ...(place && {
        evse: { id: place.evseId, ...(OF_CONNECTOR.has(message) && { connectorId: place.connectorId }) },
      }),
    })) as Answer<'Accepted' | 'Rejected' | 'NotImplemented'>;
    return { status };
  },

  async reserve(line, { reservationNumber, connectorNumber, idTag, tokenType, expiresAt }) {
    const { evseId } = await line.evseOf(connectorNumber);
    const { status } = (await line.call('ReserveNow', {
      id: reservationNumber,
      evseId,
      idToken: toIdToken(idTag, tokenType),
      expiryDateTime: expiresAt,
    })) as Answer<'Accepted' | 'Faulted' | 'Occupied' | 'Rejected' | 'Unavailable'>;
    return { status };
  },

  async cancelReservation(line, { reservationNumber }) {
    const { status } = (await line.call('CancelReservation', {
      reservationId: reservationNumber,
    })) as Answer<'Accepted' | 'Rejected'>;
    return { status };
  },

  async setProfile(line, { connectorNumber, profile }) {
    const evseId = connectorNumber === 0 ? 0 : (await line.evseOf(connectorNumber)).evseId;
    const { status } = (await line.call('SetChargingProfile', {
      evseId,
      chargingProfile: toProfile201(profile),
    })) as Answer<'Accepted' | 'Rejected'>;
    return { status };
  },

  async clearProfile(line, { profileNumber }) {
    const { status } = (await line.call('ClearChargingProfile', {
      chargingProfileId: profileNumber,
    })) as Answer<'Accepted' | 'Unknown'>;
    return { status };
  },

  async reportProfiles(line, { requestNumber }) {
    const { status } = (await line.call('GetChargingProfiles', {
      requestId: requestNumber,
      chargingProfile: { chargingLimitSource: ['EMS', 'Other', 'SO', 'CSO'] },
    })) as Answer<'Accepted' | 'NoProfiles'>;
    return { status };
  },

  async transactionStatus(line, { transactionId }) {
    const answer = (await line.call('GetTransactionStatus', { transactionId })) as {
      ongoingIndicator?: boolean;
      messagesInQueue: boolean;
    };
    return { isOngoing: answer.ongoingIndicator ?? null, hasMessages: answer.messagesInQueue };
  },

  async compositeSchedule(line, { connectorNumber, unit, durationSeconds }) {
    const { evseId } = await line.evseOf(connectorNumber);
    const { status, schedule } = (await line.call('GetCompositeSchedule', {
      evseId,
      duration: durationSeconds,
      chargingRateUnit: unit,
    })) as Answer<'Accepted' | 'Rejected'> & { schedule?: Schedule };
    return { status, schedule: schedule ? toSchedule16(schedule) : null };
  },
};

interface Schedule extends Omit<CompositeSchedule, 'duration' | 'startSchedule'> {
  readonly duration: number;
  readonly scheduleStart: string;
}

const toSchedule16 = (schedule: Schedule): CompositeSchedule => ({
  duration: schedule.duration,
  startSchedule: schedule.scheduleStart,
  chargingRateUnit: schedule.chargingRateUnit,
  chargingSchedulePeriod: schedule.chargingSchedulePeriod.map(({ startPeriod, limit, numberPhases }) => ({
    startPeriod,
    limit,
    ...(numberPhases !== undefined && { numberPhases }),
  })),
});
