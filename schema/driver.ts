import { listDrivers, tokensOfDrivers } from '../src/domains/drivers/read-drivers.ts';
import type { Token } from '../src/domains/drivers/token.entity.ts';
import { inSubGraph } from './builder.ts';
import { toConnection } from './connection.ts';
import { DriverRef, NetworkRef, TokenRef } from './refs.ts';

DriverRef.implement({
  description: 'Who charges.',
  fields: t => ({
    email: t.exposeString('email'),
    firstName: t.exposeString('firstName'),
    lastName: t.exposeString('lastName'),
    phoneNumber: t.exposeString('phoneNumber', { nullable: true }),
    network: t.field({ type: NetworkRef, resolve: driver => driver.networkId }),
    tokens: t.loadableGroup({
      type: TokenRef,
      description: 'The newest first.',
      load: (driverIds: string[], ctx) => tokensOfDrivers(ctx, driverIds),
      group: token => (token as Token).driverId,
      resolve: driver => driver.id,
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime' }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime', nullable: true }),
  }),
});

inSubGraph('drivers').queryField('drivers', t =>
  t.connection({
    type: DriverRef,
    args: { offset: t.arg.int() },
    resolve: async (_, args, ctx) => toConnection(await listDrivers(ctx, args)),
  }),
);
