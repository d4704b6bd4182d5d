import { z } from 'zod';
import { notificationPreferences } from '../answers/drivers.ts';
import { boolean, optional, text } from '../parameters.ts';
import { row } from '../row.ts';
import { time } from '../values.ts';

interface Preferences {
  pushEnabled: boolean;
  emailEnabled: boolean;
  smsEnabled: boolean;
  notifySessionStarted: boolean;
  notifySessionStopped: boolean;
  notifySessionFailed: boolean;
  notifyReservationReminder: boolean;
  notifyPayment: boolean;
  email: string;
  phoneNumber: string | null;
  updatedAt: string | null;
}

const PREFERENCES = `
  fragment Detail on NotificationPreferences {
    pushEnabled emailEnabled smsEnabled notifySessionStarted notifySessionStopped notifySessionFailed
    notifyReservationReminder notifyPayment email phoneNumber updatedAt
  }`;

const preferencesOf = (preferences: Preferences) => ({
  channels: {
    push: preferences.pushEnabled,
    email: preferences.emailEnabled,
    sms: preferences.smsEnabled,
  },
  events: {
    sessionStarted: preferences.notifySessionStarted,
    sessionStopped: preferences.notifySessionStopped,
    sessionFailed: preferences.notifySessionFailed,
    reservationReminder: preferences.notifyReservationReminder,
    payment: preferences.notifyPayment,
  },
  contact: { email: preferences.email, phoneNumber: preferences.phoneNumber },
  updatedAt: time(preferences.updatedAt),
});

export const getNotificationPreferences = row({
  method: 'GET',
  path: '/notifications/preferences',
  title: "Get the driver's notification preferences",
  access: { scope: 'read', audience: 'driver' },
  operation: `query Preferences { notificationPreferences { ...Detail } } ${PREFERENCES}`,
  variables: () => ({}),
  response: notificationPreferences,
  answer: ({ notificationPreferences }: { notificationPreferences: Preferences }) =>
    preferencesOf(notificationPreferences),
});

export const putNotificationPreferences = row({
  method: 'PUT',
  path: '/notifications/preferences',
  title: "Update the driver's notification preferences",
  access: { scope: 'write', audience: 'driver' },
  body: z.object({
    pushEnabled: optional(boolean),
    emailEnabled: optional(boolean),
    smsEnabled: optional(boolean),
    notifySessionStarted: optional(boolean),
    notifySessionStopped: optional(boolean),
    notifySessionFailed: optional(boolean),
    notifyReservationReminder: optional(boolean),
    notifyPayment: optional(boolean),
    // null goes back to the driver's own
    email: text.nullish(),
    phoneNumber: text.nullish(),
  }),
  operation: `
    mutation UpdatePreferences($input: UpdateNotificationPreferencesInput!) {
      result: updateNotificationPreferences(input: $input) {
        ... on NotificationPreferences { ...Detail }
        ... on Error { code message }
        ... on ValidationError { details { field message } }
      }
    } ${PREFERENCES}`,
  variables: ({ body }) => ({ input: body }),
  response: notificationPreferences,
  answer: ({ result }: { result: Preferences }) => preferencesOf(result),
});
