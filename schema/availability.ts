import {
  AVAILABILITY_STATUSES,
  type AvailabilityStatus,
  type AvailabilityWish,
} from '../src/domains/maintenance/availability.entity.ts';
import { availabilityWishes, changeAvailability } from '../src/domains/maintenance/availability.ts';
import { builder, inSubGraph } from './builder.ts';
import { commonErrors } from './errors.ts';
import { ChargerRef } from './refs.ts';

const StatusEnum = builder.enumType('AvailabilityStatus', {
  description:
    'PENDING: the station has not answered yet and is told again when it is back. SCHEDULED: after the charge that it is at.',
  values: Object.fromEntries(
    AVAILABILITY_STATUSES.map(status => [status.toUpperCase(), { value: status }]),
  ) as Record<string, { value: AvailabilityStatus }>,
});

const WishRef = builder.objectRef<AvailabilityWish>('AvailabilityWish').implement({
  description:
    'Whether a connector, or the whole station, is to serve: the operator’s wish, until there is another.',
  subGraphs: ['network'],
  fields: t => ({
    charger: t.field({ type: ChargerRef, resolve: wish => wish.chargerId }),
    connectorNumber: t.int({
      nullable: true,
      description: 'Null for the whole station.',
      resolve: wish => wish.connectorNumber || null,
    }),
    isOperative: t.exposeBoolean('isOperative'),
    status: t.expose('status', { type: StatusEnum }),
    requestedBy: t.exposeString('requestedBy', {
      nullable: true,
      description: 'The UUID of the API key that asked.',
    }),
    requestedAt: t.expose('requestedAt', { type: 'DateTime' }),
    answeredAt: t.expose('answeredAt', { type: 'DateTime', nullable: true }),
  }),
});

const ChangeAvailabilityInput = builder.inputType('ChangeAvailabilityInput', {
  fields: t => ({
    chargerId: t.globalID({ required: true, for: ChargerRef }),
    connectorNumber: t.int({ description: 'The whole station where left out.' }),
    isOperative: t.boolean({ required: true }),
  }),
});

const network = inSubGraph('network');

network.queryField('availabilityWishes', t =>
  t.field({
    type: [WishRef],
    description: 'By connector; empty where nobody ever wished. For operators.',
    args: { chargerId: t.arg.globalID({ required: true, for: ChargerRef }) },
    resolve: (_, { chargerId }, ctx) => availabilityWishes(ctx, chargerId.id),
  }),
);

network.mutationField('changeAvailability', t =>
  t.field({
    type: WishRef,
    description:
      'Takes a connector or the whole station in or out of service, now or once it is back. For operators. Scope: control.',
    errors: { types: commonErrors },
    args: { input: t.arg({ type: ChangeAvailabilityInput, required: true }) },
    resolve: (_, { input }, ctx) => changeAvailability(ctx, { ...input, chargerId: input.chargerId.id }),
  }),
);
