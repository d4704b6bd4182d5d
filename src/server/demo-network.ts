import { writeFileSync } from 'node:fs';
import { randomText } from '../auth/api-key-secret.ts';
import { hashPassword } from '../auth/password.ts';
import { system } from '../auth/viewer.ts';
import { createCharger } from '../domains/chargers/chargers.ts';
import { db } from '../domains/db.ts';
import { createDriver, createToken } from '../domains/drivers/drivers.ts';
import { createLocation } from '../domains/locations/locations.ts';
import { createApiKey } from '../domains/network/api-keys.ts';
import { createNetwork } from '../domains/network/networks.ts';
import { assignTariff, createTariff } from '../domains/tariffs/tariffs.ts';
import { type Context, inScopeOf } from '../kernel/context.ts';
import { newId } from '../kernel/ids.ts';
import { networksScope, runInScope, systemScope } from '../kernel/scope.ts';
import { inTransaction } from '../kernel/transaction.ts';
import type { App } from './app.ts';
import { CHARGERS, DC, EFFECTIVE_FROM, LOCATIONS, NETWORK, TARIFFS } from './demo-content.ts';

/** What a newcomer needs to know of the demo network: written to `demo.json`. */
export interface Demo {
  readonly apiKey: string;
  readonly platformKey: string;
  readonly networkId: string;
  readonly idTag: string;
  readonly driver: { readonly email: string; readonly password: string; readonly idTag: string };
  readonly chargers: readonly {
    readonly id: string;
    readonly uid: string;
    readonly password: string;
    readonly simulated: boolean;
    readonly connectors: number;
  }[];
}

/** Whether the database has a network yet. */
export async function hasNetworks(app: App): Promise<boolean> {
  const network = await runInScope(systemScope, () =>
    db({ em: app.em.fork() }).selectFrom('networks').select('id').limit(1).executeTakeFirst(),
  );
  return network !== undefined;
}

/**
 * Makes the demo network, all of it or nothing, and writes its keys and passwords to the file: before the commit, so
 * that there is never a network whose keys are lost.
 */
export async function makeDemoNetwork(app: App, file: string): Promise<Demo> {
  const networkId = newId();
  const ctx = app.context(system, 'demo', { scope: networksScope([networkId]) });
  return inScopeOf(ctx, () =>
    inTransaction(ctx, async tx => {
      const demo = await fill(tx, networkId);
      writeFileSync(file, `${JSON.stringify(demo, null, 2)}\n`, { mode: 0o600 });
      return demo;
    }),
  );
}

async function fill(tx: Context, networkId: string): Promise<Demo> {
  await createNetwork(tx, NETWORK, networkId);
  const scopes = ['read', 'write', 'control', 'billing', 'admin'] as const;
  const operatorKey = await createApiKey(tx, { name: 'Demo operator', kind: 'operator', scopes, networkId });
  const platformKey = await createApiKey(tx, {
    name: 'Demo platform',
    kind: 'operator',
    scopes: [...scopes, 'platform'],
    networkId,
  });
  const tariffIds = new Map<string, string>();
  for (const tariff of TARIFFS) {
    tariffIds.set(tariff.code, await createTariff(tx, { ...tariff, effectiveFrom: EFFECTIVE_FROM }));
  }
  await assignTariff(tx, { tariffId: tariffIds.get('STANDARD')!, effectiveFrom: EFFECTIVE_FROM });
  const chargers = await makeChargers(tx, tariffIds);
  const password = randomText(16);
  const maya = await createDriver(tx, {
    email: 'maya@example.com',
    firstName: 'Maya',
    lastName: 'Rivera',
    phoneNumber: '+17875551234',
    passwordHash: await hashPassword(password),
  });
  const luis = await createDriver(tx, { email: 'luis@example.com', firstName: 'Luis', lastName: 'Ortiz' });
  const card = await createToken(tx, { driverId: luis.id, type: 'RFID', alias: 'Luis’s card' });
  return {
    apiKey: operatorKey.secret,
    platformKey: platformKey.secret,
    networkId,
    idTag: card.uid,
    driver: { email: 'maya@example.com', password, idTag: maya.tokenUid },
    chargers,
  };
}

async function makeChargers(
  tx: Context,
  tariffIds: ReadonlyMap<string, string>,
): Promise<Demo['chargers'][number][]> {
  const locationIds: string[] = [];
  for (const location of LOCATIONS) locationIds.push(await createLocation(tx, location));
  const chargers: Demo['chargers'][number][] = [];
  for (const [index, { uid, location, connectors, simulated, tariff }] of CHARGERS.entries()) {
    const { id, password } = await createCharger(tx, {
      uid,
      locationId: locationIds[location]!,
      evseId: `US*DMO*E${String(index + 1).padStart(6, '0')}`,
      floorLevel: `P${location + 1}`,
      physicalReference: `Bay ${index + 1}`,
      installationDate: EFFECTIVE_FROM,
      hasRfidReader: true,
      hasDisplay: connectors.includes(DC),
      connectors: connectors.map((connector, at) => ({ ...connector, number: at + 1 })),
    });
    if (tariff) {
      await assignTariff(tx, {
        tariffId: tariffIds.get(tariff)!,
        chargerId: id,
        effectiveFrom: EFFECTIVE_FROM,
      });
    }
    chargers.push({ id, uid, password, simulated, connectors: connectors.length });
  }
  return chargers;
}
