import { readFileSync } from 'node:fs';
import { isUuid } from '../../src/kernel/ids.ts';

// The integrators' contract, test/contract.json: which members an answer has, how they nest, their JSON types.

export interface ContractField {
  readonly name: string;
  readonly type: string;
  readonly format?: string;
  readonly description?: string;
}

export interface ContractParameter extends ContractField {
  readonly in: 'path' | 'query';
}

/** `fields` is flat, in document order; the nesting is the example's. */
export interface ContractResponse {
  readonly fields: readonly ContractField[];
  readonly example?: unknown;
}

export interface ContractRoute {
  readonly method: string;
  readonly path: string;
  readonly params: readonly ContractParameter[];
  readonly body: readonly ContractField[];
  readonly responses: Readonly<Record<string, ContractResponse>>;
}

const contract = JSON.parse(readFileSync(new URL('../contract.json', import.meta.url), 'utf8')) as {
  readonly basePath: string;
  readonly routes: readonly ContractRoute[];
};

export const contractRoutes: readonly ContractRoute[] = contract.routes;

/** Routes that semantics.md adds, as the contract would have them. */
export const routesBeyond: readonly ContractRoute[] = [
  {
    method: 'GET',
    path: `${contract.basePath}/locations/search`,
    params: ['lat', 'lng', 'radiusKm'].map(name => ({ name, in: 'query', type: 'number', format: 'double' })),
    body: [],
    responses: contractRoutes.find(
      ({ method, path }) => method === 'GET' && path === `${contract.basePath}/locations`,
    )!.responses,
  },
  {
    method: 'GET',
    path: `${contract.basePath}/push/config`,
    params: [],
    body: [],
    responses: {
      200: {
        fields: [
          { name: 'data', type: 'object' },
          { name: 'publicKey', type: 'string' },
          { name: 'success', type: 'boolean' },
          { name: 'timestamp', type: 'object', format: 'date-time' },
        ],
        example: { data: { publicKey: 'string' }, success: true, timestamp: '2026-06-19T18:42:09Z' },
      },
    },
  },
];

/** Members that a route's description tells of, and its table of the body does not. */
const MEMBERS_IN_PROSE: Readonly<Record<string, readonly ContractField[]>> = {
  'POST /chargers/{id}/reboot': [{ name: 'type', type: 'string' }],
};

/** The route as documented; the path is given below the base path. */
export function documentedRoute(method: string, path: string): ContractRoute {
  const route = [...contractRoutes, ...routesBeyond].find(
    candidate => candidate.method === method && candidate.path === contract.basePath + path,
  );
  if (!route) throw new Error(`The contract has no route ${method} ${path}.`);
  return { ...route, body: [...route.body, ...(MEMBERS_IN_PROSE[`${method} ${path}`] ?? [])] };
}

type Scalar = 'integer' | 'number' | 'string' | 'uuid' | 'instant' | 'boolean';

/** What is not documented any further. */
type Whole = 'object' | 'list';

/** What an answer, or a part of it, must look like. */
export type Shape =
  | { readonly kind: Scalar | Whole }
  | { readonly kind: 'array'; readonly item: Shape }
  | { readonly kind: 'members'; readonly members: Readonly<Record<string, Shape>> };

/** The shape of a documented answer: nesting from its example, types from its fields. */
export function shapeOf(route: ContractRoute, status: string): Shape {
  const { fields, example } = route.responses[status]!;
  const left = [...fields];
  const namedAlike = typesByName(route, fields);

  const documented = (value: unknown): Shape => {
    const members = Object.entries(value as object).map(([name, member]): [string, Shape] => {
      const field = left.shift();
      if (field?.name !== name) throw new Error(`The fields do not follow the example at "${name}".`);
      if (isObject(member)) return [name, documented(member)];
      if (Array.isArray(member)) return [name, listOf(name, member)];
      return [name, { kind: kindOf(field) }];
    });
    return { kind: 'members', members: Object.fromEntries(members) };
  };
  const listOf = (name: string, list: readonly unknown[]): Shape => {
    if (list.length === 0) throw new Error(`The example's list "${name}" is empty.`);
    return { kind: 'array', item: undocumented(name, list[0]) };
  };
  /** What is inside a list stands in the example alone. */
  const undocumented = (name: string, value: unknown): Shape => {
    if (Array.isArray(value)) return listOf(name, value);
    if (!isObject(value)) return { kind: namedAlike.get(name) ?? kindOfExample(name, value) };
    const members = Object.entries(value).map(([name, member]) => [name, undocumented(name, member)]);
    return { kind: 'members', members: Object.fromEntries(members) };
  };

  const shape = documented(example);
  if (left.length > 0) throw new Error(`The example lacks "${left[0]!.name}".`);
  return shape;
}

