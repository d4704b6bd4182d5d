const MAX_INT32 = 2 ** 31 - 1;

/** The transaction that a station names; null for the numbers that name none (0, -1, beyond 32 bits). */
export const transactionNumberOf = (id: number | undefined): number | null =>
  id !== undefined && id > 0 && id <= MAX_INT32 ? id : null;
