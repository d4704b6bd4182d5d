import { z } from 'zod';
import { CONNECTOR_STATUSES } from '../../src/domains/chargers/connector.entity.ts';
import { charger, chargerSummary } from '../answers/chargers.ts';
import { page } from '../answers/fields.ts';
import { toGlobalId, toUuid } from '../ids.ts';
import { oneOf, paging, queryBoolean, sliceOf, uuid } from '../parameters.ts';
import { row } from '../row.ts';
import { idOf, kilo, time } from '../values.ts';
import { CONNECTOR, type Connector, connectorOf } from './connectors.ts';

interface ChargerSummary {
  id: string;
  uid: string;
  evseId: string | null;
  status: string;
  isPublic: boolean;
  maxPowerW: string | null;
  connectorCount: number;
  lastHeartbeatAt: string | null;
  isOnline: boolean;
  updatedAt: string;
  location: { id: string; name: string } | null;
  network: { id: string; name: string };
}

const SUMMARY = `
  fragment Summary on Charger {
    id uid evseId status isPublic maxPowerW connectorCount lastHeartbeatAt isOnline updatedAt
    location { id name } network { id name }
  }`;

const summary = (charger: ChargerSummary) => ({
  id: toUuid(charger.id),
  uid: charger.uid,
  evseId: charger.evseId,
  status: charger.status,
  locationId: idOf(charger.location),
  locationName: charger.location?.name ?? null,
  isPublic: charger.isPublic,
  maxPowerKw: kilo(charger.maxPowerW),
  connectorCount: charger.connectorCount,
  lastHeartbeat: time(charger.lastHeartbeatAt),
  isOnline: charger.isOnline,
  lastUpdated: time(charger.updatedAt),
  networkId: toUuid(charger.network.id),
  networkName: charger.network.name,
});

export const listChargers = row({
  method: 'GET',
  path: '/chargers',
  title: 'List all chargers',
  access: { scope: 'read', audience: 'public' },
  query: z.object({
    ...paging,
    status: oneOf(CONNECTOR_STATUSES).optional(),
    locationId: uuid.optional(),
    isPublic: queryBoolean.optional(),
  }),
  operation: `
    query Chargers($first: Int!, $offset: Int!, $filter: ChargerFilter) {
      chargers(first: $first, offset: $offset, filter: $filter) { totalCount nodes { ...Summary } }
    } ${SUMMARY}`,
  variables: ({ query: { page, pageSize, locationId, ...filter } }) => ({
    ...sliceOf({ page, pageSize }),
    filter: { ...filter, locationId: toGlobalId('Location', locationId) },
  }),
  response: page(chargerSummary),
  answer: ({ chargers }: { chargers: { totalCount: number; nodes: ChargerSummary[] } }) => ({
    list: chargers.nodes.map(summary),
    totalCount: chargers.totalCount,
  }),
});

interface ChargerDetail extends ChargerSummary {
  serialNumber: string | null;
  manufacturer: string | null;
  model: string | null;
  firmwareVersion: string | null;
  ocppVersion: string | null;
  installationDate: string | null;
  floorLevel: string | null;
  physicalReference: string | null;
  coordinates: { latitude: number; longitude: number } | null;
  connectors: Connector[];
}

export const getCharger = row({
  method: 'GET',
  path: '/chargers/{id}',
  title: 'Get charger details',
  access: { scope: 'read', audience: 'public' },
  operation: `
    query Charger($id: ID!) {
      charger: node(id: $id) {
        ... on Charger {
          ...Summary
          serialNumber manufacturer model firmwareVersion ocppVersion installationDate floorLevel physicalReference
          coordinates { latitude longitude }
          connectors { ...ConnectorMembers }
        }
      }
    } ${SUMMARY} ${CONNECTOR}`,
  variables: ({ path }) => ({ id: toGlobalId('Charger', path.id) }),
  response: charger,
  answer: ({ charger }: { charger: ChargerDetail | null }) =>
    charger && {
      ...summary(charger),
      serialNumber: charger.serialNumber,
      manufacturer: charger.manufacturer,
      model: charger.model,
      firmwareVersion: charger.firmwareVersion,
      ocppVersion: charger.ocppVersion,
      installationDate: time(charger.installationDate),
      floorLevel: charger.floorLevel,
      physicalReference: charger.physicalReference,
      coordinates: charger.coordinates,
      connectors: charger.connectors.map(connector => connectorOf(charger, connector)),
    },
});
