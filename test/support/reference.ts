import { Ajv2020 } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import { isBare } from '../../rest-compat/envelope.ts';
import { openApi } from '../../rest-compat/openapi.ts';
import { rows } from '../../rest-compat/rows.ts';
import { BASE_PATH } from '../../rest-compat/serve.ts';
import { schema } from '../../schema/index.ts';

// The API reference as the tests hold the running server to it.

export const reference = openApi(rows, schema);

const ajv = new Ajv2020({ allErrors: true, strictTypes: false });
formats.default(ajv);
// the document is no schema itself, its parts are
ajv.addVocabulary(Object.keys(reference));
ajv.addSchema(reference, 'reference');

/** Whether a value is as the part of the reference says; what is wrong with it, if not. */
export function problemsAt(pointer: readonly string[], value: unknown): string[] {
  const escaped = pointer.map(part =>
    part.replaceAll('~', '~0').replaceAll('/', '~1').replaceAll('%', '%25'),
  );
  const validate = ajv.getSchema(`reference#/${escaped.map(encodeURIComponent).join('/')}`);
  if (!validate) return [`the reference has nothing at ${pointer.join(' ')}`];
  if (validate(value)) return [];
  return validate.errors!.map(
    ({ instancePath, message, params }) =>
      `${instancePath || 'the answer'} ${message} ${JSON.stringify(params)}`,
  );
}

interface Given {
  readonly method: string;
  /** Below the base path, without the query. */
  readonly path: string;
  readonly status: number;
  readonly contentType: string | null;
  readonly text: string;
}

/** What an answer has that the reference does not say, or lacks of what it says. */
export function answerProblems({ method, path, status, contentType, text }: Given): string[] {
  const template = templateOf(path);
  const operation = template && reference.paths[template]?.[method.toLowerCase()];
  // no such route, or no such method
  const refusal = isBare(path) ? 'WebhookRefusal' : 'Refusal';
  if (!operation) return problemsAt(['components', 'schemas', refusal], JSON.parse(text));
  const responses = operation.responses as Record<string, { $ref?: string; content?: object }>;
  const response = responses[status];
  if (!response) return [`the reference knows no ${status}`];
  const pointer = response.$ref
    ? response.$ref.split('/').slice(1)
    : ['paths', template, method.toLowerCase(), 'responses', String(status)];
  const { content } = pointer.reduce<unknown>(
    (whole, part) => (whole as Record<string, unknown>)[part],
    reference,
  ) as {
    content?: object;
  };
  if (!content) return text === '' ? [] : [`a ${status} has no body`];
  const type = contentType?.split(';')[0] ?? '';
  if (!(type in content)) return [`the reference knows no ${type || 'empty body'} under ${status}`];
  if (type !== 'application/json') return [];
  return problemsAt([...pointer, 'content', type, 'schema'], JSON.parse(text));
}

/** The path of the reference that this one is; words are matched before parameters. */
function templateOf(path: string): string | undefined {
  const parts = path.split('/');
  const fits = (template: string) => {
    const expected = template.split('/');
    return (
      expected.length === parts.length &&
      expected.every((part, index) => (part.startsWith('{') ? parts[index] !== '' : part === parts[index]))
    );
  };
  const parameters = (template: string) => template.split('{').length;
  return Object.keys(reference.paths)
    .filter(fits)
    .sort((a, b) => parameters(a) - parameters(b))[0];
}

const UNTOLD = ['OPTIONS', 'HEAD'];

/** From now on, every answer of the REST door that comes by `fetch` is held to the reference. */
export function holdToReference(): void {
  const plain = globalThis.fetch;
  globalThis.fetch = async (...request) => {
    const response = await plain(...request);
    const [input, { method = input instanceof Request ? input.method : 'GET' } = {}] = request;
    const { pathname } = new URL(response.url);
    const contentType = response.headers.get('content-type');
    const path = pathname.slice(BASE_PATH.length);
    const isTold =
      pathname.startsWith(`${BASE_PATH}/`) && path !== '/openapi.json' && !UNTOLD.includes(method);
    // a stream never ends
    if (!isTold || contentType?.startsWith('text/event-stream')) return response;
    const text = await response.clone().text();
    const problems = answerProblems({ method, path, status: response.status, contentType, text });
    if (problems.length > 0) {
      throw new Error(`${method} ${path} answered ${text}\nThe API reference: ${problems.join('; ')}`);
    }
    return response;
  };
}
