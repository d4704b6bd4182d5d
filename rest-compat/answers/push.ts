import { integer, object, text, word } from './fields.ts';

export const pushConfig = object('PushConfig', 'What a browser needs to subscribe.', {
  publicKey: text('The VAPID key (RFC 8292), base64url.', 'BPgkzQnJp3x8FVVNnmGVDMIKD7DMYwjSZkUlTnCo4GTI'),
});

export const pushSubscription = object('PushSubscription', 'A device that is notified.', {
  status: word(['subscribed'], 'How it stands.'),
});

export const pushTest = object('PushTest', 'A message that was sent to every device of the driver.', {
  sent: integer('How many took it.', 2),
  subscriptions: integer('How many there are.', 2),
});
