import type Stripe from 'stripe';
import { z } from 'zod';
import { missing } from './errors.ts';
import { list } from './lists.ts';
import { operation } from './operation.ts';
import { accepts, emptyable, ignored, listOf, mergeMetadata, metadata, text } from './params.ts';
import { attach, detach } from './payment-methods.ts';
import { emit, found, newId, type Step, seconds } from './world.ts';

const fields = {
  address: ignored,
  description: emptyable.optional(),
  email: emptyable.max(512).optional(),
  invoice_settings: z
    .strictObject({ default_payment_method: emptyable.optional(), custom_fields: ignored, footer: ignored })
    .optional(),
  metadata,
  name: emptyable.max(256).optional(),
  phone: emptyable.optional(),
  preferred_locales: ignored,
};
const changes = accepts(fields);

export const customerOf = (step: Step, id: string, param?: string): Stripe.Customer =>
  found(step.books.customers, 'customer', id, param);

function apply(step: Step, customer: Stripe.Customer, params: z.infer<typeof changes>): void {
  for (const name of ['description', 'email', 'name', 'phone'] as const) {
    const value = params[name];
    if (value !== undefined) customer[name] = value === '' ? null : value;
  }
  const chosen = params.invoice_settings?.default_payment_method;
  if (chosen === '') customer.invoice_settings.default_payment_method = null;
  else if (chosen !== undefined) {
    const method = step.books.paymentMethods.get(chosen);
    if (method?.customer !== customer.id)
      throw missing('PaymentMethod', chosen, 'invoice_settings[default_payment_method]');
    customer.invoice_settings.default_payment_method = chosen;
  }
  customer.metadata = mergeMetadata(customer.metadata, params.metadata);
}

function create(
  step: Step,
  params: z.infer<typeof changes> & { payment_method?: string | undefined },
): Stripe.Customer {
  const customer: Stripe.Customer = {
    id: newId('cus'),
    object: 'customer',
    address: null,
    balance: 0,
    created: seconds(step),
    currency: null,
    default_source: null,
    delinquent: false,
    description: null,
    discount: null,
    email: null,
    invoice_settings: {
      custom_fields: null,
      default_payment_method: null,
      footer: null,
      rendering_options: null,
    },
    livemode: false,
    metadata: {},
    name: null,
    phone: null,
    shipping: null,
  };
  const saved = params.payment_method && attach(step, params.payment_method, customer.id);
  step.books.customers.set(customer.id, customer);
  apply(step, customer, params);
  emit(step, 'customer.created', customer);
  if (saved) emit(step, 'payment_method.attached', saved);
  return customer;
}

function update(step: Step, params: z.infer<typeof changes>, id: string): Stripe.Customer {
  const customer = customerOf(step, id);
  const previous = structuredClone(customer);
  apply(step, customer, params);
  emit(step, 'customer.updated', customer, previous);
  return customer;
}

function remove(step: Step, id: string): object {
  const customer = customerOf(step, id);
  for (const method of step.books.paymentMethods.values()) {
    if (method.customer === id) detach(step, method);
  }
  step.books.customers.delete(id);
  step.books.deletedCustomers.add(id);
  emit(step, 'customer.deleted', customer);
  return tombstone(id);
}

const tombstone = (id: string) => ({ id, object: 'customer', deleted: true });

const ofType = (step: Step, customer: string, type: string | undefined) =>
  [...step.books.paymentMethods.values()].filter(
    method => method.customer === customer && (type === undefined || method.type === type),
  );

const methodFilter = { type: text.optional(), allow_redisplay: ignored };

export const customerOperations = [
  operation(
    'customers.create',
    'POST',
    '/v1/customers',
    accepts({ ...fields, payment_method: text.optional() }),
    create,
  ),
  operation('customers.retrieve', 'GET', '/v1/customers/:id', accepts({}), (step, _, id) =>
    step.books.deletedCustomers.has(id) ? tombstone(id) : customerOf(step, id),
  ),
  operation('customers.update', 'POST', '/v1/customers/:id', changes, update),
  operation('customers.del', 'DELETE', '/v1/customers/:id', accepts({}), (step, _, id) => remove(step, id)),
  operation('customers.list', 'GET', '/v1/customers', listOf({ email: text.optional() }), (step, params) =>
    list(
      '/v1/customers',
      [...step.books.customers.values()].filter(
        ({ email }) => params.email === undefined || params.email === email,
      ),
      params,
    ),
  ),
  operation(
    'customers.listPaymentMethods',
    'GET',
    '/v1/customers/:id/payment_methods',
    listOf(methodFilter),
    (step, params, id) =>
      list(`/v1/customers/${id}/payment_methods`, ofType(step, customerOf(step, id).id, params.type), params),
  ),
  operation(
    'payment_methods.list',
    'GET',
    '/v1/payment_methods',
    listOf({ ...methodFilter, customer: text.optional() }),
    (step, params) =>
      list(
        '/v1/payment_methods',
        params.customer ? ofType(step, customerOf(step, params.customer, 'customer').id, params.type) : [],
        params,
      ),
  ),
];
