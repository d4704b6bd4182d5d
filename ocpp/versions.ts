import type { CommandRoutes } from './commands.ts';
import type { StationHandler } from './handler.ts';
import { commands16 } from './v16/commands.ts';
import { routes16 } from './v16/routes.ts';
import { commands201 } from './v201/commands.ts';
import { routes201 } from './v201/routes.ts';

/** One OCPP version: what its stations may call, and how they are called. */
export interface OcppVersion {
  readonly routes: Readonly<Record<string, StationHandler<never>>>;
  readonly commands: CommandRoutes;
}

/** The versions that are served, by their WebSocket subprotocols. */
export const VERSIONS: Readonly<Record<string, OcppVersion>> = {
  'ocpp2.0.1': { routes: routes201, commands: commands201 },
  'ocpp1.6': { routes: routes16, commands: commands16 },
};

/** The first of the subprotocols that a station offers, in its own order, that is served. */
export const chooseProtocol = (offered: Iterable<string>): string | undefined =>
  [...offered].find(protocol => Object.hasOwn(VERSIONS, protocol));
