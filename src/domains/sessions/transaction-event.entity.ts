import { defineEntity, type InferEntity, p } from '@mikro-orm/postgresql';
import { column } from '../../kernel/columns.ts';
import { tenantTable } from '../../kernel/tenancy.ts';
import { Charger } from '../chargers/charger.entity.ts';
import type { EvsePlace } from '../chargers/connector.entity.ts';
import { Network } from '../network/network.entity.ts';

export type TransactionEventType = 'Started' | 'Updated' | 'Ended';

/** A token as an OCPP 2.0.1 station names it: at most 36 characters, and OCPP's word for its type. */
export interface IdToken {
  readonly uid: string;
  readonly type: string;
}

/** The type of a token that stands for nobody: the station lets anyone charge, say by a button. */
export const NO_AUTHORIZATION = 'NoAuthorization';

/** What one event of a transaction adds to what is known of it: plain JSON. */
export interface TransactionEventContent {
  readonly place: EvsePlace | null;
  readonly idToken: IdToken | null;
  /** The token was read to end the charge. */
  readonly isStopToken: boolean;
  readonly remoteStartNumber: number | null;
  readonly reservationNumber: number | null;
  /** OCPP's word for why the event was sent. */
  readonly triggerReason: string;
  /** In the words that connectors' statuses have. */
  readonly chargingStatus: ChargingStatus | null;
  /** OCPP's word. */
  readonly stopReason: string | null;
  /** The first and the last of the energy registers that the event brought; exact decimal Wh, epoch milliseconds. */
  readonly firstRegister: { readonly at: number; readonly wh: string } | null;
  readonly lastRegisterWh: string | null;
}

/** OCPP 2.0.1's chargingState. AVAILABLE: no vehicle; FINISHING: one is plugged in, and no energy is offered. */
export type ChargingStatus = 'AVAILABLE' | 'FINISHING' | 'CHARGING' | 'SUSPENDED_EV' | 'SUSPENDED_EVSE';

/**
 * What an OCPP 2.0.1 station told of a transaction, message by message: a session is what they say together, in
 * whatever order they came. A message that comes again is kept once; those of stations that put the same `seqNo` on
 * every one are told apart by what they say.
 */
export const TransactionEvent = defineEntity({
  name: 'TransactionEvent',
  tableName: 'transaction_events',
  ...tenantTable,
  properties: {
    id: p.uuid().primary(),
    networkId: () => p.manyToOne(Network).mapToPk().fieldName('network_id'),
    chargerId: () => p.manyToOne(Charger).mapToPk().fieldName('charger_id'),
    transactionId: p.text(),
    seqNo: p.integer(),
    type: p.text().$type<TransactionEventType>(),
    /** By the station's clock. */
    reportedAt: column.instant(),
    /** The same, or the time of receipt where the station's clock cannot be right. */
    at: column.instant(),
    isOffline: p.boolean(),
    /** Of all that the message says, save whether it is sent later than it was made: that changes when it comes again. */
    digest: p.text(),
    content: p.json<TransactionEventContent>(),
    receivedAt: column.createdAt(),
  },
  uniques: [
    {
      name: 'transaction_events_message_unique',
      properties: ['chargerId', 'transactionId', 'seqNo', 'digest'],
    },
  ],
});
export type TransactionEvent = InferEntity<typeof TransactionEvent>;
