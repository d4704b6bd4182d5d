import { encodeGlobalID } from '@pothos/plugin-relay';
import { type ChargerInfo, type ConnectorInfo, chargerInfo } from '../src/domains/chargers/charger-info.ts';
import { type EffectiveRates, effectiveRates } from '../src/domains/tariffs/effective-rates.ts';
import { builder, inSubGraph } from './builder.ts';
import { ConnectorFormat, ConnectorStatusEnum, PowerType } from './connector.ts';
import { NetworkBrandingRef } from './network.ts';

// Values that stand for themselves: who asks without a key reads no entity.

const ConnectorPrice = builder.objectRef<EffectiveRates>('ConnectorPrice').implement({
  description: 'What a charge costs now, taxes not included. Where it is free, every rate is 0.',
  subGraphs: ['network'],
  fields: t => ({
    tariffCode: t.exposeString('code'),
    tariffName: t.exposeString('name'),
    currency: t.exposeString('currency', { description: 'ISO 4217.' }),
    isFree: t.exposeBoolean('isFree'),
    energyRate: t.expose('energyRate', { type: 'Decimal', description: 'Per kWh.' }),
    timeRate: t.expose('timeRate', { type: 'Decimal', description: 'Per minute of charging.' }),
    sessionFee: t.expose('sessionFee', { type: 'Decimal' }),
    idleRate: t.expose('idleRate', {
      type: 'Decimal',
      description: 'Per minute of idle time after the grace.',
    }),
    idleGraceSeconds: t.exposeInt('idleGraceSeconds'),
    taxRate: t.expose('taxRate', { type: 'Decimal', description: 'Percent, on top.' }),
  }),
});

const ConnectorInfoRef = builder.objectRef<ConnectorInfo>('ConnectorInfo').implement({
  subGraphs: ['network'],
  fields: t => ({
    connectorId: t.id({ resolve: connector => encodeGlobalID('Connector', connector.id) }),
    number: t.exposeInt('number', { description: 'Counts from 1 within the station.' }),
    status: t.expose('status', { type: ConnectorStatusEnum }),
    standard: t.exposeString('standard', { description: "OCPI's ConnectorType." }),
    format: t.expose('format', { type: ConnectorFormat }),
    powerType: t.expose('powerType', { type: PowerType }),
    maxPowerW: t.exposeInt('maxPowerW'),
    price: t.field({
      type: ConnectorPrice,
      nullable: true,
      description: 'What applies at this moment; null where no tariff does, and a charge costs nothing.',
      resolve: ({ tariff }) => tariff && effectiveRates(tariff),
    }),
  }),
});

const ChargerInfoRef = builder.objectRef<ChargerInfo>('ChargerInfo').implement({
  description: 'What anyone may know of a public charger that they stand before.',
  subGraphs: ['network'],
  fields: t => ({
    chargerId: t.id({ resolve: charger => encodeGlobalID('Charger', charger.chargerId) }),
    uid: t.exposeString('uid', { description: 'OCPP identity.' }),
    lookupCode: t.exposeString('lookupCode', { description: 'Printed on the station.' }),
    status: t.expose('status', { type: ConnectorStatusEnum }),
    isOnline: t.exposeBoolean('isOnline'),
    locationId: t.id({ resolve: charger => encodeGlobalID('Location', charger.locationId) }),
    locationName: t.exposeString('locationName'),
    address: t.exposeString('address'),
    city: t.exposeString('city'),
    latitude: t.exposeFloat('latitude', { description: 'Degrees, WGS 84.' }),
    longitude: t.exposeFloat('longitude', { description: 'Degrees, WGS 84.' }),
    network: t.expose('network', { type: NetworkBrandingRef }),
    currency: t.exposeString('currency', { description: 'That the network prices in (ISO 4217).' }),
    connectors: t.field({
      type: [ConnectorInfoRef],
      description: 'By number.',
      resolve: charger => [...charger.connectors],
    }),
  }),
});

inSubGraph('network').queryField('chargerInfo', t =>
  t.field({
    type: ChargerInfoRef,
    nullable: true,
    description: 'A public charger at a published location. For anyone: no key is needed.',
    args: {
      identifier: t.arg.string({
        required: true,
        description: 'UUID, OCPP identity, printed code or serial number.',
      }),
    },
    resolve: (_, { identifier }, ctx) => chargerInfo(ctx, identifier),
  }),
);
