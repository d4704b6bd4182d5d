import type { Context } from '../../kernel/context.ts';
import { newId } from '../../kernel/ids.ts';
import { db } from '../db.ts';
import type { Connector } from './connector.entity.ts';
import type { Station } from './station.ts';

/**
 * The station's connector with this number, locked. A station that reports a connector nobody entered has it: it is
 * added with the plainest figures, for an operator to correct. Number 0 is the station itself: null.
 */
export async function lockConnector(
  tx: Context,
  station: Station,
  number: number,
): Promise<Connector | null> {
  if (number < 1) return null;
  const find = () =>
    db(tx)
      .selectFrom('connectors')
      .selectAll()
      .where('chargerId', '=', station.id)
      .where('number', '=', number)
      .forUpdate()
      .executeTakeFirst();
  const known = await find();
  if (known) return known as Connector;
  await db(tx)
    .insertInto('connectors')
    .values({
      id: newId(),
      networkId: station.networkId,
      chargerId: station.id,
      number,
      evseNumber: number,
      evseConnectorNumber: 1,
      standard: 'IEC_62196_T2',
      format: 'SOCKET',
      powerType: 'AC_3_PHASE',
      maxVoltageV: 400,
      maxCurrentA: 32,
      maxPowerW: 22_000,
    })
    .onConflict(conflict => conflict.doNothing())
    .execute();
  return ((await find()) as Connector | undefined) ?? null;
}
