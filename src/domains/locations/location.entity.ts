import { defineEntity, type InferEntity, p } from '@mikro-orm/postgresql';
import { column } from '../../kernel/columns.ts';
import { tenantTable } from '../../kernel/tenancy.ts';
import { Network } from '../network/network.entity.ts';

/** OCPI 2.2.1, section 8.4.15, in lower case. */
export const IMAGE_CATEGORIES = [
  'charger',
  'entrance',
  'location',
  'network',
  'operator',
  'other',
  'owner',
] as const;
export type ImageCategory = (typeof IMAGE_CATEGORIES)[number];

export interface LocationImage {
  url: string;
  thumbnailUrl: string | null;
  /** OCPI's ImageCategory, in lower case. */
  type: ImageCategory;
  width: number | null;
  height: number | null;
}

/** OCPI 2.2.1, section 8.4.14: when the location is open, in its own time zone. */
export interface OpeningHours {
  twentyfourseven: boolean;
  /** Weekdays from 1 (Monday); `HH:MM`. */
  regular_hours: { weekday: number; period_begin: string; period_end: string }[];
  exceptional_openings: { period_begin: string; period_end: string }[];
  exceptional_closings: { period_begin: string; period_end: string }[];
}

/** Where chargers stand. `timeZone` is an IANA name; coordinates are WGS 84 degrees. */
export const Location = defineEntity({
  name: 'Location',
  tableName: 'locations',
  ...tenantTable,
  properties: {
    id: p.uuid().primary(),
    networkId: () => p.manyToOne(Network).mapToPk().fieldName('network_id'),
    name: p.text(),
    address: p.text(),
    city: p.text(),
    state: p.text().nullable(),
    postalCode: p.text().nullable(),
    country: p.text(),
    latitude: column.double(),
    longitude: column.double(),
    timeZone: p.text(),
    hasParking: p.boolean().default(false),
    hasRestrooms: p.boolean().default(false),
    hasWifi: p.boolean().default(false),
    phone: p.text().nullable(),
    openingHours: p.json<OpeningHours>().nullable(),
    images: p.json<LocationImage[]>().defaultRaw("'[]'"),
    /** What all chargers together may draw, in watts; null for no ceiling. */
    powerLimitW: p.integer().nullable(),
    isPublished: p.boolean().default(true),
    createdAt: column.createdAt(),
    updatedAt: column.createdAt(),
  },
  indexes: [
    { name: 'locations_network_id_index', properties: ['networkId', 'id'] },
    // plain comparisons: row-level security keeps the planner from an index of geometric operators, which may leak
    { name: 'locations_ground_index', properties: ['networkId', 'latitude', 'longitude'] },
  ],
});
export type Location = InferEntity<typeof Location>;
