import { chargersOfLocations } from '../src/domains/chargers/read-chargers.ts';
import { IMAGE_CATEGORIES, type LocationImage } from '../src/domains/locations/location.entity.ts';
import {
  NO_CHARGERS,
  NO_RATING,
  type Rating,
  ratingsOfLocations,
  totalsOfLocations,
} from '../src/domains/locations/location-totals.ts';
import { createLocation, updateLocation } from '../src/domains/locations/locations.ts';
import { type NearbyLocation, nearestLocations } from '../src/domains/locations/nearest-locations.ts';
import { openAt } from '../src/domains/locations/opening-hours.ts';
import { listLocations } from '../src/domains/locations/read-locations.ts';
import { batched, batchedPages } from './batched.ts';
import { builder, inSubGraph } from './builder.ts';
import { toConnection } from './connection.ts';
import { commonErrors } from './errors.ts';
import { OpeningHoursInput, OpeningHoursRef, openingHoursFrom } from './opening-hours.ts';
import { ChargerRef, LocationRef, NetworkRef } from './refs.ts';

const ImageCategory = builder.enumType('ImageCategory', {
  description: 'OCPI 2.2.1, section 8.4.15.',
  values: Object.fromEntries(
    IMAGE_CATEGORIES.map(category => [category.toUpperCase(), { value: category }]),
  ) as {
    [Category in (typeof IMAGE_CATEGORIES)[number] as Uppercase<Category>]: { value: Category };
  },
});

const LocationImageRef = builder.objectRef<LocationImage>('LocationImage').implement({
  subGraphs: ['network'],
  fields: t => ({
    url: t.exposeString('url'),
    thumbnailUrl: t.exposeString('thumbnailUrl', { nullable: true }),
    category: t.expose('type', { type: ImageCategory }),
    width: t.exposeInt('width', { nullable: true, description: 'Pixels.' }),
    height: t.exposeInt('height', { nullable: true, description: 'Pixels.' }),
  }),
});

const RatingRef = builder.objectRef<Rating>('Rating').implement({
  description: 'What drivers think.',
  subGraphs: ['network'],
  fields: t => ({
    average: t.exposeFloat('average', {
      nullable: true,
      description: 'Of 1 to 5 stars, to one decimal; null without reviews.',
    }),
    count: t.exposeInt('count'),
  }),
});

const totalsOf = batched(totalsOfLocations, NO_CHARGERS);
const ratingOf = batched(ratingsOfLocations, NO_RATING);

const chargersOf = batchedPages(chargersOfLocations);

LocationRef.implement({
  description: 'A place with chargers.',
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
    hasParking: t.exposeBoolean('hasParking'),
    hasRestrooms: t.exposeBoolean('hasRestrooms'),
    hasWifi: t.exposeBoolean('hasWifi'),
    phone: t.exposeString('phone', { nullable: true }),
    images: t.expose('images', { type: [LocationImageRef] }),
    openingHours: t.expose('openingHours', { type: OpeningHoursRef, nullable: true }),
    isOpenNow: t.boolean({
      nullable: true,
      description: 'By its opening hours and its own clock; null where no hours are known.',
      resolve: ({ openingHours, timeZone }, _, ctx) =>
        openingHours && openAt(openingHours, timeZone, ctx.now()),
    }),
    isPublished: t.exposeBoolean('isPublished', { description: 'Whether drivers see it.' }),
    chargerCount: t.int({
      description: 'Of the chargers that the caller sees.',
      resolve: async (location, _, ctx) => (await totalsOf(ctx, location.id)).chargerCount,
    }),
    availableCount: t.int({
      description: 'Chargers that are available and online now.',
      resolve: async (location, _, ctx) => (await totalsOf(ctx, location.id)).availableCount,
    }),
    maxPowerW: t.field({
      type: 'Decimal',
      nullable: true,
      description: 'Of the strongest charger.',
      resolve: async (location, _, ctx) => (await totalsOf(ctx, location.id)).maxPowerW,
    }),
    connectorTypes: t.stringList({
      description: "OCPI's ConnectorType, such as IEC_62196_T2_COMBO, each once.",
      resolve: async (location, _, ctx) => [...(await totalsOf(ctx, location.id)).connectorTypes],
    }),
    rating: t.field({ type: RatingRef, resolve: (location, _, ctx) => ratingOf(ctx, location.id) }),
    network: t.field({ type: NetworkRef, resolve: location => location.networkId }),
    chargers: t.connection({
      type: ChargerRef,
      resolve: async (location, args, ctx) => toConnection(await chargersOf(ctx, location.id, args)),
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime' }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime' }),
  }),
});

