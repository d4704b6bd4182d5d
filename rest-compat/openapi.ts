import type { GraphQLSchema } from 'graphql';
import type { z } from 'zod';
import type { Audience } from '../src/auth/authorize.ts';
import { isBare } from './envelope.ts';
import { eventStream } from './event-stream.ts';
import { ENVELOPES } from './openapi-envelopes.ts';
import { EXAMPLES, INTRODUCTION, PARAMETERS, REFUSALS, ROUTES, TAGS } from './openapi-prose.ts';
import { refusalsOf, type Slug, statusOf } from './openapi-refusals.ts';
import { type Json, mapped, type NamedTypes, sampleOf, schemaOf } from './openapi-schemas.ts';
import { fieldOf } from './operation.ts';
import type { Row } from './row.ts';

export interface OpenApi extends Json {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Json>>>>;
}

const ENVELOPE_TYPES: NamedTypes = mapped(ENVELOPES, type => schemaOf(type, 'output', {}));

/** What the reference tells of: a row, or the event stream. */
type Route = Omit<Row, 'response' | 'variables' | 'answer'> & { readonly response?: z.ZodType };

/** The API reference (OpenAPI 3.1), printed from the rows. Throws where a row lacks what it needs. */
export function openApi(rows: readonly Row[], graph: GraphQLSchema): OpenApi {
  const named: NamedTypes = {};
  const refusals: Record<string, Json> = {};
  const routes: readonly Route[] = [...rows, { ...eventStream, otherContent: eventStream.content }];
  const paths: Record<string, Record<string, Json>> = {};
  for (const route of routes) {
    paths[route.path] = {
      ...paths[route.path],
      [route.method.toLowerCase()]: operationOf(route, graph, { named, refusals }),
    };
  }
  const isUsed = (name: string) => JSON.stringify({ paths, refusals }).includes(`/schemas/${name}"`);
  const tags = new Map(routes.map(route => tagOf(route.path)).map(tag => [tag.name, tag]));
  return {
    openapi: '3.1.1',
    info: {
      title: 'Chargegraph REST API',
      version: '1',
      description: INTRODUCTION,
      license: { name: 'Proprietary', identifier: 'LicenseRef-Proprietary' },
    },
    servers: [{ url: '/emsp/v1' }],
    tags: [...tags.values()],
    paths,
    components: {
      schemas: {
        ...Object.fromEntries(Object.entries(ENVELOPE_TYPES).filter(([name]) => isUsed(name))),
        ...named,
      },
      responses: refusals,
      parameters: PARAMETER_COMPONENTS,
      headers: HEADERS,
      securitySchemes: {
        apiKey: { type: 'apiKey', in: 'header', name: 'X-API-Key', description: 'Names the key that asks.' },
        driver: {
          type: 'http',
          scheme: 'bearer',
          bearerFormat: 'JWT',
          description: 'On top of the key: the access token of a signed-in driver.',
        },
      },
    },
  };
}

/** What routes share, as it is found. */
interface Shared {
  readonly named: NamedTypes;
  readonly refusals: Record<string, Json>;
}

function operationOf(route: Route, graph: GraphQLSchema, { named, refusals }: Shared): Json {
  const { type, field } = fieldOf(route.operation);
  return {
    operationId: operationId(route),
    summary: route.title,
    description: [ROUTES[keyOf(route)], who(route), `GraphQL: \`${type} ${field}\`.`]
      .filter(Boolean)
      .join('\n\n'),
    tags: [tagOf(route.path).name],
    security: SECURITY[route.access.audience],
    parameters: parametersOf(route, named),
    ...(route.body && { requestBody: bodyOf(route, route.body, named) }),
    responses: { ...answerOf(route, named), ...refusedAnswers(route, graph, refusals) },
  };
}

export const keyOf = ({ method, path }: Pick<Row, 'method' | 'path'>): string => `${method} ${path}`;

