import type { EvsePlace } from '../../src/domains/chargers/connector.entity.ts';
import type { Evse } from './messages.ts';

const MAX_INT32 = 2 ** 31 - 1;

/** A number that the schema leaves without bounds; null for what cannot be one that we gave or keep. */
export const int32 = (number: number | undefined): number | null =>
  number !== undefined && number >= 0 && number <= MAX_INT32 ? number : null;

/** The connector within its EVSE; null for numbers that cannot be one. */
export function evsePlace(evse: Evse | undefined): EvsePlace | null {
  const id = int32(evse?.id);
  if (id === null) return null;
  const connector = int32(evse?.connectorId);
  return evse?.connectorId !== undefined && connector === null ? null : { evse: id, connector };
}
