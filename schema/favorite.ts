import { encodeGlobalID } from '@pothos/plugin-relay';
import type { Favorite } from '../src/domains/drivers/driver-belongings.entity.ts';
import { listFavorites, removeFavorite, saveFavorite } from '../src/domains/drivers/favorites.ts';
import type { Context } from '../src/kernel/context.ts';
import { builder, inSubGraph } from './builder.ts';
import { toConnection } from './connection.ts';
import { commonErrors } from './errors.ts';
import { ChargerRef, FavoriteRef, LocationRef } from './refs.ts';

const FavoriteTargetType = builder.enumType('FavoriteTargetType', {
  values: { LOCATION: { value: 'location' }, CHARGER: { value: 'charger' } } as const,
});

const FavoriteTarget = builder.unionType('FavoriteTarget', {
  types: [LocationRef, ChargerRef],
  resolveType: target => ('uid' in target ? 'Charger' : 'Location'),
});

/** Null where it is gone, or hidden from drivers by now. */
const targetOf = (ctx: Context, { targetType, targetId }: Favorite) =>
  targetType === 'location'
    ? LocationRef.getDataloader(ctx).load(targetId)
    : ChargerRef.getDataloader(ctx).load(targetId);

FavoriteRef.implement({
  description: 'A location or a charger that a driver keeps at hand.',
  fields: t => ({
    targetType: t.expose('targetType', { type: FavoriteTargetType }),
    target: t.field({
      type: FavoriteTarget,
      nullable: true,
      description: 'Null where the driver does not see it any more.',
      resolve: (favorite, _, ctx) => targetOf(ctx, favorite),
    }),
    label: t.exposeString('label', { nullable: true, description: "The driver's own." }),
    name: t.string({
      nullable: true,
      description: "The label, or else the target's name.",
      resolve: async (favorite, _, ctx) => {
        if (favorite.label) return favorite.label;
        const target = await targetOf(ctx, favorite);
        return target && ('uid' in target ? target.uid : target.name);
      },
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime' }),
  }),
});

const SaveFavoriteInput = builder.inputType('SaveFavoriteInput', {
  fields: t => ({
    targetId: t.globalID({ required: true, for: [LocationRef, ChargerRef] }),
    label: t.string({ description: 'Left out: as it was. Null: none.' }),
  }),
});

const RemoveFavoritePayload = builder.objectRef<{ favoriteId: string }>('RemoveFavoritePayload').implement({
  subGraphs: ['drivers'],
  fields: t => ({
    favoriteId: t.id({ resolve: ({ favoriteId }) => encodeGlobalID('Favorite', favoriteId) }),
  }),
});

const drivers = inSubGraph('drivers');

drivers.queryField('favorites', t =>
  t.connection({
    type: FavoriteRef,
    description: "The signed-in driver's, the newest first.",
    args: { offset: t.arg.int() },
    resolve: async (_, args, ctx) => toConnection(await listFavorites(ctx, args)),
  }),
);

drivers.mutationFields(t => ({
  saveFavorite: t.field({
    type: FavoriteRef,
    description: 'Keeps a location or a charger at hand; the same one again changes its label. Scope: write.',
    errors: { types: commonErrors },
    args: { input: t.arg({ type: SaveFavoriteInput, required: true }) },
    resolve: (_, { input: { targetId, label } }, ctx) =>
      saveFavorite(ctx, {
        targetType: targetId.typename === 'Location' ? 'location' : 'charger',
        targetId: targetId.id,
        label,
      }),
  }),
  removeFavorite: t.field({
    type: RemoveFavoritePayload,
    description: 'Scope: write.',
    errors: { types: commonErrors },
    args: { id: t.arg.globalID({ required: true, for: FavoriteRef }) },
    resolve: async (_, { id }, ctx) => {
      await removeFavorite(ctx, id.id);
      return { favoriteId: id.id };
    },
  }),
}));
