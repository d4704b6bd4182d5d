import { defineEntity, type InferEntity, p } from '@mikro-orm/postgresql';
import type { LocalListEntry } from '../../kernel/charger-commands.ts';
import { column } from '../../kernel/columns.ts';
import { tenantTable } from '../../kernel/tenancy.ts';
import { Charger } from '../chargers/charger.entity.ts';
import { Network } from '../network/network.entity.ts';

/** The local authorization list that a station has, as far as it took what it was sent. */
export const LocalList = defineEntity({
  name: 'LocalList',
  tableName: 'local_lists',
  ...tenantTable,
  properties: {
    chargerId: () => p.manyToOne(Charger).mapToPk().fieldName('charger_id').primary().deleteRule('cascade'),
    networkId: () => p.manyToOne(Network).mapToPk().fieldName('network_id'),
    version: p.integer().default(0),
    entries: p.json<LocalListEntry[]>().defaultRaw(`'[]'::jsonb`),
    sentAt: column.instant().nullable(),
    /** Until then somebody is sending: a second one waits its turn. */
    busyUntil: column.instant().nullable(),
  },
});
export type LocalList = InferEntity<typeof LocalList>;
