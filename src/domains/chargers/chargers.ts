import { authorize, reachedNetwork } from '../../auth/authorize.ts';
import type { Context } from '../../kernel/context.ts';
import { ConflictError, invalid, NotFoundError } from '../../kernel/errors.ts';
import { newId } from '../../kernel/ids.ts';
import { inTransaction, violatedConstraint } from '../../kernel/transaction.ts';
import { db } from '../db.ts';
import { limitsAtMove } from '../smart-charging/balance-later.ts';
import type { MessageValidation } from './charger.entity.ts';
import { newChargerPassword, storePassword } from './charger-password.ts';
import type { Connector } from './connector.entity.ts';

export interface ConnectorFields {
  /** Counts from 1 within the station. */
  readonly number: number;
  /** OCPP 2.0.1's; the connector's own number where left out. */
  readonly evseNumber?: number | null;
  /** Within the EVSE; where left out, counted from 1 in the order of the connectors. */
  readonly evseConnectorNumber?: number | null;
  readonly standard: string;
  readonly format: Connector['format'];
  readonly powerType: Connector['powerType'];
  readonly maxVoltageV: number;
  readonly maxCurrentA: number;
  readonly maxPowerW: number;
}

export interface NewCharger {
  readonly networkId?: string | null;
  readonly locationId?: string | null;
  /** OCPP identity, the last part of the station's URL. */
  readonly uid: string;
  readonly evseId?: string | null;
  readonly isPublic?: boolean | null;
  readonly maxPowerW?: number | null;
  readonly latitude?: number | null;
  readonly longitude?: number | null;
  readonly installationDate?: string | null;
  readonly floorLevel?: string | null;
  readonly physicalReference?: string | null;
  readonly hasRfidReader?: boolean | null;
  readonly hasDisplay?: boolean | null;
  /** `relaxed` where left out. */
  readonly messageValidation?: MessageValidation | null;
  readonly securityProfile?: number | null;
  /** Chosen by us where none is given. */
  readonly password?: string | null;
  readonly connectors: readonly ConnectorFields[];
}

/** Adds a station. The password is answered once: it is stored as a digest. */
export async function createCharger(
  ctx: Context,
  input: NewCharger,
  { mayLackConnectors = false } = {},
): Promise<{ id: string; password: string }> {
  authorize(ctx.viewer, 'write');
  const networkId = reachedNetwork(ctx, input.networkId);
  check(input);
  if (input.connectors.length === 0 && !mayLackConnectors) {
    invalid('connectors', 'a charger has at least one connector');
  }
  const password = input.password ?? newChargerPassword();
  const id = newId();
  try {
    await inTransaction(ctx, async tx => {
      if (input.locationId) await requireLocation(tx, networkId, input.locationId);
      await db(tx)
        .insertInto('chargers')
        .values({
          id,
          networkId,
          locationId: input.locationId ?? null,
          uid: input.uid,
          evseId: input.evseId ?? null,
          isPublic: input.isPublic ?? true,
          maxPowerW: input.maxPowerW == null ? null : String(input.maxPowerW),
          latitude: input.latitude ?? null,
          longitude: input.longitude ?? null,
          installationDate: input.installationDate ?? null,
          floorLevel: input.floorLevel ?? null,
          physicalReference: input.physicalReference ?? null,
          hasRfidReader: input.hasRfidReader ?? false,
          hasDisplay: input.hasDisplay ?? false,
          messageValidation: input.messageValidation ?? 'relaxed',
          securityProfile: input.securityProfile ?? 1,
          ...storePassword(password),
        })
        .execute();
      if (input.connectors.length === 0) return;
      await db(tx)
        .insertInto('connectors')
        .values(
          placed(input.connectors).map(connector => ({
            ...connector,
            id: newId(),
            networkId,
            chargerId: id,
          })),
        )
        .execute();
    });
  } catch (error) {
    if (violatedConstraint(error) === 'chargers_uid_unique') {
      throw new ConflictError(`The identity "${input.uid}" is taken.`);
    }
    throw error;
  }
  return { id, password };
}

/** With the numbers that an OCPP 2.0.1 station has for them. */
function placed(connectors: readonly ConnectorFields[]) {
  const counts = new Map<number, number>();
  return connectors.map(connector => {
    const evseNumber = connector.evseNumber ?? connector.number;
    const count = (counts.get(evseNumber) ?? 0) + 1;
    counts.set(evseNumber, count);
    return { ...connector, evseNumber, evseConnectorNumber: connector.evseConnectorNumber ?? count };
  });
}

