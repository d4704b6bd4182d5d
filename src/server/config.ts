import { isIP } from 'node:net';
import { z } from 'zod';

export const ROLES = ['api', 'ocpp', 'worker'] as const;

const list = z
  .string()
  .default('')
  .transform(text => text.split(',').flatMap(part => part.trim() || []));

const integer = (min: number, max: number, standard: number) =>
  z
    .string()
    .default(String(standard))
    .refine(text => /^\d+$/.test(text) && Number(text) >= min && Number(text) <= max, {
      message: `must be a whole number from ${min} to ${max}`,
    })
    .transform(Number);

const flag = (standard: boolean) =>
  z
    .enum(['true', 'false'], { message: 'must be true or false' })
    .default(standard ? 'true' : 'false')
    .transform(text => text === 'true');

const address = z.string().refine(text => isIP(text.split('/')[0] ?? '') !== 0, {
  message: 'must be IP addresses or ranges such as 10.0.0.0/8, separated by commas',
});

/** Every setting, from environment variables; `.env.example` says what each is for. */
const settings = z.object({
  PORT: integer(0, 65_535, 4000),
  HOST: z.string().min(1).default('127.0.0.1'),
  DATA_DIR: z.string().min(1).default('.data'),
  DATABASE_URL: z
    .string()
    .regex(/^postgres(ql)?:\/\//, { message: 'must begin with postgres:// or postgresql://' })
    .optional(),
  DATABASE_POOL_SIZE: integer(2, 500, 20),
  ROLES: list
    .default([...ROLES])
    .pipe(
      z
        .array(z.enum(ROLES, { message: `must be some of ${ROLES.join(', ')}, separated by commas` }))
        .transform(roles => (roles.length === 0 ? [...ROLES] : roles)),
    ),
  LOG_LEVEL: z
    .enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'], {
      message: 'must be one of fatal, error, warn, info, debug, trace, silent',
    })
    .default('info'),
  LOG_FORMAT: z.enum(['pretty', 'json'], { message: 'must be pretty or json' }).optional(),
  DEMO: flag(true),
  SECRET_KEY: z
    .string()
    .regex(/^[0-9a-fA-F]{64,}$/, { message: 'must be at least 64 hexadecimal digits: openssl rand -hex 32' })
    .optional(),
  SECRET_KEY_PREVIOUS: list.pipe(
    z.array(z.string().regex(/^[0-9a-fA-F]{64,}$/, { message: 'must be former values of SECRET_KEY' })),
  ),
  STRIPE_API_URL: z
    .url({ protocol: /^https?$/, message: 'must begin with http:// or https://' })
    .default('https://api.stripe.com'),
  STRIPE_TIMEOUT_SECONDS: integer(1, 80, 10),
  SMTP_URL: z
    .string()
    .regex(/^smtps?:\/\//, { message: 'must begin with smtp:// or smtps://' })
    .optional(),
  SMS_PROVIDER: z.enum(['twilio'], { message: 'must be twilio' }).optional(),
  TWILIO_ACCOUNT_SID: z
    .string()
    .regex(/^AC[0-9a-fA-F]{32}$/, { message: 'must be AC and 32 hexadecimal digits' })
    .optional(),
  TWILIO_AUTH_TOKEN: z.string().optional(),
  TWILIO_FROM: z
    .string()
    .regex(/^(\+[1-9]\d{6,14}|[A-Za-z0-9 ]{1,11}|\d{3,8})$/, {
      message: 'must be a number such as +17875551234, a short code, or up to 11 letters and digits',
    })
    .optional(),
  TWILIO_MESSAGING_SERVICE_SID: z
    .string()
    .regex(/^MG[0-9a-fA-F]{32}$/, { message: 'must be MG and 32 hexadecimal digits' })
    .optional(),
  TWILIO_URL: z
    .string()
    .regex(/^https?:\/\/[^/]/, { message: 'must begin with http:// or https://' })
    .default('https://api.twilio.com'),
  OFFLINE_ALERT_MINUTES: integer(5, 10_080, 15),
  MAIL_FROM: z.string().min(3).default('Chargegraph <no-reply@localhost>'),
  OUTGOING_ALLOW_LOOPBACK: flag(false),
  OUTGOING_TIMEOUT_SECONDS: integer(1, 60, 10),
  COMMAND_TIMEOUT_SECONDS: integer(1, 120, 20),
  STATION_CONNECTS_PER_MINUTE: integer(1, 10_000, 60),
  DRAIN_SECONDS: integer(0, 120, 10),
  STALE_SESSION_HOURS: integer(1, 720, 24),
  STREAMS_PER_KEY: integer(1, 1_000_000, 5_000),
  STREAMS_PER_DRIVER: integer(1, 10_000, 50),
  STREAM_COMMENT_SECONDS: integer(1, 60, 15),
  EVENT_RETENTION_HOURS: integer(24, 8_760, 72),
  METER_VALUE_RETENTION_DAYS: integer(31, 36_500, 400),
  GATEWAY_PORT: integer(0, 65_535, 4001),
  GATEWAY_SUBGRAPHS_URL: z
    .string()
    .regex(/^https?:\/\/[^/]/, { message: 'must begin with http:// or https://' })
    .default('http://localhost:4000'),
  TRUSTED_PROXIES: list.pipe(z.array(address)),
  TLS_CERT_FILE: z.string().min(1).optional(),
  TLS_KEY_FILE: z.string().min(1).optional(),
  TLS_CA_FILE: z.string().min(1).optional(),
});

export type Config = Readonly<z.infer<typeof settings>>;

/** A setting that cannot be used; the message names it. */
export class ConfigError extends Error {}

/** Reads the settings. An empty variable counts as unset. Throws a ConfigError that names each wrong one. */
export function readConfig(environment: Record<string, string | undefined>): Config {
  const given = Object.fromEntries(
    Object.entries(environment).filter(([name, value]) => name in settings.shape && value !== ''),
  );
  const parsed = settings.safeParse(given);
  if (!parsed.success) {
    throw new ConfigError(
      parsed.error.issues
        .map(issue => `${String(issue.path[0])} ${issue.message} (it is "${given[String(issue.path[0])]}")`)
        .join('\n'),
    );
  }
  if (!parsed.data.TLS_CERT_FILE !== !parsed.data.TLS_KEY_FILE) {
    throw new ConfigError('TLS_CERT_FILE and TLS_KEY_FILE go together: give both, or neither');
  }
  const { SMS_PROVIDER, TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN, TWILIO_FROM, TWILIO_MESSAGING_SERVICE_SID } =
    parsed.data;
  const hasSender = TWILIO_FROM || TWILIO_MESSAGING_SERVICE_SID;
  if (SMS_PROVIDER === 'twilio' && !(TWILIO_ACCOUNT_SID && TWILIO_AUTH_TOKEN && hasSender)) {
    throw new ConfigError(
      'SMS_PROVIDER=twilio needs TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN, and TWILIO_FROM or TWILIO_MESSAGING_SERVICE_SID',
    );
  }
  return parsed.data;
}
