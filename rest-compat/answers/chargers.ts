import { z } from 'zod';
import { CONNECTOR_STATUSES } from '../../src/domains/chargers/connector.entity.ts';
import { flag, integer, number, object, text, time, uuid, word } from './fields.ts';

const FORMATS = ['SOCKET', 'CABLE'];
const POWER_TYPES = ['AC_1_PHASE', 'AC_2_PHASE', 'AC_2_PHASE_SPLIT', 'AC_3_PHASE', 'DC'];

export const chargerStatus = word(CONNECTOR_STATUSES, 'What the charger as a whole can do now.');
export const lastHeartbeat = time('When its last message came in.').nullable();
export const isOnline = flag('Connected, or heard of within the last five minutes.');
export const connectorCount = integer('How many connectors it has.', 2);

const kind = {
  standard: text("The plug, in OCPI's words.", 'IEC_62196_T2'),
  format: word(FORMATS, 'A socket to plug into, or a cable that is there.'),
  powerType: word(POWER_TYPES, "The current and its phases, in OCPI's words."),
};

const summary = {
  id: uuid('Names the charger.'),
  uid: text('The identity under which it connects; unique in the installation.', 'DEMO-AC-01'),
  evseId: text('Its number on the roaming networks.', 'US*DEM*E000001').nullable(),
  status: chargerStatus,
  locationId: uuid('Where it stands.').nullable(),
  locationName: text('The name of that location.', 'Plaza del Mar').nullable(),
  isPublic: flag('Whether drivers may find it.'),
  maxPowerKw: number('What its strongest connector can give, in kW.', 150).nullable(),
  connectorCount,
  lastHeartbeat,
  isOnline,
  lastUpdated: time('When anything about it last changed.'),
  networkId: uuid('The network it belongs to.'),
  networkName: text('The name of that network.', 'Demo Network'),
};

export const chargerSummary = object('ChargerSummary', 'A charger, as lists show it.', summary);

const connector = {
  id: uuid('Names the connector.'),
  connectorNumber: integer('Its number on the charger, from 1.', 1),
  connectorIdentifier: text("The charger's identity and the connector's number.", 'DEMO-AC-01-1'),
  status: word(CONNECTOR_STATUSES, 'What it can do now.'),
  ...kind,
  maxVoltage: integer('In volts.', 400),
  maxAmperage: integer('In amperes.', 32),
  maxElectricPowerWatts: integer('In watts.', 22000),
  lastUpdated: time('When anything about it last changed.'),
};

const coordinates = object('Coordinates', 'A place on the map (WGS 84).', {
  latitude: number('Degrees north.', 18.4655),
  longitude: number('Degrees east.', -66.1057),
});

export const charger = object('Charger', 'A charger with its hardware and its connectors.', {
  ...summary,
  serialNumber: text('As the maker numbered it.', 'SN-204417').nullable(),
  manufacturer: text('Who made it.', 'ABB').nullable(),
  model: text('As the maker calls it.', 'Terra AC').nullable(),
  firmwareVersion: text('As it said when it last started.', '1.8.32').nullable(),
  ocppVersion: text('The version of OCPP that it last spoke.', '1.6').nullable(),
  installationDate: time('When it was put up.', '2025-09-01T00:00:00Z').nullable(),
  floorLevel: text('On which floor.', 'P1').nullable(),
  physicalReference: text('What is written on it or beside it.', 'Bay 14').nullable(),
  coordinates: coordinates.nullable(),
  connectors: z.array(object('Connector', 'Where one car is plugged in.', connector)),
});

export const connectorStatus = object('ConnectorStatus', 'A connector and where it is found.', {
  ...connector,
  chargerId: uuid('The charger that has it.'),
  chargerUid: text('The identity of that charger.', 'DEMO-AC-01'),
  locationId: uuid('Where it is.').nullable(),
  locationName: text('The name of that location.', 'Plaza del Mar').nullable(),
  lastStatusUpdate: time('When the station last told its status; null if it never did.').nullable(),
  hasRfidReader: flag('Whether a card can be held to the charger.'),
  hasDisplay: flag('Whether the charger has a display.', false),
});

const connectorInfo = object('ConnectorInfo', 'A connector with its price of this moment.', {
  connectorUuid: uuid('Names the connector.'),
  connectorIdentifier: connector.connectorIdentifier,
  connectorNumber: connector.connectorNumber,
  ...kind,
  maxPowerKw: number('What it can give, in kW.', 22),
  status: connector.status,
  tariffId: text('The code of the tariff that applies; null where none does.', 'STANDARD-AC').nullable(),
  tariffName: text('The name of that tariff.', 'Standard AC').nullable(),
  energyRate: number('For each kWh.', 0.35),
  timeRate: number('For each minute of charging.', 0),
  sessionFee: number('For each session.', 0.5),
  idleRate: number('For each idle minute after the grace.', 0.4),
  idleFeeEnabled: flag('Whether idling costs anything.'),
  idleGracePeriodMinutes: integer('Minutes of idling that cost nothing.', 10),
});

export const chargerInfo = object('ChargerInfo', 'What someone who stands before a charger needs to know.', {
  chargerUuid: uuid('Names the charger.'),
  chargerUid: text('The identity under which it connects.', 'DEMO-AC-01'),
  chargerName: text('What to call it.', 'DEMO-AC-01'),
  llmLookupId: text('Six letters and digits to read out or to type.', 'K7M3QX'),
  status: chargerStatus,
  isOnline,
  locationUuid: uuid('Where it stands.'),
  locationName: text('The name of that location.', 'Plaza del Mar'),
  address: text('Street and number.', '100 Ashford Avenue'),
  city: text('Town or city.', 'San Juan'),
  latitude: number('Degrees north.', 18.4655),
  longitude: number('Degrees east.', -66.1057),
  networkUuid: uuid('The network it belongs to.'),
  networkName: text('The name of that network.', 'Demo Network'),
  networkLogoUrl: text('Where its logo is found.', 'https://example.com/logo.svg').nullable(),
  networkPrimaryColor: text('Its first colour.', '#0B6E4F').nullable(),
  networkSecondaryColor: text('Its second colour.', '#08A045').nullable(),
  currency: text('Of the prices, ISO 4217.', 'USD'),
  connectors: z.array(connectorInfo),
});
