import { defineEntity, type InferEntity, p } from '@mikro-orm/postgresql';
import { column } from '../../kernel/columns.ts';
import { networksTable } from '../../kernel/tenancy.ts';

export interface Branding {
  logoUrl: string | null;
  faviconUrl: string | null;
  logoBackground: 'light' | 'dark';
  primaryColor: string | null;
  secondaryColor: string | null;
  termsUrl: string | null;
  privacyUrl: string | null;
}

/** An operator's network. `countryCode` and `partyId` are OCPI's. */
export const Network = defineEntity({
  name: 'Network',
  tableName: 'networks',
  ...networksTable,
  properties: {
    id: p.uuid().primary(),
    name: p.text(),
    countryCode: p.string().length(2),
    partyId: p.string().length(3),
    currency: p.string().length(3),
    branding: p.json<Branding>(),
    /** The drivers' app: links in mails lead there. */
    appUrl: p.text().nullable(),
    /** The term of payment: an invoice is due this long after its issue. */
    invoiceDueDays: p.integer().default(0),
    /** Where its operators are mailed alerts; null for nowhere. */
    alertEmail: p.text().nullable(),
    createdAt: column.createdAt(),
    updatedAt: column.createdAt(),
  },
  uniques: [{ name: 'networks_party_unique', properties: ['countryCode', 'partyId'] }],
});
export type Network = InferEntity<typeof Network>;
