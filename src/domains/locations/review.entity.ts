import { defineEntity, type InferEntity, p } from '@mikro-orm/postgresql';
import { column } from '../../kernel/columns.ts';
import { tenantTable } from '../../kernel/tenancy.ts';
import { Charger } from '../chargers/charger.entity.ts';
import { Driver } from '../drivers/driver.entity.ts';
import { Network } from '../network/network.entity.ts';
import { Location } from './location.entity.ts';

/** What a driver thinks of a location: one for each pair. */
export const Review = defineEntity({
  name: 'Review',
  tableName: 'reviews',
  ...tenantTable,
  properties: {
    id: p.uuid().primary(),
    networkId: () => p.manyToOne(Network).mapToPk().fieldName('network_id'),
    locationId: () => p.manyToOne(Location).mapToPk().fieldName('location_id'),
    driverId: () => p.manyToOne(Driver).mapToPk().fieldName('driver_id').deleteRule('cascade'),
    /** Stars, 1 to 5. */
    rating: p.smallint(),
    comment: p.text().nullable(),
    createdAt: column.createdAt(),
    updatedAt: column.createdAt(),
  },
  uniques: [{ name: 'reviews_driver_unique', properties: ['locationId', 'driverId'] }],
  checks: [{ name: 'reviews_rating_check', expression: 'rating >= 1 and rating <= 5' }],
});
export type Review = InferEntity<typeof Review>;

export const PROBLEM_CATEGORIES = ['broken_charger', 'blocked', 'payment', 'safety', 'other'] as const;
export type ProblemCategory = (typeof PROBLEM_CATEGORIES)[number];

/** A problem that a driver reported at a location. */
export const ProblemReport = defineEntity({
  name: 'ProblemReport',
  tableName: 'problem_reports',
  ...tenantTable,
  properties: {
    id: p.uuid().primary(),
    networkId: () => p.manyToOne(Network).mapToPk().fieldName('network_id'),
    locationId: () => p.manyToOne(Location).mapToPk().fieldName('location_id'),
    chargerId: () => p.manyToOne(Charger).mapToPk().fieldName('charger_id').nullable(),
    driverId: () => p.manyToOne(Driver).mapToPk().fieldName('driver_id').nullable().deleteRule('set null'),
    category: p.text().$type<ProblemCategory>(),
    note: p.text().nullable(),
    createdAt: column.createdAt(),
  },
  indexes: [{ name: 'problem_reports_location_index', properties: ['locationId', 'createdAt'] }],
});
export type ProblemReport = InferEntity<typeof ProblemReport>;