/** `GET /charging/sessions/{id}` is getChargingSessionsById. */
function operationId({ method, path }: Route): string {
  const words = path.split('/').map(part => (part.startsWith('{') ? `By-${part.slice(1, -1)}` : part));
  const parts = words.flatMap(word => word.split('-')).filter(Boolean);
  const [first, ...rest] = [method.toLowerCase(), ...parts];
  return first + rest.map(part => part[0]!.toUpperCase() + part.slice(1)).join('');
}

/** The tag of the longest begin that fits. */
function tagOf(path: string) {
  const [begin] = Object.keys(TAGS)
    .filter(prefix => path.startsWith(prefix))
    .sort((a, b) => b.length - a.length);
  if (!begin) throw new Error(`No tag of the API reference fits ${path}.`);
  return TAGS[begin]!;
}

const key = { apiKey: [] };
const keyAndDriver = { apiKey: [], driver: [] };
const SECURITY: Record<Audience, readonly Json[]> = {
  anyone: [{}, key],
  public: [key, keyAndDriver],
  either: [key, keyAndDriver],
  driver: [keyAndDriver],
  operator: [key],
};

export const WHO: Record<Audience, string> = {
  anyone: 'anyone, also without a key',
  public: 'any key',
  either: 'operators, and drivers for what is their own',
  driver: 'signed-in drivers',
  operator: 'operators',
};

const who = ({ access: { audience, scope } }: Route): string =>
  audience === 'anyone'
    ? `For ${WHO.anyone}.`
    : `For ${WHO[audience]}; the key needs the scope \`${scope}\`.`;

/** What the reference says of a parameter or a member of the body. */
export const described = (route: Pick<Row, 'method' | 'path'>, name: string): string | undefined =>
  PARAMETERS[`${keyOf(route)} ${name}`] ?? PARAMETERS[name];

const PARAMETER_COMPONENTS = {
  RequestId: {
    name: 'X-Request-Id',
    in: 'header',
    description: 'Names the request in the answer and in the log; one is made where it is left out.',
    schema: { type: 'string' },
  },
  IdempotencyKey: {
    name: 'Idempotency-Key',
    in: 'header',
    description:
      'For 24 hours the same request under the same key gets the same answer and has no second effect.',
    schema: { type: 'string', pattern: '^[\\x21-\\x7e]{1,255}$' },
  },
};

const SENT_IN_HEADERS = ['Last-Event-ID'];

function parametersOf(route: Route, named: NamedTypes): Json[] {
  const inPath = [...route.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    description: described(route, name!),
    schema: { type: 'string', ...(!route.freePath?.includes(name!) && { format: 'uuid' }) },
  }));
  const { properties = {}, required = [] } = (route.query ? schemaOf(route.query, 'input', named) : {}) as {
    properties?: Record<string, Json>;
    required?: string[];
  };
  const inQuery = Object.entries(properties).map(([name, schema]) => ({
    name,
    in: SENT_IN_HEADERS.includes(name) ? 'header' : 'query',
    ...(required.includes(name) && { required: true }),
    description: described(route, name),
    // several values in one parameter, separated by commas
    ...(schema.type === 'array' && { style: 'form', explode: false }),
    schema,
  }));
  const isRepeatable = route.method === 'POST' && !route.path.startsWith('/auth/driver/');
  const shared = [...(isRepeatable ? ['IdempotencyKey'] : []), 'RequestId'];
  return [...inPath, ...inQuery, ...shared.map(name => ({ $ref: `#/components/parameters/${name}` }))];
}

function bodyOf(route: Route, body: z.ZodType, named: NamedTypes): Json {
  const schema = schemaOf(body, 'input', named) as Json & {
    properties: Record<string, Json>;
    required?: string[];
  };
  const properties = mapped(schema.properties, (member, name) => ({
    ...member,
    description: described(route, name),
    ...(name in EXAMPLES && { examples: [EXAMPLES[name]] }),
  }));
  const told = { ...schema, properties };
  return {
    // an empty body is the same as {}
    required: (schema.required ?? []).length > 0,
    content: { 'application/json': { schema: told, example: sampleOf(told, named) } },
  };
}

