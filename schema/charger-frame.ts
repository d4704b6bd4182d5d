import { chargerFrames, followFrames } from '../src/domains/maintenance/charger-frames.ts';
import type { StationFrame } from '../src/kernel/charger-commands.ts';
import { builder, inSubGraph } from './builder.ts';
import { ChargerRef } from './refs.ts';

const Direction = builder.enumType('FrameDirection', {
  values: {
    IN: { value: 'in', description: 'From the station.' },
    OUT: { value: 'out', description: 'To the station.' },
  } as const,
});

const Kind = builder.enumType('FrameKind', {
  values: {
    CALL: { value: 'call' },
    RESULT: { value: 'result' },
    ERROR: { value: 'error' },
    UNREADABLE: { value: 'unreadable' },
  } as const,
});

const FrameRef = builder.objectRef<StationFrame>('ChargerFrame').implement({
  description: 'A message between us and a station, without secrets; tokens are cut to their last letters.',
  subGraphs: ['network'],
  fields: t => ({
    at: t.expose('at', { type: 'DateTime' }),
    direction: t.expose('direction', { type: Direction }),
    kind: t.expose('kind', { type: Kind }),
    messageId: t.exposeString('messageId', { nullable: true }),
    action: t.exposeString('action', {
      nullable: true,
      description: 'Of a result or an error that of its call, where that is still known.',
    }),
    payload: t.field({
      type: 'JSON',
      nullable: true,
      description: 'Null for what is no message, or too long to be kept.',
      resolve: frame => frame.payload,
    }),
    sizeBytes: t.exposeInt('sizeBytes'),
  }),
});

const network = inSubGraph('network');

network.queryField('chargerFrames', t =>
  t.field({
    type: [FrameRef],
    description: 'The last messages, the oldest first, also of a station that is gone. For operators.',
    args: { chargerId: t.arg.globalID({ required: true, for: ChargerRef }) },
    resolve: (_, { chargerId }, ctx) => chargerFrames(ctx, chargerId.id),
  }),
);

network.subscriptionField('chargerFrame', t =>
  t.field({
    type: FrameRef,
    description: 'The last messages, then each one as it goes through. For operators.',
    args: { chargerId: t.arg.globalID({ required: true, for: ChargerRef }) },
    subscribe: (_, { chargerId }, ctx) => followFrames(ctx, chargerId.id),
    resolve: frame => frame as unknown as StationFrame,
  }),
);
