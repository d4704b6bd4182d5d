import { z } from 'zod';
import { flag, integer, text, time } from './answers/fields.ts';

const problem = z.strictObject({
  field: text('The parameter or the member of the body.', 'connectorNumber'),
  message: text('What is wrong with it.', 'must be a whole number of 32 bits'),
});
const details = z.array(problem).meta({ description: 'What is wrong, field by field.' }).optional();

const refusal = {
  error: text('A stable word for programs.', 'not_found'),
  message: text('For people.', 'No such resource.'),
};
const full = {
  ...refusal,
  code: text('The same as `error`.', 'not_found'),
  timestamp: time('When it was refused.'),
};

/** What is written around answers, and in their stead. */
export const ENVELOPES = {
  Pagination: z
    .strictObject({
      totalCount: integer('How many rows all pages have.', 42),
      page: integer('Which page this is, from 1.', 1),
      pageSize: integer('How many rows a page has.', 50),
      totalPages: integer('How many pages there are.', 1),
      hasNextPage: flag('Whether another one follows.', false),
      hasPreviousPage: flag('Whether one comes before.', false),
    })
    .meta({ description: 'Where in the list this page is.' }),
  WebhookPagination: z
    .strictObject({
      page: integer('Which page this is, from 1.', 1),
      page_size: integer('How many rows a page has.', 50),
      total_count: integer('How many rows all pages have.', 57),
      total_pages: integer('How many pages there are.', 2),
    })
    .meta({ description: 'Where in the list this page is.' }),
  Refusal: z.strictObject(full).meta({ description: 'Why nothing was done.' }),
  InvalidRequest: z
    .strictObject({ ...full, details })
    .meta({ description: 'Why the request cannot be used.' }),
  WebhookRefusal: z.strictObject(refusal).meta({ description: 'Why nothing was done.' }),
  WebhookInvalidRequest: z
    .strictObject({ ...refusal, details })
    .meta({ description: 'Why the request cannot be used.' }),
} as const;
