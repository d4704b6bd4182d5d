import { type Logger, pino, stdTimeFunctions } from 'pino';
import pretty from 'pino-pretty';
import type { Config } from './config.ts';

/** Structured logs on the standard output: lines of JSON, or for a person at a terminal. No secret is written. */
export function openLog(config: Pick<Config, 'LOG_LEVEL' | 'LOG_FORMAT'>): Logger {
  const format = config.LOG_FORMAT ?? (process.stdout.isTTY ? 'pretty' : 'json');
  const options = {
    level: config.LOG_LEVEL,
    base: undefined,
    timestamp: stdTimeFunctions.isoTime,
    redact: ['req.headers["x-api-key"]', 'req.headers.authorization', '*.password', '*.secret'],
  };
  return format === 'json' ? pino(options) : pino(options, pretty({ colorize: true, sync: true }));
}
