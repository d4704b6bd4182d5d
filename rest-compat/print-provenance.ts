import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { buildSchema } from 'graphql';
// biome-ignore lint/style/noRestrictedImports: the table is checked against what stations may send
import { routes16 } from '../ocpp/v16/routes.ts';
import { bodyFields } from './body-fields.ts';
import { openApi } from './openapi.ts';
import { fieldOf } from './operation.ts';
import { type Fields, type Origin, PROVENANCE } from './provenance.ts';
import { rows } from './rows.ts';

interface DocumentedRoute {
  readonly method: string;
  readonly path: string;
  readonly responses: Readonly<Record<string, { readonly example?: { readonly data: unknown } }>>;
}

const read = (file: string): string => readFileSync(new URL(`../${file}`, import.meta.url), 'utf8');

const { basePath, routes } = JSON.parse(read('test/contract.json')) as {
  readonly basePath: string;
  readonly routes: readonly DocumentedRoute[];
};

/** The paths of an answer's fields below `data`, or below each item of a list: those of the documented example. */
function documentedFields(method: string, path: string): string[] | null {
  const route = routes.find(candidate => candidate.method === method && candidate.path === basePath + path);
  if (!route) return null;
  const success = Object.entries(route.responses).find(([status]) => status.startsWith('2'))?.[1];
  return success?.example ? leaves(success.example.data, '').map(name => name.replace(/^\[\]\./, '')) : [];
}

function leaves(value: unknown, path: string): string[] {
  if (Array.isArray(value)) return leaves(value[0], `${path}[]`);
  if (typeof value !== 'object' || value === null) return [path.replace(/\[\]$/, '')];
  return Object.entries(value).flatMap(([name, member]) => leaves(member, path ? `${path}.${name}` : name));
}

/** What is wrong with the table: nothing, where each field of each route that is served has a true origin. */
export function provenanceProblems(table: Readonly<Record<string, Fields>>): string[] {
  const mutations = graph.getMutationType()!.getFields();
  const served = rows.map(row => `${row.method} ${row.path}`);
  const strangers = Object.keys(table).filter(route => !served.includes(route));
  return [
    ...printBodies().problems,
    ...strangers.map(route => `${route}: is not served`),
    ...rows.flatMap(({ method, path }) => {
      const route = `${method} ${path}`;
      const origins = table[route] ?? {};
      // what is beyond the contract has at least an entry
      const fields = documentedFields(method, path) ?? (table[route] ? Object.keys(origins) : ['data']);
      return [
        ...fields.filter(field => !origins[field]).map(field => `${route} ${field}: has no origin`),
        ...Object.keys(origins)
          .filter(field => !fields.includes(field))
          .map(field => `${route} ${field}: is no field of the answer`),
        ...Object.entries(origins).flatMap(([field, origin]) =>
          originProblems(origin, mutations).map(problem => `${route} ${field}: ${problem}`),
        ),
      ];
    }),
  ];
}

function originProblems({ mutations, messages, derived }: Origin, known: object): string[] {
  return [
    ...mutations.filter(name => !Object.hasOwn(known, name)).map(name => `there is no mutation ${name}`),
    ...messages.filter(name => !Object.hasOwn(routes16, name)).map(name => `stations cannot send ${name}`),
    ...(mutations.length + messages.length === 0 && !derived ? ['its origin is empty'] : []),
  ];
}

/** The table as Markdown; routes with the same fields share a section. */
export function printProvenance(): string {
  const sections = new Map<string, string[]>();
  for (const { method, path } of rows) {
    const route = `${method} ${path}`;
    if (!PROVENANCE[route]) continue;
    const text = printFields(PROVENANCE[route]);
    sections.set(text, [...(sections.get(text) ?? []), route]);
  }
  const intro = [
    '# Where each field comes from',
    '',
    'For each field of the REST answers: the mutations of the graph and the messages of stations that set it, and what',
    'we make of them. Printed from `rest-compat/provenance.ts` by `npm run provenance`; `npm run check` fails when a',
    'field has no origin. The envelope (`success`, `timestamp`, `pagination`) is our own; a list is told by its items.',
  ];
  const printed = [...sections].map(([text, same]) =>
    [`## ${same.map(route => `\`${route}\``).join(', ')}`, '', text].join('\n'),
  );
  return `${[intro.join('\n'), ...printed, printBodies().text].join('\n\n')}\n`;
}

/** What a body may say and nothing is made of. */
const WITHOUT_EFFECT: Readonly<Record<string, readonly string[]>> = {
  'POST /payments/checkout': ['amount', 'currency'],
};

const graph = buildSchema(read('schema/printed/schema.graphql'));
const reference = openApi(rows, graph);

/** Where the members of each body go, and what of them goes nowhere and should. */
function printBodies(): { text: string; problems: string[] } {
  const problems: string[] = [];
  const lines = rows.flatMap(row => {
    const route = `${row.method} ${row.path}`;
    const members = bodyFields(row, exampleOf(row));
    return members.map(([member, variables]) => {
      const isIdle = WITHOUT_EFFECT[route]?.includes(member) ?? false;
      if (isIdle !== (variables.length === 0)) problems.push(`${route} ${member}: goes nowhere, or should`);
      const goes = isIdle ? 'has no effect' : variables.map(name => `\`${name}\``).join(', ');
      return `| \`${route}\` | \`${member}\` | \`${fieldOf(row.operation).field}\` | ${goes} |`;
    });
  });
  const text = [
    '# Where each member of a body goes',
    '',
    'The variables of the operation that change with it, found by changing it.',
    '',
    '| route | member | operation | variables |',
    '| --- | --- | --- | --- |',
    ...lines,
  ].join('\n');
  return { text, problems };
}

function exampleOf({ method, path }: (typeof rows)[number]): unknown {
  const { requestBody } = reference.paths[path]![method.toLowerCase()] as {
    requestBody?: { content: { 'application/json': { example: unknown } } };
  };
  return requestBody?.content['application/json'].example;
}

/** A line for each origin, with the fields that share it. */
function printFields(fields: Fields): string {
  const lines = new Map<string, string[]>();
  for (const [name, { mutations, messages, derived }] of Object.entries(fields)) {
    const unique = [...new Set(mutations)].map(mutation => `\`${mutation}\``).join(', ');
    const line = [unique, [...new Set(messages)].join(', '), derived ?? ''].join(' | ');
    lines.set(line, [...(lines.get(line) ?? []), name]);
  }
  const body = [...lines].map(
    ([line, names]) => `| ${names.map(name => (name ? `\`${name}\`` : 'each item')).join(', ')} | ${line} |`,
  );
  return ['| fields | mutations | OCPP | what we make of it |', '| --- | --- | --- | --- |', ...body].join(
    '\n',
  );
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { check: { type: 'boolean', default: false } } });
  const file = new URL('../docs/provenance.md', import.meta.url);
  const problems = provenanceProblems(PROVENANCE);
  const printed = printProvenance();
  if (!values.check) writeFileSync(file, printed);
  else if (read('docs/provenance.md') !== printed) {
    problems.push('docs/provenance.md is out of date: npm run provenance');
  }
  for (const problem of problems) process.stderr.write(`${problem}\n`);
  process.exitCode = problems.length > 0 ? 1 : 0;
}
