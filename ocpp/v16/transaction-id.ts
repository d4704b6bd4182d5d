import { int32 } from '../int32.ts';

/** The transaction that a station names; null for the numbers that name none (0, -1, beyond 32 bits). */
export const transactionNumberOf = (id: number | undefined): number | null => int32(id) || null;
