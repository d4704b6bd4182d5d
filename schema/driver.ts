import { createDriver, updateDriver } from '../src/domains/drivers/drivers.ts';
import type { DriverTotals } from '../src/domains/drivers/read-drivers.ts';
import { listDrivers, me, tokensOfDrivers, totalsOfDrivers } from '../src/domains/drivers/read-drivers.ts';
import type { Token } from '../src/domains/drivers/token.entity.ts';
import { EmailTakenError } from '../src/kernel/errors.ts';
import { builder, type InputFields, inSubGraph } from './builder.ts';
import { toConnection } from './connection.ts';
import { commonErrors } from './errors.ts';
import { MoneyRef } from './money.ts';
import { DriverRef, NetworkRef, TokenRef } from './refs.ts';

const Totals = builder.objectRef<DriverTotals>('DriverTotals').implement({
  description: 'Over all of a driver’s charges.',
  subGraphs: ['drivers'],
  fields: t => ({
    sessions: t.exposeInt('sessions'),
    energyWh: t.expose('energyWh', { type: 'Decimal' }),
    spent: t.field({
      type: MoneyRef,
      description: "In the network's currency.",
      resolve: totals => ({ minor: BigInt(totals.spent), currency: totals.currency }),
    }),
  }),
});

DriverRef.implement({
  description: 'Who charges.',
  fields: t => ({
    email: t.exposeString('email'),
    firstName: t.exposeString('firstName'),
    lastName: t.exposeString('lastName'),
    phoneNumber: t.exposeString('phoneNumber', { nullable: true }),
    address: t.exposeString('address', { nullable: true }),
    city: t.exposeString('city', { nullable: true }),
    state: t.exposeString('state', { nullable: true }),
    postalCode: t.exposeString('postalCode', { nullable: true }),
    country: t.exposeString('country', { nullable: true }),
    network: t.field({ type: NetworkRef, resolve: driver => driver.networkId }),
    tokens: t.loadableGroup({
      type: TokenRef,
      description: 'The newest first.',
      load: (driverIds: string[], ctx) => tokensOfDrivers(ctx, driverIds),
      group: token => (token as Token).driverId,
      resolve: driver => driver.id,
    }),
    totals: t.loadable({
      type: Totals,
      load: async (driverIds: string[], ctx) => {
        const totals = new Map((await totalsOfDrivers(ctx, driverIds)).map(row => [row.driverId, row]));
        return driverIds.map(id => totals.get(id) ?? new Error(`No totals for driver ${id}.`));
      },
      resolve: driver => driver.id,
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime' }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime', nullable: true }),
  }),
});

const details = (t: InputFields) => ({
  phoneNumber: t.string(),
  address: t.string(),
  city: t.string(),
  state: t.string(),
  postalCode: t.string(),
  country: t.string(),
});

const CreateDriverInput = builder.inputType('CreateDriverInput', {
  fields: t => ({
    networkId: t.globalID({ for: NetworkRef, description: "The key's primary network where left out." }),
    email: t.string({ required: true }),
    firstName: t.string({ required: true }),
    lastName: t.string({ required: true }),
    ...details(t),
  }),
});

const UpdateDriverInput = builder.inputType('UpdateDriverInput', {
  fields: t => ({
    id: t.globalID({ required: true, for: DriverRef }),
    email: t.string(),
    firstName: t.string(),
    lastName: t.string(),
    ...details(t),
  }),
});

const drivers = inSubGraph('drivers');

drivers.queryFields(t => ({
  me: t.field({ type: DriverRef, description: 'The signed-in driver.', resolve: (_, __, ctx) => me(ctx) }),
  drivers: t.connection({
    type: DriverRef,
    description: 'The newest first. For operators.',
    args: {
      text: t.arg.string({ description: 'In the name, the e-mail address or the phone number.' }),
      offset: t.arg.int(),
    },
    resolve: async (_, { text, ...page }, ctx) => toConnection(await listDrivers(ctx, { text }, page)),
  }),
}));

drivers.mutationFields(t => ({
  createDriver: t.field({
    type: DriverRef,
    description:
      'Adds a driver, with a token; the driver sets a password by a reset. For operators. Scope: write.',
    errors: { types: [...commonErrors, EmailTakenError] },
    args: { input: t.arg({ type: CreateDriverInput, required: true }) },
    resolve: async (_, { input: { networkId, ...fields } }, ctx) =>
      (await createDriver(ctx, { ...fields, networkId: networkId?.id ?? null })).id,
  }),
  updateDriver: t.field({
    type: DriverRef,
    description: 'Changes what is given. For operators. Scope: write.',
    errors: { types: [...commonErrors, EmailTakenError] },
    args: { input: t.arg({ type: UpdateDriverInput, required: true }) },
    resolve: (_, { input: { id, ...changes } }, ctx) => updateDriver(ctx, id.id, changes),
  }),
}));
