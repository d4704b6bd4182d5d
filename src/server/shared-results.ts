import {
  type DocumentNode,
  type ExecutionArgs,
  type ExecutionResult,
  type GraphQLSchema,
  Kind,
  print,
  visit,
} from 'graphql';
import type { Context } from '../kernel/context.ts';
import type { EventHub } from '../kernel/event-hub.ts';
import type { LoggedEvent } from '../kernel/events.ts';

/** Readers of one subscription rarely stand further apart than this; who does is answered anew. */
const REMEMBERED_EVENTS = 64;

/**
 * What one subscription (the same document, variables and rights) answers to each event, made once however many
 * subscribers there are.
 */
export interface SharedSubscription {
  /** Of events in their order; `make` is asked for those that nobody has made. */
  resultsOf(events: readonly LoggedEvent[], make: Make): Promise<ExecutionResult[]>;
  leave(): void;
}

type Make = (event: LoggedEvent) => Promise<ExecutionResult>;

class Group {
  readonly results = new Map<string, { readonly result: Promise<ExecutionResult>; takers: number }>();
  members = 0;

  async resultsOf(events: readonly LoggedEvent[], make: Make): Promise<ExecutionResult[]> {
    // what is under way for others comes first: nothing is answered from an older state than what stands before it
    await Promise.all(events.map(({ sequence }) => this.results.get(sequence)?.result));
    return Promise.all(events.map(event => this.#resultOf(event, make)));
  }

  #resultOf(event: LoggedEvent, make: Make): Promise<ExecutionResult> {
    if (this.members === 1) return make(event);
    const known = this.results.get(event.sequence);
    if (known) {
      known.takers += 1;
      // the last of them has it
      if (known.takers >= this.members) this.results.delete(event.sequence);
      return known.result;
    }
    const result = make(event);
    this.results.set(event.sequence, { result, takers: 1 });
    if (this.results.size > REMEMBERED_EVENTS) this.results.delete(this.results.keys().next().value!);
    return result;
  }
}

const writtenResults = new WeakMap<ExecutionResult, string>();
/** A result that many await is written out once. */
export const written = (result: ExecutionResult): string =>
  writtenResults.getOrInsertComputed(result, () => JSON.stringify(result));

/** Of each graph: a subgraph may answer to the same document otherwise than the whole. */
const groupsOf = new WeakMap<EventHub, WeakMap<GraphQLSchema, Map<string, Group>>>();

/** Joins those of this process who subscribe to the same with the same rights. */
export function joinSubscription(args: ExecutionArgs): SharedSubscription {
  const ctx = args.contextValue as Context;
  const groups = groupsOf
    .getOrInsertComputed(ctx.hub, () => new WeakMap())
    .getOrInsertComputed(args.schema, () => new Map<string, Group>());
  const key = identityOf(args, ctx);
  const group = groups.getOrInsertComputed(key, () => new Group());
  group.members++;
  let isMember = true;
  return {
    resultsOf: (events, make) => group.resultsOf(events, make),
    leave() {
      if (isMember && --group.members === 0) groups.delete(key);
      isMember = false;
    },
  };
}

function identityOf({ document, operationName, variableValues }: ExecutionArgs, { viewer, scope }: Context) {
  const starting = startingPointOf(document);
  const variables = Object.entries(variableValues ?? {})
    .filter(([name]) => name !== starting)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  const rights = viewer.kind === 'key' ? { ...viewer, apiKeyId: null } : viewer;
  return JSON.stringify([textOf(document), operationName ?? null, variables, rights, scope]);
}

const texts = new WeakMap<DocumentNode, string>();
const textOf = (document: DocumentNode): string =>
  texts.getOrInsertComputed(document, () => document.loc?.source.body ?? print(document));

const startingPoints = new WeakMap<DocumentNode, string | null>();

/** The variable that says where a subscriber goes on from: what is answered to an event does not depend on it. */
const startingPointOf = (document: DocumentNode): string | null =>
  startingPoints.getOrInsertComputed(document, () => {
    const uses = new Map<string, number>();
    let starting: string | null = null;
    visit(document, {
      Variable: ({ name }) => void uses.set(name.value, (uses.get(name.value) ?? 0) + 1),
      Argument({ name, value }) {
        if (name.value === 'since' && value.kind === Kind.VARIABLE) starting = value.name.value;
      },
    });
    // its definition and that one use
    return starting !== null && uses.get(starting) === 2 ? starting : null;
  });
