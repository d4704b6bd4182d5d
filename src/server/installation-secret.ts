import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { InstallationSecret } from '../kernel/installation-secret.ts';
import type { Config } from './config.ts';

/** From `SECRET_KEY`; without it from `DATA_DIR/secret.key`, which is made at the first start. */
export function installationSecret(
  config: Pick<Config, 'SECRET_KEY' | 'SECRET_KEY_PREVIOUS' | 'DATA_DIR'>,
): InstallationSecret {
  return new InstallationSecret(
    Buffer.from(config.SECRET_KEY ?? fromFile(config.DATA_DIR), 'hex'),
    config.SECRET_KEY_PREVIOUS.map(key => Buffer.from(key, 'hex')),
  );
}

function fromFile(folder: string): string {
  const file = join(folder, 'secret.key');
  mkdirSync(folder, { recursive: true });
  try {
    // fails where the file is there: two processes that start at once get the same secret
    writeFileSync(file, `${randomBytes(32).toString('hex')}\n`, { mode: 0o600, flag: 'wx' });
  } catch (error) {
    if ((error as { code?: string }).code !== 'EEXIST') throw error;
  }
  return readFileSync(file, 'utf8').trim();
}
