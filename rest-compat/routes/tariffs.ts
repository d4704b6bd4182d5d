import { z } from 'zod';
import { quote, tariff } from '../answers/billing.ts';
import { toGlobalId, toUuid } from '../ids.ts';
import { number, optional, paging, queryBoolean, sliceOf, uuid } from '../parameters.ts';
import { row } from '../row.ts';
import { decimal, time } from '../values.ts';
import { BILL_PARTS, type BillParts, billParts } from './bill-parts.ts';

interface Tariff {
  id: string;
  name: string;
  description: string | null;
  type: string;
  currency: string;
  isFree: boolean;
  energyRate: string;
  timeRate: string;
  idleRate: string;
  sessionFee: string;
  minimumSessionFee: string | null;
  maximumSessionFee: string | null;
  taxRate: string;
  effectiveFrom: string;
  effectiveTo: string | null;
}

const TARIFF = `
  fragment Rates on Tariff {
    id name description type currency isFree energyRate timeRate idleRate sessionFee
    minimumSessionFee maximumSessionFee taxRate effectiveFrom effectiveTo
  }`;

const tariffOf = (tariff: Tariff) => ({
  id: toUuid(tariff.id),
  name: tariff.name,
  description: tariff.description,
  type: tariff.type,
  currency: tariff.currency,
  isFree: tariff.isFree,
  energyRate: decimal(tariff.energyRate),
  timeRate: decimal(tariff.timeRate),
  idleRate: decimal(tariff.idleRate),
  sessionFee: decimal(tariff.sessionFee),
  minimumSessionFee: decimal(tariff.minimumSessionFee),
  maximumSessionFee: decimal(tariff.maximumSessionFee),
  taxRate: decimal(tariff.taxRate),
  effectiveFrom: time(tariff.effectiveFrom),
  effectiveTo: time(tariff.effectiveTo),
});

export const listTariffs = row({
  method: 'GET',
  path: '/tariffs',
  title: 'List available tariffs',
  access: { scope: 'read', audience: 'public' },
  query: z.object({ ...paging, activeOnly: queryBoolean.default(true) }),
  operation: `
    query Tariffs($first: Int!, $offset: Int!, $activeOnly: Boolean!) {
      tariffs(first: $first, offset: $offset, activeOnly: $activeOnly) { totalCount nodes { ...Rates } }
    } ${TARIFF}`,
  variables: ({ query: { page, pageSize, activeOnly } }) => ({
    ...sliceOf({ page, pageSize }),
    activeOnly,
  }),
  // the contract's list of tariffs has no pagination
  response: z.array(tariff),
  answer: ({ tariffs }: { tariffs: { nodes: Tariff[] } }) => tariffs.nodes.map(tariffOf),
});

export const getTariff = row({
  method: 'GET',
  path: '/tariffs/{id}',
  title: 'Get a tariff',
  access: { scope: 'read', audience: 'public' },
  operation: `query Tariff($id: ID!) { tariff: node(id: $id) { ...Rates } } ${TARIFF}`,
  variables: ({ path }) => ({ id: toGlobalId('Tariff', path.id) }),
  response: tariff,
  answer: ({ tariff }: { tariff: Tariff | null }) => tariff && tariffOf(tariff),
});

interface Quote {
  tariffName: string;
  bill: BillParts;
}

export const calculatePrice = row({
  method: 'POST',
  path: '/pricing/calculate',
  title: 'Calculate charging cost',
  access: { scope: 'read', audience: 'public' },
  body: z.object({
    tariffId: optional(uuid),
    chargerId: optional(uuid),
    connectorId: optional(uuid),
    energyKwh: number,
    durationMinutes: optional(number),
    idleMinutes: optional(number),
  }),
  operation: `
    query Price($input: PriceInput!) {
      price(input: $input) {
        tariffName
        bill { ...BillParts }
      }
    } ${BILL_PARTS}`,
  variables: ({ body: { tariffId, chargerId, connectorId, ...usage } }) => ({
    input: {
      ...usage,
      tariffId: toGlobalId('Tariff', tariffId),
      chargerId: toGlobalId('Charger', chargerId),
      connectorId: toGlobalId('Connector', connectorId),
    },
  }),
  refusals: ['not_found'],
  response: quote,
  answer: ({ price: { bill, tariffName } }: { price: Quote }) => ({
    ...billParts(bill),
    currency: bill.total.currency,
    tariffName,
  }),
});
