import { KEY_SCOPES } from '../src/auth/viewer.ts';
import { createApiKey, revokeApiKey } from '../src/domains/network/api-keys.ts';
import { listApiKeys } from '../src/domains/network/read-networks.ts';
import { builder, inSubGraph } from './builder.ts';
import { toConnection } from './connection.ts';
import { commonErrors } from './errors.ts';
import { ApiKeyRef, NetworkRef } from './refs.ts';

const ApiKeyKind = builder.enumType('ApiKeyKind', {
  values: {
    OPERATOR: { value: 'operator' as const, description: 'Acts for its networks.' },
    APP: { value: 'app' as const, description: 'Sits in phones, is no secret, and acts for drivers.' },
  },
});

const ApiKeyScope = builder.enumType('ApiKeyScope', {
  values: Object.fromEntries(KEY_SCOPES.map(scope => [scope.toUpperCase(), { value: scope }])) as {
    [Scope in (typeof KEY_SCOPES)[number] as Uppercase<Scope>]: { value: Scope };
  },
});

ApiKeyRef.implement({
  description: 'A key of an integrator or an app. Its secret is shown once, at its making.',
  fields: t => ({
    name: t.exposeString('name'),
    kind: t.expose('kind', { type: ApiKeyKind }),
    scopes: t.field({ type: [ApiKeyScope], resolve: key => key.scopes as (typeof KEY_SCOPES)[number][] }),
    prefix: t.exposeString('prefix'),
    lastFour: t.exposeString('lastFour'),
    network: t.field({ type: NetworkRef, resolve: key => key.networkId }),
    expiresAt: t.expose('expiresAt', { type: 'DateTime', nullable: true }),
    revokedAt: t.expose('revokedAt', { type: 'DateTime', nullable: true }),
    createdAt: t.expose('createdAt', { type: 'DateTime' }),
  }),
});

const CreateApiKeyInput = builder.inputType('CreateApiKeyInput', {
  fields: t => ({
    name: t.string({ required: true }),
    kind: t.field({ type: ApiKeyKind, required: true }),
    scopes: t.field({ type: [ApiKeyScope], required: true }),
    networkId: t.globalID({ required: true, for: NetworkRef, description: 'The primary network.' }),
    alsoReaches: t.globalIDList({ for: NetworkRef, description: 'Networks beside the primary one.' }),
    expiresAt: t.field({ type: 'DateTime' }),
  }),
});

const CreateApiKeyPayload = builder
  .objectRef<{ id: string; secret: string }>('CreateApiKeyPayload')
  .implement({
    subGraphs: ['network'],
    fields: t => ({
      apiKeyId: t.globalID({ resolve: payload => ({ type: ApiKeyRef, id: payload.id }) }),
      secret: t.exposeString('secret', { description: 'The key itself: shown here and never again.' }),
    }),
  });

const network = inSubGraph('network');

network.queryField('apiKeys', t =>
  t.connection({
    type: ApiKeyRef,
    description: "The keys of the caller's networks. Scope: admin.",
    resolve: async (_, args, ctx) => toConnection(await listApiKeys(ctx, args)),
  }),
);

network.mutationFields(t => ({
  createApiKey: t.field({
    type: CreateApiKeyPayload,
    description: 'Makes a key, with no scope that the caller lacks. Scope: admin.',
    errors: { types: commonErrors },
    args: { input: t.arg({ type: CreateApiKeyInput, required: true }) },
    resolve: (_, { input }, ctx) =>
      createApiKey(ctx, {
        ...input,
        networkId: input.networkId.id,
        alsoReaches: input.alsoReaches?.flatMap(id => id?.id ?? []) ?? [],
      }),
  }),
  revokeApiKey: t.field({
    type: ApiKeyRef,
    description: 'Ends a key for good. Scope: admin.',
    errors: { types: commonErrors },
    args: { id: t.arg.globalID({ required: true, for: ApiKeyRef }) },
    resolve: (_, { id }, ctx) => revokeApiKey(ctx, id.id),
  }),
}));
