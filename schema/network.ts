import { encodeGlobalID } from '@pothos/plugin-relay';
import { type NetworkBranding, networkBranding } from '../src/domains/network/branding.ts';
import type { Branding } from '../src/domains/network/network.entity.ts';
import { createNetwork, updateNetwork } from '../src/domains/network/networks.ts';
import { alertEmailOf, listNetworks } from '../src/domains/network/read-networks.ts';
import { ConflictError } from '../src/kernel/errors.ts';
import { builder, inSubGraph } from './builder.ts';
import { toConnection } from './connection.ts';
import { commonErrors } from './errors.ts';
import { NetworkRef } from './refs.ts';

const LogoBackground = builder.enumType('LogoBackground', {
  values: { LIGHT: { value: 'light' as const }, DARK: { value: 'dark' as const } },
});

const BrandingRef = builder.objectRef<Branding>('Branding').implement({
  shareable: true,
  fields: t => ({
    logoUrl: t.exposeString('logoUrl', { nullable: true }),
    faviconUrl: t.exposeString('faviconUrl', { nullable: true }),
    logoBackground: t.expose('logoBackground', { type: LogoBackground }),
    primaryColor: t.exposeString('primaryColor', { nullable: true }),
    secondaryColor: t.exposeString('secondaryColor', { nullable: true }),
    termsUrl: t.exposeString('termsUrl', { nullable: true }),
    privacyUrl: t.exposeString('privacyUrl', { nullable: true }),
  }),
});

export const NetworkBrandingRef = builder.objectRef<NetworkBranding>('NetworkBranding').implement({
  description: 'How a network presents itself to anyone.',
  subGraphs: ['network'],
  fields: t => ({
    networkId: t.id({ resolve: network => encodeGlobalID('Network', network.networkId) }),
    name: t.exposeString('name'),
    branding: t.expose('branding', { type: BrandingRef }),
  }),
});

NetworkRef.implement({
  description: "An operator's network: what is in it, only its keys see.",
  fields: t => ({
    name: t.exposeString('name'),
    countryCode: t.exposeString('countryCode', { description: 'ISO 3166-1 alpha-2.' }),
    partyId: t.exposeString('partyId', { description: 'Three letters or digits (OCPI).' }),
    currency: t.exposeString('currency', { description: 'ISO 4217.' }),
    branding: t.expose('branding', { type: BrandingRef }),
    appUrl: t.exposeString('appUrl', { nullable: true, description: "The drivers' app." }),
    invoiceDueDays: t.exposeInt('invoiceDueDays', { description: 'The term of payment of invoices.' }),
    alertEmail: t.string({
      nullable: true,
      description: 'Where operators are mailed alerts. Null for drivers.',
      resolve: (network, _, ctx) => alertEmailOf(ctx, network),
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime' }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime' }),
  }),
});

const BrandingInput = builder.inputType('BrandingInput', {
  fields: t => ({
    logoUrl: t.string(),
    faviconUrl: t.string(),
    logoBackground: t.field({ type: LogoBackground }),
    primaryColor: t.string({ description: 'Such as #0EA5E9.' }),
    secondaryColor: t.string(),
    termsUrl: t.string(),
    privacyUrl: t.string(),
  }),
});

const CreateNetworkInput = builder.inputType('CreateNetworkInput', {
  fields: t => ({
    name: t.string({ required: true }),
    countryCode: t.string({ required: true }),
    partyId: t.string({ required: true }),
    currency: t.string({ required: true }),
    branding: t.field({ type: BrandingInput }),
    appUrl: t.string({ description: "The drivers' app: HTTPS, or HTTP on localhost." }),
    alertEmail: t.string({ description: 'Where operators are mailed alerts.' }),
  }),
});

const UpdateNetworkInput = builder.inputType('UpdateNetworkInput', {
  fields: t => ({
    id: t.globalID({ required: true, for: NetworkRef }),
    name: t.string(),
    branding: t.field({ type: BrandingInput }),
    appUrl: t.string({ description: "The drivers' app: HTTPS, or HTTP on localhost." }),
    invoiceDueDays: t.int({ description: 'The term of payment of invoices, 0 to 365.' }),
    alertEmail: t.string({ description: 'Where operators are mailed alerts.' }),
  }),
});

const network = inSubGraph('network');

network.queryFields(t => ({
  networks: t.connection({
    type: NetworkRef,
    description: "The networks that the caller's key reaches.",
    resolve: async (_, args, ctx) => toConnection(await listNetworks(ctx, args)),
  }),
  networkBranding: t.field({
    type: NetworkBrandingRef,
    nullable: true,
    description: 'Any network’s. For anyone: no key is needed.',
    args: { networkId: t.arg.globalID({ required: true, for: NetworkRef }) },
    resolve: (_, { networkId }, ctx) => networkBranding(ctx, networkId.id),
  }),
}));

const CreateNetworkPayload = builder.objectRef<{ id: string }>('CreateNetworkPayload').implement({
  subGraphs: ['network'],
  fields: t => ({
    networkId: t.globalID({
      description: 'Its id; the row itself can be read by a key that reaches it.',
      resolve: payload => ({ type: NetworkRef, id: payload.id }),
    }),
  }),
});

network.mutationFields(t => ({
  createNetwork: t.field({
    type: CreateNetworkPayload,
    description: 'Makes a network. Scope: platform.',
    errors: { types: [...commonErrors, ConflictError] },
    args: { input: t.arg({ type: CreateNetworkInput, required: true }) },
    resolve: async (_, { input }, ctx) => ({ id: await createNetwork(ctx, input as never) }),
  }),
  updateNetwork: t.field({
    type: NetworkRef,
    description: 'Changes a network. Scope: admin.',
    errors: { types: commonErrors },
    args: { input: t.arg({ type: UpdateNetworkInput, required: true }) },
    resolve: (_, { input: { id, ...changes } }, ctx) => updateNetwork(ctx, id.id, changes as never),
  }),
}));
