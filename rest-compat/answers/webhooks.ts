import { z } from 'zod';
import { EVENT_TYPES } from '../../src/kernel/event-catalogue.ts';
import { flag, integer, object, text, time, uuid, word } from './fields.ts';

const subscription = {
  id: uuid('Names the subscription.'),
  url: text('Where events are sent.', 'https://example.com/hooks/charging'),
  events: text('The event types that are sent, separated by commas, or `*` for all.', 'session.completed'),
  description: text('What it is for.', 'Billing'),
};

export const webhook = object('Webhook', 'A server that is told of events.', {
  ...subscription,
  is_active: flag('Whether events are sent.'),
  consecutive_failures: integer('How many deliveries in a row have failed.', 0),
  disabled_at: time('When it was switched off for its failures.').nullable(),
  disabled_reason: text('Why it was switched off.', '20 deliveries in a row failed.').nullable(),
  created_at: time('When it was made.'),
  updated_at: time('When it was last changed.'),
});

export const newWebhook = object('NewWebhook', 'A subscription, with its secret.', {
  ...subscription,
  hmac_secret: text('What deliveries are signed with. It is shown this once.', 'whsec_MfKQ9r8GKYqrTwjU'),
  is_active: flag('Whether events are sent.'),
  created_at: time('When it was made.'),
});

export const webhookTest = object('WebhookTest', 'A test event on its way.', {
  webhook_id: uuid('The subscription.'),
  test_enqueued: flag('Whether it will be sent.'),
});

const STATUSES = ['Pending', 'Delivered', 'Failed', 'Skipped'];

export const deliveryItem = object('WebhookDeliveryItem', 'One event on its way to one server.', {
  id: uuid('Names the delivery.'),
  event_type: word(EVENT_TYPES, 'What happened.'),
  http_status: integer('What the server last answered; null where nothing came.', 200).nullable(),
  success: flag('Whether it has arrived.'),
  status: word(STATUSES, 'How it stands.'),
  attempts: integer('How often it was tried.', 1),
  created_at: time('When it was due first.'),
  completed_at: time('When it arrived, or was given up.').nullable(),
});

export const delivery = object('WebhookDelivery', 'One event on its way to one server, with what was said.', {
  id: uuid('Names the delivery.'),
  event_type: word(EVENT_TYPES, 'What happened.'),
  payload: text('The body that is sent.', '{"event":"session.completed"}'),
  http_status: integer('What the server last answered; null where nothing came.', 200).nullable(),
  response_body: text('The begin of its answer, 2 KB at most.', 'OK').nullable(),
  success: flag('Whether it has arrived.'),
  status: word(STATUSES, 'How it stands.'),
  attempts: integer('How often it was tried.', 1),
  max_attempts: integer('How often it is tried at most.', 5),
  duration_ms: integer('How long the server took, in milliseconds.', 142).nullable(),
  next_retry_at: time('When it is tried next.').nullable(),
  created_at: time('When it was due first.'),
  completed_at: time('When it arrived, or was given up.').nullable(),
});

export const retriedDelivery = object('RetriedDelivery', 'A delivery that is sent again.', {
  delivery_id: uuid('The delivery.'),
  retry_enqueued: flag('Whether it will be sent.'),
});

export const eventTypes = z.array(word(EVENT_TYPES, 'An event type.'));
