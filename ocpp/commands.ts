import type { ChargerCommandMap, ChargerCommandName } from '../src/kernel/charger-commands.ts';

/** The station's side of a command: how to call it, and which EVSE each of its connectors belongs to. */
export interface StationLine {
  call(action: string, payload: object): Promise<unknown>;
  /** Throws a NotFoundError for a connector that the charger lacks. */
  evseOf(connectorNumber: number): Promise<{ readonly evseId: number; readonly connectorId: number }>;
}

/** The domain's commands as calls of one OCPP version. */
export type CommandRoutes = {
  readonly [Name in ChargerCommandName]: (
    line: StationLine,
    args: ChargerCommandMap[Name]['args'],
  ) => Promise<ChargerCommandMap[Name]['answer']>;
};

/** Above what stations set themselves; our limit is the one that holds. */
export const STACK_LEVEL = 1;
