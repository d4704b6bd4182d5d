import type { SqlEntityManager } from '@mikro-orm/postgresql';
import type { Context } from '../../kernel/context.ts';
import { runInScope, systemScope } from '../../kernel/scope.ts';
import { db } from '../db.ts';

/** A charger as the OCPP door knows it while it is connected. */
export interface Station {
  readonly id: string;
  readonly networkId: string;
  readonly locationId: string | null;
  readonly uid: string;
}

export interface StationCredentials extends Station {
  readonly securityProfile: number;
  readonly passwordSalt: string | null;
  readonly passwordHash: string | null;
  readonly nextPasswordSalt: string | null;
  readonly nextPasswordHash: string | null;
}

/** A charger of the scope as a station. */
export async function stationById(ctx: Context, id: string): Promise<Station> {
  return db(ctx)
    .selectFrom('chargers')
    .select(['id', 'networkId', 'locationId', 'uid'])
    .where('id', '=', id)
    .executeTakeFirstOrThrow();
}

/** The station with this OCPP identity, in whatever network. */
export async function findStation(
  em: SqlEntityManager,
  uid: string,
): Promise<StationCredentials | undefined> {
  return runInScope(systemScope, () =>
    db({ em })
      .selectFrom('chargers')
      .select(['id', 'networkId', 'locationId', 'uid', 'securityProfile', 'passwordSalt', 'passwordHash'])
      .select(['nextPasswordSalt', 'nextPasswordHash'])
      .where('uid', '=', uid)
      .executeTakeFirst(),
  );
}
