import { createRPCError } from 'ocpp-rpc';
import { emit, type StationState } from './state.ts';

/**
 * Carries out a command of the central system, or refuses it where the scenario says so. Strict mode has checked the
 * request against the action's schema, hence the assertion.
 */
export function runCommand(
  station: StationState,
  commands: object,
  refusals: Readonly<Record<string, string>>,
  action: string,
  request: unknown,
): object {
  if (!Object.hasOwn(commands, action)) throw createRPCError('NotImplemented', `${action} is not known here`);
  const answer = refusal(station, refusals[action]) ?? commandOf(commands, action)(station, request);
  const outcome = 'status' in answer ? String(answer.status) : 'answered';
  emit(station, { uid: station.options.uid, kind: 'command', action, outcome });
  return answer;
}

function refusal(station: StationState, status: string | undefined): object | undefined {
  return status !== undefined && station.options.faults.refusesCommand() ? { status } : undefined;
}

const commandOf = (commands: object, action: string) =>
  (commands as Record<string, (station: StationState, request: unknown) => object>)[action]!;
