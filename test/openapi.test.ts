import { execFile } from 'node:child_process';
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { isObjectType, Kind, type OperationDefinitionNode, parse, validate } from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { openApi } from '../rest-compat/openapi.ts';
import { codeOf } from '../rest-compat/openapi-refusals.ts';
import { row } from '../rest-compat/row.ts';
import { rows } from '../rest-compat/rows.ts';
import { schema } from '../schema/index.ts';
import { bootedStation, demoCharger } from './support/charge.ts';
import { documentedRoute, type Shape, shapeOf } from './support/contract.ts';
import { answerProblems, problemsAt, reference } from './support/reference.ts';
import { startTestServer, type TestServer } from './support/server.ts';

type Json = { [name: string]: unknown };

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const operations = Object.entries(reference.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
);

/** Runs a program of Node's; what it wrote, and how it ended. */
async function run(program: string, ...args: string[]): Promise<{ code: number; output: string }> {
  const env = { ...process.env, REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' };
  const running = promisify(execFile)(process.execPath, [here(program), ...args], { env, timeout: 120_000 });
  return running.then(
    ({ stdout }) => ({ code: 0, output: stdout }),
    ({ code, stdout, stderr }) => ({ code, output: stdout + stderr }),
  );
}

let server: TestServer;
let directory: string;
let file: string;
beforeAll(async () => {
  server = await startTestServer();
  directory = mkdtempSync(join(tmpdir(), 'chargegraph-openapi-'));
  file = join(directory, 'openapi.json');
  writeFileSync(file, JSON.stringify(reference));
});
afterAll(async () => {
  await server.close();
  rmSync(directory, { recursive: true, force: true });
});

describe('GET /emsp/v1/openapi.json', () => {
  it('needs no key, and is the reference that the tests hold the server to', async () => {
    const { status, body, headers } = await server.rest('GET', '/openapi.json', { apiKey: null });
    expect(status).toBe(200);
    expect(body).toEqual(JSON.parse(JSON.stringify(reference)));
    expect(headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(headers.get('cache-control')).toBe('public, max-age=300');
  });

  it('is not sent again to who has it', async () => {
    const first = await server.rest('GET', '/openapi.json', { apiKey: null });
    const get = (known: string) =>
      server.rest('GET', '/openapi.json', { apiKey: null, headers: { 'if-none-match': known } });
    const etag = first.headers.get('etag')!;
    for (const known of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
      expect([(await get(known)).status, (await get(known)).body]).toEqual([304, '']);
    }
    expect((await get('"other"')).status).toBe(200);
  });

  it('takes GET alone', async () => {
    const { status, headers } = await server.rest('POST', '/openapi.json', { body: {} });
    expect([status, headers.get('allow')]).toEqual([405, 'GET, HEAD, OPTIONS']);
  });
});

describe('/docs', () => {
  it('is a page for people with each route, and loads nothing from anywhere', async () => {
    const response = await fetch(`${server.url}/docs`);
    const page = await response.text();
    expect([response.status, response.headers.get('content-type')]).toEqual([
      200,
      'text/html; charset=utf-8',
    ]);
    expect(response.headers.get('content-security-policy')).toContain("default-src 'none'");
    for (const { operation, path } of operations) {
      expect(page).toContain(`<article id="${operation.operationId}">`);
      expect(page).toContain(`<code>/emsp/v1${path}</code>`);
    }
    const ids = new Set([...page.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id));
    const targets = [...page.matchAll(/href="#([^"]+)"/g)].map(([, id]) => id!);
    expect(targets.length).toBeGreaterThan(operations.length);
    expect(targets.filter(id => !ids.has(id))).toEqual([]);
    expect(page.match(/<script|\ssrc=|@import|url\(|<link[^>]+href="(?!data:)/g)).toBeNull();
    expect(page.match(/undefined|\[object/g)).toBeNull();
  });
});

describe('the reference', () => {
  it('has each route that is served, and no other', () => {
    const told = operations.map(({ method, path }) => `${method.toUpperCase()} ${path}`);
    const served = rows.map(({ method, path }) => `${method} ${path}`);
    expect(told.toSorted()).toEqual([...served, 'GET /events/stream'].toSorted());
    expect(new Set(operations.map(({ operation }) => operation.operationId)).size).toBe(told.length);
  });

  it.each(operations)('$method $path: says what each part means', ({ operation }) => {
    const { description, parameters, requestBody } = operation as {
      description: string;
      parameters: Json[];
      requestBody?: { content: { 'application/json': { schema: { properties: Record<string, Json> } } } };
    };
    // what it does, who may call it, what stands behind it
    expect(description.split('\n\n')).toHaveLength(3);
    const members = requestBody?.content['application/json'].schema.properties ?? {};
    const parts = [
      ...parameters.filter(({ $ref }) => !$ref).map(it => [it.name, it.description]),
      ...Object.entries(members).map(([name, member]) => [name, member.description]),
    ];
    expect(parts.filter(([, words]) => !words).map(([name]) => name)).toEqual([]);
  });

  it('says what each member of each named type means', () => {
    const { schemas } = reference.components as { schemas: Record<string, Json> };
    const undescribed = Object.entries(schemas).flatMap(([type, { description, properties = {} }]) => [
      ...(description ? [] : [type]),
      ...Object.entries(properties as Record<string, Json>)
        // another type, or a list of it, has its own words
        .filter(([, member]) => !member.description && !JSON.stringify(member).includes('"$ref"'))
        .map(([name]) => `${type}.${name}`),
    ]);
    expect(undescribed).toEqual([]);
  });

  it('has examples that are as it says', () => {
    const problems: string[] = [];
    let count = 0;
    const look = (value: unknown, pointer: string[]) => {
      if (typeof value !== 'object' || value === null) return;
      if ('schema' in value && 'example' in value) {
        count++;
        problems.push(...problemsAt([...pointer, 'schema'], value.example).map(it => `${pointer}: ${it}`));
      }
      for (const [name, member] of Object.entries(value)) look(member, [...pointer, name]);
    };
    look(reference, []);
    expect(problems).toEqual([]);
    expect(count).toBeGreaterThan(rows.length);
  });

  it.each(rows.map(it => [`${it.method} ${it.path}`, it] as const))(
    '%s: has exactly the members of the contract, with their types',
    (_, { method, path, status = 200 }) => {
      const route = documentedRoute(method, path);
      const { responses } = reference.paths[path]![method.toLowerCase()] as {
        responses: Record<string, Json>;
      };
      if (status === 204) return expect(responses[204]).not.toHaveProperty('content');
      const { content } = responses[status] as { content: { 'application/json': { schema: Json } } };
      expect(shapeOfSchema(content['application/json'].schema)).toEqual(
        opaque(shapeOf(route, String(status)), shapeOfSchema(content['application/json'].schema)),
      );
    },
  );

  it('knows a code for each error type of the graph', () => {
    const types = Object.values(schema.getTypeMap()).filter(
      type => isObjectType(type) && type.getInterfaces().some(({ name }) => name === 'Error'),
    );
    expect(types.length).toBeGreaterThan(10);
    for (const { name } of types) expect(() => codeOf(name)).not.toThrow();
  });

  it('is not made of a row that does not say what it answers, nor of one whose answer disagrees', () => {
    const parts = {
      method: 'GET',
      path: '/tariffs/planted',
      title: 'Planted',
      access: { scope: 'read', audience: 'public' },
      operation: 'query { me { id } }',
      variables: () => ({}),
    } as const;
    // @ts-expect-error: `response` is missing
    const untold = row({ ...parts, answer: () => ({ id: 1 }) });
    expect(() => openApi([untold], schema)).toThrow('GET /tariffs/planted does not say what it answers');
    // @ts-expect-error: a number for text
    row({ ...parts, response: z.strictObject({ id: z.string() }), answer: () => ({ id: 1 }) });
    const stranger = row({ ...parts, path: '/planted', response: z.strictObject({}), answer: () => ({}) });
    expect(() => openApi([stranger], schema)).toThrow('No tag');
  });

  it('knows the envelope of webhook routes, what is only taken on, and other media types than JSON', () => {
    const parts = {
      method: 'GET',
      title: 'Planted',
      access: { scope: 'admin', audience: 'operator' },
      operation: 'query { me { id } }',
      variables: () => ({}),
    } as const;
    const item = z.strictObject({ id: z.string() });
    const list = row({
      ...parts,
      path: '/webhooks',
      response: z.strictObject({ list: z.array(item), totalCount: z.int32() }),
      answer: () => ({ list: [{ id: 'x' }], totalCount: 1 }),
    });
    const test = row({
      ...parts,
      path: '/webhooks/test',
      response: item,
      answer: () => ({ id: 'x' }),
      status: 202,
    });
    const table = row({
      ...parts,
      path: '/reports/export',
      response: item,
      answer: () => ({ id: 'x' }),
      otherContent: { 'text/csv': 'The same as a table.' },
    });
    const { paths, components } = JSON.parse(JSON.stringify(openApi([list, test, table], schema)));
    const answered = (path: string, status: number) => paths[path].get.responses[status].content;
    expect(answered('/webhooks', 200)['application/json'].example).toEqual({
      data: [{ id: 'text' }],
      pagination: { page: 1, page_size: 50, total_count: 57, total_pages: 2 },
    });
    expect(answered('/webhooks/test', 202)['application/json'].example).toEqual({ data: { id: 'text' } });
    expect(Object.keys(answered('/reports/export', 200))).toEqual(['application/json', 'text/csv']);
    expect(components.responses.WebhookDriverRequiredOrForbidden.content['application/json'].example).toEqual(
      {
        error: 'driver_required',
        message: 'A driver must be signed in.',
      },
    );
    expect(Object.keys(components.schemas)).toContain('WebhookRefusal');
  });

  it('passes a public linter', async () => {
    const { code, output } = await run(
      '../node_modules/@redocly/cli/bin/cli.js',
      'lint',
      file,
      `--config=${here('../redocly.yaml')}`,
      '--format=json',
    );
    const { problems } = JSON.parse(output.slice(output.indexOf('{'))) as { problems: Json[] };
    expect(problems).toEqual([]);
    expect(code).toBe(0);
  });
});

describe('the check of every answer', () => {
  const given = {
    method: 'GET',
    path: '/tariffs',
    status: 200,
    contentType: 'application/json; charset=utf-8',
  };
  const text = (more: object) =>
    JSON.stringify({ data: [], success: true, timestamp: '2026-06-19T18:42:09Z', ...more });
  const refused = (error: string) =>
    JSON.stringify({ error, message: 'No.', code: error, timestamp: '2026-06-19T18:42:09Z' });

  it.each<[string, Partial<typeof given> & { text: string }, string | null]>([
    ['a good one', { text: text({}) }, null],
    ['a member too many', { text: text({ more: 1 }) }, 'additional properties'],
    ['one too few', { text: text({ success: undefined }) }, "required property 'success'"],
    ['another type', { text: text({ data: [{}] }) }, "required property 'id'"],
    ['a fraction of a second', { text: text({ timestamp: 'now' }) }, 'date-time'],
    ['a status that is not told', { status: 202, text: text({}) }, 'knows no 202'],
    ['a refusal', { status: 403, text: refused('forbidden') }, null],
    ['a word that is not told', { status: 403, text: refused('driver_required') }, 'allowed values'],
    ['another media type', { contentType: 'text/html', text: '' }, 'knows no text/html'],
    ['a route that is not there', { path: '/planted', status: 404, text: refused('not_found') }, null],
    ['another envelope there', { path: '/planted', status: 404, text: '{"error":"x"}' }, 'required property'],
    ['nothing', { method: 'DELETE', path: '/favorites/x', status: 204, text: '' }, null],
    ['something for nothing', { method: 'DELETE', path: '/favorites/x', status: 204, text: '{}' }, 'no body'],
  ])('%s', (_, change, problem) => {
    const problems = answerProblems({ ...given, ...change });
    expect(problems).toEqual(
      problem === null ? [] : expect.arrayContaining([expect.stringContaining(problem)]),
    );
  });

  it('fails the request of a test', async () => {
    const answer = fetch(`${server.url}/emsp/v1/tariffs?planted`, { method: 'GET' });
    await expect(answer).resolves.toHaveProperty('status', 401);
    const { paths } = reference as { paths: Record<string, Record<string, Json>> };
    const { responses } = paths['/tariffs']!.get as { responses: Record<string, Json> };
    const known = responses['401']!;
    delete responses['401'];
    await expect(fetch(`${server.url}/emsp/v1/tariffs`)).rejects.toThrow('the reference knows no 401');
    responses['401'] = known;
  });
});

describe('a client that is generated from the reference', () => {
  it('compiles, and finds mistakes before they are made', async () => {
    const client = here('openapi-client');
    const made = await run(
      'openapi-client/node_modules/openapi-typescript/bin/cli.js',
      file,
      '--output',
      join(directory, 'rest.ts'),
    );
    expect(made).toMatchObject({ code: 0 });
    const config = {
      compilerOptions: {
        target: 'esnext',
        module: 'preserve',
        strict: true,
        noEmit: true,
        noUncheckedIndexedAccess: true,
        allowImportingTsExtensions: true,
        types: [],
        rootDirs: [client, directory],
      },
      files: [join(client, 'program.ts')],
    };
    writeFileSync(join(directory, 'tsconfig.json'), JSON.stringify(config));
    const compiled = await run('openapi-client/node_modules/typescript/bin/tsc', '-p', directory);
    expect(compiled).toEqual({ code: 0, output: '' });
  }, 120_000);

  it('lists, starts a charge, and is told why not', async () => {
    // its types are generated, and looked at above
    const { listChargers, startCharge } = await import(here('openapi-client/program.ts'));
    const { apiKey, idTag } = server.demo;
    const { id: chargerId } = demoCharger(server, 'DEMO-AC-01');
    const body = { chargerId, idTag };
    expect(await startCharge(server.url, apiKey, body)).toEqual({ refused: 'charger_offline', status: 409 });

    const station = await bootedStation(server, 'DEMO-AC-01');
    const started = startCharge(server.url, apiKey, body);
    station.reply((await station.expectCall('RemoteStartTransaction')).id, { status: 'Accepted' });
    expect(await started).toMatchObject({ session: { chargerId, connectorNumber: 1, status: 'pending' } });
    const listed = await listChargers(server.url, apiKey);
    expect(listed.map(({ status }: { status: string }) => status)).toEqual(listed.map(() => 'AVAILABLE'));
    expect(await startCharge(server.url, 'pr_live_none', body)).toEqual({
      refused: 'unauthorized',
      status: 401,
    });
    await station.close();
  });
});

describe('the translator', () => {
  const files = globSync('routes/*.ts', { cwd: here('../rest-compat') });
  const HELPERS = /^\.\.\/(envelope|ids|parameters|row|values|answers\/[\w-]+)\.ts$|^\.\/[\w-]+\.ts$|^zod$/;

  it.each(files)('%s: imports helpers of rows, and of the services nothing but words and bounds', name => {
    const source = readFileSync(here(`../rest-compat/${name}`), 'utf8');
    const imports = [...source.matchAll(/^import (type )?(.+?) from '(.+?)';$/gms)];
    expect(imports.length).toBeGreaterThan(0);
    const others = imports.filter(([, isType, , from]) => !isType && !HELPERS.test(from!));
    for (const [, , names, from] of others) {
      expect(from).toMatch(/^\.\.\/\.\.\/src\/(domains|kernel)\//);
      expect(names).toMatch(/^\{\s*([A-Z][A-Z0-9_]*(,\s*)?)+\s*\}$/);
    }
    expect(source).not.toMatch(/\bawait\b|\bfetch\(|\bprocess\.|\bDate\.now|\bNow\./);
  });
});

describe('docs/graphql.md', () => {
  const text = readFileSync(here('../docs/graphql.md'), 'utf8');
  const documents = [...text.matchAll(/```graphql\n(.+?)```/gs)].map(([, source]) => parse(source!));
  const examples = documents.flatMap(({ definitions }) =>
    definitions.filter((node): node is OperationDefinitionNode => node.kind === Kind.OPERATION_DEFINITION),
  );

  it('shows operations that the graph has', () => {
    expect(examples.length).toBeGreaterThan(5);
    for (const example of examples) {
      expect(validate(schema, { kind: Kind.DOCUMENT, definitions: [example] })).toEqual([]);
    }
  });

  it('shows queries that answer', async () => {
    const queries = examples.filter(
      ({ operation, variableDefinitions = [] }) => operation === 'query' && variableDefinitions.length === 0,
    );
    expect(queries.length).toBeGreaterThan(1);
    for (const { loc } of queries) {
      const { errors } = await server.graphql(loc!.source.body.slice(loc!.start, loc!.end));
      expect(errors).toBeUndefined();
    }
  });
});

/** The shape of a part of the reference, as those of the contract are written. */
function shapeOfSchema(part: Json): Shape {
  const { $ref, anyOf, properties, items, type, format } = part as Json & {
    $ref?: string;
    anyOf?: Json[];
    properties?: Record<string, Json>;
    items?: Json;
  };
  if ($ref) {
    const { schemas } = reference.components as { schemas: Record<string, Json> };
    return shapeOfSchema(schemas[$ref.split('/').at(-1)!]!);
  }
  if (anyOf) return shapeOfSchema(anyOf[0]!);
  if (properties) {
    expect(part.additionalProperties).toBe(false);
    const members = Object.entries(properties).map(([name, member]) => [name, shapeOfSchema(member)]);
    return { kind: 'members', members: Object.fromEntries(members) };
  }
  if (items) return { kind: 'array', item: shapeOfSchema(items) };
  if (format === 'uuid') return { kind: 'uuid' };
  if (format === 'date-time') return { kind: 'instant' };
  return { kind: [type].flat()[0] as 'string' };
}

/** The contract's shape, with ours where it says no more than that something is an object. */
function opaque(contract: Shape, ours: Shape | undefined): Shape {
  if (contract.kind === 'object' && ours?.kind === 'members') return ours;
  if (contract.kind === 'list' && ours?.kind === 'array') return ours;
  // an example alone does not tell a whole number from any other
  if (contract.kind === 'number' && ours?.kind === 'integer') return ours;
  if (contract.kind === 'array' && ours?.kind === 'array') {
    return { kind: 'array', item: opaque(contract.item, ours.item) };
  }
  if (contract.kind !== 'members' || ours?.kind !== 'members') return contract;
  const members = Object.entries(contract.members).map(([name, it]) => [
    name,
    opaque(it, ours.members[name]),
  ]);
  return { kind: 'members', members: Object.fromEntries(members) };
}
