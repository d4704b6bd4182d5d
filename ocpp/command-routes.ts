import type { ChargerCommandMap, ChargerCommandName } from '../src/kernel/charger-commands.ts';

/** The station's side of a command: how to call it, and which EVSE each of its connectors belongs to. */
export interface StationLine {
  call(action: string, payload: object): Promise<unknown>;
  /** Throws a NotFoundError for a connector that the charger lacks. */
  evseOf(connectorNumber: number): Promise<{ readonly evseId: number; readonly connectorId: number }>;
}

/** The domain's commands as calls of one OCPP version. */
export type CommandRoutes<Names extends ChargerCommandName = ChargerCommandName> = {
  readonly [Name in Names]: (
    line: StationLine,
    args: ChargerCommandMap[Name]['args'],
  ) => Promise<ChargerCommandMap[Name]['answer']>;
};

/** A call whose answer is the domain's as it is. */
export const asked = <Answer>(answer: Promise<unknown>): Promise<Answer> => answer as Promise<Answer>;
