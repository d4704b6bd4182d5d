import { stationTransaction } from '../../src/domains/sessions/station-transaction.ts';
import type { ChargingStatus } from '../../src/domains/sessions/transaction-event.entity.ts';
import { toMajorNumber } from '../../src/kernel/money.ts';
import type { StationHandler } from '../handler.ts';
import { int32 } from '../int32.ts';
import { stationTime } from '../time.ts';
import { evsePlace } from './evse-place.ts';
import { idTokenInfo, idTokenOf } from './id-token.ts';
import type { TransactionEvent } from './messages.ts';
import { readingsOf } from './samples.ts';

const STATES = {
  Charging: 'CHARGING',
  SuspendedEV: 'SUSPENDED_EV',
  SuspendedEVSE: 'SUSPENDED_EVSE',
  EVConnected: 'FINISHING',
  Idle: 'AVAILABLE',
} as const satisfies Record<
  NonNullable<TransactionEvent['transactionInfo']['chargingState']>,
  ChargingStatus
>;

export const transactionEvent: StationHandler<TransactionEvent> = async (ctx, station, event) => {
  const { transactionInfo: info } = event;
  const { authorization, isConcurrent, total } = await stationTransaction(ctx, station, {
    transactionId: info.transactionId,
    seqNo: int32(event.seqNo) ?? 0,
    type: event.eventType,
    at: stationTime(event.timestamp) ?? ctx.now().toString(),
    isOffline: event.offline ?? false,
    place: evsePlace(event.evse),
    idToken: event.idToken ? idTokenOf(event.idToken) : null,
    isStopToken: event.eventType === 'Ended' || event.triggerReason === 'StopAuthorized',
    remoteStartNumber: int32(info.remoteStartId),
    reservationNumber: int32(event.reservationId),
    triggerReason: event.triggerReason,
    chargingStatus: info.chargingState ? STATES[info.chargingState] : null,
    stopReason: info.stoppedReason ?? null,
    readings: readingsOf(event.meterValue ?? []),
  });
  return {
    ...(authorization && { idTokenInfo: idTokenInfo(authorization, isConcurrent) }),
    ...(total && event.eventType === 'Ended' && { totalCost: toMajorNumber(total.amount, total.currency) }),
  };
};
