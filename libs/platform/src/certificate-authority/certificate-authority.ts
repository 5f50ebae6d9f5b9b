import 'reflect-metadata'; // needed by @peculiar/x509
import { KeyObject, createPrivateKey, randomBytes, webcrypto } from 'node:crypto';
import {
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509';
import { identityUri } from '../certificates/certificates.js';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
/** Clocks of machines differ. */
const SKEW_MS = 300_000;

/** A certificate and its private key, as PEM texts. */
export interface Issued {
  readonly certificate: string;
  readonly key: string;
}

interface Validity {
  validMs: number;
  /** Machine time. */
  now: Date;
}

/** A new CA for the services of one system. */
export async function createAuthority({ validMs, now }: Validity): Promise<Issued> {
  const keys = await newKeys();
  const certificate = await X509CertificateGenerator.createSelfSigned({
    ...{ serialNumber: serialNumber(), name: `CN=Holdfast CA ${randomBytes(4).toString('hex')}` },
    ...validity(now, validMs),
    signingAlgorithm: ALGORITHM,
    keys,
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
    ],
  });
  return { certificate: certificate.toString('pem'), key: pemOf(keys.privateKey) };
}

/**
 * A certificate with a new key by which a service is known to others, as client and as server.
 * @param hosts DNS names of a server whose clients check them
 */
export async function issueFor(
  service: string,
  authority: Issued,
  { validMs, now }: Validity,
  hosts: readonly string[] = [],
): Promise<Issued> {
  const keys = await newKeys();
  const certificate = await X509CertificateGenerator.create({
    ...{ serialNumber: serialNumber(), subject: `CN=${service}` },
    ...{ issuer: new X509Certificate(authority.certificate).subject, ...validity(now, validMs) },
    ...{ signingAlgorithm: ALGORITHM, publicKey: keys.publicKey, signingKey: await signingKey(authority.key) },
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth, ExtendedKeyUsage.clientAuth]),
      new SubjectAlternativeNameExtension([
        { type: 'url', value: identityUri(service) },
        ...[service, ...hosts].map((value) => ({ type: 'dns' as const, value })),
      ]),
    ],
  });
  return { certificate: certificate.toString('pem'), key: pemOf(keys.privateKey) };
}

function validity(now: Date, validMs: number): { notBefore: Date; notAfter: Date } {
  return { notBefore: new Date(now.getTime() - SKEW_MS), notAfter: new Date(now.getTime() + validMs) };
}

/** Positive, and too long to be guessed. */
function serialNumber(): string {
  return `01${randomBytes(15).toString('hex')}`;
}

function newKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
}

function signingKey(pem: string): Promise<webcrypto.CryptoKey> {
  const der = createPrivateKey(pem).export({ type: 'pkcs8', format: 'der' });
  return webcrypto.subtle.importKey('pkcs8', der, ALGORITHM, false, ['sign']);
}

function pemOf(key: webcrypto.CryptoKey): string {
  return KeyObject.from(key).export({ type: 'pkcs8', format: 'pem' }).toString();
}
