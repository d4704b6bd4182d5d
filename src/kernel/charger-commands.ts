/** What can be asked of a charging station, in the domain's words; the OCPP module translates for each version. */
export interface ChargerCommandMap {
  remoteStart: {
    args: { connectorNumber: number; idTag: string; sessionId: string };
    answer: { status: 'Accepted' | 'Rejected' };
  };
  remoteStop: {
    args: { transactionNumber: number };
    answer: { status: 'Accepted' | 'Rejected' };
  };
}

export type ChargerCommandName = keyof ChargerCommandMap;

export interface ChargerCommands {
  /**
   * Asks the station, on whatever node its socket is. Throws ChargerOfflineError at once where there is no socket,
   * UnavailableError where no answer came in time (the outcome is unknown then).
   */
  ask<Name extends ChargerCommandName>(
    chargerId: string,
    name: Name,
    args: ChargerCommandMap[Name]['args'],
  ): Promise<ChargerCommandMap[Name]['answer']>;
}
