/** The server's GraphQL API, as an operator with a key sees it. */
export interface Api {
  /** Throws where the server answers with errors, or not at all; a query is asked again before that. */
  ask<Data>(operation: string, variables?: object): Promise<Data>;
}

/** The server does not answer, or not with what was asked for. */
export class ApiError extends Error {}

const timeoutMs = 60_000;
/** How often a query is asked of a server that has too much to do to answer it. */
const attempts = 5;

/** `url` is the stations' (ws, wss); the API is at the same place. */
export function openApi(url: string, apiKey: string): Api {
  const endpoint = `${url.replace(/^ws/, 'http')}/graphql`;
  return {
    async ask<Data>(query: string, variables: object = {}) {
      const request = JSON.stringify({ query, variables });
      const { status, text } = await post(
        endpoint,
        apiKey,
        request,
        query.startsWith('query') ? attempts : 1,
      );
      const answer = parse(text) as { data?: Data; errors?: { message: string }[] } | undefined;
      if (!answer?.data || answer.errors) {
        const why = answer?.errors?.map(({ message }) => message).join('; ') ?? text.slice(0, 200);
        throw new ApiError(`the API answered ${status}: ${why}`);
      }
      return answer.data;
    },
  };
}

async function post(
  endpoint: string,
  apiKey: string,
  body: string,
  attemptsLeft: number,
): Promise<{ status: number; text: string }> {
  try {
    const response = await fetch(endpoint, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-api-key': apiKey },
      body,
      signal: AbortSignal.timeout(timeoutMs),
    });
    return { status: response.status, text: await response.text() };
  } catch (error) {
    if (attemptsLeft <= 1) throw new ApiError(`${endpoint} does not answer: ${String(error)}`);
    return post(endpoint, apiKey, body, attemptsLeft - 1);
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

interface Connection<Node> {
  readonly nodes: readonly Node[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
}

/** All rows of a list. The operation takes `$after` and calls its one list `list`. */
export async function readAll<Node>(api: Api, operation: string, variables: object = {}): Promise<Node[]> {
  const rows: Node[] = [];
  for (let after: string | null = null; ; ) {
    const { list }: { list: Connection<Node> } = await api.ask(operation, { ...variables, after });
    rows.push(...list.nodes);
    if (!list.pageInfo.hasNextPage) return rows;
    after = list.pageInfo.endCursor;
  }
}
