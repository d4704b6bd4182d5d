import { defineEntity, type InferEntity, p } from '@mikro-orm/postgresql';
import { column } from '../../kernel/columns.ts';
import { tenantTable } from '../../kernel/tenancy.ts';
import { Charger } from '../chargers/charger.entity.ts';
import { Connector } from '../chargers/connector.entity.ts';
import { Driver } from '../drivers/driver.entity.ts';
import { Token } from '../drivers/token.entity.ts';
import { Network } from '../network/network.entity.ts';
import type { ReservationStatus } from './reservation-states.ts';

/** A connector held for a token until it expires. `number` names it to the station: positive, 32 bits. */
export const Reservation = defineEntity({
  name: 'Reservation',
  tableName: 'reservations',
  ...tenantTable,
  properties: {
    id: p.uuid().primary(),
    networkId: () => p.manyToOne(Network).mapToPk().fieldName('network_id'),
    number: p.integer().defaultRaw('app.next_reservation_number()'),
    chargerId: () => p.manyToOne(Charger).mapToPk().fieldName('charger_id'),
    connectorId: () => p.manyToOne(Connector).mapToPk().fieldName('connector_id'),
    connectorNumber: p.integer(),
    driverId: () => p.manyToOne(Driver).mapToPk().fieldName('driver_id'),
    tokenId: () => p.manyToOne(Token).mapToPk().fieldName('token_id'),
    idTag: p.text(),
    status: p.text().$type<ReservationStatus>(),
    statusReason: p.text().nullable(),
    expiresAt: column.instant(),
    cancelledAt: column.instant().nullable(),
    createdAt: column.createdAt(),
    updatedAt: column.createdAt(),
  },
  uniques: [{ name: 'reservations_number_unique', properties: ['number'] }],
  indexes: [
    {
      // all begin now, so that two on a connector overlap exactly if both are active
      name: 'reservations_one_active_unique',
      expression:
        'create unique index "reservations_one_active_unique" on "reservations" ("connector_id") where ("status" = any (array[\'pending\'::text, \'accepted\'::text]))',
    },
    { name: 'reservations_network_index', properties: ['networkId', 'createdAt', 'id'] },
    { name: 'reservations_driver_index', properties: ['driverId', 'createdAt'] },
  ],
});
export type Reservation = InferEntity<typeof Reservation>;
