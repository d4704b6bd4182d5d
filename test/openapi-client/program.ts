import createClient from 'openapi-fetch';
import type { components, paths } from './rest.ts';

// What an integrator would write against the client that is generated from the API reference. It is compiled against
// the generated types in test/openapi.test.ts, and run against the server.

type ChargerSummary = components['schemas']['ChargerSummary'];

const clientOf = (url: string, apiKey: string) =>
  createClient<paths>({ baseUrl: `${url}/emsp/v1`, headers: { 'X-API-Key': apiKey } });

export async function listChargers(url: string, apiKey: string): Promise<ChargerSummary[]> {
  const { data, error } = await clientOf(url, apiKey).GET('/chargers', {
    params: { query: { status: 'AVAILABLE', pageSize: 2 } },
  });
  if (error) throw new Error(error.message);
  const total: number = data.pagination.totalCount;
  return data.data.slice(0, total);
}

/** Starts a charge: the session, or the word for why not. */
export async function startCharge(
  url: string,
  apiKey: string,
  body: { chargerId: string; connectorNumber?: number | null; idTag: string },
): Promise<{ session: components['schemas']['StartedSession'] } | { refused: string; status: number }> {
  const { data, error, response } = await clientOf(url, apiKey).POST('/charging/start', { body });
  return data ? { session: data.data } : { refused: error.error, status: response.status };
}

/** What would be an error at run time is one of types already. */
export const mistakes = [
  // @ts-expect-error: there is no such route
  (url: string) => clientOf(url, '').GET('/charger'),
  // @ts-expect-error: there is no such status
  (url: string) => clientOf(url, '').GET('/chargers', { params: { query: { status: 'FREE' } } }),
  // @ts-expect-error: the token is missing
  (url: string) => clientOf(url, '').POST('/charging/start', { body: { chargerId: 'x' } }),
  // @ts-expect-error: the path needs its id
  (url: string) => clientOf(url, '').GET('/chargers/{id}'),
  // @ts-expect-error: there is no such member
  (charger: ChargerSummary) => charger.power,
  // @ts-expect-error: it may be null
  (charger: ChargerSummary) => charger.maxPowerKw.toFixed(),
];
