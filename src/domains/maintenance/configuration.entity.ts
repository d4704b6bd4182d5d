import { defineEntity, type InferEntity, p } from '@mikro-orm/postgresql';
import type { AttributeType, Mutability } from '../../kernel/charger-commands.ts';
import { column } from '../../kernel/columns.ts';
import { tenantTable } from '../../kernel/tenancy.ts';
import { Charger } from '../chargers/charger.entity.ts';
import { Network } from '../network/network.entity.ts';

/**
 * What names a setting of a station in both versions: OCPP 1.6 knows the variable (its key) alone, 2.0.1 the component
 * too. What a name lacks is '' or 0, so that one unique constraint holds for all.
 */
const name = {
  component: p.text().default(''),
  componentInstance: p.text().default(''),
  evseNumber: p.integer().default(0),
  variable: p.text(),
  variableInstance: p.text().default(''),
  attributeType: p.text().$type<AttributeType>().default('Actual'),
};

/** A setting as the station last told it. */
export const ChargerVariable = defineEntity({
  name: 'ChargerVariable',
  tableName: 'charger_variables',
  ...tenantTable,
  properties: {
    id: p.uuid().primary(),
    networkId: () => p.manyToOne(Network).mapToPk().fieldName('network_id'),
    chargerId: () => p.manyToOne(Charger).mapToPk().fieldName('charger_id').deleteRule('cascade'),
    ...name,
    /** Null where the station told none, and for secrets. */
    value: p.text().nullable(),
    /** Null until the station has told it. */
    mutability: p.text().$type<Mutability>().nullable(),
    /** OCPP 2.0.1's data type; 1.6 tells none. */
    dataType: p.text().nullable(),
    unit: p.text().nullable(),
    isSecret: p.boolean().default(false),
    readAt: column.instant(),
  },
  uniques: [
    {
      name: 'charger_variables_name_unique',
      properties: [
        'chargerId',
        'component',
        'componentInstance',
        'evseNumber',
        'variable',
        'variableInstance',
        'attributeType',
      ],
    },
  ],
});
export type ChargerVariable = InferEntity<typeof ChargerVariable>;

/** `sent`: no answer yet; `unanswered`: whether the station has taken it over is not known. */
export const CHANGE_OUTCOMES = [
  'sent',
  'accepted',
  'reboot_required',
  'rejected',
  'not_supported',
  'offline',
  'unanswered',
] as const;
export type ChangeOutcome = (typeof CHANGE_OUTCOMES)[number];

/** Who wanted which setting changed, and what the station said. */
export const ConfigurationChange = defineEntity({
  name: 'ConfigurationChange',
  tableName: 'configuration_changes',
  ...tenantTable,
  properties: {
    id: p.uuid().primary(),
    networkId: () => p.manyToOne(Network).mapToPk().fieldName('network_id'),
    chargerId: () => p.manyToOne(Charger).mapToPk().fieldName('charger_id').deleteRule('cascade'),
    ...name,
    /** As far as it was known; both are null for secrets. */
    oldValue: p.text().nullable(),
    newValue: p.text().nullable(),
    outcome: p.text().$type<ChangeOutcome>(),
    /** The API key that asked. */
    requestedBy: p.uuid().nullable(),
    createdAt: column.createdAt(),
  },
  indexes: [{ name: 'configuration_changes_charger_index', properties: ['chargerId', 'createdAt', 'id'] }],
});
export type ConfigurationChange = InferEntity<typeof ConfigurationChange>;
