import { decodeGlobalID, encodeGlobalID } from '@pothos/plugin-relay';

/** REST names rows by UUID, GraphQL by a global id that also says what they are. */
export const toGlobalId = (type: string, uuid: string | null | undefined): string | null =>
  uuid == null ? null : encodeGlobalID(type, uuid.toLowerCase());

export const toUuid = (globalId: string): string => decodeGlobalID(globalId).id;
