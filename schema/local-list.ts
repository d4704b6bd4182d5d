import type { LocalList } from '../src/domains/maintenance/local-list.entity.ts';
import {
  type ListUpdate,
  type LocalListResult,
  localList,
  sendLocalList,
} from '../src/domains/maintenance/local-list.ts';
import type { LocalListEntry } from '../src/kernel/charger-commands.ts';
import { ConflictError } from '../src/kernel/errors.ts';
import { builder, inSubGraph } from './builder.ts';
import { stationErrors } from './errors.ts';
import { ChargerRef } from './refs.ts';

const UpdateEnum = builder.enumType('LocalListUpdate', {
  values: { FULL: { value: 'full' }, DIFFERENTIAL: { value: 'differential' } } as const satisfies Record<
    string,
    { value: ListUpdate }
  >,
});

const StatusEnum = builder.enumType('LocalListTokenStatus', {
  values: {
    ACCEPTED: { value: 'Accepted' },
    BLOCKED: { value: 'Blocked' },
    EXPIRED: { value: 'Expired' },
    INVALID: { value: 'Invalid' },
  } as const satisfies Record<string, { value: LocalListEntry['status'] }>,
});

const EntryRef = builder.objectRef<LocalListEntry>('LocalListEntry').implement({
  subGraphs: ['network'],
  fields: t => ({
    idTag: t.exposeString('idTag'),
    status: t.expose('status', { type: StatusEnum }),
    expiresAt: t.expose('expiresAt', { type: 'DateTime', nullable: true }),
    groupUid: t.exposeString('groupUid', { nullable: true }),
  }),
});

const LocalListRef = builder.objectRef<LocalList>('LocalList').implement({
  description: 'Whom a station lets charge while it is offline, as far as it took what it was sent.',
  subGraphs: ['network'],
  fields: t => ({
    version: t.exposeInt('version'),
    entries: t.field({ type: [EntryRef], resolve: list => list.entries }),
    sentAt: t.expose('sentAt', { type: 'DateTime', nullable: true }),
  }),
});

const SendLocalListPayload = builder.objectRef<LocalListResult>('SendLocalListPayload').implement({
  subGraphs: ['network'],
  fields: t => ({
    charger: t.field({ type: ChargerRef, resolve: result => result.chargerId }),
    version: t.exposeInt('version'),
    entryCount: t.exposeInt('entryCount'),
    update: t.expose('update', {
      type: UpdateEnum,
      nullable: true,
      description: 'How it was sent in the end; null where the station had it already.',
    }),
  }),
});

const SendLocalListInput = builder.inputType('SendLocalListInput', {
  fields: t => ({
    chargerId: t.globalID({ required: true, for: ChargerRef }),
    update: t.field({
      type: UpdateEnum,
      description: 'Left out: what has changed, or all of it where what the station has is not known.',
    }),
    idTags: t.stringList({ description: 'Tokens of the network; all that are valid where left out.' }),
  }),
});

const network = inSubGraph('network');

network.queryField('localList', t =>
  t.field({
    type: LocalListRef,
    nullable: true,
    description: 'Null before the station was sent one. For operators.',
    args: { chargerId: t.arg.globalID({ required: true, for: ChargerRef }) },
    resolve: (_, { chargerId }, ctx) => localList(ctx, chargerId.id),
  }),
);

network.mutationField('sendLocalList', t =>
  t.field({
    type: SendLocalListPayload,
    description: 'Gives a station its local authorization list. For operators. Scope: control.',
    errors: { types: [...stationErrors, ConflictError] },
    args: { input: t.arg({ type: SendLocalListInput, required: true }) },
    resolve: (_, { input }, ctx) => sendLocalList(ctx, { ...input, chargerId: input.chargerId.id }),
  }),
);