const DONE = { 200: 'Answered.', 201: 'Made.', 202: 'Taken on.', 204: 'Done; nothing is written.' };

function answerOf(route: Route, named: NamedTypes): Json {
  const { status = 200, response, otherContent = {} } = route;
  const other = mapped(otherContent, description => ({ schema: { type: 'string', description } }));
  if (status === 204) return { 204: { description: DONE[status], headers: ANSWER_HEADERS } };
  if (!response && Object.keys(other).length === 0)
    throw new Error(`${keyOf(route)} does not say what it answers.`);
  const schema = response && enveloped(route, schemaOf(response, 'output', named));
  const json = schema && {
    'application/json': { schema, example: sampleOf(schema, { ...named, ...ENVELOPE_TYPES }) },
  };
  return { [status]: { description: DONE[status], headers: ANSWER_HEADERS, content: { ...json, ...other } } };
}

/** What is written around the answer; a page's `list` becomes the data. */
function enveloped(route: Route, answer: Json): Json {
  const list = (answer.properties as { list?: Json; totalCount?: Json } | undefined)?.list;
  const isPage = list !== undefined && 'totalCount' in (answer.properties as object);
  const properties = {
    data: isPage ? list : answer,
    ...(!isBare(route.path) && {
      success: { type: 'boolean', const: true },
      timestamp: { type: 'string', format: 'date-time', examples: ['2026-06-19T18:42:09Z'] },
    }),
    ...(isPage && {
      pagination: { $ref: `#/components/schemas/${isBare(route.path) ? 'WebhookPagination' : 'Pagination'}` },
    }),
  };
  return { type: 'object', properties, required: Object.keys(properties), additionalProperties: false };
}

/** The refusals of one status share an answer, and routes that are refused alike share it too. */
function refusedAnswers(route: Route, graph: GraphQLSchema, refusals: Record<string, Json>): Json {
  const slugs = Map.groupBy(refusalsOf(route, graph), statusOf);
  return Object.fromEntries(
    [...slugs].map(([status, same]) => {
      const name = (isBare(route.path) ? 'Webhook' : '') + same.map(pascalCase).join('Or');
      refusals[name] ??= refused(route, status, same);
      return [status, { $ref: `#/components/responses/${name}` }];
    }),
  );
}

const pascalCase = (slug: string): string =>
  slug
    .split('_')
    .map(word => word[0]!.toUpperCase() + word.slice(1))
    .join('');

function refused(route: Route, status: number, slugs: readonly Slug[]): Json {
  const first = slugs.find(slug => slug === 'validation_error') ?? slugs[0];
  const words = { type: 'string', enum: slugs };
  const type = `${isBare(route.path) ? 'Webhook' : ''}${status === 400 ? 'InvalidRequest' : 'Refusal'}`;
  const members: Record<string, Json> = isBare(route.path) ? { error: words } : { error: words, code: words };
  const schema = {
    allOf: [{ $ref: `#/components/schemas/${type}` }, { type: 'object', properties: members }],
  };
  const sample = sampleOf({ $ref: schema.allOf[0]!.$ref }, ENVELOPE_TYPES) as Json;
  return {
    description: slugs.map(slug => `\`${slug}\`: ${REFUSALS[slug]}`).join('\n\n'),
    headers: {
      ...ANSWER_HEADERS,
      ...(status === 429 && { 'Retry-After': { $ref: '#/components/headers/RetryAfter' } }),
    },
    content: {
      'application/json': {
        schema,
        example: { ...sample, ...mapped(members, () => first), message: REFUSALS[first!] },
      },
    },
  };
}

const HEADERS = {
  RequestId: { description: 'Names the request in the log.', schema: { type: 'string' } },
  RetryAfter: { description: 'Seconds to wait.', schema: { type: 'integer' } },
};
const ANSWER_HEADERS = { 'X-Request-Id': { $ref: '#/components/headers/RequestId' } };
