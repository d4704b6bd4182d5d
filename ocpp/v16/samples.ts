import type { Sample } from '../../src/domains/sessions/meter-value.entity.ts';
import type { MeterReading } from '../../src/domains/sessions/store-meter-values.ts';
import { stationTime } from '../time.ts';
import { baseUnit, defaultUnit, inBaseUnit } from '../units.ts';
import type { MeterValue, SampledValue } from './messages.ts';

/** What a MeterValue says, in base units, OCPP's defaults filled in. A reading without a usable time is left out. */
export function readingsOf(meterValues: readonly MeterValue[]): MeterReading[] {
  return meterValues.flatMap(meterValue => {
    const at = stationTime(meterValue.timestamp);
    return at === null ? [] : [{ at, samples: meterValue.sampledValue.flatMap(sampleOf) }];
  });
}

function sampleOf(sampled: SampledValue): Sample[] {
  const format = sampled.format ?? 'Raw';
  const measurand = sampled.measurand ?? 'Energy.Active.Import.Register';
  const unit = sampled.unit ?? defaultUnit(measurand);
  const value = format === 'SignedData' ? sampled.value : inBaseUnit(sampled.value, unit);
  if (value === null) return [];
  return [
    {
      measurand,
      value,
      unit: baseUnit(unit),
      phase: sampled.phase ?? null,
      location: sampled.location ?? (measurand === 'SoC' ? 'EV' : 'Outlet'),
      context: sampled.context ?? 'Sample.Periodic',
      format,
    },
  ];
}
