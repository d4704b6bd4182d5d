import SchemaBuilder, { type FieldMap } from '@pothos/core';
import DataloaderPlugin from '@pothos/plugin-dataloader';
import DirectivesPlugin from '@pothos/plugin-directives';
import ErrorsPlugin from '@pothos/plugin-errors';
import FederationPlugin, { hasResolvableKey } from '@pothos/plugin-federation';
import RelayPlugin from '@pothos/plugin-relay';
import SubGraphPlugin from '@pothos/plugin-sub-graph';
import { isObjectType } from 'graphql';
import type { Context } from '../src/kernel/context.ts';

export const SUBGRAPHS = ['network', 'charging', 'drivers', 'billing', 'insights'] as const;
export type SubGraph = (typeof SUBGRAPHS)[number];

export interface SchemaTypes {
  DefaultFieldNullability: false;
  Context: Context;
  SubGraphs: SubGraph;
  Scalars: {
    ID: { Input: string; Output: string };
    DateTime: { Input: string; Output: string };
    Decimal: { Input: string; Output: string };
    JSON: { Input: unknown; Output: unknown };
  };
  Connection: { totalCount: () => Promise<number> };
}

/** What an input's fields are declared with: for those that several inputs have. */
export type InputFields = PothosSchemaTypes.InputFieldBuilder<
  PothosSchemaTypes.ExtendDefaultTypes<SchemaTypes>,
  'InputObject'
>;

const everywhere: SubGraph[] = [...SUBGRAPHS];

/** The one builder. Declare root fields, and fields on another domain's type, through `inSubGraph`. */
export const builder = new SchemaBuilder<SchemaTypes>({
  // sub-graph comes last: what each plugin adds after the build is done from the last to the first
  plugins: [RelayPlugin, ErrorsPlugin, DataloaderPlugin, DirectivesPlugin, FederationPlugin, SubGraphPlugin],
  defaultFieldNullability: false,
  errors: { defaultTypes: [], directResult: true },
  subGraphs: {
    defaultForTypes: everywhere,
    defaultForFields: everywhere,
    // a stub of another subgraph's entity, with nothing but its key, is left out
    explicitlyIncludeType: type =>
      hasResolvableKey(type) && isObjectType(type) && Object.keys(type.getFields()).length > 1,
  },
  relay: {
    nodesOnConnection: true,
    pageInfoTypeOptions: { shareable: true } as object,
    idFieldOptions: { subGraphs: everywhere } as object,
    nodeQueryOptions: { subGraphs: ['network'] } as object,
    nodesQueryOptions: { subGraphs: ['network'] } as object,
  },
});

/** What of Pothos's `FieldRef` tagging needs. */
interface Configurable {
  updateConfig(change: (config: { pothosOptions: { subGraphs?: SubGraph[] } }) => object): void;
}

const mutating: SubGraph[] = [];
const subscribing: SubGraph[] = [];

builder.queryType({});
builder.mutationType({ subGraphs: mutating });
builder.subscriptionType({ subGraphs: subscribing });

type FieldDeclarations = Pick<
  typeof builder,
  | 'queryField'
  | 'queryFields'
  | 'mutationField'
  | 'mutationFields'
  | 'subscriptionField'
  | 'subscriptionFields'
  | 'objectField'
  | 'objectFields'
>;

/** The builder as one subgraph sees it: each field declared through it belongs to that subgraph. */
export function inSubGraph(subGraph: SubGraph): FieldDeclarations {
  const tag = (field: unknown) => {
    (field as Configurable).updateConfig(config => {
      const options = config.pothosOptions;
      return { ...config, pothosOptions: { ...options, subGraphs: options.subGraphs ?? [subGraph] } };
    });
    return field;
  };
  const tagAll = (fields: unknown) => {
    for (const field of Object.values(fields as FieldMap)) if (field) tag(field);
    return fields;
  };
  type Declare = (...args: unknown[]) => unknown;
  type Make = (t: unknown) => unknown;
  const target = builder as unknown as Record<string, Declare>;
  const note = (list: SubGraph[]) => {
    if (!list.includes(subGraph)) list.push(subGraph);
  };
  return {
    queryField: (name: string, make: Make) => target.queryField!(name, (t: unknown) => tag(make(t))),
    queryFields: (make: Make) => target.queryFields!((t: unknown) => tagAll(make(t))),
    mutationField: (name: string, make: Make) => {
      note(mutating);
      return target.mutationField!(name, (t: unknown) => tag(make(t)));
    },
    mutationFields: (make: Make) => {
      note(mutating);
      return target.mutationFields!((t: unknown) => tagAll(make(t)));
    },
    subscriptionField: (name: string, make: Make) => {
      note(subscribing);
      return target.subscriptionField!(name, (t: unknown) => tag(make(t)));
    },
    subscriptionFields: (make: Make) => {
      note(subscribing);
      return target.subscriptionFields!((t: unknown) => tagAll(make(t)));
    },
    objectField: (ref: unknown, name: string, make: Make) =>
      target.objectField!(ref, name, (t: unknown) => tag(make(t))),
    objectFields: (ref: unknown, make: Make) => target.objectFields!(ref, (t: unknown) => tagAll(make(t))),
  } as unknown as FieldDeclarations;
}
