import type { ChargerCommandMap, ChargerCommandName } from '../src/kernel/charger-commands.ts';

type Call = (action: string, payload: object) => Promise<unknown>;

/** The domain's commands as one OCPP version's calls. */
export type CommandRoutes<Names extends ChargerCommandName = ChargerCommandName> = {
  readonly [Name in Names]: (
    call: Call,
    args: ChargerCommandMap[Name]['args'],
  ) => Promise<ChargerCommandMap[Name]['answer']>;
};

/** A call whose answer is the domain's as it is. */
export const asked = <Answer>(answer: Promise<unknown>): Promise<Answer> => answer as Promise<Answer>;
