import { getCharger, listChargers } from './routes/chargers.ts';
import { getSession, listSessions, startCharging, stopCharging } from './routes/charging.ts';
import { calculatePrice, getTariff, listTariffs } from './routes/tariffs.ts';
import { getTransaction, listTransactions } from './routes/transactions.ts';
import type { Row } from './row.ts';

/** Every REST route that is served. */
export const rows: readonly Row[] = [
  listChargers,
  getCharger,
  listSessions,
  getSession,
  startCharging,
  stopCharging,
  calculatePrice,
  listTariffs,
  getTariff,
  listTransactions,
  getTransaction,
];
