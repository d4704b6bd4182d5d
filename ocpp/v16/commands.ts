import type { ChargerCommandMap, ChargerCommandName } from '../../src/kernel/charger-commands.ts';

type Call = (action: string, payload: object) => Promise<unknown>;

type CommandRoutes = {
  readonly [Name in ChargerCommandName]: (
    call: Call,
    args: ChargerCommandMap[Name]['args'],
  ) => Promise<ChargerCommandMap[Name]['answer']>;
};

/** The domain's commands as OCPP 1.6 calls. */
export const commands16: CommandRoutes = {
  async remoteStart(call, { connectorNumber, idTag }) {
    const answer = await call('RemoteStartTransaction', { connectorId: connectorNumber, idTag });
    return answer as { status: 'Accepted' | 'Rejected' };
  },
  async remoteStop(call, { transactionNumber }) {
    const answer = await call('RemoteStopTransaction', { transactionId: transactionNumber });
    return answer as { status: 'Accepted' | 'Rejected' };
  },
};
