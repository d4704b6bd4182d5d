import 'reflect-metadata';
import { X509Certificate as NodeCertificate, randomBytes } from 'node:crypto';
import * as x509 from '@peculiar/x509';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const AUTHORITY_YEARS = 10;
const STATION_YEARS = 2;
/** Clocks of stations lag. */
const BACKDATED_HOURS = 1;
const MIN_RSA_BITS = 2048;

/** PEM, both. */
export interface Authority {
  readonly certificate: string;
  readonly privateKey: string;
}

/** A new self-signed authority on P-256. */
export async function newAuthority(now: Temporal.Instant): Promise<Authority> {
  const keys = await crypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: newSerialNumber(),
    name: 'CN=Chargegraph charging stations',
    ...validFor(now, AUTHORITY_YEARS),
    signingAlgorithm: ALGORITHM,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  const privateKey = await crypto.subtle.exportKey('pkcs8', keys.privateKey);
  return {
    certificate: certificate.toString('pem'),
    privateKey: x509.PemConverter.encode(privateKey, 'PRIVATE KEY'),
  };
}

/**
 * Why a station's signing request (PEM, PKCS #10) cannot be signed; null where it can: it names the station and nobody
 * else, proves that the station has the key, and the key is strong enough.
 */
export async function whyNotSignable(csr: string, uid: string): Promise<string | null> {
  let request: x509.Pkcs10CertificateRequest;
  try {
    request = new x509.Pkcs10CertificateRequest(csr);
    if (!(await request.verify())) return 'The request is not signed with its own key.';
  } catch {
    return 'The request cannot be read.';
  }
  const names = request.subjectName.getField('CN');
  if (names.length !== 1 || names[0] !== uid) return 'The common name is not the identity of the station.';
  const key = request.publicKey.algorithm as { name: string; modulusLength?: number; namedCurve?: string };
  if (key.name.startsWith('RSA') && (key.modulusLength ?? 0) >= MIN_RSA_BITS) return null;
  if (key.name === 'ECDSA') return null;
  return `Keys must be elliptic, or RSA of at least ${MIN_RSA_BITS} bits.`;
}

/** Signs a request that can be signed: the chain, the station's certificate first. Only its key is taken over. */
export async function signRequest(
  authority: Authority,
  csr: string,
  uid: string,
  now: Temporal.Instant,
): Promise<string> {
  const request = new x509.Pkcs10CertificateRequest(csr);
  const issuer = new x509.X509Certificate(authority.certificate);
  const signingKey = await crypto.subtle.importKey(
    'pkcs8',
    x509.PemConverter.decodeFirst(authority.privateKey),
    ALGORITHM,
    false,
    ['sign'],
  );
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: newSerialNumber(),
    subject: new x509.Name([{ CN: [uid] }]).toString(),
    issuer: issuer.subject,
    ...validFor(now, STATION_YEARS),
    signingAlgorithm: ALGORITHM,
    publicKey: request.publicKey,
    signingKey,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.clientAuth]),
      await x509.AuthorityKeyIdentifierExtension.create(issuer),
      await x509.SubjectKeyIdentifierExtension.create(request.publicKey),
    ],
  });
  return `${certificate.toString('pem')}\n${authority.certificate}\n`;
}

export interface LeafFacts {
  readonly serialNumber: string;
  readonly validTo: string;
}

/**
 * What the first certificate of a chain says of itself; null where the chain cannot be read, is not in order, or is
 * not for the key of the request.
 */
export function leafOf(chain: string, csr: string): LeafFacts | null {
  try {
    const blocks = chain.match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g) ?? [];
    const certificates = blocks.map(pem => new NodeCertificate(pem));
    const [leaf] = certificates;
    if (!leaf) return null;
    const isInOrder = certificates.every((one, at) => {
      const issuer = certificates[at + 1];
      return !issuer || (one.checkIssued(issuer) && one.verify(issuer.publicKey));
    });
    const wanted = Buffer.from(new x509.Pkcs10CertificateRequest(csr).publicKey.rawData);
    const isForRequest = leaf.publicKey.export({ type: 'spki', format: 'der' }).equals(wanted);
    if (!isInOrder || !isForRequest) return null;
    return { serialNumber: leaf.serialNumber, validTo: leaf.validToDate.toISOString() };
  } catch {
    return null;
  }
}

/** Whether a text is a certificate (PEM). */
export function isCertificate(pem: string): boolean {
  try {
    return new NodeCertificate(pem).serialNumber !== '';
  } catch {
    return false;
  }
}

/** 127 bits at random: positive, and never twice (RFC 5280, 4.1.2.2). */
function newSerialNumber(): string {
  const bytes = randomBytes(16);
  bytes[0] = (bytes[0]! & 0x7f) | 0x40;
  return bytes.toString('hex');
}

const validFor = (now: Temporal.Instant, years: number) => ({
  notBefore: new Date(now.subtract({ hours: BACKDATED_HOURS }).epochMilliseconds),
  notAfter: new Date(now.add({ hours: years * 365 * 24 }).epochMilliseconds),
});
