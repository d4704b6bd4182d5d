import { Event, EventCursor, NodeProcess } from '../kernel/event.entity.ts';
import { FailedAttempts, IdempotentAnswer, SigningKey, VapidKey } from '../kernel/installation.entity.ts';
import { Charger } from './chargers/charger.entity.ts';
import { ChargerConnection, SetAsideMessage, UnknownCharger } from './chargers/charger-connection.entity.ts';
import { Connector, ConnectorStatusReport } from './chargers/connector.entity.ts';
import { MessageFault } from './chargers/message-fault.entity.ts';
import { PasswordReset, RefreshToken } from './drivers/credentials.entity.ts';
import { Driver } from './drivers/driver.entity.ts';
import { Favorite, NotificationPreferences } from './drivers/driver-belongings.entity.ts';
import { Token } from './drivers/token.entity.ts';
import { Location } from './locations/location.entity.ts';
import { ProblemReport, Review } from './locations/review.entity.ts';
import { AvailabilityWish } from './maintenance/availability.entity.ts';
import { ChargerJob } from './maintenance/charger-job.entity.ts';
import { ChargerVariable, ConfigurationChange } from './maintenance/configuration.entity.ts';
import { LocalList } from './maintenance/local-list.entity.ts';
import { ChargerAuthority, ChargerCertificate, SecurityEvent } from './maintenance/security.entity.ts';
import { ApiKey, ApiKeyNetwork } from './network/api-key.entity.ts';
import { Network } from './network/network.entity.ts';
import { Alert } from './notifications/alert.entity.ts';
import { Notification } from './notifications/notification.entity.ts';
import { CreditNote, Invoice, InvoiceLine } from './payments/invoice.entity.ts';
import { PaymentOperation, Refund, SessionPayment } from './payments/payment.entity.ts';
import { PaymentCustomer, PaymentSettings, StripeEvent } from './payments/payment-settings.entity.ts';
import { NumberSeries, Transaction } from './payments/transaction.entity.ts';
import { PushSubscription } from './push/push-subscription.entity.ts';
import { Reservation } from './reservations/reservation.entity.ts';
import { Schedule } from './reservations/schedule.entity.ts';
import { MeterValue } from './sessions/meter-value.entity.ts';
import { Session } from './sessions/session.entity.ts';
import { TransactionEvent } from './sessions/transaction-event.entity.ts';
import { ChargingLimit } from './smart-charging/charging-limit.entity.ts';
import { ChargingProfile } from './smart-charging/charging-profile.entity.ts';
import { Tariff, TariffAssignment } from './tariffs/tariff.entity.ts';
import { WebhookAttempt, WebhookDelivery, WebhookSubscription } from './webhooks/webhook.entity.ts';

/** Every table of the product. */
export const entities = [
  Alert,
  FailedAttempts,
  Favorite,
  IdempotentAnswer,
  NotificationPreferences,
  PasswordReset,
  ProblemReport,
  RefreshToken,
  Reservation,
  Review,
  Schedule,
  SigningKey,
  ApiKey,
  ApiKeyNetwork,
  Charger,
  ChargingLimit,
  ChargingProfile,
  ChargerConnection,
  Connector,
  ConnectorStatusReport,
  Driver,
  Event,
  CreditNote,
  Invoice,
  InvoiceLine,
  EventCursor,
  Location,
  MessageFault,
  MeterValue,
  Network,
  NodeProcess,
  Notification,
  NumberSeries,
  PaymentCustomer,
  PaymentOperation,
  PaymentSettings,
  Refund,
  Session,
  SessionPayment,
  SetAsideMessage,
  StripeEvent,
  Tariff,
  TariffAssignment,
  Token,
  Transaction,
  TransactionEvent,
  UnknownCharger,
  AvailabilityWish,
  ChargerCertificate,
  ChargerVariable,
  ConfigurationChange,
  LocalList,
  SecurityEvent,
  ChargerAuthority,
  ChargerJob,
  PushSubscription,
  VapidKey,
  WebhookAttempt,
  WebhookDelivery,
  WebhookSubscription,
];
