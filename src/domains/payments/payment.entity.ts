import { defineEntity, type InferEntity, p } from '@mikro-orm/postgresql';
import { column } from '../../kernel/columns.ts';
import { tenantTable } from '../../kernel/tenancy.ts';
import { Driver } from '../drivers/driver.entity.ts';
import { Network } from '../network/network.entity.ts';
import { Session } from '../sessions/session.entity.ts';
import type { PaymentState } from './payment-states.ts';

/**
 * A session's money, for sessions that are to be paid for. Amounts are minor units of `currency`; the bounds are those
 * of the settings as they were at the start.
 */
export const SessionPayment = defineEntity({
  name: 'SessionPayment',
  tableName: 'session_payments',
  ...tenantTable,
  properties: {
    sessionId: () => p.manyToOne(Session).mapToPk().fieldName('session_id').primary(),
    networkId: () => p.manyToOne(Network).mapToPk().fieldName('network_id'),
    driverId: () => p.manyToOne(Driver).mapToPk().fieldName('driver_id'),
    currency: p.string().length(3),
    state: p.text().$type<PaymentState>(),
    /** Why it came to this: Stripe's own code. */
    reason: p.text().nullable(),
    /** What is to be held; null for nothing. */
    holdAmount: column.bigint().nullable(),
    minimumAmount: column.bigint().nullable(),
    maximumAmount: column.bigint().nullable(),
    /** The hold that is in place. */
    holdIntentId: p.text().nullable(),
    held: column.bigint().default('0'),
    captureBefore: column.instant().nullable(),
    /** A hold that another has taken the place of: to be cancelled. */
    staleIntentId: p.text().nullable(),
    captured: column.bigint().default('0'),
    refunded: column.bigint().default('0'),
    /** What is owed but too little for Stripe to take. */
    waived: column.bigint().default('0'),
    /** Stripe's word for the state of the newest dispute. */
    disputeStatus: p.text().nullable(),
    createdAt: column.createdAt(),
    updatedAt: column.createdAt(),
  },
  indexes: [
    { name: 'session_payments_driver_index', properties: ['driverId'] },
    {
      name: 'session_payments_hold_index',
      expression:
        'create index "session_payments_hold_index" on "session_payments" ("network_id", "hold_intent_id") where ("hold_intent_id" is not null)',
    },
  ],
});
export type SessionPayment = InferEntity<typeof SessionPayment>;

/** `refund_returned`: the bank has sent a refund back. No amount is below zero. */
export const OPERATION_KINDS = ['hold', 'capture', 'charge', 'cancel', 'refund', 'refund_returned'] as const;
export type OperationKind = (typeof OPERATION_KINDS)[number];
/** `unknown`: sent, and nobody knows what came of it. */
export const OPERATION_STATUSES = ['pending', 'succeeded', 'failed', 'unknown'] as const;
export type OperationStatus = (typeof OPERATION_STATUSES)[number];

/** The ledger: each thing that was asked of Stripe, written before it was asked. One at a time for a session. */
export const PaymentOperation = defineEntity({
  name: 'PaymentOperation',
  tableName: 'payment_operations',
  ...tenantTable,
  properties: {
    id: p.uuid().primary(),
    networkId: () => p.manyToOne(Network).mapToPk().fieldName('network_id'),
    sessionId: () => p.manyToOne(SessionPayment).mapToPk().fieldName('session_id'),
    kind: p.text().$type<OperationKind>(),
    status: p.text().$type<OperationStatus>(),
    amount: column.bigint(),
    currency: p.string().length(3),
    idempotencyKey: p.text().unique('payment_operations_key_unique'),
    customerId: p.text().nullable(),
    paymentMethodId: p.text().nullable(),
    paymentIntentId: p.text().nullable(),
    /** Stripe's refund. */
    stripeRefundId: p.text().nullable().unique('payment_operations_refund_unique'),
    /** Our refund that this is a part of. */
    refundId: p.uuid().nullable(),
    /** Stripe's own words. */
    errorCode: p.text().nullable(),
    declineCode: p.text().nullable(),
    /** How often it was sent. */
    attempts: p.integer().default(0),
    sentAt: column.instant().nullable(),
    createdAt: column.createdAt(),
    settledAt: column.instant().nullable(),
  },
  indexes: [
    {
      name: 'payment_operations_one_open_unique',
      expression:
        'create unique index "payment_operations_one_open_unique" on "payment_operations" ("session_id") where ("status" = any (array[\'pending\'::text, \'unknown\'::text]))',
    },
    { name: 'payment_operations_session_index', properties: ['sessionId', 'createdAt'] },
    { name: 'payment_operations_intent_index', properties: ['networkId', 'paymentIntentId'] },
  ],
});
export type PaymentOperation = InferEntity<typeof PaymentOperation>;

export type RefundStatus = 'pending' | 'succeeded' | 'failed';

/** Money that somebody decided to give back. */
export const Refund = defineEntity({
  name: 'Refund',
  tableName: 'refunds',
  ...tenantTable,
  properties: {
    id: p.uuid().primary(),
    networkId: () => p.manyToOne(Network).mapToPk().fieldName('network_id'),
    sessionId: () => p.manyToOne(SessionPayment).mapToPk().fieldName('session_id'),
    status: p.text().$type<RefundStatus>(),
    amount: column.bigint(),
    /** Given back of it so far. */
    done: column.bigint().default('0'),
    currency: p.string().length(3),
    reason: p.text().nullable(),
    /** The caller's own name for it: the same again is no second refund. */
    requestKey: p.text().nullable(),
    errorCode: p.text().nullable(),
    createdAt: column.createdAt(),
    settledAt: column.instant().nullable(),
  },
  indexes: [
    {
      name: 'refunds_request_key_unique',
      expression:
        'create unique index "refunds_request_key_unique" on "refunds" ("network_id", "request_key") where ("request_key" is not null)',
    },
    { name: 'refunds_session_index', properties: ['sessionId', 'createdAt'] },
  ],
});
export type Refund = InferEntity<typeof Refund>;
