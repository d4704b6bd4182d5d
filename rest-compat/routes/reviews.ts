import { z } from 'zod';
import { PROBLEM_CATEGORIES } from '../../src/domains/locations/review.entity.ts';
import { postedReview, problemReport, reviews } from '../answers/locations.ts';
import { toGlobalId, toUuid } from '../ids.ts';
import { oneOf, optional, stars, text, uuid } from '../parameters.ts';
import { row } from '../row.ts';
import { time } from '../values.ts';

interface Rating {
  average: number | null;
  count: number;
}

interface Review {
  id: string;
  rating: number;
  comment: string | null;
  authorName: string | null;
  isMine: boolean;
  createdAt: string;
  updatedAt: string;
}

export const listReviews = row({
  method: 'GET',
  path: '/locations/{id}/reviews',
  title: 'Driver reviews and rating summary for a location',
  access: { scope: 'read', audience: 'public' },
  operation: `
    query Reviews($id: ID!) {
      location: node(id: $id) {
        ... on Location {
          rating { average count }
          reviews(first: 50) { nodes { id rating comment authorName isMine createdAt updatedAt } }
        }
      }
    }`,
  variables: ({ path }) => ({ id: toGlobalId('Location', path.id) }),
  response: reviews,
  answer: ({ location }: { location: { rating: Rating; reviews: { nodes: Review[] } } | null }) =>
    location && {
      summary: { average: location.rating.average ?? 0, count: location.rating.count },
      reviews: location.reviews.nodes.map(review => ({
        id: toUuid(review.id),
        rating: review.rating,
        comment: review.comment,
        authorName: review.authorName,
        isMine: review.isMine,
        createdAt: time(review.createdAt),
        updatedAt: time(review.updatedAt),
      })),
    },
});

export const postReview = row({
  method: 'POST',
  path: '/locations/{id}/reviews',
  title: "Create or update the driver's review for a location",
  access: { scope: 'write', audience: 'driver' },
  subject: 'Location',
  body: z.object({ rating: stars, comment: optional(text) }),
  operation: `
    mutation AddReview($input: AddReviewInput!) {
      result: addReview(input: $input) {
        ... on Review { id rating comment createdAt updatedAt }
        ... on Error { code message }
        ... on ValidationError { details { field message } }
      }
    }`,
  variables: ({ path, body }) => ({ input: { ...body, locationId: toGlobalId('Location', path.id) } }),
  response: postedReview,
  answer: ({ result }: { result: Review }) => ({
    id: toUuid(result.id),
    rating: result.rating,
    comment: result.comment,
    createdAt: time(result.createdAt),
    updatedAt: time(result.updatedAt),
  }),
});

export const reportProblem = row({
  method: 'POST',
  path: '/locations/{id}/report',
  title: 'Report a problem at a location',
  access: { scope: 'write', audience: 'driver' },
  subject: 'Location',
  body: z.object({ category: oneOf(PROBLEM_CATEGORIES), note: optional(text), chargerId: optional(uuid) }),
  operation: `
    mutation ReportProblem($input: ReportProblemInput!) {
      result: reportProblem(input: $input) {
        ... on ReportProblemPayload { alertId }
        ... on Error { code message }
        ... on ValidationError { details { field message } }
      }
    }`,
  variables: ({ path, body: { chargerId, ...input } }) => ({
    input: {
      ...input,
      locationId: toGlobalId('Location', path.id),
      chargerId: toGlobalId('Charger', chargerId),
    },
  }),
  response: problemReport,
  answer: ({ result }: { result: { alertId: string } }) => ({
    id: toUuid(result.alertId),
    status: 'received',
  }),
});
