import { CONNECTOR_STATUSES, type ConnectorStatus } from '../src/domains/chargers/connector.entity.ts';
import { builder } from './builder.ts';
import { ChargerRef, ConnectorRef } from './refs.ts';

export const ConnectorStatusEnum = builder.enumType('ConnectorStatus', {
  description: 'OCPP 1.6, section 7.7.',
  values: CONNECTOR_STATUSES,
});

export const ConnectorFormat = builder.enumType('ConnectorFormat', { values: ['SOCKET', 'CABLE'] as const });

export const PowerType = builder.enumType('PowerType', {
  description: 'OCPI 2.2.1, section 8.4.19.',
  values: ['AC_1_PHASE', 'AC_2_PHASE', 'AC_2_PHASE_SPLIT', 'AC_3_PHASE', 'DC'] as const,
});

ConnectorRef.implement({
  description: 'A connector and its EVSE.',
  fields: t => ({
    number: t.exposeInt('number', { description: 'Counts from 1 within the station.' }),
    evseNumber: t.exposeInt('evseNumber', { description: 'OCPP 2.0.1.' }),
    evseConnectorNumber: t.exposeInt('evseConnectorNumber', { description: 'Within its EVSE (OCPP 2.0.1).' }),
    status: t.field({ type: ConnectorStatusEnum, resolve: connector => connector.status as ConnectorStatus }),
    statusAt: t.expose('statusAt', { type: 'DateTime', nullable: true }),
    errorCode: t.exposeString('errorCode', { nullable: true }),
    standard: t.exposeString('standard', { description: "OCPI's ConnectorType." }),
    format: t.expose('format', { type: ConnectorFormat }),
    powerType: t.expose('powerType', { type: PowerType }),
    maxVoltageV: t.exposeInt('maxVoltageV'),
    maxCurrentA: t.exposeInt('maxCurrentA'),
    maxPowerW: t.exposeInt('maxPowerW'),
    charger: t.field({ type: ChargerRef, resolve: connector => connector.chargerId }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime' }),
  }),
});
