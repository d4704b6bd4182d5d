import { isUuid } from '../src/kernel/ids.ts';
import type { Row } from './row.ts';

const ANOTHER_ID = '019a3c5e-0000-7000-8000-000000000000';

/**
 * Where each member of a route's body goes: the variables of its operation that change with it, in the order of the
 * body. `example` is a body that the route takes.
 */
export function bodyFields(row: Row, example: unknown): [member: string, variables: string[]][] {
  if (!row.body) return [];
  const body = row.body.parse(example) as Record<string, unknown>;
  const variables = (given: Record<string, unknown>) =>
    leaves(row.variables({ path: pathOf(row), query: undefined as never, body: given as never }));
  const before = variables(body);
  return Object.entries(body).map(([member, value]) => {
    const after = variables({ ...body, [member]: another(value) });
    const names = [...new Set([...before.keys(), ...after.keys()])];
    return [member, names.filter(name => before.get(name) !== after.get(name))];
  });
}

const pathOf = ({ path }: Row): Record<string, string> =>
  Object.fromEntries([...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => [name!, ANOTHER_ID]));

/** A value of the same kind. */
function another(value: unknown): unknown {
  if (typeof value === 'boolean') return !value;
  if (typeof value === 'number') return value + 1;
  if (typeof value === 'string') return isUuid(value) ? ANOTHER_ID : `${value}x`;
  if (Array.isArray(value)) return value.map(another);
  return Object.fromEntries(Object.entries(value ?? {}).map(([name, it]) => [name, another(it)]));
}

function leaves(value: unknown, name = '', found = new Map<string, string>()): Map<string, string> {
  if (typeof value === 'object' && value !== null) {
    const isList = Array.isArray(value);
    for (const [key, member] of Object.entries(value)) {
      leaves(member, isList ? `${name}[]` : name ? `${name}.${key}` : key, found);
    }
  } else {
    found.set(name, `${found.get(name) ?? ''}${JSON.stringify(value)}`);
  }
  return found;
}