const LocationImageInput = builder.inputType('LocationImageInput', {
  fields: t => ({
    url: t.string({ required: true, description: 'HTTPS.' }),
    thumbnailUrl: t.string({ description: 'HTTPS.' }),
    category: t.field({ type: ImageCategory, description: 'LOCATION where left out.' }),
    width: t.int(),
    height: t.int(),
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
    hasParking: t.boolean(),
    hasRestrooms: t.boolean(),
    hasWifi: t.boolean(),
    phone: t.string(),
    openingHours: t.field({ type: OpeningHoursInput }),
    images: t.field({ type: [LocationImageInput] }),
    isPublished: t.boolean({ description: 'True where left out.' }),
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
    hasParking: t.boolean(),
    hasRestrooms: t.boolean(),
    hasWifi: t.boolean(),
    phone: t.string(),
    openingHours: t.field({ type: OpeningHoursInput, description: 'All of them; null takes them away.' }),
    images: t.field({ type: [LocationImageInput], description: 'All of them.' }),
    isPublished: t.boolean(),
  }),
});

type ImageInput = typeof LocationImageInput.$inferInput;

const imagesFrom = (images: readonly ImageInput[] | null | undefined): LocationImage[] | null | undefined =>
  images?.map(({ url, thumbnailUrl, category, width, height }) => ({
    url,
    thumbnailUrl: thumbnailUrl ?? null,
    type: category ?? 'location',
    width: width ?? null,
    height: height ?? null,
  })) ?? (images as null | undefined);

const LocationFilter = builder.inputType('LocationFilter', {
  fields: t => ({
    city: t.string({ description: 'The whole name, without regard to case.' }),
    text: t.string({ description: 'Part of the name, the address or the city, without regard to case.' }),
  }),
});

const NearbyLocationRef = builder.objectRef<NearbyLocation>('NearbyLocation').implement({
  subGraphs: ['network'],
  fields: t => ({
    distanceKm: t.exposeFloat('distanceKm', { description: 'As the crow flies.' }),
    location: t.field({ type: LocationRef, resolve: ({ locationId }) => locationId }),
  }),
});

const network = inSubGraph('network');

network.queryFields(t => ({
  locations: t.connection({
    type: LocationRef,
    description: 'By name: published ones; an operator also sees its own unpublished.',
    args: { filter: t.arg({ type: LocationFilter }), offset: t.arg.int() },
    resolve: async (_, { filter, ...page }, ctx) =>
      toConnection(await listLocations(ctx, filter ?? {}, page)),
  }),
  nearestLocations: t.field({
    type: [NearbyLocationRef],
    description: 'The nearest first.',
    args: {
      latitude: t.arg.float({ required: true }),
      longitude: t.arg.float({ required: true }),
      radiusKm: t.arg.float({ description: '25 where left out, at most 500.' }),
      first: t.arg.int({ description: '50 where left out, at most 100.' }),
    },
    resolve: (_, args, ctx) => nearestLocations(ctx, args),
  }),
}));

network.mutationFields(t => ({
  createLocation: t.field({
    type: LocationRef,
    description: 'Scope: write.',
    errors: { types: commonErrors },
    args: { input: t.arg({ type: CreateLocationInput, required: true }) },
    resolve: (_, { input: { networkId, openingHours, images, ...fields } }, ctx) =>
      createLocation(ctx, {
        ...fields,
        networkId: networkId?.id ?? null,
        openingHours: openingHoursFrom(openingHours),
        images: imagesFrom(images),
      }),
  }),
  updateLocation: t.field({
    type: LocationRef,
    description: 'Scope: write.',
    errors: { types: commonErrors },
    args: { input: t.arg({ type: UpdateLocationInput, required: true }) },
    resolve: (_, { input: { id, openingHours, images, ...changes } }, ctx) =>
      updateLocation(ctx, id.id, {
        ...changes,
        openingHours: openingHoursFrom(openingHours),
        images: imagesFrom(images),
      }),
  }),
}));
