import type { Sample } from '../../src/domains/sessions/meter-value.entity.ts';
import type { MeterReading } from '../../src/domains/sessions/store-meter-values.ts';
import { stationTime } from '../time.ts';
import { baseUnit, defaultUnit, inBaseUnit } from '../units.ts';
import type { MeterValue, SampledValue } from './messages.ts';

/** What a MeterValue says, in base units, OCPP's defaults filled in. A reading without a usable time is left out. */
export function readingsOf(meterValues: readonly MeterValue[]): MeterReading[] {
  return meterValues.flatMap(meterValue => {
    const at = stationTime(meterValue.timestamp);
    return at === null ? [] : [{ at, samples: meterValue.sampledValue.flatMap(samplesOf) }];
  });
}

/** The value, and beside it what its meter signed, as it came. */
function samplesOf(sampled: SampledValue): Sample[] {
  const measurand = sampled.measurand ?? 'Energy.Active.Import.Register';
  const unit = sampled.unitOfMeasure?.unit ?? defaultUnit(measurand);
  const value = inBaseUnit(String(sampled.value), unit, sampled.unitOfMeasure?.multiplier);
  const common = {
    measurand,
    unit: baseUnit(unit),
    phase: sampled.phase ?? null,
    location: sampled.location ?? (measurand === 'SoC' ? 'EV' : 'Outlet'),
    context: sampled.context ?? 'Sample.Periodic',
  };
  return [
    ...(value === null ? [] : [{ ...common, value, format: 'Raw' as const }]),
    ...(sampled.signedMeterValue
      ? [{ ...common, value: JSON.stringify(sampled.signedMeterValue), format: 'SignedData' as const }]
      : []),
  ];
}
