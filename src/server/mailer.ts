import { mkdirSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createTransport } from 'nodemailer';
import { newId } from '../kernel/ids.ts';
import type { Mail, Mailer } from '../kernel/mailer.ts';
import { NotSentError } from '../kernel/not-sent-error.ts';
import type { Config } from './config.ts';

/** The address within `MAIL_FROM`, which may have a name before it. */
const addressOf = (from: string): string => /<([^>]+)>/.exec(from)?.[1] ?? from.trim();

export const contactOf = (from: string): string => `mailto:${addressOf(from)}`;

type Settings = Pick<Config, 'SMTP_URL' | 'MAIL_FROM' | 'DATA_DIR' | 'OUTGOING_TIMEOUT_SECONDS'>;

/** Over `SMTP_URL`; without it each mail becomes a file in `DATA_DIR/mail`. */
export function openMailer(config: Settings): Mailer {
  const message = ({ fromName, ...mail }: Mail) => ({
    ...mail,
    from: fromName ? { name: fromName, address: addressOf(config.MAIL_FROM) } : config.MAIL_FROM,
    // RFC 3834: nobody's absence notice comes back
    headers: { 'auto-submitted': 'auto-generated' },
  });
  if (config.SMTP_URL) {
    const timeout = config.OUTGOING_TIMEOUT_SECONDS * 1000;
    const timeouts = { connectionTimeout: timeout, greetingTimeout: timeout, socketTimeout: timeout };
    const smtp = createTransport({ url: config.SMTP_URL, ...timeouts });
    return {
      async send(mail) {
        try {
          return (await smtp.sendMail(message(mail))).messageId;
        } catch (error) {
          throw asNotSent(error) ?? error;
        }
      },
    };
  }
  const folder = join(config.DATA_DIR, 'mail');
  const composer = createTransport({ streamTransport: true, buffer: true });
  return {
    async send(mail) {
      const composed = await composer.sendMail(message(mail));
      mkdirSync(folder, { recursive: true });
      const file = join(folder, `${newId()}.eml`);
      // whole or not at all: somebody may be reading the folder
      await writeFile(`${file}.part`, composed.message as Buffer, { mode: 0o600 });
      await rename(`${file}.part`, file);
      return composed.messageId;
    },
  };
}

/** Failures from before the mail's text was on its way. */
const BEFORE_THE_TEXT = new Set(['EDNS', 'EAUTH', 'ETLS', 'EENVELOPE', 'ECONFIG', 'EPROXY']);
const BEFORE_THE_ENVELOPE = new Set(['CONNECT_TIMEOUT', 'GREETING_TIMEOUT', 'UPGRADE_TIMEOUT']);

/** A server that answers with 4xx or 5xx has not taken the mail (RFC 5321); a connection lost in the text tells nothing. */
function asNotSent(error: unknown): NotSentError | null {
  const { responseCode, code, syscall, timeoutType, message } = error as {
    responseCode?: number;
    code?: string;
    syscall?: string;
    timeoutType?: string;
    message: string;
  };
  if (responseCode !== undefined && responseCode >= 400) {
    // a wrong password (535) is set right by the operator, and not by the recipient
    return new NotSentError(message, { isFinal: responseCode >= 500 && code !== 'EAUTH' });
  }
  const isBefore =
    syscall === 'connect' || BEFORE_THE_ENVELOPE.has(timeoutType ?? '') || BEFORE_THE_TEXT.has(code ?? '');
  return isBefore ? new NotSentError(message, { isFinal: false }) : null;
}
