import type { OpenApi } from './openapi.ts';
import type { Json } from './openapi-schemas.ts';

interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly description: string;
  readonly tags: readonly string[];
  readonly parameters: readonly Parameter[];
  readonly requestBody?: { readonly content: Content };
  readonly responses: Readonly<Record<string, Answer>>;
}
interface Answer {
  readonly $ref?: string;
  readonly description: string;
  readonly content?: Content;
}
type Content = Readonly<Record<string, { readonly schema: Json; readonly example?: unknown }>>;
interface Parameter {
  readonly $ref?: string;
  readonly name: string;
  readonly in: string;
  readonly required?: boolean;
  readonly description?: string;
  readonly schema: Json;
}
interface Tag {
  readonly name: string;
  readonly description: string;
}

/** The API reference as one HTML page, without a script, a font or a picture from anywhere. */
export function referencePage(document: OpenApi): string {
  const { info, tags, servers } = document as OpenApi & {
    info: { title: string; description: string };
    tags: Tag[];
    servers: { url: string }[];
  };
  const base = servers[0]!.url;
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      ...(operation as unknown as Operation),
      path: base + path,
      method: method.toUpperCase(),
    })),
  );
  const of = (tag: Tag) => operations.filter(operation => operation.tags.includes(tag.name));
  const lookUp = (ref: string) =>
    ref
      .split('/')
      .slice(1)
      .reduce<unknown>((whole, part) => (whole as Json)[part], document);
  const links = tags.map(
    tag =>
      `<h3>${escaped(tag.name)}</h3><ul>${of(tag)
        .map(({ operationId, summary }) => `<li><a href="#${operationId}">${escaped(summary)}</a></li>`)
        .join('')}</ul>`,
  );
  const sections = tags.map(
    tag =>
      `<section><h2>${escaped(tag.name)}</h2><p>${marked(tag.description)}</p>${of(tag)
        .map(operation => operationPart(operation, lookUp))
        .join('')}</section>`,
  );
  const { schemas } = document.components as { schemas: Record<string, Json> };
  const types = Object.entries(schemas).map(
    ([name, type]) =>
      `<article id="type-${name}"><h3>${name}</h3><p>${marked(String(type.description))}</p>${membersTable(type, lookUp)}</article>`,
  );
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${escaped(info.title)}</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,"><style>${STYLE}</style></head><body>
<nav aria-label="Routes">${links.join('')}</nav><main><h1>${escaped(info.title)}</h1>${paragraphs(info.description)}
<p>The same for programs: <a href="${base}/openapi.json">openapi.json</a>.</p>${sections.join('\n')}
<section><h2>Types</h2>${types.join('')}</section></main></body></html>`;
}

type LookUp = (ref: string) => unknown;

function operationPart(operation: Operation & { path: string; method: string }, lookUp: LookUp): string {
  const parameters = operation.parameters.map(it => (it.$ref ? (lookUp(it.$ref) as Parameter) : it));
  const body = operation.requestBody?.content['application/json'];
  const given = Object.entries(operation.responses).map(
    ([status, it]) => [status, it.$ref ? (lookUp(it.$ref) as Answer) : it] as const,
  );
  const answers = given.map(
    ([status, { description, content = {} }]) =>
      `<details${status.startsWith('2') ? ' open' : ''}><summary><b>${status}</b> ${marked(description)}</summary>${Object.entries(
        content,
      )
        .map(([type, media]) => mediaPart(type, media, status.startsWith('2'), lookUp))
        .join('')}</details>`,
  );
  return `<article id="${operation.operationId}"><h3>${escaped(operation.summary)}</h3>
