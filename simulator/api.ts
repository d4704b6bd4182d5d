/** The server's GraphQL API, as an operator with a key sees it. */
export interface Api {
  /** Throws where the server does not answer, or answers with errors. */
  ask<Data>(operation: string, variables?: object): Promise<Data>;
}

const timeoutMs = 60_000;

/** `url` is the stations' (ws, wss); the API is at the same place. */
export function openApi(url: string, apiKey: string): Api {
  const endpoint = `${url.replace(/^ws/, 'http')}/graphql`;
  return {
    async ask<Data>(query: string, variables: object = {}) {
      const response = await fetch(endpoint, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-api-key': apiKey },
        body: JSON.stringify({ query, variables }),
        signal: AbortSignal.timeout(timeoutMs),
      });
      const text = await response.text();
      const answer = parse(text) as { data?: Data; errors?: { message: string }[] } | undefined;
      if (!answer?.data || answer.errors) {
        const why = answer?.errors?.map(({ message }) => message).join('; ') ?? text.slice(0, 200);
        throw new Error(`the API answered ${response.status}: ${why}`);
      }
      return answer.data;
    },
  };
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
