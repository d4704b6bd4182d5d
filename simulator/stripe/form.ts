import { invalidRequest } from './errors.ts';

export type FormValue = string | FormValue[] | { [key: string]: FormValue };
export type Form = { [key: string]: FormValue };

type Node = string | Map<string, Node>;

/**
 * Decodes `a[b][0]=c`, the form encoding of Stripe's first API, from a body or a query string.
 * Maps whose keys are 0, 1, 2 … (or `[]`) are arrays.
 */
export function decodeForm(text: string): Form {
  const root = new Map<string, Node>();
  for (const [name, value] of new URLSearchParams(text)) put(root, pathOf(name), value, name);
  return Object.fromEntries([...root].map(([key, node]) => [key, plain(node)]));
}

function pathOf(name: string): string[] {
  const match = /^([^[\]]+)((?:\[[^[\]]*\])*)$/.exec(name);
  if (!match) throw invalidRequest(`Invalid request: the parameter name ${name} cannot be read`);
  return [match[1]!, ...[...match[2]!.matchAll(/\[([^[\]]*)\]/g)].map(part => part[1]!)];
}

function put(parent: Map<string, Node>, [key, ...rest]: string[], value: string, name: string): void {
  const at = key === '' ? String(parent.size) : key!;
  if (rest.length === 0) {
    parent.set(at, value);
    return;
  }
  const child = parent.get(at) ?? new Map<string, Node>();
  if (typeof child === 'string') throw invalidRequest(`Invalid hash`, { param: name });
  parent.set(at, child);
  put(child, rest, value, name);
}

function plain(node: Node): FormValue {
  if (typeof node === 'string') return node;
  const isArray = [...node.keys()].every((key, index) => key === String(index));
  return isArray
    ? [...node.values()].map(plain)
    : Object.fromEntries([...node].map(([key, child]) => [key, plain(child)]));
}
