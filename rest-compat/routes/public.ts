import { chargerInfo } from '../answers/chargers.ts';
import { branding } from '../answers/locations.ts';
import { toGlobalId, toUuid } from '../ids.ts';
import { row } from '../row.ts';
import { decimal, kilo } from '../values.ts';

// What needs no key.

interface NetworkBranding {
  networkId: string;
  name: string;
  branding: {
    logoUrl: string | null;
    faviconUrl: string | null;
    logoBackground: string;
    primaryColor: string | null;
    secondaryColor: string | null;
    termsUrl: string | null;
    privacyUrl: string | null;
  };
}

export const getNetworkBranding = row({
  method: 'GET',
  path: '/networks/{networkId}/branding',
  title: 'Public network branding for white-label theming',
  access: { scope: 'read', audience: 'anyone' },
  operation: `
    query Branding($id: ID!) {
      network: networkBranding(networkId: $id) {
        networkId name
        branding { logoUrl faviconUrl logoBackground primaryColor secondaryColor termsUrl privacyUrl }
      }
    }`,
  variables: ({ path }) => ({ id: toGlobalId('Network', path.networkId) }),
  response: branding,
  answer: ({ network }: { network: NetworkBranding | null }) =>
    network && {
      networkId: toUuid(network.networkId),
      name: network.name,
      logoUrl: network.branding.logoUrl,
      faviconUrl: network.branding.faviconUrl,
      logoBackground: network.branding.logoBackground.toLowerCase(),
      primaryColor: network.branding.primaryColor,
      secondaryColor: network.branding.secondaryColor,
      termsUrl: network.branding.termsUrl,
      privacyUrl: network.branding.privacyUrl,
    },
});

interface ChargerInfo {
  chargerId: string;
  uid: string;
  lookupCode: string;
  status: string;
  isOnline: boolean;
  locationId: string;
  locationName: string;
  address: string;
  city: string;
  latitude: number;
  longitude: number;
  network: NetworkBranding;
  currency: string;
  connectors: ConnectorInfo[];
}

interface ConnectorInfo {
  connectorId: string;
  number: number;
  standard: string;
  format: string;
  powerType: string;
  maxPowerW: number;
  status: string;
  price: {
    tariffCode: string;
    tariffName: string;
    energyRate: string;
    timeRate: string;
    sessionFee: string;
    idleRate: string;
    idleGraceSeconds: number;
  } | null;
}

export const getChargerInfo = row({
  method: 'GET',
  path: '/chargers/{identifier}/info',
  freePath: ['identifier'],
  title: 'Get charger info for QR code scanning',
  access: { scope: 'read', audience: 'anyone' },
  operation: `
    query ChargerInfo($identifier: String!) {
      charger: chargerInfo(identifier: $identifier) {
        chargerId uid lookupCode status isOnline locationId locationName address city latitude longitude currency
        network { networkId name branding { logoUrl primaryColor secondaryColor } }
        connectors {
          connectorId number standard format powerType maxPowerW status
          price { tariffCode tariffName energyRate timeRate sessionFee idleRate idleGraceSeconds }
        }
      }
    }`,
  variables: ({ path }) => ({ identifier: path.identifier }),
  response: chargerInfo,
  answer: ({ charger }: { charger: ChargerInfo | null }) =>
    charger && {
      chargerUuid: toUuid(charger.chargerId),
      chargerUid: charger.uid,
      chargerName: charger.uid,
      llmLookupId: charger.lookupCode,
      status: charger.status,
      isOnline: charger.isOnline,
      locationUuid: toUuid(charger.locationId),
      locationName: charger.locationName,
      address: charger.address,
      city: charger.city,
      latitude: charger.latitude,
      longitude: charger.longitude,
      networkUuid: toUuid(charger.network.networkId),
      networkName: charger.network.name,
      networkLogoUrl: charger.network.branding.logoUrl,
      networkPrimaryColor: charger.network.branding.primaryColor,
      networkSecondaryColor: charger.network.branding.secondaryColor,
      currency: charger.currency,
      connectors: charger.connectors.map(connector => connectorInfo(charger.uid, connector)),
    },
});

const connectorInfo = (uid: string, { price, ...connector }: ConnectorInfo) => ({
  connectorUuid: toUuid(connector.connectorId),
  connectorIdentifier: `${uid}-${connector.number}`,
  connectorNumber: connector.number,
  standard: connector.standard,
  format: connector.format,
  powerType: connector.powerType,
  maxPowerKw: kilo(connector.maxPowerW),
  status: connector.status,
  tariffId: price?.tariffCode ?? null,
  tariffName: price?.tariffName ?? null,
  energyRate: decimal(price?.energyRate ?? '0'),
  timeRate: decimal(price?.timeRate ?? '0'),
  sessionFee: decimal(price?.sessionFee ?? '0'),
  idleRate: decimal(price?.idleRate ?? '0'),
  idleFeeEnabled: Number(price?.idleRate ?? 0) > 0,
  idleGracePeriodMinutes: Math.floor((price?.idleGraceSeconds ?? 0) / 60),
});
