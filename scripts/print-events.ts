import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { eventCatalogue } from '../src/kernel/event-catalogue.ts';

const INTRO = `# Events

What happens is written into one log, in the transaction of the change, and everything that leaves is fed from it: the
subscriptions of GraphQL, \`/events/stream\`, webhooks, push, mail, SMS. Printed from \`src/kernel/event-catalogue.ts\` by
\`npm run events:print\`.

- Streams and webhooks send one flat object: the envelope below and the payload's members beside it. In GraphQL it is
  \`Event.message\`, and \`Event.payload\` is the payload alone.
- \`sequence\` grows, with gaps; for one subject it is the order in which things happened. A reader goes on from the last
  that it received: \`since\` in GraphQL, \`Last-Event-ID\` at \`/events/stream\`. The log is kept for
  \`EVENT_RETENTION_HOURS\` (72 unless set, never less than 24).
- Delivery is at least once. What comes twice has the same \`id\`.
- Members may be added to a payload; none is taken away or changes its type.

## The envelope

| member | type | |
| --- | --- | --- |
| \`event\` | string | The type, as below. |
| \`id\` | string | Of the event, a UUID. |
| \`sequence\` | number | Its place in the log. |
| \`networkId\` | string | The network in which it happened, a UUID. |
| \`occurredAt\` | string | ISO 8601, UTC, whole seconds. |
`;

interface Property {
  readonly type?: string | readonly string[];
  readonly anyOf?: readonly Property[];
  readonly description?: string;
}

const typeOf = ({ type, anyOf }: Property): string =>
  anyOf?.map(typeOf).join(' or ') ?? [type ?? 'any'].flat().join(' or ');

function printPayload(payload: z.ZodObject): string {
  const { properties } = z.toJSONSchema(payload) as { properties: Record<string, Property> };
  const lines = Object.entries(properties).map(
    ([name, property]) => `| \`${name}\` | ${typeOf(property)} | ${property.description ?? ''} |`,
  );
  return ['| member | type | |', '| --- | --- | --- |', ...lines].join('\n');
}

/** The catalogue as Markdown; types with the same payload share a section. */
export function printEvents(): string {
  const sections = new Map<string, string[]>();
  for (const [type, { when, payload }] of Object.entries(eventCatalogue)) {
    const table = printPayload(payload);
    sections.set(table, [...(sections.get(table) ?? []), `- \`${type}\`: ${when}`]);
  }
  const printed = [...sections].map(([table, types]) => {
    const names = types.map(line => /`([^`]+)`/.exec(line)![1]);
    return `## ${names.join(', ')}\n\n${types.join('\n')}\n\n${table}\n`;
  });
  return [INTRO, ...printed].join('\n');
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { check: { type: 'boolean', default: false } } });
  const file = new URL('../docs/events.md', import.meta.url);
  if (!values.check) writeFileSync(file, printEvents());
  else if (readFileSync(file, 'utf8') !== printEvents()) {
    process.stderr.write('docs/events.md is out of date: npm run events:print\n');
    process.exitCode = 1;
  }
}
