import { createECDH, randomBytes } from 'node:crypto';

/** The keys of a device, as a browser makes them. */
export const pushKeys = (pair = createECDH('prime256v1')): { p256dh: string; auth: string } => ({
  p256dh: pair.generateKeys('base64url'),
  auth: randomBytes(16).toString('base64url'),
});
