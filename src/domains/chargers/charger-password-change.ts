import type { SqlEntityManager } from '@mikro-orm/postgresql';
import type { Context } from '../../kernel/context.ts';
import { networksScope, runInScope } from '../../kernel/scope.ts';
import { db } from '../db.ts';
import { matchesPassword, storePassword } from './charger-password.ts';
import type { StationCredentials } from './station.ts';

/** A password that the station is being told; until it has come with it, the one before is good too. */
export interface OfferedPassword {
  /** The station did not take it. */
  withdraw(ctx: Context): Promise<void>;
}

export async function offerPassword(
  ctx: Context,
  chargerId: string,
  password: string,
): Promise<OfferedPassword> {
  const { passwordSalt, passwordHash } = storePassword(password);
  await db(ctx)
    .updateTable('chargers')
    .set({ nextPasswordSalt: passwordSalt, nextPasswordHash: passwordHash })
    .where('id', '=', chargerId)
    .execute();
  return {
    async withdraw(tx) {
      await db(tx)
        .updateTable('chargers')
        .set({ nextPasswordSalt: null, nextPasswordHash: null })
        .where('id', '=', chargerId)
        .where('nextPasswordHash', '=', passwordHash)
        .execute();
    },
  };
}

/** Whether the password is the station's. Once it comes with the new one, the one before is good no more. */
export async function admitsPassword(
  em: SqlEntityManager,
  station: StationCredentials,
  password: Buffer,
): Promise<boolean> {
  if (matchesPassword(station, password)) return true;
  const next = { passwordSalt: station.nextPasswordSalt, passwordHash: station.nextPasswordHash };
  if (!matchesPassword(next, password)) return false;
  await runInScope(networksScope([station.networkId]), () =>
    db({ em })
      .updateTable('chargers')
      .set({ ...next, nextPasswordSalt: null, nextPasswordHash: null })
      .where('id', '=', station.id)
      .where('nextPasswordHash', '=', next.passwordHash)
      .execute(),
  );
  return true;
}