export interface ChargerChanges {
  readonly locationId?: string | null;
  readonly evseId?: string | null;
  readonly isPublic?: boolean | null;
  readonly maxPowerW?: number | null;
  readonly floorLevel?: string | null;
  readonly physicalReference?: string | null;
  readonly hasRfidReader?: boolean | null;
  readonly hasDisplay?: boolean | null;
  readonly messageValidation?: MessageValidation | null;
}

export async function updateCharger(ctx: Context, id: string, changes: ChargerChanges): Promise<string> {
  authorize(ctx.viewer, 'write');
  return inTransaction(ctx, async tx => {
    const charger = await db(tx)
      .selectFrom('chargers')
      .select(['id', 'networkId', 'locationId'])
      .where('id', '=', id)
      .where('networkId', 'in', [...tx.scope.networkIds])
      .executeTakeFirst();
    if (!charger) throw new NotFoundError('charger');
    if (changes.locationId) await requireLocation(tx, charger.networkId, changes.locationId);
    await db(tx)
      .updateTable('chargers')
      .set({
        ...(changes.locationId !== undefined && { locationId: changes.locationId }),
        ...(changes.evseId !== undefined && { evseId: changes.evseId }),
        ...(typeof changes.isPublic === 'boolean' && { isPublic: changes.isPublic }),
        ...(changes.maxPowerW !== undefined && {
          maxPowerW: changes.maxPowerW === null ? null : String(changes.maxPowerW),
        }),
        ...(changes.floorLevel !== undefined && { floorLevel: changes.floorLevel }),
        ...(changes.physicalReference !== undefined && { physicalReference: changes.physicalReference }),
        ...(typeof changes.hasRfidReader === 'boolean' && { hasRfidReader: changes.hasRfidReader }),
        ...(typeof changes.hasDisplay === 'boolean' && { hasDisplay: changes.hasDisplay }),
        ...(changes.messageValidation && { messageValidation: changes.messageValidation }),
        updatedAt: tx.now().toString(),
      })
      .where('id', '=', id)
      .execute();
    const isMoved = changes.locationId !== undefined && changes.locationId !== charger.locationId;
    if (isMoved) await limitsAtMove(tx, charger);
    return id;
  });
}

/** Gives the station a new password, answered once. The station that is connected stays so. */
export async function renewChargerPassword(
  ctx: Context,
  id: string,
): Promise<{ id: string; password: string }> {
  authorize(ctx.viewer, 'write');
  const password = newChargerPassword();
  const updated = await db(ctx)
    .updateTable('chargers')
    .set({
      ...storePassword(password),
      nextPasswordSalt: null,
      nextPasswordHash: null,
      updatedAt: ctx.now().toString(),
    })
    .where('id', '=', id)
    .where('networkId', 'in', [...ctx.scope.networkIds])
    .returning('id')
    .executeTakeFirst();
  if (!updated) throw new NotFoundError('charger');
  return { id, password };
}

async function requireLocation(tx: Context, networkId: string, id: string): Promise<void> {
  const location = await db(tx)
    .selectFrom('locations')
    .select('id')
    .where('id', '=', id)
    .where('networkId', '=', networkId)
    .executeTakeFirst();
  if (!location) throw new NotFoundError('location');
}

function check(input: NewCharger): void {
  if (!/^[A-Za-z0-9*_.:|@=+-]{1,48}$/.test(input.uid)) {
    invalid(
      'uid',
      'must be 1 to 48 of the characters that OCPP allows in an identity (letters, digits, *-_=:+|@.)',
    );
  }
  if (input.password != null && (input.password.length < 16 || input.password.length > 40)) {
    invalid('password', 'must have 16 to 40 characters');
  }
  if (input.securityProfile != null && ![1, 2, 3].includes(input.securityProfile)) {
    invalid('securityProfile', 'must be 1, 2 or 3');
  }
  if (input.maxPowerW != null && !(input.maxPowerW > 0)) invalid('maxPowerW', 'must be above 0');
  const numbers = new Set(input.connectors.map(connector => connector.number));
  if (numbers.size < input.connectors.length)
    invalid('connectors', 'each connector needs a number of its own');
  const places = placed(input.connectors);
  const pairs = new Set(places.map(place => `${place.evseNumber} ${place.evseConnectorNumber}`));
  if (pairs.size < places.length)
    invalid('connectors', 'each connector needs a place of its own within its EVSE');
  for (const [index, connector] of places.entries()) {
    for (const field of ['number', 'evseNumber', 'evseConnectorNumber'] as const) {
      if (!(connector[field] >= 1)) invalid(`connectors[${index}].${field}`, 'counts from 1');
    }
    for (const field of ['maxVoltageV', 'maxCurrentA', 'maxPowerW'] as const) {
      if (!(connector[field] > 0)) invalid(`connectors[${index}].${field}`, 'must be above 0');
    }
  }
}
