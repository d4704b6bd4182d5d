import { newLocation } from './callers.ts';
import { globalId, rowId } from './global-id.ts';
import type { TestServer } from './server.ts';
import { RawStation } from './station.ts';

// Things of which every member is set, made as operators make them.

/** The demo network gets a face. */
export async function brandNetwork(server: TestServer): Promise<void> {
  const at = 'https://charge.example.com';
  const { data } = await server.graphql<{ result: { __typename: string } }>(
    'mutation ($input: UpdateNetworkInput!) { result: updateNetwork(input: $input) { __typename } }',
    {
      input: {
        id: globalId('Network', server.demo.networkId),
        appUrl: at,
        branding: {
          logoUrl: `${at}/logo.svg`,
          faviconUrl: `${at}/favicon.ico`,
          logoBackground: 'DARK',
          primaryColor: '#0EA5E9',
          secondaryColor: '#0F172A',
          termsUrl: `${at}/terms`,
          privacyUrl: `${at}/privacy`,
        },
      },
    },
  );
  if (data.result.__typename !== 'Network') throw new Error(`No branding: ${data.result.__typename}`);
}

/** A location with everything that one may have: its UUID. */
export const makePlace = (server: TestServer): Promise<string> =>
  newLocation(server, {
    name: 'Everything Mall',
    address: '8169 Calle Marginal',
    city: 'Carolina',
    state: 'PR',
    postalCode: '00979',
    latitude: 18.4319,
    longitude: -66.0617,
    hasParking: true,
    hasRestrooms: true,
    hasWifi: true,
    phone: '+1-787-555-0142',
    openingHours: {
      isAlwaysOpen: false,
      regularHours: [{ weekday: 'MONDAY', begin: '08:00', end: '20:00' }],
      exceptionalOpenings: [{ begin: '2026-12-24T12:00:00Z', end: '2026-12-24T18:00:00Z' }],
      exceptionalClosings: [{ begin: '2026-12-25T00:00:00Z', end: '2026-12-26T00:00:00Z' }],
    },
    images: [
      {
        url: 'https://charge.example.com/1.jpg',
        thumbnailUrl: 'https://charge.example.com/1_thumb.jpg',
        category: 'ENTRANCE',
        width: 1280,
        height: 720,
      },
    ],
  });

/** A tariff with everything that one may have: its UUID. */
export async function makeTariff(server: TestServer): Promise<string> {
  const { data } = await server.graphql<{ result: { id: string } }>(
    'mutation ($input: CreateTariffInput!) { result: createTariff(input: $input) { ... on Tariff { id } } }',
    {
      input: {
        code: 'CONTRACT',
        name: 'Everything set',
        description: 'Each rate, both bounds, an end.',
        type: 'REGULAR',
        currency: 'USD',
        energyRate: '0.35',
        timeRate: '0.02',
        idleRate: '0.4',
        sessionFee: '0.5',
        minimumSessionFee: '1',
        maximumSessionFee: '50',
        taxRate: '11.5',
        effectiveFrom: '2026-01-01T00:00:00Z',
        effectiveTo: '2099-12-31T23:59:59Z',
      },
    },
  );
  return rowId(data.result.id);
}

/** A charger with everything that one may have, made by GraphQL, its station booted. */
export async function makeStation(
  server: TestServer,
  locationId: string,
): Promise<{ id: string; raw: RawStation }> {
  const { data } = await server.graphql<{ result: { charger: { id: string }; password: string } }>(
    `mutation ($input: CreateChargerInput!) {
      result: createCharger(input: $input) { ... on ChargerCredentials { password charger { id } } }
    }`,
    {
      input: {
        uid: 'CONTRACT-01',
        locationId: globalId('Location', locationId),
        evseId: 'US*DMO*E009999',
        installationDate: '2025-09-01T00:00:00Z',
        floorLevel: 'P1',
        hasRfidReader: true,
        hasDisplay: true,
        physicalReference: 'Bay 14',
        latitude: 18.46,
        longitude: -66.1,
        connectors: [
          {
            number: 1,
            standard: 'IEC_62196_T2_COMBO',
            format: 'CABLE',
            powerType: 'DC',
            maxVoltageV: 920,
            maxCurrentA: 200,
            maxPowerW: 150_000,
          },
        ],
      },
    },
  );
  const { password, charger } = data.result;
  const raw = await RawStation.connect({ socketUrl: server.socketUrl, uid: 'CONTRACT-01', password });
  await raw.call('BootNotification', {
    chargePointVendor: 'ABB',
    chargePointModel: 'Terra 184',
    chargePointSerialNumber: 'SN-A1B2C3D4',
    firmwareVersion: '1.5.32',
  });
  await raw.call('StatusNotification', { connectorId: 1, errorCode: 'NoError', status: 'Available' });
  return { id: rowId(charger.id), raw };
}
