import { z } from 'zod';
import { flag, integer, number, object, text, time, uuid, word } from './fields.ts';

const mode = word(['phevnix_managed'], 'Who takes the money: the network, by itself.');
const currency = text('ISO 4217.', 'USD');

export const paymentConfig = object('PaymentConfig', 'How a network takes payments.', {
  paymentMode: mode,
  phevnixBillingAvailable: flag('Whether it takes payments now.'),
  provider: text('Who handles the cards.', 'stripe'),
  publishableKey: text("The provider's key for apps; null where none is set.", 'pk_live_51AbCdEf').nullable(),
  currency,
  methods: z.array(text('A way to pay.', 'card')).meta({ description: 'How drivers may pay.' }),
  preAuthorizationAmount: number('What is held on the card when a charge begins.', 25).nullable(),
  minimumAmount: number('A bill below is waived.', 1).nullable(),
  maximumAmount: number('No more than this is ever taken for a session.', 500).nullable(),
});

const card = object('Card', 'A card that the driver has saved.', {
  id: text("The provider's name for it.", 'pm_1AbCdEfGhIjKlMnOpQrStUvW'),
  brand: text('Whose card it is.', 'visa'),
  last4: text('Its last four digits.', '4242'),
  expMonth: integer('The month in which it expires.', 12),
  expYear: integer('The year in which it expires.', 2029),
  isDefault: flag('Whether charges are paid with it.'),
});

export const cards = object('Cards', 'What the driver may pay with.', {
  paymentMode: mode,
  methods: z.array(card).meta({ description: 'The saved cards.' }),
});

export const setupIntent = object('SetupIntent', 'What an app needs to save a card.', {
  clientSecret: text("For the provider's form.", 'seti_1AbCdEf_secret_MnOpQr'),
  publishableKey: text("The provider's key for apps.", 'pk_live_51AbCdEf'),
});

export const setupCheckout = object('SetupCheckout', 'A page on which to save a card.', {
  url: text('Where it is.', 'https://checkout.stripe.com/c/pay/cs_live_a1B2c3'),
});

export const paymentReport = object('PaymentReport', 'How the payment of a session stands.', {
  paymentMode: mode,
  sessionId: uuid('The session.'),
  sessionStatus: text('How the session stands.', 'completed'),
  paymentStatus: word(['authorized', 'captured', 'failed', 'refunded'], 'How its payment stands.').nullable(),
  isFree: flag('Whether nothing is to be paid.', false),
  total: number('What it costs, tax included.', 8.45),
  currency,
  captured: flag('Whether it has been paid.'),
  note: text('What happens by itself.', 'The final amount is taken from the hold when the session stops.'),
});

const line = object('InvoiceLine', 'One session on an invoice.', {
  transactionId: uuid('Its bill.'),
  sessionDate: time('When it began.'),
  locationName: text('Where it was.', 'Isla Verde Mall').nullable(),
  energyKwh: number('Delivered, in kWh.', 18.64),
  amount: number('Tax included.', 9.32),
});

export const invoice = object('Invoice', 'Bills of one driver on a numbered document.', {
  id: uuid('Names the invoice.'),
  invoiceNumber: text('Without gaps in a network and year.', 'US-PHV-INV-2026-0000042'),
  issueDate: time('When it was issued.'),
  dueDate: time('When it is due.'),
  userId: uuid('Who is to pay.').nullable(),
  userName: text('Their first and last name.', 'Ana Rivera').nullable(),
  userEmail: text('Their e-mail address.', 'driver@example.com').nullable(),
  lineItems: z.array(line).meta({ description: 'The sessions.' }),
  subtotal: number('Without tax.', 8.36),
  tax: number('The tax.', 0.96),
  total: number('Tax included.', 9.32),
  currency,
  status: word(['draft', 'issued', 'paid', 'void'], 'How it stands.'),
});
