import type { Api } from './api.ts';
import type { DriverApp } from './drivers.ts';

/** Drivers' phones, by the operator's key. A refusal is an everyday thing; an API that fails is an error. */
export function phones(api: Api, chargerIds: ReadonlyMap<string, string>): DriverApp {
  const place = (uid: string, connectorNumber: number) => {
    const chargerId = chargerIds.get(uid);
    if (chargerId === undefined) throw new Error(`the API knows no charger ${uid}`);
    return { chargerId, connectorNumber };
  };
  /** The id of what the mutation answers with; undefined where it answers with an error. */
  const ask = async (mutation: string, variables: object): Promise<string | undefined> => {
    const { answer } = await api.ask<{ answer: { id?: string } }>(mutation, variables);
    return answer.id;
  };
  return {
    start: (uid, connectorNumber, idTag) =>
      ask(
        'mutation ($input: StartSessionInput!) { answer: startSession(input: $input) { ... on Session { id } } }',
        { input: { ...place(uid, connectorNumber), idTag } },
      ),
    async stop(id) {
      await ask('mutation ($id: ID!) { answer: stopSession(id: $id) { ... on Session { id } } }', { id });
    },
    reserve: (uid, connectorNumber, idTag) =>
      ask(
        'mutation ($input: ReserveInput!) { answer: reserve(input: $input) { ... on Reservation { id } } }',
        { input: { ...place(uid, connectorNumber), idTag, expiryMinutes: 5 } },
      ),
    async cancelReservation(id) {
      await ask('mutation ($id: ID!) { answer: cancelReservation(id: $id) { ... on Reservation { id } } }', {
        id,
      });
    },
  };
}
