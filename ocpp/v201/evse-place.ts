import type { EvsePlace } from '../../src/domains/chargers/connector.entity.ts';
import { int32 } from '../int32.ts';
import type { Evse } from './messages.ts';

/** The connector within its EVSE; null for numbers that cannot be one. */
export function evsePlace(evse: Evse | undefined): EvsePlace | null {
  const id = int32(evse?.id);
  if (id === null) return null;
  const connector = int32(evse?.connectorId);
  return evse?.connectorId !== undefined && connector === null ? null : { evse: id, connector };
}
