import { listChargers } from '../src/domains/chargers/read-chargers.ts';
import { createLocation, updateLocation } from '../src/domains/locations/locations.ts';
import { listLocations } from '../src/domains/locations/read-locations.ts';
import { builder, inSubGraph } from './builder.ts';
import { toConnection } from './connection.ts';
import { commonErrors } from './errors.ts';
import { ChargerRef, LocationRef, NetworkRef } from './refs.ts';

LocationRef.implement({
  description: 'A site with chargers.',
  fields: t => ({
    name: t.exposeString('name'),
    address: t.exposeString('address'),
    city: t.exposeString('city'),
    state: t.exposeString('state', { nullable: true }),
    postalCode: t.exposeString('postalCode', { nullable: true }),
    country: t.exposeString('country', { description: 'ISO 3166-1 alpha-2.' }),
    latitude: t.exposeFloat('latitude', { description: 'Degrees, WGS 84.' }),
    longitude: t.exposeFloat('longitude', { description: 'Degrees, WGS 84.' }),
    timeZone: t.exposeString('timeZone', { description: 'IANA name.' }),
    isPublished: t.exposeBoolean('isPublished'),
    network: t.field({ type: NetworkRef, resolve: location => location.networkId }),
    chargers: t.connection({
      type: ChargerRef,
      resolve: async (location, args, ctx) =>
        toConnection(await listChargers(ctx, { locationId: location.id }, args)),
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime' }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime' }),
  }),
});

const CreateLocationInput = builder.inputType('CreateLocationInput', {
  fields: t => ({
    networkId: t.globalID({ for: NetworkRef, description: "The key's primary network where left out." }),
    name: t.string({ required: true }),
    address: t.string({ required: true }),
    city: t.string({ required: true }),
    state: t.string(),
    postalCode: t.string(),
    country: t.string({ required: true }),
    latitude: t.float({ required: true }),
    longitude: t.float({ required: true }),
    timeZone: t.string({ required: true }),
    isPublished: t.boolean(),
  }),
});

const UpdateLocationInput = builder.inputType('UpdateLocationInput', {
  fields: t => ({
    id: t.globalID({ required: true, for: LocationRef }),
    name: t.string(),
    address: t.string(),
    city: t.string(),
    state: t.string(),
    postalCode: t.string(),
    country: t.string(),
    latitude: t.float(),
    longitude: t.float(),
    timeZone: t.string(),
    isPublished: t.boolean(),
  }),
});

const network = inSubGraph('network');

network.queryField('locations', t =>
  t.connection({
    type: LocationRef,
    args: { city: t.arg.string(), offset: t.arg.int() },
    resolve: async (_, { city, ...page }, ctx) => toConnection(await listLocations(ctx, { city }, page)),
  }),
);

network.mutationFields(t => ({
  createLocation: t.field({
    type: LocationRef,
    description: 'Scope: write.',
    errors: { types: commonErrors },
    args: { input: t.arg({ type: CreateLocationInput, required: true }) },
    resolve: (_, { input: { networkId, ...fields } }, ctx) =>
      createLocation(ctx, { ...fields, networkId: networkId?.id ?? null }),
  }),
  updateLocation: t.field({
    type: LocationRef,
    description: 'Scope: write.',
    errors: { types: commonErrors },
    args: { input: t.arg({ type: UpdateLocationInput, required: true }) },
    resolve: (_, { input: { id, ...changes } }, ctx) => updateLocation(ctx, id.id, changes),
  }),
}));
