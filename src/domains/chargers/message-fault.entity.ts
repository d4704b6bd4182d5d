import { defineEntity, type InferEntity, p } from '@mikro-orm/postgresql';
import { column } from '../../kernel/columns.ts';
import { tenantTable } from '../../kernel/tenancy.ts';
import { Network } from '../network/network.entity.ts';
import { Charger } from './charger.entity.ts';

/**
 * A fault that was mended in a charger's messages, and how often (OCPP line 8). Its members are those of OCPP's own
 * schemas, so that a charger has a bounded number of rows whatever it sends.
 */
export const MessageFault = defineEntity({
  name: 'MessageFault',
  tableName: 'message_faults',
  ...tenantTable,
  properties: {
    chargerId: () => p.manyToOne(Charger).mapToPk().fieldName('charger_id').primary().deleteRule('cascade'),
    action: p.text().primary(),
    /** With its parents: `meterValue.sampledValue.value`; empty for the payload itself. */
    member: p.text().primary(),
    fault: p.text().primary(),
    networkId: () => p.manyToOne(Network).mapToPk().fieldName('network_id'),
    count: column.bigint(),
    firstSeenAt: column.instant(),
    lastSeenAt: column.instant(),
  },
});
export type MessageFault = InferEntity<typeof MessageFault>;
