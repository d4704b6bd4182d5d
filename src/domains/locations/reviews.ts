import { authorize, requireDriver, signedInDriver } from '../../auth/authorize.ts';
import type { Context } from '../../kernel/context.ts';
import { invalid } from '../../kernel/errors.ts';
import { newId } from '../../kernel/ids.ts';
import { type Page, type PageRequest, pagesOf } from '../../kernel/page.ts';
import { db } from '../db.ts';
import { requireVisibleLocation, visibleLocations } from './read-locations.ts';
import type { Review } from './review.entity.ts';

const MAX_COMMENT = 2000;

export interface NewReview {
  readonly locationId: string;
  /** Stars, 1 to 5. */
  readonly rating: number;
  readonly comment?: string | null;
}

/** Says what the signed-in driver thinks of a location; a second time replaces what they said before. */
export async function addReview(ctx: Context, input: NewReview): Promise<string> {
  const driver = requireDriver(ctx, 'write');
  const location = await requireVisibleLocation(ctx, input.locationId);
  if (!(Number.isInteger(input.rating) && input.rating >= 1 && input.rating <= 5)) {
    invalid('rating', 'must be a whole number from 1 to 5');
  }
  const comment = input.comment?.trim() || null;
  if (comment && comment.length > MAX_COMMENT)
    invalid('comment', `may have at most ${MAX_COMMENT} characters`);
  const now = ctx.now().toString();
  const said = { rating: input.rating, comment, updatedAt: now };
  const { id } = await db(ctx)
    .insertInto('reviews')
    .values({
      id: newId(),
      networkId: location.networkId,
      locationId: location.id,
      driverId: driver.id,
      createdAt: now,
      ...said,
    })
    .onConflict(conflict => conflict.constraint('reviews_driver_unique').doUpdateSet(said))
    .returning('id')
    .executeTakeFirstOrThrow();
  return id;
}

/** A review as the caller sees it. */
export type ReviewRow = Review & {
  /** The author's first name; null where that is none of the caller's networks' business. */
  readonly authorName: string | null;
};

/** The same page of the reviews of several locations, the newest first, by location. */
export async function reviewsOfLocations(
  ctx: Context,
  locationIds: readonly string[],
  request: PageRequest,
): Promise<Map<string, Page<ReviewRow>>> {
  authorize(ctx.viewer, 'read', 'public');
  return pagesOf<ReviewRow>(
    db(ctx),
    {
      query: reviews(ctx),
      parent: 'r.location_id',
      parentIds: locationIds,
      parentOf: (row: ReviewRow) => row.locationId,
    },
    {
      columns: ['r.created_at', 'r.id'],
      types: ['timestamptz', 'uuid'],
      descending: true,
      keyOf: row => [row.createdAt, row.id],
    },
    request,
  );
}

export async function loadReviews(ctx: Context, ids: readonly string[]): Promise<ReviewRow[]> {
  authorize(ctx.viewer, 'read', 'public');
  return (await reviews(ctx)
    .where('r.id', 'in', [...ids])
    .execute()) as ReviewRow[];
}

/** Whether the caller wrote it. */
export const isMine = (ctx: Context, review: ReviewRow): boolean =>
  review.driverId === signedInDriver(ctx.viewer)?.id;

/** Those of locations that the caller sees. */
const reviews = (ctx: Context) =>
  visibleLocations(ctx)
    .innerJoin('reviews as r', 'r.locationId', 'l.id')
    .leftJoin('drivers as d', join =>
      join.onRef('d.id', '=', 'r.driverId').on('d.networkId', 'in', [...ctx.scope.networkIds]),
    )
    .selectAll('r')
    .select('d.firstName as authorName');
