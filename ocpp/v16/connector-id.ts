const MAX_INT32 = 2 ** 31 - 1;

/** The connector that a station names, 0 for the station itself; -1, which names none, for what cannot be one. */
export const connectorNumberOf = (id: number): number => (id >= 0 && id <= MAX_INT32 ? id : -1);
