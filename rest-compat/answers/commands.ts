import { z } from 'zod';
import { TRIGGER_MESSAGES } from '../../src/kernel/charger-commands.ts';
import { flag, integer, number, object, text, uuid, word } from './fields.ts';

const chargerId = uuid('The charger that was asked.');
const connectorNumber = integer('The number of its connector.', 1);
const unit = word(['A', 'W'], 'Amperes or watts.');
const profileId = integer('The charging profile on the station that holds the limit.', 90001);
const resetType = word(['Soft', 'Hard'], 'Soft ends sessions in good order first, Hard does not.');

const verdict = {
  accepted: flag('Whether the station will do it.'),
  reason: text('Why not, for people.', 'The charger is offline.').nullable(),
  retryable: flag('Whether it may help to ask again later.', false),
};

export const unlockVerdict = object('UnlockVerdict', 'What the station said to an unlock.', {
  chargerId,
  connectorNumber,
  ...verdict,
});

export const triggerVerdict = object('TriggerVerdict', 'What the station said to a trigger.', {
  chargerId,
  message: word(TRIGGER_MESSAGES, 'What it was asked to send again.'),
  ...verdict,
});

export const resetVerdict = object('ResetVerdict', 'What the station said to a reset.', {
  chargerId,
  type: resetType,
  ...verdict,
});

export const rebootVerdict = object('RebootVerdict', 'What the station said to a reboot.', {
  chargerId,
  status: word(['Accepted', 'Rejected'], 'Whether it will do it.'),
  message: text('For people.', 'The station will restart.'),
});

export const limitVerdict = object('LimitVerdict', 'What the station said to a limit.', {
  chargerId,
  connectorNumber,
  unit,
  limit: number("What was sent: the lower of the driver's limit and the location's.", 16),
  profileId,
  ...verdict,
});

export const clearedLimit = object('ClearedLimit', 'What the station said to having a limit cleared.', {
  chargerId,
  connectorNumber,
  profileId,
  ...verdict,
});

const schedulePeriod = object('SchedulePeriod', 'What holds from one moment to the next.', {
  startPeriod: integer("Seconds after the schedule's begin.", 0),
  limit: number('What may be drawn, in the unit of the schedule.', 16),
  numberPhases: integer('Over how many phases.', 3).optional(),
});

const compositeSchedule = object('CompositeSchedule', "All profiles together, in OCPP 1.6's shape.", {
  duration: integer('For how many seconds it holds.', 86400).optional(),
  startSchedule: z
    .string()
    .meta({ description: 'When it begins, as the station wrote it.', examples: ['2026-06-19T18:42:09.250Z'] })
    .optional(),
  chargingRateUnit: unit,
  chargingSchedulePeriod: z.array(schedulePeriod),
  minChargingRate: number('Below this a car draws nothing.', 6).optional(),
});

export const effectiveLimit = object('EffectiveLimit', 'What a connector may draw over the next day.', {
  chargerId,
  connectorNumber,
  unit,
  accepted: flag('Whether the station told it.'),
  schedule: compositeSchedule.nullable(),
});
