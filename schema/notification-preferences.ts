import {
  type EffectivePreferences,
  notificationPreferences,
  updateNotificationPreferences,
} from '../src/domains/drivers/notification-preferences.ts';
import { builder, inSubGraph } from './builder.ts';
import { commonErrors } from './errors.ts';

const Preferences = builder.objectRef<EffectivePreferences>('NotificationPreferences').implement({
  description: 'What a driver wants to be told, and how.',
  subGraphs: ['drivers'],
  fields: t => ({
    pushEnabled: t.exposeBoolean('pushEnabled'),
    emailEnabled: t.exposeBoolean('emailEnabled'),
    smsEnabled: t.exposeBoolean('smsEnabled'),
    notifySessionStarted: t.exposeBoolean('notifySessionStarted'),
    notifySessionStopped: t.exposeBoolean('notifySessionStopped'),
    notifySessionFailed: t.exposeBoolean('notifySessionFailed'),
    notifyReservationReminder: t.exposeBoolean('notifyReservationReminder'),
    notifyPayment: t.exposeBoolean('notifyPayment'),
    email: t.exposeString('email', { description: "The driver's own where no other was given." }),
    phoneNumber: t.exposeString('phoneNumber', {
      nullable: true,
      description: "The driver's own where no other was given.",
    }),
    updatedAt: t.expose('updatedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'Null while all is as we set it.',
    }),
  }),
});

const UpdateNotificationPreferencesInput = builder.inputType('UpdateNotificationPreferencesInput', {
  description: 'What is left out stays as it is.',
  fields: t => ({
    pushEnabled: t.boolean(),
    emailEnabled: t.boolean(),
    smsEnabled: t.boolean(),
    notifySessionStarted: t.boolean(),
    notifySessionStopped: t.boolean(),
    notifySessionFailed: t.boolean(),
    notifyReservationReminder: t.boolean(),
    notifyPayment: t.boolean(),
    email: t.string({ description: "Null: the driver's own." }),
    phoneNumber: t.string({ description: "E.164, such as +17875551234. Null: the driver's own." }),
  }),
});

const drivers = inSubGraph('drivers');

drivers.queryField('notificationPreferences', t =>
  t.field({
    type: Preferences,
    description: "The signed-in driver's.",
    resolve: (_, __, ctx) => notificationPreferences(ctx),
  }),
);

drivers.mutationField('updateNotificationPreferences', t =>
  t.field({
    type: Preferences,
    description: "Changes the signed-in driver's. Scope: write.",
    errors: { types: commonErrors },
    args: { input: t.arg({ type: UpdateNotificationPreferencesInput, required: true }) },
    resolve: (_, { input }, ctx) => updateNotificationPreferences(ctx, input),
  }),
);
