import { mkdirSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createTransport } from 'nodemailer';
import { newId } from '../kernel/ids.ts';
import type { Mailer } from '../kernel/mailer.ts';
import type { Config } from './config.ts';

/** The address within `MAIL_FROM`, which may have a name before it. */
export const contactOf = (from: string): string => `mailto:${/<([^>]+)>/.exec(from)?.[1] ?? from.trim()}`;

/** Over `SMTP_URL`; without it each mail becomes a file in `DATA_DIR/mail`. */
export function openMailer(config: Pick<Config, 'SMTP_URL' | 'MAIL_FROM' | 'DATA_DIR'>): Mailer {
  const from = config.MAIL_FROM;
  if (config.SMTP_URL) {
    const smtp = createTransport(config.SMTP_URL, { from });
    return { send: async mail => void (await smtp.sendMail(mail)) };
  }
  const folder = join(config.DATA_DIR, 'mail');
  const composer = createTransport({ streamTransport: true, buffer: true }, { from });
  return {
    async send(mail) {
      const { message } = await composer.sendMail(mail);
      mkdirSync(folder, { recursive: true });
      const file = join(folder, `${newId()}.eml`);
      // whole or not at all: somebody may be reading the folder
      await writeFile(`${file}.part`, message as Buffer, { mode: 0o600 });
      await rename(`${file}.part`, file);
    },
  };
}
