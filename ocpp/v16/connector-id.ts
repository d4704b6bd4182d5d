import { int32 } from '../int32.ts';

/** The connector that a station names, 0 for the station itself; -1, which names none, for what cannot be one. */
export const connectorNumberOf = (id: number): number => int32(id) ?? -1;
