const MAX_INT32 = 2 ** 31 - 1;

/** A number that the schema leaves without bounds; null for what cannot be one that we gave or keep. */
export const int32 = (number: number | undefined): number | null =>
  number !== undefined && number >= 0 && number <= MAX_INT32 ? number : null;

/** The request of ours that a station names: null where it names none, 0, which none has, for what cannot be one. */
export const requestNumberOf = (id: number | undefined): number | null =>
  id === undefined ? null : (int32(id) ?? 0);
