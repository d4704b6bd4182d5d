import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { composeServices } from '@apollo/composition';
import { Supergraph } from '@apollo/federation-internals';
import { printSubgraphSchema } from '@apollo/subgraph';
import { lexicographicSortSchema, parse, printSchema } from 'graphql';
import { SUBGRAPHS } from './builder.ts';
import { schema, subGraphSchema } from './index.ts';

/** Every printed form of the graph, by file name: the whole, each subgraph, and the supergraph they compose to. */
export function printAll(): Record<string, string> {
  const whole = `${printSchema(lexicographicSortSchema(schema))}\n`;
  const subgraphs = SUBGRAPHS.map(name => ({ name, sdl: `${printSubgraphSchema(subGraphSchema(name))}\n` }));
  const composed = composeServices(
    subgraphs.map(({ name, sdl }) => ({
      name,
      url: `http://localhost:4000/subgraphs/${name}`,
      typeDefs: parse(sdl),
    })),
  );
  if (composed.errors) {
    throw new Error(
      `The subgraphs do not compose:\n${composed.errors.map(error => error.message).join('\n')}`,
    );
  }
  if (composed.hints.length > 0) {
    throw new Error(`Composition hints at trouble:\n${composed.hints.map(hint => hint.message).join('\n')}`);
  }
  const supergraph = Supergraph.build(composed.supergraphSdl);
  const api = `${printSchema(lexicographicSortSchema(supergraph.apiSchema().toGraphQLJSSchema()))}\n`;
  if (api !== whole)
    throw new Error(`The supergraph's API is not the whole schema:\n${firstDifference(whole, api)}`);
  return {
    'schema.graphql': whole,
    'supergraph.graphql': composed.supergraphSdl,
    ...Object.fromEntries(subgraphs.map(({ name, sdl }) => [`${name}.graphql`, sdl])),
  };
}

function firstDifference(whole: string, api: string): string {
  const expected = whole.split('\n');
  const found = api.split('\n');
  const line = expected.findIndex((text, index) => text !== found[index]);
  return `line ${line + 1}: "${expected[line]}" in the whole, "${found[line]}" in the supergraph`;
}

const folder = new URL('./printed/', import.meta.url);

if (import.meta.main) {
  const { values } = parseArgs({ options: { check: { type: 'boolean', default: false } } });
  const printed = printAll();
  const stale = Object.entries(printed).filter(([name, text]) => {
    if (!values.check) writeFileSync(new URL(name, folder), text);
    return values.check && text !== readFileSync(new URL(name, folder), 'utf8');
  });
  for (const [name] of stale)
    process.stderr.write(`schema/printed/${name} is out of date: npm run schema:print\n`);
  process.exitCode = stale.length > 0 ? 1 : 0;
}
