import {
  clearCache,
  type DataTransferResult,
  transferData,
} from '../src/domains/maintenance/station-messages.ts';
import { builder, inSubGraph } from './builder.ts';
import { stationErrors } from './errors.ts';
import { ChargerRef } from './refs.ts';

const ClearCachePayload = builder
  .objectRef<{ chargerId: string; accepted: boolean }>('ClearCachePayload')
  .implement({
    subGraphs: ['network'],
    fields: t => ({
      charger: t.field({ type: ChargerRef, resolve: result => result.chargerId }),
      accepted: t.exposeBoolean('accepted'),
    }),
  });

const DataTransferStatus = builder.enumType('DataTransferStatus', {
  values: {
    ACCEPTED: { value: 'Accepted' },
    REJECTED: { value: 'Rejected' },
    UNKNOWN_MESSAGE_ID: { value: 'UnknownMessageId' },
    UNKNOWN_VENDOR_ID: { value: 'UnknownVendorId' },
  } as const satisfies Record<string, { value: DataTransferResult['status'] }>,
});

const DataTransferPayload = builder.objectRef<DataTransferResult>('DataTransferPayload').implement({
  subGraphs: ['network'],
  fields: t => ({
    charger: t.field({ type: ChargerRef, resolve: result => result.chargerId }),
    status: t.expose('status', { type: DataTransferStatus }),
    data: t.exposeString('data', { nullable: true }),
  }),
});

const TransferDataInput = builder.inputType('TransferDataInput', {
  fields: t => ({
    chargerId: t.globalID({ required: true, for: ChargerRef }),
    vendorId: t.string({ required: true }),
    messageId: t.string(),
    data: t.string({ description: 'Text in whatever form the vendor has it.' }),
  }),
});

inSubGraph('network').mutationFields(t => ({
  clearAuthorizationCache: t.field({
    type: ClearCachePayload,
    description: 'Has a station forget whom it let charge before. For operators. Scope: control.',
    errors: { types: stationErrors },
    args: { chargerId: t.arg.globalID({ required: true, for: ChargerRef }) },
    resolve: (_, { chargerId }, ctx) => clearCache(ctx, chargerId.id),
  }),
  transferData: t.field({
    type: DataTransferPayload,
    description: 'Sends a station a vendor’s own message (DataTransfer). For operators. Scope: control.',
    errors: { types: stationErrors },
    args: { input: t.arg({ type: TransferDataInput, required: true }) },
    resolve: (_, { input }, ctx) => transferData(ctx, { ...input, chargerId: input.chargerId.id }),
  }),
}));
