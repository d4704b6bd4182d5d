import { loadChargers, loadConnectors } from '../src/domains/chargers/read-chargers.ts';
import { loadFavorites } from '../src/domains/drivers/favorites.ts';
import { loadDrivers, loadTokens } from '../src/domains/drivers/read-drivers.ts';
import { loadLocations } from '../src/domains/locations/read-locations.ts';
import { loadReviews } from '../src/domains/locations/reviews.ts';
import { loadApiKeys, loadNetworks } from '../src/domains/network/read-networks.ts';
import { loadAlerts } from '../src/domains/notifications/alerts.ts';
import { loadInvoices } from '../src/domains/payments/read-invoices.ts';
import { loadTransactions } from '../src/domains/payments/read-transactions.ts';
import { loadReservations, loadSchedules } from '../src/domains/reservations/read-reservations.ts';
import { loadSessions } from '../src/domains/sessions/read-sessions.ts';
import { loadTariffs } from '../src/domains/tariffs/read-tariffs.ts';
import { entity } from './entity.ts';

// Every entity and the subgraph that owns it, in one place: types refer to each other in circles.

export const NetworkRef = entity('network', 'Network', loadNetworks);
export const ApiKeyRef = entity('network', 'ApiKey', loadApiKeys);
export const LocationRef = entity('network', 'Location', loadLocations);
export const ChargerRef = entity('network', 'Charger', loadChargers);
export const ConnectorRef = entity('network', 'Connector', loadConnectors);
export const SessionRef = entity('charging', 'Session', loadSessions);
export const ReservationRef = entity('charging', 'Reservation', loadReservations);
export const ScheduleRef = entity('charging', 'Schedule', loadSchedules);
export const DriverRef = entity('drivers', 'Driver', loadDrivers);
export const TokenRef = entity('drivers', 'Token', loadTokens);
export const TariffRef = entity('billing', 'Tariff', loadTariffs);
export const TransactionRef = entity('billing', 'Transaction', loadTransactions);
export const InvoiceRef = entity('billing', 'Invoice', loadInvoices);
export const ReviewRef = entity('drivers', 'Review', loadReviews);
export const FavoriteRef = entity('drivers', 'Favorite', loadFavorites);
export const AlertRef = entity('insights', 'Alert', loadAlerts);
