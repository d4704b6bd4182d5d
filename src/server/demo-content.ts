import type { ConnectorFields } from '../domains/chargers/chargers.ts';
import type { LocationImage, OpeningHours } from '../domains/locations/location.entity.ts';
import type { LocationFields } from '../domains/locations/locations.ts';
import type { NewNetwork } from '../domains/network/networks.ts';
import type { TariffFields } from '../domains/tariffs/tariffs.ts';

// What the demo network is made of.

export const NETWORK: NewNetwork = {
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
};

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

export const LOCATIONS: LocationFields[] = [
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

export const EFFECTIVE_FROM = '2020-01-01T00:00:00Z';

export const TARIFFS: TariffFields[] = [
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

export const DC: Omit<ConnectorFields, 'number'> = {
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
export const CHARGERS: readonly DemoCharger[] = [
  { uid: 'DEMO-AC-01', location: 0, connectors: [AC, AC], simulated: true },
  { uid: 'DEMO-AC-02', location: 0, connectors: [AC], simulated: true, tariff: 'FREE' },
  { uid: 'DEMO-DC-01', location: 1, connectors: [DC, AC], simulated: true, tariff: 'MINIMUM' },
  { uid: 'DEMO-DC-02', location: 1, connectors: [DC], simulated: true, tariff: 'MAXIMUM' },
  { uid: 'DEMO-AC-03', location: 2, connectors: [AC], simulated: true },
  { uid: 'DEMO-OWN-01', location: 0, connectors: [AC], simulated: false },
  { uid: 'DEMO-OWN-02', location: 1, connectors: [DC], simulated: false },
  { uid: 'DEMO-OWN-03', location: 2, connectors: [AC, AC], simulated: false },
];
