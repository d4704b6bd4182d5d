import { z } from 'zod';
import { IMAGE_CATEGORIES } from '../../src/domains/locations/location.entity.ts';
import { chargerStatus, connectorCount, isOnline, lastHeartbeat } from './chargers.ts';
import { flag, integer, number, object, text, time, uuid, word } from './fields.ts';

const base = {
  id: uuid('Names the location.'),
  name: text('What drivers know it by.', 'Plaza del Mar'),
  address: text('Street and number.', '100 Ashford Avenue'),
  city: text('Town or city.', 'San Juan'),
  state: text('State or region.', 'PR').nullable(),
  country: text('Country.', 'US'),
  latitude: number('Degrees north.', 18.4655),
  longitude: number('Degrees east.', -66.1057),
  hasParking: flag('Whether there is room to park.'),
  hasRestrooms: flag('Whether there are restrooms.'),
  hasWifi: flag('Whether there is Wi-Fi.', false),
  phone: text('Whom to call there.', '+17875550142').nullable(),
};

const counts = {
  chargerCount: integer('How many chargers stand there.', 4),
  availableCount: integer('How many of them are free now.', 3),
};

export const locationSummary = object('LocationSummary', 'A location, as lists show it.', {
  ...base,
  ...counts,
  maxPowerKw: number('What its strongest connector can give, in kW.', 150).nullable(),
  connectorTypes: z
    .array(z.string())
    .meta({ description: "The plugs that are found there, in OCPI's words.", examples: [['IEC_62196_T2']] }),
  distanceKm: number('From the point that was searched; null where none was.', 2.137).nullable(),
});

const clock = (description: string, example: string) => text(description, example);

const regularHours = object('RegularHours', 'Open on one weekday.', {
  weekday: integer('1 for Monday to 7 for Sunday.', 1),
  period_begin: clock("From, by the location's own clock.", '08:00'),
  period_end: clock("Until, by the location's own clock.", '22:00'),
});

const exceptionalPeriod = object('ExceptionalPeriod', 'An exception from the regular hours.', {
  period_begin: time('Its begin.', '2026-12-25T04:00:00Z'),
  period_end: time('Its end.', '2026-12-26T04:00:00Z'),
});

const openingHours = object('OpeningHours', 'When it is open, as OCPI 2.2.1 writes it.', {
  twentyfourseven: flag('Whether it never closes, exceptions aside.', false),
  regular_hours: z.array(regularHours),
  exceptional_openings: z.array(exceptionalPeriod),
  exceptional_closings: z.array(exceptionalPeriod),
});

const image = object('Image', 'A picture of the location.', {
  url: text('Where it is found.', 'https://example.com/plaza.jpg'),
  thumbnailUrl: text('Where a small one is found.', 'https://example.com/plaza-small.jpg').nullable(),
  type: word(IMAGE_CATEGORIES, 'What it shows.'),
  width: integer('In pixels.', 1280).nullable(),
  height: integer('In pixels.', 720).nullable(),
});

export const location = object('Location', 'A location with its hours, pictures and rating.', {
  ...base,
  openingHours: openingHours.nullable(),
  images: z.array(image),
  ...counts,
  ratingAverage: number('Stars, from 1 to 5; null before the first review.', 4.6).nullable(),
  ratingCount: integer('How many drivers rated it.', 28),
});

export const locationCharger = object('LocationCharger', 'A charger at a location.', {
  id: uuid('Names the charger.'),
  serialNumber: text('As the maker numbered it.', 'SN-204417').nullable(),
  status: chargerStatus,
  lastHeartbeat,
  isOnline,
  connectorCount,
});

const ownReview = {
  id: uuid('Names the review.'),
  rating: integer('Stars, from 1 to 5.', 5),
  comment: text('What the driver wrote.', 'Easy to find, and always free.').nullable(),
};

const moments = {
  createdAt: time('When it was first written.'),
  updatedAt: time('When it was last changed.'),
};

export const postedReview = object('PostedReview', "The driver's own review.", { ...ownReview, ...moments });

const review = object('Review', "A driver's review.", {
  ...ownReview,
  authorName: text('The first name of who wrote it.', 'Maya').nullable(),
  isMine: flag('Whether the driver who asks wrote it.', false),
  ...moments,
});

const ratingSummary = object('RatingSummary', 'All reviews in two figures.', {
  average: number('Stars; 0 before the first review.', 4.6),
  count: integer('How many reviews there are.', 28),
});

export const reviews = object('Reviews', 'What drivers say of a location, the newest first.', {
  summary: ratingSummary,
  reviews: z.array(review),
});

export const problemReport = object('ProblemReport', 'A report that the operator was alerted of.', {
  id: uuid('Names the alert.'),
  status: word(['received'], 'It was taken down.'),
});

export const branding = object('NetworkBranding', 'How a network looks to its drivers.', {
  networkId: uuid('Names the network.'),
  name: text('What it is called.', 'Demo Network'),
  logoUrl: text('Where its logo is found.', 'https://example.com/logo.svg').nullable(),
  faviconUrl: text("Where a browser tab's icon is found.", 'https://example.com/favicon.ico').nullable(),
  logoBackground: word(['light', 'dark'], 'What the logo is made for.'),
  primaryColor: text('Its first colour.', '#0B6E4F').nullable(),
  secondaryColor: text('Its second colour.', '#08A045').nullable(),
  termsUrl: text('Where its terms are read.', 'https://example.com/terms').nullable(),
  privacyUrl: text('Where it tells what it keeps of people.', 'https://example.com/privacy').nullable(),
});
