import { getEnergyAnalytics, getRevenueAnalytics, getSessionAnalytics } from './routes/analytics.ts';
import { getCharger, listChargers } from './routes/chargers.ts';
import { getSession, listSessions, startCharging, stopCharging } from './routes/charging.ts';
import { getConnectorStatus } from './routes/connectors.ts';
import { forgotPassword, login, me, refresh, register, resetPassword } from './routes/driver-auth.ts';
import { listFavorites, removeFavorite, saveFavorite } from './routes/favorites.ts';
import { createInvoice } from './routes/invoices.ts';
import { getLocation, listLocationChargers, listLocations, searchLocations } from './routes/locations.ts';
import { getNotificationPreferences, putNotificationPreferences } from './routes/notifications.ts';
import {
  createSetupCheckout,
  createSetupIntent,
  getPaymentConfig,
  listPaymentMethods,
  removePaymentMethod,
  reportPayment,
  setDefaultPaymentMethod,
} from './routes/payments.ts';
import { getChargerInfo, getNetworkBranding } from './routes/public.ts';
import { pushConfig, subscribeToPush, testPush, unsubscribeFromPush } from './routes/push.ts';
import { reboot, reset, trigger, unlock } from './routes/remote-control.ts';
import { exportReport } from './routes/reports.ts';
import {
  createReservation,
  deleteReservation,
  getReservation,
  listReservations,
} from './routes/reservations.ts';
import { listReviews, postReview, reportProblem } from './routes/reviews.ts';
import { createSchedule, deleteSchedule, listSchedules } from './routes/schedules.ts';
import { clearLimit, getLimit, setLimit } from './routes/smart-charging.ts';
import { calculatePrice, getTariff, listTariffs } from './routes/tariffs.ts';
import { createToken, deleteToken, getToken, listTokens } from './routes/tokens.ts';
import { getTransaction, listTransactions } from './routes/transactions.ts';
import { createUser, getUser, listUsers, updateUser } from './routes/users.ts';
import {
  createWebhook,
  deleteWebhook,
  getDelivery,
  listDeliveries,
  listEventTypes,
  listWebhooks,
  retryDelivery,
  testWebhook,
  updateWebhook,
} from './routes/webhooks.ts';
import type { Row } from './row.ts';

/** Every REST route that is served. */
export const rows: readonly Row[] = [
  getSessionAnalytics,
  getRevenueAnalytics,
  getEnergyAnalytics,
  listTokens,
  createToken,
  getToken,
  deleteToken,
  register,
  login,
  refresh,
  forgotPassword,
  resetPassword,
  me,
  listChargers,
  getCharger,
  reboot,
  unlock,
  trigger,
  reset,
  getChargerInfo,
  getConnectorStatus,
  listSessions,
  getSession,
  startCharging,
  stopCharging,
  createSchedule,
  listSchedules,
  deleteSchedule,
  listReservations,
  createReservation,
  getReservation,
  deleteReservation,
  getLimit,
  setLimit,
  clearLimit,
  listFavorites,
  saveFavorite,
  removeFavorite,
  listLocations,
  searchLocations,
  getLocation,
  listLocationChargers,
  listReviews,
  postReview,
  reportProblem,
  createInvoice,
  getNetworkBranding,
  getNotificationPreferences,
  putNotificationPreferences,
  getPaymentConfig,
  listPaymentMethods,
  createSetupIntent,
  createSetupCheckout,
  setDefaultPaymentMethod,
  removePaymentMethod,
  reportPayment,
  calculatePrice,
  exportReport,
  pushConfig,
  subscribeToPush,
  unsubscribeFromPush,
  testPush,
  listTariffs,
  getTariff,
  listTransactions,
  getTransaction,
  listUsers,
  createUser,
  getUser,
  updateUser,
  listWebhooks,
  createWebhook,
  updateWebhook,
  deleteWebhook,
  testWebhook,
  listDeliveries,
  getDelivery,
  retryDelivery,
  listEventTypes,
];
