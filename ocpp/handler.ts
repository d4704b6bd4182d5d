import type { Station } from '../src/domains/chargers/station.ts';
import type { Context } from '../src/kernel/context.ts';

/** Handles one action of one OCPP version: translate, call one service, translate back. */
export type StationHandler<Payload> = (ctx: Context, station: Station, payload: Payload) => Promise<object>;
