import { connectorStatus } from '../answers/chargers.ts';
import { toGlobalId, toUuid } from '../ids.ts';
import { row } from '../row.ts';
import { idOf, time } from '../values.ts';

/** What CONNECTOR asks for. */
export interface Connector {
  id: string;
  number: number;
  status: string;
  standard: string;
  format: string;
  powerType: string;
  maxVoltageV: number;
  maxCurrentA: number;
  maxPowerW: number;
  updatedAt: string;
}

export const CONNECTOR = `
  fragment ConnectorMembers on Connector {
    id number status standard format powerType maxVoltageV maxCurrentA maxPowerW updatedAt
  }`;

export const connectorOf = (charger: { readonly uid: string }, connector: Connector) => ({
  id: toUuid(connector.id),
  connectorNumber: connector.number,
  connectorIdentifier: `${charger.uid}-${connector.number}`,
  status: connector.status,
  standard: connector.standard,
  format: connector.format,
  powerType: connector.powerType,
  maxVoltage: connector.maxVoltageV,
  maxAmperage: connector.maxCurrentA,
  maxElectricPowerWatts: connector.maxPowerW,
  lastUpdated: time(connector.updatedAt),
});

interface ConnectorNow extends Connector {
  statusAt: string | null;
  charger: {
    id: string;
    uid: string;
    hasRfidReader: boolean;
    hasDisplay: boolean;
    location: { id: string; name: string } | null;
  };
}

export const getConnectorStatus = row({
  method: 'GET',
  path: '/connectors/{id}/status',
  title: 'Get connector status',
  access: { scope: 'read', audience: 'public' },
  operation: `
    query Connector($id: ID!) {
      connector: node(id: $id) {
        ... on Connector {
          ...ConnectorMembers
          statusAt charger { id uid hasRfidReader hasDisplay location { id name } }
        }
      }
    } ${CONNECTOR}`,
  variables: ({ path }) => ({ id: toGlobalId('Connector', path.id) }),
  response: connectorStatus,
  answer: ({ connector }: { connector: ConnectorNow | null }) =>
    connector && {
      ...connectorOf(connector.charger, connector),
      chargerId: toUuid(connector.charger.id),
      chargerUid: connector.charger.uid,
      locationId: idOf(connector.charger.location),
      locationName: connector.charger.location?.name ?? null,
      lastStatusUpdate: time(connector.statusAt),
      hasRfidReader: connector.charger.hasRfidReader,
      hasDisplay: connector.charger.hasDisplay,
    },
});
