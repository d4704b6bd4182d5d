import { z } from 'zod';
import { user } from '../answers/drivers.ts';
import { page } from '../answers/fields.ts';
import { toGlobalId, toUuid } from '../ids.ts';
import { optional, paging, sliceOf, text } from '../parameters.ts';
import { row } from '../row.ts';
import { kilo, time } from '../values.ts';

interface Driver {
  id: string;
  email: string;
  firstName: string;
  lastName: string;
  phoneNumber: string | null;
  address: string | null;
  city: string | null;
  state: string | null;
  postalCode: string | null;
  country: string | null;
  createdAt: string;
  updatedAt: string | null;
  totals: { sessions: number; energyWh: string; spent: { amount: string; currency: string } };
}

const DRIVER = `
  fragment User on Driver {
    id email firstName lastName phoneNumber address city state postalCode country createdAt updatedAt
    totals { sessions energyWh spent { amount currency } }
  }`;

const userOf = ({ id, createdAt, updatedAt, totals, ...driver }: Driver) => ({
  id: toUuid(id),
  ...driver,
  createdAt: time(createdAt),
  lastUpdated: time(updatedAt),
  totalSessions: totals.sessions,
  totalEnergyKwh: kilo(totals.energyWh),
  totalSpent: Number(totals.spent.amount),
  currency: totals.spent.currency,
});

const details = {
  phoneNumber: optional(text),
  address: optional(text),
  city: optional(text),
  state: optional(text),
  postalCode: optional(text),
  country: optional(text),
};

const RESULT = `
  ... on Driver { ...User }
  ... on Error { code message }
  ... on ValidationError { details { field message } }`;

export const listUsers = row({
  method: 'GET',
  path: '/users',
  title: 'List users',
  access: { scope: 'read', audience: 'operator' },
  query: z.object({ ...paging, search: text.optional() }),
  operation: `
    query Users($first: Int!, $offset: Int!, $text: String) {
      drivers(first: $first, offset: $offset, text: $text) { totalCount nodes { ...User } }
    } ${DRIVER}`,
  variables: ({ query: { search, ...slice } }) => ({
    ...sliceOf(slice),
    text: search,
  }),
  response: page(user),
  answer: ({ drivers }: { drivers: { totalCount: number; nodes: Driver[] } }) => ({
    list: drivers.nodes.map(userOf),
    totalCount: drivers.totalCount,
  }),
});

export const createUser = row({
  method: 'POST',
  path: '/users',
  title: 'Create a user',
  access: { scope: 'write', audience: 'operator' },
  body: z.object({ email: text, firstName: text, lastName: text, ...details }),
  operation: `
    mutation CreateUser($input: CreateDriverInput!) {
      result: createDriver(input: $input) { ${RESULT} }
    } ${DRIVER}`,
  variables: ({ body }) => ({ input: body }),
  response: user,
  answer: ({ result }: { result: Driver }) => userOf(result),
  status: 201,
});

export const getUser = row({
  method: 'GET',
  path: '/users/{id}',
  title: 'Get a user',
  access: { scope: 'read', audience: 'operator' },
  operation: `query User($id: ID!) { user: node(id: $id) { ...User } } ${DRIVER}`,
  variables: ({ path }) => ({ id: toGlobalId('Driver', path.id) }),
  response: user,
  answer: ({ user }: { user: Driver | null }) => user && userOf(user),
});

export const updateUser = row({
  method: 'PUT',
  path: '/users/{id}',
  subject: 'Driver',
  title: 'Update a user',
  access: { scope: 'write', audience: 'operator' },
  body: z.object({
    email: text.nullish(),
    firstName: text.nullish(),
    lastName: text.nullish(),
    phoneNumber: text.nullish(),
    address: text.nullish(),
    city: text.nullish(),
    state: text.nullish(),
    postalCode: text.nullish(),
    country: text.nullish(),
  }),
  operation: `
    mutation UpdateUser($input: UpdateDriverInput!) {
      result: updateDriver(input: $input) { ${RESULT} }
    } ${DRIVER}`,
  variables: ({ path, body }) => ({ input: { ...body, id: toGlobalId('Driver', path.id) } }),
  response: user,
  answer: ({ result }: { result: Driver }) => userOf(result),
});
