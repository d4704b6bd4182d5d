import { defineEntity, type InferEntity, p } from '@mikro-orm/postgresql';
import type {
  ProfileKind,
  ProfilePeriod,
  ProfilePurpose,
  Recurrency,
} from '../../kernel/charger-commands.ts';
import { column } from '../../kernel/columns.ts';
import { tenantTable } from '../../kernel/tenancy.ts';
import { Charger } from '../chargers/charger.entity.ts';
import { Network } from '../network/network.entity.ts';
import { Session } from '../sessions/session.entity.ts';
import type { RateUnit } from './electricity.ts';

/**
 * `pending`: the station has not answered yet. `removing`: it shall forget it, and has not said so yet. `reported`: the
 * station's own, as it told it.
 */
export const STORED_STATUSES = [
  'pending',
  'accepted',
  'rejected',
  'not_supported',
  'removing',
  'reported',
] as const;
export type StoredStatus = (typeof STORED_STATUSES)[number];

/** Who limits, where it is not us: an energy management system, the system operator, somebody else. */
export const LIMIT_SOURCES = ['CSO', 'EMS', 'SO', 'Other'] as const;
export type LimitSource = (typeof LIMIT_SOURCES)[number];

/** A charging profile of an operator's, or one that the station told of. The limits of `ChargingLimit` are none of these. */
export const ChargingProfile = defineEntity({
  name: 'ChargingProfile',
  tableName: 'charging_profiles',
  ...tenantTable,
  properties: {
    id: p.uuid().primary(),
    networkId: () => p.manyToOne(Network).mapToPk().fieldName('network_id'),
    chargerId: () => p.manyToOne(Charger).mapToPk().fieldName('charger_id').deleteRule('cascade'),
    /** 0 for the whole station. */
    connectorNumber: p.integer(),
    /** OCPP's id: names the profile at the station. */
    number: p.integer(),
    status: p.text().$type<StoredStatus>(),
    purpose: p.text().$type<ProfilePurpose>(),
    stackLevel: p.integer(),
    kind: p.text().$type<ProfileKind>(),
    recurrency: p.text().$type<Recurrency>().nullable(),
    validFrom: column.instant().nullable(),
    validTo: column.instant().nullable(),
    /** The charge that a Tx profile is for. */
    sessionId: () => p.manyToOne(Session).mapToPk().fieldName('session_id').nullable().deleteRule('cascade'),
    /** It went with the remote start: the station was never told the transaction. */
    isFromStart: p.boolean().default(false),
    unit: p.text().$type<RateUnit>(),
    startsAt: column.instant().nullable(),
    durationSeconds: p.integer().nullable(),
    minChargingRate: column.decimal(12, 1).nullable(),
    periods: p.json().$type<ProfilePeriod[]>(),
    /** What the station accepted last: `periods`, none above the connector's limit of the moment. */
    sentPeriods: p.json().$type<ProfilePeriod[]>().nullable(),
    /** When it was told last, whether or not it answered. */
    sentAt: column.instant().nullable(),
    /** Of a reported one. */
    source: p.text().$type<LimitSource>().nullable(),
    /** The request that a report answered; null where the station told unasked. */
    reportNumber: p.integer().nullable(),
    /** The API key that asked; null for the product itself. */
    requestedBy: p.uuid().nullable(),
    createdAt: column.createdAt(),
    updatedAt: column.createdAt(),
  },
  indexes: [
    { name: 'charging_profiles_charger_index', properties: ['chargerId', 'connectorNumber'] },
    { name: 'charging_profiles_session_index', properties: ['sessionId'] },
    {
      // the one that the station holds and the one that is to take its place have one number
      name: 'charging_profiles_number_unique',
      expression:
        'create unique index "charging_profiles_number_unique" on "charging_profiles" ("charger_id", "number", "status") where ("status" = any (array[\'pending\'::text, \'accepted\'::text]))',
    },
  ],
});
export type ChargingProfile = InferEntity<typeof ChargingProfile>;
