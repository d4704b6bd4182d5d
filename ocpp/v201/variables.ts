import type { ReportedVariable, VariableName } from '../../src/kernel/charger-commands.ts';
import type { NotifyEvent, NotifyReport, VariablePlace } from './messages.ts';

/** The request id of the report on everything that a station has: whatever it does not tell is gone. */
export const FULL_REPORT = 1_000_001;

/** How OCPP 2.0.1 names a variable; null for a key of OCPP 1.6, which has no component. */
export function placeOf(name: VariableName): VariablePlace | null {
  if (name.component === null) return null;
  return {
    component: {
      name: name.component,
      ...(name.componentInstance !== null && { instance: name.componentInstance }),
      ...(name.evseNumber !== null && { evse: { id: name.evseNumber } }),
    },
    variable: {
      name: name.variable,
      ...(name.variableInstance !== null && { instance: name.variableInstance }),
    },
  };
}

export const variableName = ({ component, variable }: VariablePlace): VariableName => ({
  component: component.name,
  componentInstance: component.instance ?? null,
  evseNumber: component.evse?.id ?? null,
  variable: variable.name,
  variableInstance: variable.instance ?? null,
});

/** Our names end at the EVSE: of several connectors the first stands for all. */
const isNamed = ({ component }: VariablePlace): boolean => (component.evse?.connectorId ?? 1) === 1;

/** What a report tells, an entry for each attribute. */
export const reportedIn = (report: NotifyReport): ReportedVariable[] =>
  (report.reportData ?? []).filter(isNamed).flatMap(data =>
    data.variableAttribute.map(attribute => ({
      ...variableName(data),
      attributeType: attribute.type ?? 'Actual',
      value: attribute.value ?? null,
      mutability: attribute.mutability ?? 'ReadWrite',
      dataType: data.variableCharacteristics?.dataType ?? null,
      unit: data.variableCharacteristics?.unit ?? null,
    })),
  );

/** What events tell of the variables that they are about. */
export const valuesIn = (report: NotifyEvent): ReportedVariable[] =>
  report.eventData.filter(isNamed).map(event => ({
    ...variableName(event),
    attributeType: 'Actual',
    value: event.actualValue,
    mutability: null,
    dataType: null,
    unit: null,
  }));
