import { authorize, signedInDriver } from '../src/auth/authorize.ts';
import { loadChargers } from '../src/domains/chargers/read-chargers.ts';
import { eventFeed, isOwn } from '../src/domains/notifications/event-feed.ts';
import type { Context } from '../src/kernel/context.ts';
import { invalid, NotFoundError } from '../src/kernel/errors.ts';
import { EVENT_TYPES, eventCatalogue } from '../src/kernel/event-catalogue.ts';
import { type LoggedEvent, messageOf } from '../src/kernel/events.ts';
import { followEvents } from '../src/kernel/follow-events.ts';
import { builder, inSubGraph } from './builder.ts';
import { ChargerRef, NetworkRef, SessionRef } from './refs.ts';

const EventRef = builder.objectRef<LoggedEvent>('Event').implement({
  description: 'Something that happened, in its place in the log.',
  subGraphs: ['insights'],
  fields: t => ({
    sequence: t.exposeString('sequence', { description: 'Grows; give it as `since` to go on from here.' }),
    id: t.exposeString('id', { description: 'UUID.' }),
    type: t.exposeString('type', { description: 'Such as session.started.' }),
    occurredAt: t.expose('occurredAt', { type: 'DateTime' }),
    network: t.field({ type: NetworkRef, resolve: event => event.networkId }),
    charger: t.field({ type: ChargerRef, nullable: true, resolve: event => event.chargerId }),
    session: t.field({ type: SessionRef, nullable: true, resolve: event => event.sessionId }),
    payload: t.field({ type: 'JSON', resolve: event => event.payload }),
    message: t.field({
      type: 'JSON',
      description:
        'As webhooks and the event stream send it: the payload with event, id, sequence, networkId, occurredAt.',
      resolve: messageOf,
    }),
  }),
});

const isChargerEvent = (event: LoggedEvent) =>
  event.chargerId !== null && /^(charger|connector)\./.test(event.type);

/** A driver watches one charger, which is public. */
async function requireVisible(ctx: Context, chargerId: string | undefined): Promise<void> {
  if (!chargerId) invalid('id', 'a driver watches one charger');
  if ((await loadChargers(ctx, [chargerId])).length === 0) throw new NotFoundError('charger');
}

inSubGraph('network').subscriptionField('chargerUpdated', t =>
  t.field({
    type: ChargerRef,
    description: 'A charger, each time that its status, a connector’s, or its connection changes.',
    args: {
      id: t.arg.globalID({ for: ChargerRef, description: 'All that the caller sees where left out.' }),
    },
    subscribe: async (_, { id }, ctx) => {
      authorize(ctx.viewer, 'read', 'either');
      if (signedInDriver(ctx.viewer)) await requireVisible(ctx, id?.id);
      return followEvents(ctx, {
        chargerIds: id && new Set([id.id]),
        wants: isChargerEvent,
      });
    },
    resolve: event => (event as unknown as LoggedEvent).chargerId!,
  }),
);

inSubGraph('charging').subscriptionField('sessionUpdated', t =>
  t.field({
    type: SessionRef,
    description: 'A session, each time that it changes: its state, energy, cost.',
    args: {
      id: t.arg.globalID({ for: SessionRef, description: 'All that the caller sees where left out.' }),
      chargerId: t.arg.globalID({ for: ChargerRef }),
    },
    subscribe: (_, { id, chargerId }, ctx) => {
      authorize(ctx.viewer, 'read', 'either');
      return followEvents(ctx, {
        chargerIds: chargerId && new Set([chargerId.id]),
        wants: event =>
          event.type.startsWith('session.') && isOwn(ctx, event) && (!id || event.sessionId === id.id),
      });
    },
    resolve: event => (event as unknown as LoggedEvent).sessionId!,
  }),
);

const EventType = builder.enumType('EventType', {
  values: Object.fromEntries(
    EVENT_TYPES.map(type => [
      type.toUpperCase().replaceAll('.', '_'),
      { value: type, description: eventCatalogue[type].when },
    ]),
  ) as Record<string, { value: (typeof EVENT_TYPES)[number]; description: string }>,
});

const insights = inSubGraph('insights');

insights.subscriptionField('events', t =>
  t.field({
    type: EventRef,
    description: 'Everything that happens in the networks of the caller; to a driver what concerns them.',
    args: {
      types: t.arg({ type: [EventType], description: 'All where left out.' }),
      chargerIds: t.arg.globalIDList({ for: ChargerRef, description: 'Only of these chargers.' }),
      chargerUids: t.arg.stringList({ description: 'Only of these chargers, and those of `chargerIds`.' }),
      since: t.arg.string({ description: 'A `sequence`: what came behind it is sent first, without a gap.' }),
    },
    subscribe: (_, { chargerIds, ...filter }, ctx) =>
      eventFeed(ctx, { ...filter, chargerIds: chargerIds?.map(({ id }) => id) }),
    resolve: event => event as unknown as LoggedEvent,
  }),
);
