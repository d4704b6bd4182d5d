import { ConflictError } from '../../kernel/errors.ts';

export const SESSION_STATUSES = [
  'pending',
  'active',
  'idle',
  'stopping',
  'completed',
  'failed',
  'expired',
] as const;
export type SessionStatus = (typeof SESSION_STATUSES)[number];

/**
 * Which step a session may take. A late StartTransaction revives what had expired: the station is the witness. So it is
 * where a late message shows energy in a charge that seemed to have had none.
 */
const ALLOWED: Record<SessionStatus, readonly SessionStatus[]> = {
  pending: ['active', 'failed', 'expired'],
  active: ['idle', 'stopping', 'completed', 'failed'],
  idle: ['active', 'stopping', 'completed', 'failed'],
  stopping: ['active', 'idle', 'completed', 'failed'],
  completed: [],
  failed: ['completed'],
  expired: ['active'],
};

export const OPEN_STATUSES = ['pending', 'active', 'idle', 'stopping'] as const satisfies SessionStatus[];
/** Open, and the station has begun. */
export const RUNNING_STATUSES = ['active', 'idle', 'stopping'] as const satisfies SessionStatus[];

export const isRunning = (status: SessionStatus): boolean =>
  (RUNNING_STATUSES as readonly string[]).includes(status);

/** Takes the step, or throws a ConflictError. Staying where one is, is no step. */
export function advance(session: { status: SessionStatus }, next: SessionStatus): void {
  if (session.status === next) return;
  if (!ALLOWED[session.status].includes(next)) {
    throw new ConflictError(`A session that is ${session.status} cannot become ${next}.`);
  }
  session.status = next;
}
