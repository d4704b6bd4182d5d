import { z } from 'zod';
import { DEFAULT_RADIUS_KM, MAX_RADIUS_KM } from '../../src/domains/locations/nearest-locations.ts';
import { location, locationCharger, locationSummary } from '../answers/locations.ts';
import { toGlobalId, toUuid } from '../ids.ts';
import { paging, queryNumber, sliceOf, text } from '../parameters.ts';
import { row } from '../row.ts';
import { kilo, time } from '../values.ts';
import { type Hours, openingHours } from './opening-hours.ts';

interface LocationBase {
  id: string;
  name: string;
  address: string;
  city: string;
  state: string | null;
  country: string;
  latitude: number;
  longitude: number;
  hasParking: boolean;
  hasRestrooms: boolean;
  hasWifi: boolean;
  phone: string | null;
  chargerCount: number;
  availableCount: number;
}

const BASE = `
  fragment Base on Location {
    id name address city state country latitude longitude hasParking hasRestrooms hasWifi phone
    chargerCount availableCount
  }`;

const base = (location: LocationBase) => ({
  id: toUuid(location.id),
  name: location.name,
  address: location.address,
  city: location.city,
  state: location.state,
  country: location.country,
  latitude: location.latitude,
  longitude: location.longitude,
  hasParking: location.hasParking,
  hasRestrooms: location.hasRestrooms,
  hasWifi: location.hasWifi,
  phone: location.phone,
});

interface LocationItem extends LocationBase {
  maxPowerW: string | null;
  connectorTypes: string[];
}

const ITEM = `fragment Item on Location { ...Base maxPowerW connectorTypes } ${BASE}`;

const item = (location: LocationItem, distanceKm: number | null) => ({
  ...base(location),
  chargerCount: location.chargerCount,
  availableCount: location.availableCount,
  maxPowerKw: kilo(location.maxPowerW),
  connectorTypes: location.connectorTypes,
  distanceKm: distanceKm === null ? null : Number(distanceKm.toFixed(3)),
});

export const listLocations = row({
  method: 'GET',
  path: '/locations',
  title: 'List locations',
  access: { scope: 'read', audience: 'public' },
  query: z.object({ ...paging, city: text.optional(), q: text.optional() }),
  operation: `
    query Locations($first: Int!, $offset: Int!, $filter: LocationFilter) {
      locations(first: $first, offset: $offset, filter: $filter) { nodes { ...Item } }
    } ${ITEM}`,
  variables: ({ query: { city, q, ...slice } }) => ({
    ...sliceOf(slice),
    filter: { city, text: q },
  }),
  // the contract's list of locations has no pagination
  response: z.array(locationSummary),
  answer: ({ locations }: { locations: { nodes: LocationItem[] } }) =>
    locations.nodes.map(location => item(location, null)),
});

/** Beyond the contract. */
export const searchLocations = row({
  method: 'GET',
  path: '/locations/search',
  title: 'Find the nearest locations',
  access: { scope: 'read', audience: 'public' },
  query: z.object({
    lat: queryNumber(-90, 90),
    lng: queryNumber(-180, 180),
    radiusKm: queryNumber(0, MAX_RADIUS_KM).default(DEFAULT_RADIUS_KM),
  }),
  operation: `
    query Nearest($latitude: Float!, $longitude: Float!, $radiusKm: Float!) {
      nearestLocations(latitude: $latitude, longitude: $longitude, radiusKm: $radiusKm, first: 100) {
        distanceKm location { ...Item }
      }
    } ${ITEM}`,
  variables: ({ query: { lat, lng, radiusKm } }) => ({ latitude: lat, longitude: lng, radiusKm }),
  response: z.array(locationSummary),
  answer: ({ nearestLocations }: { nearestLocations: { distanceKm: number; location: LocationItem }[] }) =>
    nearestLocations.map(({ location, distanceKm }) => item(location, distanceKm)),
});

interface LocationDetail extends LocationBase {
  openingHours: Hours | null;
  images: {
    url: string;
    thumbnailUrl: string | null;
    category: string;
    width: number | null;
    height: number | null;
  }[];
  rating: { average: number | null; count: number };
}

export const getLocation = row({
  method: 'GET',
  path: '/locations/{id}',
  title: 'Get a location',
  access: { scope: 'read', audience: 'public' },
  operation: `
    query Location($id: ID!) {
      location: node(id: $id) {
        ... on Location {
          ...Base
          openingHours {
            isAlwaysOpen regularHours { weekday begin end }
            exceptionalOpenings { begin end } exceptionalClosings { begin end }
          }
          images { url thumbnailUrl category width height }
          rating { average count }
        }
      }
    } ${BASE}`,
  variables: ({ path }) => ({ id: toGlobalId('Location', path.id) }),
  response: location,
  answer: ({ location }: { location: LocationDetail | null }) =>
    location && {
      ...base(location),
      openingHours: openingHours(location.openingHours),
      images: location.images.map(({ category, ...image }) => ({ ...image, type: category.toLowerCase() })),
      chargerCount: location.chargerCount,
      availableCount: location.availableCount,
      ratingAverage: location.rating.average,
      ratingCount: location.rating.count,
    },
});

interface LocationCharger {
  id: string;
  serialNumber: string | null;
  status: string;
  lastHeartbeatAt: string | null;
  isOnline: boolean;
  connectorCount: number;
}

export const listLocationChargers = row({
  method: 'GET',
  path: '/locations/{id}/chargers',
  title: 'List chargers at a location',
  access: { scope: 'read', audience: 'public' },
  operation: `
    query LocationChargers($id: ID!) {
      location: node(id: $id) {
        ... on Location {
          chargers(first: 100) { nodes { id serialNumber status lastHeartbeatAt isOnline connectorCount } }
        }
      }
    }`,
  variables: ({ path }) => ({ id: toGlobalId('Location', path.id) }),
  response: z.array(locationCharger),
  answer: ({ location }: { location: { chargers: { nodes: LocationCharger[] } } | null }) =>
    location?.chargers.nodes.map(charger => ({
      id: toUuid(charger.id),
      serialNumber: charger.serialNumber,
      status: charger.status,
      lastHeartbeat: time(charger.lastHeartbeatAt),
      isOnline: charger.isOnline,
      connectorCount: charger.connectorCount,
    })) ?? null,
});
