import { adoptCharger, unknownChargers } from '../src/domains/chargers/adopt-charger.ts';
import type { UnknownCharger } from '../src/domains/chargers/charger-connection.entity.ts';
import { ConflictError } from '../src/kernel/errors.ts';
import { builder, inSubGraph } from './builder.ts';
import { ChargerCredentials, ConnectorInput } from './charger.ts';
import { commonErrors } from './errors.ts';
import { LocationRef, NetworkRef } from './refs.ts';

const UnknownChargerRef = builder.objectRef<UnknownCharger>('UnknownCharger').implement({
  description: 'A station that knocked and is nobody’s.',
  subGraphs: ['network'],
  fields: t => ({
    uid: t.exposeString('uid', { description: 'OCPP identity.' }),
    network: t.field({
      type: NetworkRef,
      nullable: true,
      description: 'By whose URL it came.',
      resolve: charger => charger.networkId ?? null,
    }),
    remoteAddress: t.exposeString('remoteAddress', { nullable: true }),
    attempts: t.exposeInt('attempts'),
    firstSeenAt: t.expose('firstSeenAt', { type: 'DateTime' }),
    lastSeenAt: t.expose('lastSeenAt', { type: 'DateTime' }),
  }),
});

const AdoptChargerInput = builder.inputType('AdoptChargerInput', {
  fields: t => ({
    uid: t.string({ required: true }),
    networkId: t.globalID({
      for: NetworkRef,
      description: 'Left out: the network by whose URL it came, else the key’s primary one.',
    }),
    locationId: t.globalID({ for: LocationRef }),
    evseId: t.string(),
    isPublic: t.boolean(),
    securityProfile: t.int(),
    password: t.string({ description: '16 to 40 characters; made by us where left out.' }),
    connectors: t.field({
      type: [ConnectorInput],
      description: 'Left out: they come with what the station reports.',
    }),
  }),
});

const network = inSubGraph('network');

network.queryField('unknownChargers', t =>
  t.field({
    type: [UnknownChargerRef],
    description:
      'The last one first, 200 at most: to the platform’s owner all, to others those that came by their network’s URL.',
    resolve: (_, __, ctx) => unknownChargers(ctx),
  }),
);

network.mutationField('adoptCharger', t =>
  t.field({
    type: ChargerCredentials,
    description: 'Takes in a station that knocked. Scope: write.',
    errors: { types: [...commonErrors, ConflictError] },
    args: { input: t.arg({ type: AdoptChargerInput, required: true }) },
    resolve: (_, { input: { networkId, locationId, ...fields } }, ctx) =>
      adoptCharger(ctx, {
        ...fields,
        networkId: networkId?.id ?? null,
        locationId: locationId?.id ?? null,
      }),
  }),
);
