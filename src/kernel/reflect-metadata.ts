/*
 * What @peculiar/x509's container (tsyringe) needs of the Reflect metadata proposal: metadata of a target under a key,
 * its own or inherited. Import this before the library.
 */

type Key = string | symbol;
const metadata = new WeakMap<object, Map<Key, unknown>>();

const own = (key: Key, target: object): unknown => metadata.get(target)?.get(key);

function inherited(key: Key, target: object): unknown {
  for (let at: object | null = target; at; at = Object.getPrototypeOf(at)) {
    if (metadata.get(at)?.has(key)) return own(key, at);
  }
  return undefined;
}

function define(key: Key, value: unknown, target: object): void {
  const known = metadata.get(target) ?? new Map<Key, unknown>();
  metadata.set(target, known.set(key, value));
}

if (!('getMetadata' in Reflect)) {
  Object.assign(Reflect, {
    defineMetadata: define,
    getMetadata: inherited,
    getOwnMetadata: own,
    hasOwnMetadata: (key: Key, target: object) => metadata.get(target)?.has(key) ?? false,
    metadata: (key: Key, value: unknown) => (target: object) => define(key, value, target),
  });
}
