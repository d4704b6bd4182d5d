import { mayControl } from '../src/domains/chargers/charger-access.ts';
import {
  type CommandResult,
  type RebootResult,
  type ResetResult,
  rebootCharger,
  resetCharger,
  type TriggerResult,
  triggerMessage,
  type UnlockResult,
  unlockConnector,
} from '../src/domains/chargers/remote-control.ts';
import type { TriggerMessage } from '../src/kernel/charger-commands.ts';
import { ChargerOfflineError, UnavailableError } from '../src/kernel/errors.ts';
import { builder, inSubGraph } from './builder.ts';
import { commonErrors } from './errors.ts';
import { ChargerRef } from './refs.ts';

const TriggerMessageEnum = builder.enumType('TriggerMessage', {
  description: 'What a station can be asked to send again, in OCPP’s words.',
  values: {
    BOOT_NOTIFICATION: { value: 'BootNotification' },
    DIAGNOSTICS_STATUS_NOTIFICATION: { value: 'DiagnosticsStatusNotification' },
    FIRMWARE_STATUS_NOTIFICATION: { value: 'FirmwareStatusNotification' },
    HEARTBEAT: { value: 'Heartbeat' },
    LOG_STATUS_NOTIFICATION: { value: 'LogStatusNotification', description: 'For operators.' },
    METER_VALUES: { value: 'MeterValues' },
    SIGN_CERTIFICATE: {
      value: 'SignCertificate',
      description: 'A new certificate of its own. For operators.',
    },
    STATUS_NOTIFICATION: { value: 'StatusNotification' },
  } as const satisfies Record<string, { value: TriggerMessage; description?: string }>,
});

const ResetTypeEnum = builder.enumType('ResetType', {
  values: {
    SOFT: { value: 'Soft', description: 'Restarts the software; ends charges first.' },
    HARD: { value: 'Hard', description: 'Restarts the hardware, whatever it is doing.' },
  } as const,
});

export const CommandResultRef = builder.interfaceRef<CommandResult>('CommandResult').implement({
  description: 'What a station said to a command.',
  fields: t => ({
    accepted: t.exposeBoolean('accepted'),
    reason: t.exposeString('reason', {
      nullable: true,
      description: 'Why not, for people; null where accepted.',
    }),
    retryable: t.exposeBoolean('retryable', {
      description: 'The station was not reached or did not answer: the same may succeed later.',
    }),
    charger: t.field({
      type: ChargerRef,
      nullable: true,
      description: 'Null where the caller may not read it.',
      resolve: result => result.chargerId,
    }),
  }),
});

const UnlockResultRef = builder.objectRef<UnlockResult>('UnlockConnectorResult').implement({
  interfaces: [CommandResultRef],
  fields: t => ({ connectorNumber: t.exposeInt('connectorNumber') }),
});

const TriggerResultRef = builder.objectRef<TriggerResult>('TriggerMessageResult').implement({
  interfaces: [CommandResultRef],
  fields: t => ({
    message: t.expose('message', { type: TriggerMessageEnum }),
    connectorNumber: t.exposeInt('connectorNumber', { nullable: true }),
  }),
});

const ResetResultRef = builder.objectRef<ResetResult>('ResetChargerResult').implement({
  interfaces: [CommandResultRef],
  fields: t => ({
    type: t.expose('type', { type: ResetTypeEnum, description: 'What was asked of the station.' }),
  }),
});

const RebootResultRef = builder.objectRef<RebootResult>('RebootChargerResult').implement({
  fields: t => ({
    accepted: t.exposeBoolean('accepted'),
    message: t.exposeString('message', { description: 'For people.' }),
    type: t.expose('type', { type: ResetTypeEnum }),
    charger: t.field({ type: ChargerRef, nullable: true, resolve: result => result.chargerId }),
  }),
});

const UnlockConnectorInput = builder.inputType('UnlockConnectorInput', {
  fields: t => ({
    chargerId: t.globalID({ required: true, for: ChargerRef }),
    connectorNumber: t.int({ description: '1 where left out.' }),
  }),
});

const TriggerMessageInput = builder.inputType('TriggerMessageInput', {
  fields: t => ({
    chargerId: t.globalID({ required: true, for: ChargerRef }),
    message: t.field({ type: TriggerMessageEnum, description: 'STATUS_NOTIFICATION where left out.' }),
    connectorNumber: t.int({ description: 'All of the station where left out.' }),
  }),
});

const ResetChargerInput = builder.inputType('ResetChargerInput', {
  fields: t => ({
    chargerId: t.globalID({ required: true, for: ChargerRef }),
    type: t.field({ type: ResetTypeEnum, description: 'SOFT where left out.' }),
  }),
});

inSubGraph('network').queryField('mayCommand', t =>
  t.boolean({
    description:
      'Whether the caller may command the station now. A driver: that of their open session or reservation. Scope: control or read.',
    args: { chargerId: t.arg.globalID({ required: true, for: ChargerRef }) },
    resolve: (_, { chargerId }, ctx) => mayControl(ctx, chargerId.id),
  }),
);

inSubGraph('network').mutationFields(t => ({
  unlockConnector: t.field({
    type: UnlockResultRef,
    description:
      'Asks a station to release a cable. A driver: at the charger of their open session or reservation. Scope: control.',
    errors: { types: commonErrors },
    args: { input: t.arg({ type: UnlockConnectorInput, required: true }) },
    resolve: (_, { input }, ctx) => unlockConnector(ctx, { ...input, chargerId: input.chargerId.id }),
  }),
  triggerMessage: t.field({
    type: TriggerResultRef,
    description:
      'Asks a station to send a message again. A driver: at the charger of their open session or reservation. Scope: control.',
    errors: { types: commonErrors },
    args: { input: t.arg({ type: TriggerMessageInput, required: true }) },
    resolve: (_, { input }, ctx) => triggerMessage(ctx, { ...input, chargerId: input.chargerId.id }),
  }),
  resetCharger: t.field({
    type: ResetResultRef,
    description:
      'Asks a station to restart. A driver: at the charger of their open session or reservation, and always softly. Scope: control.',
    errors: { types: commonErrors },
    args: { input: t.arg({ type: ResetChargerInput, required: true }) },
    resolve: (_, { input }, ctx) => resetCharger(ctx, { ...input, chargerId: input.chargerId.id }),
  }),
  rebootCharger: t.field({
    type: RebootResultRef,
    description: 'For operators: restarts a station; that it was not reached is an error. Scope: control.',
    errors: { types: [...commonErrors, ChargerOfflineError, UnavailableError] },
    args: { input: t.arg({ type: ResetChargerInput, required: true }) },
    resolve: (_, { input }, ctx) => rebootCharger(ctx, { ...input, chargerId: input.chargerId.id }),
  }),
}));