<p class="route"><b>${operation.method}</b> <code>${escaped(operation.path)}</code></p>${paragraphs(operation.description)}
${table(parameters.map(({ name, schema, required, description, in: place }) => [name, `${typeOf(schema)}, ${place}${required ? ', required' : ''}`, description ?? '']))}
${body ? `<h4>Body</h4>${membersTable(body.schema, lookUp)}${example(body.example)}` : ''}<h4>Answers</h4>${answers.join('')}</article>`;
}

/** The members of a success are listed; those of a refusal are the same everywhere. */
const mediaPart = (type: string, media: Content[string], isSuccess: boolean, lookUp: LookUp): string =>
  type === 'application/json'
    ? (isSuccess ? membersTable((media.schema.properties as { data: Json }).data, lookUp) : '') +
      example(media.example)
    : `<p><code>${escaped(type)}</code>: ${marked(String(media.schema.description))}</p>`;

function membersTable(schema: Json, lookUp: LookUp): string {
  const { $ref, items, properties } = schema as {
    $ref?: string;
    items?: Json;
    properties?: Record<string, Json>;
  };
  if ($ref) return membersTable(lookUp($ref) as Json, lookUp);
  if (items) return membersTable(items, lookUp);
  const required = (schema.required as string[] | undefined) ?? [];
  return table(
    Object.entries(properties ?? {}).map(([name, member]) => [
      name,
      typeOf(member) + (required.includes(name) ? '' : ', optional'),
      String(member.description ?? targetOf(member, lookUp)?.description ?? ''),
    ]),
  );
}

const targetOf = (schema: Json, lookUp: LookUp): Json | undefined => {
  const { $ref, items, anyOf } = schema as { $ref?: string; items?: Json; anyOf?: Json[] };
  if ($ref) return lookUp($ref) as Json;
  const inner = items ?? anyOf?.[0];
  return inner && targetOf(inner, lookUp);
};

function typeOf(schema: Json): string {
  const {
    $ref,
    type,
    items,
    anyOf,
    enum: words,
    format,
  } = schema as Json & {
    $ref?: string;
    items?: Json;
    anyOf?: Json[];
    enum?: unknown[];
  };
  if ($ref) return `[[${$ref.split('/').at(-1)}]]`;
  if (anyOf) return anyOf.map(typeOf).join(' or ');
  if (words) return words.join(' | ');
  if (items) return `list of ${typeOf(items)}`;
  return [type].flat().join(' or ') + (format ? ` (${format})` : '');
}

const table = (rows: readonly (readonly string[])[]): string =>
  rows.length === 0
    ? ''
    : `<table>${rows
        .map(
          ([name, type, text]) =>
            `<tr><th scope="row"><code>${escaped(name!)}</code></th><td>${linked(type!)}</td><td>${marked(text!)}</td></tr>`,
        )
        .join('')}</table>`;

/** A type that has a name leads to its members. */
const linked = (type: string): string =>
  escaped(type).replaceAll(/\[\[(\w+)\]\]/g, '<a href="#type-$1">$1</a>');

const example = (value: unknown): string => `<pre>${escaped(JSON.stringify(value, null, 2))}</pre>`;

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const escaped = (text: string): string => text.replaceAll(/[&<>"]/g, sign => ENTITIES[sign]!);
const marked = (text: string): string =>
  escaped(text)
    .replaceAll(/`([^`]+)`/g, '<code>$1</code>')
    .replaceAll(/\*\*([^*]+)\*\*/g, '<b>$1</b>');
const paragraphs = (text: string): string =>
  text
    .split('\n\n')
    .map(part => `<p>${marked(part)}</p>`)
    .join('');

const STYLE = `
:root{color-scheme:light dark;font:16px/1.5 system-ui,sans-serif}
body{margin:0;display:grid;grid-template-columns:17rem minmax(0,1fr)}
nav{position:sticky;top:0;height:100vh;overflow:auto;padding:1rem;box-sizing:border-box;border-right:1px solid #8884}
nav h3{margin:1rem 0 0;font-size:.9rem}nav ul{margin:0;padding:0;list-style:none;font-size:.85rem}
main{padding:1rem 2rem 4rem;max-width:60rem}article{border-top:1px solid #8884;padding:1rem 0;scroll-margin-top:1rem}
table{border-collapse:collapse;width:100%;font-size:.9rem}th,td{text-align:left;vertical-align:top;padding:.25rem .75rem .25rem 0;border-bottom:1px solid #8883;overflow-wrap:anywhere}
pre{background:#8882;padding:.75rem;overflow:auto;font-size:.8rem;border-radius:4px}code{font-size:.9em}summary{cursor:pointer;padding:.25rem 0}
@media(max-width:50rem){body{display:block}nav{position:static;height:auto}main{padding:1rem}}`;
