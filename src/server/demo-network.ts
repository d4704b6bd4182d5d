import { writeFileSync } from 'node:fs';
import { randomText } from '../auth/api-key-secret.ts';
import { hashPassword } from '../auth/password.ts';
import { system } from '../auth/viewer.ts';
import { type ConnectorFields, createCharger } from '../domains/chargers/chargers.ts';
import { db } from '../domains/db.ts';
import { createDriver, createToken } from '../domains/drivers/drivers.ts';
import type { LocationImage, OpeningHours } from '../domains/locations/location.entity.ts';
import { createLocation, type LocationFields } from '../domains/locations/locations.ts';
import { createApiKey } from '../domains/network/api-keys.ts';
import { createNetwork } from '../domains/network/networks.ts';
import { assignTariff, createTariff, type TariffFields } from '../domains/tariffs/tariffs.ts';
import { type Context, inScopeOf } from '../kernel/context.ts';
import { newId } from '../kernel/ids.ts';
import { networksScope, runInScope, systemScope } from '../kernel/scope.ts';
import { inTransaction } from '../kernel/transaction.ts';
import type { App } from './app.ts';

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

const CLOSED: OpeningHours = {
  twentyfourseven: false,
  regular_hours: [],
  exceptional_openings: [],
  exceptional_closings: [],
};

const photo = (name: string, type: LocationImage['type']): LocationImage => ({
  url: `https://cdn.example.com/demo-charge/${name}.jpg`,
  thumbnailUrl: `https://cdn.example.com/demo-charge/${name}-thumb.jpg`,
  type,
  width: 1280,
  height: 720,
});

const LOCATIONS: LocationFields[] = [
  {
    name: 'Harbour Garage',
    address: '12 Calle del Muelle',
    city: 'San Juan',
    state: 'PR',
    postalCode: '00901',
    country: 'US',
    latitude: 18.4655,
    longitude: -66.1057,
    timeZone: 'America/Puerto_Rico',
    hasParking: true,
    hasRestrooms: true,
    phone: '+1-787-555-0120',
    openingHours: { ...CLOSED, twentyfourseven: true },
    images: [photo('harbour-garage', 'entrance')],
  },
  {
    name: 'Beach Mall',
    address: '8169 Calle Marginal',
    city: 'Carolina',
    state: 'PR',
    postalCode: '00979',
    country: 'US',
    latitude: 18.4319,
    longitude: -66.0617,
    timeZone: 'America/Puerto_Rico',
    hasParking: true,
    hasRestrooms: true,
    hasWifi: true,
    phone: '+1-787-555-0142',
    openingHours: {
      ...CLOSED,
      regular_hours: [1, 2, 3, 4, 5, 6, 7].map(weekday => ({
        weekday,
        period_begin: weekday === 7 ? '11:00' : '09:00',
        period_end: weekday === 5 || weekday === 6 ? '01:00' : '21:00',
      })),
    },
    images: [photo('beach-mall', 'location')],
  },
  {
    name: 'Mountain Lodge',
    address: '1 Carretera 143',
    city: 'Jayuya',
    state: 'PR',
    postalCode: '00664',
    country: 'US',
    latitude: 18.2186,
    longitude: -66.5916,
    timeZone: 'America/Puerto_Rico',
    hasRestrooms: true,
    phone: '+1-787-555-0177',
    openingHours: {
      ...CLOSED,
      regular_hours: [5, 6, 7].map(weekday => ({ weekday, period_begin: '07:00', period_end: '22:00' })),
    },
    images: [photo('mountain-lodge', 'location')],
  },
];

const EFFECTIVE_FROM = '2020-01-01T00:00:00Z';

const TARIFFS: TariffFields[] = [
  {
    code: 'STANDARD',
    name: 'Standard',
    description: 'Energy, time, a fee for each session, and idle time after ten minutes.',
    currency: 'USD',
    energyRate: '0.35',
    timeRate: '0.02',
    idleRate: '0.40',
    idleGraceSeconds: 600,
    sessionFee: '0.50',
    taxRate: '11.5',
  },
  {
    code: 'FREE',
    name: 'Free of charge',
    description: 'For guests of the house.',
    currency: 'USD',
    isFree: true,
  },
  {
    code: 'MINIMUM',
    name: 'At least twenty',
    description: 'The total is never below 20.00.',
    currency: 'USD',
    energyRate: '0.30',
    idleRate: '0.25',
    idleGraceSeconds: 600,
    minimumSessionFee: '20',
    taxRate: '11.5',
  },
  {
    code: 'MAXIMUM',
    name: 'At most three',
    description: 'The total is never above 3.00.',
    currency: 'USD',
    energyRate: '0.60',
    timeRate: '0.05',
    idleRate: '0.50',
    idleGraceSeconds: 600,
    sessionFee: '1.00',
    maximumSessionFee: '3',
    taxRate: '11.5',
  },
];

const AC: Omit<ConnectorFields, 'number'> = {
  standard: 'IEC_62196_T2',
  format: 'SOCKET',
  powerType: 'AC_3_PHASE',
  maxVoltageV: 400,
  maxCurrentA: 32,
  maxPowerW: 22_000,
};

const DC: Omit<ConnectorFields, 'number'> = {
  standard: 'IEC_62196_T2_COMBO',
  format: 'CABLE',
  powerType: 'DC',
  maxVoltageV: 920,
  maxCurrentA: 200,
  maxPowerW: 150_000,
};

interface DemoCharger {
  readonly uid: string;
  readonly location: number;
  readonly connectors: readonly Omit<ConnectorFields, 'number'>[];
  readonly simulated: boolean;
  /** The tariff assigned to this charger; the network's is STANDARD. */
  readonly tariff?: string;
}

/** The first five are for the simulator, the rest are left for a newcomer's own stations. */
const CHARGERS: readonly DemoCharger[] = [
  { uid: 'DEMO-AC-01', location: 0, connectors: [AC, AC], simulated: true },
  { uid: 'DEMO-AC-02', location: 0, connectors: [AC], simulated: true, tariff: 'FREE' },
  { uid: 'DEMO-DC-01', location: 1, connectors: [DC, AC], simulated: true, tariff: 'MINIMUM' },
  { uid: 'DEMO-DC-02', location: 1, connectors: [DC], simulated: true, tariff: 'MAXIMUM' },
  { uid: 'DEMO-AC-03', location: 2, connectors: [AC], simulated: true },
  { uid: 'DEMO-OWN-01', location: 0, connectors: [AC], simulated: false },
  { uid: 'DEMO-OWN-02', location: 1, connectors: [DC], simulated: false },
  { uid: 'DEMO-OWN-03', location: 2, connectors: [AC, AC], simulated: false },
];

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
  await createNetwork(
    tx,
    {
      name: 'Demo Charge',
      countryCode: 'US',
      partyId: 'DMO',
      currency: 'USD',
      appUrl: 'https://app.example.com',
      branding: {
        logoUrl: 'https://cdn.example.com/demo-charge/logo.svg',
        faviconUrl: 'https://cdn.example.com/demo-charge/favicon.ico',
        logoBackground: 'light',
        primaryColor: '#0EA5E9',
        secondaryColor: '#0F172A',
        termsUrl: 'https://example.com/terms',
        privacyUrl: 'https://example.com/privacy',
      },
    },
    networkId,
  );
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
