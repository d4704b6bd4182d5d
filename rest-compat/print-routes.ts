import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { eventStream } from './event-stream.ts';
import { WHO } from './openapi.ts';
import { fieldOf } from './operation.ts';
import type { Row } from './row.ts';
import { rows } from './rows.ts';
import { BASE_PATH } from './serve.ts';

/** The table of rows as Markdown, in the order of the paths. */
export function printRoutes(): string {
  const routes = [...rows, eventStream].toSorted((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
  return [
    '# The routes',
    '',
    `Every route below \`${BASE_PATH}\`: who may call it, the scope that the key needs, the GraphQL operation that it`,
    'stands for, and the status of its success. Printed from `rest-compat/rows.ts` by `npm run routes:print`; `npm run',
    'check` fails when it is out of date. Parameters, answers and errors are in `/docs` of the running server.',
    '',
    '| method | path | title | who may call | scope | GraphQL operation | status |',
    '| --- | --- | --- | --- | --- | --- | --- |',
    ...routes.map(line),
    '',
  ].join('\n');
}

type Route = Pick<Row, 'method' | 'path' | 'title' | 'access' | 'operation'> & Partial<Pick<Row, 'status'>>;

function line({ method, path, title, access, operation, status }: Route): string {
  const { type, field, of } = fieldOf(operation);
  const scope = access.audience === 'anyone' ? '' : access.scope;
  const named = `${type} \`${field}\`${of ? ` (${of})` : ''}`;
  return `| ${[method, `\`${path}\``, title, WHO[access.audience], scope, named, status ?? 200].join(' | ')} |`;
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { check: { type: 'boolean', default: false } } });
  const file = new URL('./ROUTES.md', import.meta.url);
  if (!values.check) writeFileSync(file, printRoutes());
  else if (readFileSync(file, 'utf8') !== printRoutes()) {
    process.stderr.write('rest-compat/ROUTES.md is out of date: npm run routes:print\n');
    process.exitCode = 1;
  }
}
