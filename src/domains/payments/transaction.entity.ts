import { defineEntity, type InferEntity, p } from '@mikro-orm/postgresql';
import { column } from '../../kernel/columns.ts';
import { tenantTable } from '../../kernel/tenancy.ts';
import { Driver } from '../drivers/driver.entity.ts';
import { Location } from '../locations/location.entity.ts';
import { Network } from '../network/network.entity.ts';
import { Session } from '../sessions/session.entity.ts';
import type { TariffTerms } from '../tariffs/tariff-terms.ts';

export const PAYMENT_STATUSES = ['authorized', 'captured', 'failed', 'refunded'] as const;
export type PaymentStatus = (typeof PAYMENT_STATUSES)[number];

/**
 * A session's bill (the CDR): written once, in the transaction that ends the session, with all that it says copied
 * in, so that it stays true when locations and tariffs change. Amounts are minor units of `currency`.
 */
export const Transaction = defineEntity({
  name: 'Transaction',
  tableName: 'transactions',
  ...tenantTable,
  properties: {
    id: p.uuid().primary(),
    networkId: () => p.manyToOne(Network).mapToPk().fieldName('network_id'),
    sessionId: () =>
      p.manyToOne(Session).mapToPk().fieldName('session_id').unique('transactions_session_unique'),
    driverId: () => p.manyToOne(Driver).mapToPk().fieldName('driver_id').nullable(),
    ocpiId: p.text(),
    locationId: () => p.manyToOne(Location).mapToPk().fieldName('location_id').nullable(),
    locationName: p.text().nullable(),
    locationAddress: p.text().nullable(),
    chargerUid: p.text(),
    connectorNumber: p.integer(),
    startTime: column.instant(),
    endTime: column.instant(),
    energyWh: column.decimal(16, 3),
    chargingSeconds: p.integer(),
    idleSeconds: p.integer(),
    chargeableIdleSeconds: p.integer(),
    currency: p.string().length(3),
    energyCost: column.bigint(),
    timeCost: column.bigint(),
    sessionFee: column.bigint(),
    idleFee: column.bigint(),
    subtotal: column.bigint(),
    tax: column.bigint(),
    total: column.bigint(),
    /** Given back so far. */
    refunded: column.bigint().default('0'),
    tariff: p.json<TariffTerms>(),
    paymentStatus: p.text().$type<PaymentStatus>().nullable(),
    createdAt: column.createdAt(),
  },
  uniques: [{ name: 'transactions_ocpi_id_unique', properties: ['networkId', 'ocpiId'] }],
  indexes: [
    { name: 'transactions_network_end_index', properties: ['networkId', 'endTime', 'id'] },
    { name: 'transactions_driver_end_index', properties: ['driverId', 'endTime'] },
  ],
});
export type Transaction = InferEntity<typeof Transaction>;

/** Running numbers of a network in a year, drawn in the transaction that uses them. */
export const NumberSeries = defineEntity({
  name: 'NumberSeries',
  tableName: 'number_series',
  ...tenantTable,
  properties: {
    networkId: () => p.manyToOne(Network).mapToPk().fieldName('network_id').primary(),
    series: p.text().primary(),
    year: p.integer().primary(),
    last: p.integer(),
  },
});
export type NumberSeries = InferEntity<typeof NumberSeries>;
