import { addReview, isMine, reviewsOfLocations } from '../src/domains/locations/reviews.ts';
import { batchedPages } from './batched.ts';
import { builder, inSubGraph } from './builder.ts';
import { toConnection } from './connection.ts';
import { commonErrors } from './errors.ts';
import { LocationRef, ReviewRef } from './refs.ts';

ReviewRef.implement({
  description: 'What a driver thinks of a location: one review for each pair.',
  fields: t => ({
    rating: t.exposeInt('rating', { description: 'Stars, 1 to 5.' }),
    comment: t.exposeString('comment', { nullable: true }),
    authorName: t.exposeString('authorName', { nullable: true, description: 'First name.' }),
    isMine: t.boolean({
      description: 'The signed-in driver wrote it.',
      resolve: (review, _, ctx) => isMine(ctx, review),
    }),
    location: t.field({ type: LocationRef, resolve: review => review.locationId }),
    createdAt: t.expose('createdAt', { type: 'DateTime' }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime' }),
  }),
});

const AddReviewInput = builder.inputType('AddReviewInput', {
  fields: t => ({
    locationId: t.globalID({ required: true, for: LocationRef }),
    rating: t.int({ required: true, description: 'Stars, 1 to 5.' }),
    comment: t.string(),
  }),
});

const drivers = inSubGraph('drivers');

const reviewsOf = batchedPages(reviewsOfLocations);

drivers.objectField(LocationRef, 'reviews', t =>
  t.connection({
    type: ReviewRef,
    description: 'The newest first.',
    resolve: async (location, args, ctx) => toConnection(await reviewsOf(ctx, location.id, args)),
  }),
);

drivers.mutationField('addReview', t =>
  t.field({
    type: ReviewRef,
    description:
      "Adds the signed-in driver's review, or replaces the one that they gave before. Scope: write.",
    errors: { types: commonErrors },
    args: { input: t.arg({ type: AddReviewInput, required: true }) },
    resolve: (_, { input }, ctx) => addReview(ctx, { ...input, locationId: input.locationId.id }),
  }),
);
