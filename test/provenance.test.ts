import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { printProvenance, provenanceProblems } from '../rest-compat/print-provenance.ts';
import { type Fields, type Origin, PROVENANCE } from '../rest-compat/provenance.ts';
import { contractRoutes } from './support/contract.ts';

const ROUTE = 'GET /users/{id}';
const nothing: Origin = { mutations: [], messages: [], derived: null };
const withField = (field: string, origin: Origin): Record<string, Fields> => ({
  ...PROVENANCE,
  [ROUTE]: { ...PROVENANCE[ROUTE], [field]: origin },
});

describe('where each field comes from', () => {
  it('is known for every route that is served, and printed', () => {
    expect(provenanceProblems(PROVENANCE)).toEqual([]);
    const printed = readFileSync(new URL('../docs/provenance.md', import.meta.url), 'utf8');
    expect(printed).toBe(printProvenance());
  });

  it('is told of all 797 fields of answers and 92 members of bodies that the contract has', () => {
    const documented = contractRoutes.flatMap(({ responses }) =>
      Object.values(responses).flatMap(({ fields }) => fields ?? []),
    );
    expect(documented).toHaveLength(797);
    const printed = printProvenance();
    const members = contractRoutes.flatMap(({ method, path, body }) =>
      body.map(({ name }) => `| \`${method} ${path.replace('/emsp/v1', '')}\` | \`${name}\` |`),
    );
    expect(members).toHaveLength(92);
    expect(members.filter(member => !printed.includes(member))).toEqual([]);
  });

  it('must be said of each field, also within lists', () => {
    const { email: _email, ...fields } = PROVENANCE[ROUTE]!;
    expect(provenanceProblems({ ...PROVENANCE, [ROUTE]: fields })).toEqual([`${ROUTE} email: has no origin`]);
    const charger = 'GET /chargers/{id}';
    const { 'connectors[].status': _status, ...others } = PROVENANCE[charger]!;
    expect(provenanceProblems({ ...PROVENANCE, [charger]: others })).toEqual([
      `${charger} connectors[].status: has no origin`,
    ]);
  });

  it('must be said of each route, also of one beyond the contract', () => {
    const { 'POST /favorites': _favorites, 'GET /locations/search': _search, ...rest } = PROVENANCE;
    expect(provenanceProblems(rest)).toEqual([
      ...['id', 'targetType', 'targetId', 'label', 'createdAt'].map(
        name => `POST /favorites ${name}: has no origin`,
      ),
      'GET /locations/search data: has no origin',
    ]);
  });

  it.each<[string, Partial<Origin>, string]>([
    ['a mutation that there is not', { mutations: ['createUser'] }, 'there is no mutation createUser'],
    ['a message that stations cannot send', { messages: ['GetLog'] }, 'stations cannot send GetLog'],
    ['what every object inherits', { mutations: ['toString'] }, 'there is no mutation toString'],
    ['nothing', {}, 'its origin is empty'],
  ])('cannot be %s', (_, origin, problem) => {
    expect(provenanceProblems(withField('email', { ...nothing, ...origin }))).toEqual([
      `${ROUTE} email: ${problem}`,
    ]);
  });

  it('cannot be said of what is no field or no route', () => {
    expect(provenanceProblems(withField('shoeSize', PROVENANCE[ROUTE]!.email!))).toEqual([
      `${ROUTE} shoeSize: is no field of the answer`,
    ]);
    expect(provenanceProblems({ ...PROVENANCE, 'GET /shoes': {} })).toEqual(['GET /shoes: is not served']);
  });
});
