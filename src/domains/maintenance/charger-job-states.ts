import type { JobKind, JobStatus } from './charger-job.entity.ts';

/** Each state and those that may follow. A job that failed may go on: stations try again by themselves. */
const NEXT: Record<JobStatus, readonly JobStatus[]> = {
  requested: ['accepted', 'running', 'succeeded', 'failed', 'rejected', 'superseded', 'unanswered'],
  unanswered: ['running', 'succeeded', 'failed', 'superseded'],
  accepted: ['running', 'succeeded', 'failed', 'superseded'],
  running: ['running', 'succeeded', 'failed', 'superseded'],
  failed: ['running', 'succeeded', 'failed'],
  succeeded: [],
  rejected: [],
  superseded: [],
};

export const canBecome = (from: JobStatus, to: JobStatus): boolean => NEXT[from].includes(to);

/** Those that a station may still be at. */
export const OPEN_JOBS = ['requested', 'unanswered', 'accepted', 'running'] as const satisfies JobStatus[];

/** A station updates one firmware at a time, and uploads one log. */
export const kindsBeside = (kind: JobKind): readonly JobKind[] =>
  kind === 'firmware' ? ['firmware'] : ['diagnostics', 'security_log'];

/** What OCPP's words mean for a firmware update (1.6, its security extension, 2.0.1); Idle means nothing. */
export const FIRMWARE_STEPS: Readonly<Record<string, JobStatus>> = {
  DownloadScheduled: 'running',
  Downloading: 'running',
  DownloadPaused: 'running',
  Downloaded: 'running',
  SignatureVerified: 'running',
  InstallScheduled: 'running',
  Installing: 'running',
  InstallRebooting: 'running',
  Installed: 'succeeded',
  DownloadFailed: 'failed',
  InstallationFailed: 'failed',
  InstallVerificationFailed: 'failed',
  InvalidSignature: 'failed',
  InvalidCertificate: 'failed',
  RevokedCertificate: 'failed',
};

/** The same for the upload of a log. */
export const LOG_STEPS: Readonly<Record<string, JobStatus>> = {
  Uploading: 'running',
  Uploaded: 'succeeded',
  UploadFailed: 'failed',
  UploadFailure: 'failed',
  BadMessage: 'failed',
  NotSupportedOperation: 'failed',
  PermissionDenied: 'failed',
  AcceptedCanceled: 'superseded',
};
