import { z } from 'zod';
import { favorite } from '../answers/drivers.ts';
import { nothing } from '../answers/fields.ts';
import { toGlobalId, toUuid } from '../ids.ts';
import { oneOf, text, uuid } from '../parameters.ts';
import { row } from '../row.ts';
import { idOf, time } from '../values.ts';

interface Favorite {
  id: string;
  targetType: string;
  target: { id: string } | null;
  name: string | null;
  createdAt: string;
}

const FAVORITE = `
  fragment Detail on Favorite {
    id targetType target { ... on Location { id } ... on Charger { id } } name createdAt
  }`;

const favoriteOf = (favorite: Favorite) => ({
  id: toUuid(favorite.id),
  targetType: favorite.targetType.toLowerCase(),
  targetId: idOf(favorite.target),
  label: favorite.name,
  createdAt: time(favorite.createdAt),
});

export const listFavorites = row({
  method: 'GET',
  path: '/favorites',
  title: "List the driver's favorites",
  access: { scope: 'read', audience: 'driver' },
  operation: `query Favorites { favorites(first: 100) { nodes { ...Detail } } } ${FAVORITE}`,
  variables: () => ({}),
  response: z.array(favorite),
  answer: ({ favorites }: { favorites: { nodes: Favorite[] } }) => favorites.nodes.map(favoriteOf),
});

const TYPES = { LOCATION: 'Location', CHARGER: 'Charger' } as const;

export const saveFavorite = row({
  method: 'POST',
  path: '/favorites',
  title: 'Save a favorite',
  access: { scope: 'write', audience: 'driver' },
  body: z.object({
    targetType: oneOf(Object.keys(TYPES).map(type => type.toLowerCase())),
    targetId: uuid,
    label: text.nullish(),
  }),
  operation: `
    mutation SaveFavorite($input: SaveFavoriteInput!) {
      result: saveFavorite(input: $input) {
        ... on Favorite { ...Detail }
        ... on Error { code message }
        ... on ValidationError { details { field message } }
      }
    } ${FAVORITE}`,
  variables: ({ body: { targetType, targetId, label } }) => ({
    input: { targetId: toGlobalId(TYPES[targetType as keyof typeof TYPES], targetId), label },
  }),
  response: favorite,
  answer: ({ result }: { result: Favorite }) => favoriteOf(result),
});

export const removeFavorite = row({
  method: 'DELETE',
  path: '/favorites/{id}',
  title: 'Remove a favorite',
  access: { scope: 'write', audience: 'driver' },
  operation: `
    mutation RemoveFavorite($id: ID!) {
      result: removeFavorite(id: $id) {
        ... on RemoveFavoritePayload { favoriteId }
        ... on Error { code message }
      }
    }`,
  variables: ({ path }) => ({ id: toGlobalId('Favorite', path.id) }),
  response: nothing,
  answer: () => null,
  status: 204,
});
