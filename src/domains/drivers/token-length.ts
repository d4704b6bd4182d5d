import { TokenInvalidError } from '../../kernel/errors.ts';

/** IdTokenType of OCPP 2.0.1: identifierString[36]. */
export const LONGEST_UID = 36;
/** IdToken of OCPP 1.6: CiString20Type. */
export const LONGEST_UID_16 = 20;

/** Whether a station that speaks this version can be told of a token, or read it. */
export const hasRoomFor = (ocppVersion: string | null | undefined, uid: string): boolean =>
  ocppVersion !== '1.6' || uid.length <= LONGEST_UID_16;

/** Throws a TokenInvalidError for a token that the station cannot be asked to charge for. */
export function requireRoomFor(ocppVersion: string | null | undefined, uid: string): void {
  if (hasRoomFor(ocppVersion, uid)) return;
  throw new TokenInvalidError(
    `The token "${uid}" is longer than the ${LONGEST_UID_16} characters that this charger's OCPP 1.6 has room for.`,
  );
}