/** The types that a route's list items take: those of the fields of the same name in its detail route, or its own. */
function typesByName(route: ContractRoute, own: readonly ContractField[]): Map<string, Scalar | Whole> {
  const detail = contractRoutes.find(
    ({ method, path }) =>
      method === 'GET' &&
      path.startsWith(`${route.path}/`) &&
      /^\{\w+\}$/.test(path.slice(route.path.length + 1)),
  );
  const fields = [...own, ...(detail?.responses['200']?.fields ?? [])];
  return new Map(
    fields.filter(field => !field.type.startsWith('array')).map(field => [field.name, kindOf(field)]),
  );
}

function kindOf({ name, type, format, description }: ContractField): Scalar | Whole {
  if (format === 'date-time') return 'instant';
  if (format === 'uuid') return 'uuid';
  if (format === 'double') return 'number';
  if (type === 'object' && description && /\ban array\b/.test(description)) return 'list';
  if (['integer', 'number', 'string', 'boolean', 'object'].includes(type)) return type as Scalar;
  throw new Error(`The field "${name}" has the type "${type}".`);
}

function kindOfExample(name: string, value: unknown): Scalar {
  if (typeof value === 'string') return isUuid(value) ? 'uuid' : isInstant(value) ? 'instant' : 'string';
  if (typeof value === 'number' || typeof value === 'boolean') return typeof value as Scalar;
  // one member, an invoice line's sessionDate; each other one of that ending is a date-time
  if (value === null && name.endsWith('Date')) return 'instant';
  throw new Error(`Neither a field nor an example says what "${name}" is.`);
}

/** Whole seconds in UTC. */
const isInstant = (text: string): boolean =>
  /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(text) && !Number.isNaN(Date.parse(text));

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const IS: Record<Scalar | Whole, (value: unknown) => boolean> = {
  integer: value => Number.isInteger(value),
  number: value => typeof value === 'number',
  string: value => typeof value === 'string',
  uuid: value => typeof value === 'string' && isUuid(value),
  instant: value => typeof value === 'string' && isInstant(value),
  boolean: value => typeof value === 'boolean',
  object: isObject,
  list: Array.isArray,
};

/**
 * What is wrong with an answer, each problem with its path; nothing, where it has exactly the members of the shape,
 * of their types. Null may stand for any value but the answer itself, a list, and what the envelope has of its own.
 */
export function conforms(shape: Shape, answer: unknown): string[] {
  if (!isObject(answer)) return ['is no object'];
  const nulls = ['success', 'timestamp', 'pagination', 'data'].filter(name => answer[name] === null);
  return [...problems(shape, answer, ''), ...nulls.map(name => `${name}: is null`)];
}

function problems(shape: Shape, value: unknown, path: string): string[] {
  if (shape.kind === 'array') {
    if (!Array.isArray(value)) return [`${path}: is ${described(value)}, not a list`];
    return value.flatMap((item, at) =>
      item === null ? [`${path}[${at}]: is null`] : problems(shape.item, item, `${path}[${at}]`),
    );
  }
  if (value === null) return [];
  if (shape.kind !== 'members') {
    return IS[shape.kind](value) ? [] : [`${path}: is ${described(value)}, not of type ${shape.kind}`];
  }
  if (!isObject(value)) return [`${path}: is ${described(value)}, not an object`];
  const below = (name: string) => (path ? `${path}.${name}` : name);
  return [
    ...Object.keys(value)
      .filter(name => !(name in shape.members))
      .map(name => `${below(name)}: is not documented`),
    ...Object.entries(shape.members).flatMap(([name, member]) =>
      name in value ? problems(member, value[name], below(name)) : [`${below(name)}: is missing`],
    ),
  ];
}

const described = (value: unknown): string => JSON.stringify(value) ?? 'undefined';

/** The members of the shape that had a value in none of the answers, and the lists that were empty in all. */
export function neverSeen(shape: Shape, answers: readonly unknown[], path = ''): string[] {
  const present = answers.filter(answer => answer !== null && answer !== undefined);
  if (present.length === 0) return [path];
  if (shape.kind === 'array') return neverSeen(shape.item, present.flat(), `${path}[]`);
  if (shape.kind !== 'members') return [];
  return Object.entries(shape.members).flatMap(([name, member]) =>
    neverSeen(
      member,
      present.map(answer => (answer as Record<string, unknown>)[name]),
      path ? `${path}.${name}` : name,
    ),
  );
}
