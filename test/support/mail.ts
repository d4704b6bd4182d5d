import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from './eventually.ts';
import type { TestServer } from './server.ts';

/** What the product has mailed: files, where no mail server is set. */
export function mails(server: TestServer): string[] {
  try {
    const folder = join(server.app.config.DATA_DIR, 'mail');
    return readdirSync(folder).map(file => readFileSync(join(folder, file), 'utf8'));
  } catch {
    return [];
  }
}

/** The reset token that was mailed to the address, once it was. */
export async function resetTokenFor(server: TestServer, email: string): Promise<string> {
  const mail = await eventually(() => mails(server).find(text => text.includes(`To: ${email}`)));
  // quoted-printable: soft line breaks, and = as =3D
  const plain = mail.replaceAll('=\r\n', '').replaceAll('=3D', '=');
  return /([0-9a-f]{32}[A-Za-z0-9_-]{43})/.exec(plain)![1]!;
}
