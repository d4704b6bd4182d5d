import { type Books, findById } from './books.ts';
import { invalidRequest } from './errors.ts';
import { list } from './lists.ts';

type Fields = Record<string, unknown>;

/** What may be expanded, by the object it stands in: https://docs.stripe.com/api/expanding_objects */
const EXPANDABLE: Readonly<Record<string, readonly string[]>> = {
  charge: ['customer', 'payment_intent', 'refunds'],
  'checkout.session': ['customer', 'setup_intent'],
  customer: ['invoice_settings.default_payment_method'],
  dispute: ['charge', 'payment_intent'],
  payment_intent: ['customer', 'latest_charge', 'payment_method'],
  payment_method: ['customer'],
  refund: ['charge', 'payment_intent'],
  setup_intent: ['customer', 'payment_method'],
};

/** A copy of the answer in which the ids at the paths are the objects themselves. */
export function expandAnswer(books: Books, answer: object, paths: readonly string[]): object {
  const copy = structuredClone(answer) as Fields;
  for (const path of paths) {
    const [first, ...rest] = path.split('.');
    if (rest.length > 3) throw invalidRequest(`You cannot expand more than 4 levels of a property (${path})`);
    if (copy.object !== 'list' && copy.object !== 'search_result') {
      expandIn(books, copy, [first!, ...rest], path);
    } else if (first === 'data') {
      for (const item of copy.data as Fields[]) expandIn(books, item, rest, path);
    } else {
      throw notExpandable(path);
    }
  }
  return copy;
}

const notExpandable = (path: string) =>
  invalidRequest(`This property cannot be expanded (${path}).`, { param: 'expand' });

function expandIn(books: Books, object: Fields, [name, ...rest]: string[], path: string): void {
  if (name === undefined) return;
  const allowed = EXPANDABLE[object.object as string] ?? [];
  const nested = allowed.find(field => field.startsWith(`${name}.`));
  if (nested) {
    const inner = object[name] as Fields;
    const [field, ...deeper] = rest;
    if (field === undefined || nested !== `${name}.${field}`) throw notExpandable(path);
    replace(books, inner, field, deeper, path);
  } else if (allowed.includes(name)) {
    replace(books, object, name, rest, path);
  } else {
    throw notExpandable(path);
  }
}

function replace(books: Books, holder: Fields, name: string, rest: string[], path: string): void {
  if (holder.object === 'charge' && name === 'refunds') {
    const refunds = [...books.refunds.values()].filter(refund => refund.charge === holder.id);
    holder.refunds = structuredClone(list(`/v1/charges/${holder.id}/refunds`, refunds, {}));
    return;
  }
  const value = holder[name];
  if (typeof value === 'string') holder[name] = structuredClone(findById(books, value) ?? value);
  if (typeof holder[name] === 'object' && holder[name] !== null) {
    expandIn(books, holder[name] as Fields, rest, path);
  }
}
