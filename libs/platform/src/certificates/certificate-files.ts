import { X509Certificate, createPrivateKey } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { serviceIn } from './spiffe.js';

/** Paths of PEM files. */
export interface CertificatePaths {
  /** Certificate of the service; issuers between it and the CA follow it. */
  readonly certificate: string;
  readonly key: string;
  /** Certificates of the CAs that other services may be issued by. */
  readonly ca: string;
}

/** Contents of the files. */
export interface CertificateFiles {
  readonly certificate: Buffer;
  readonly key: Buffer;
  readonly ca: Buffer;
  readonly expiresAt: Date;
}

const BLOCK = /-----BEGIN CERTIFICATE-----[^]+?-----END CERTIFICATE-----/g;

/** Changes whenever one of the files is replaced. */
export function versionOf(paths: CertificatePaths): string {
  return Object.values(paths)
    .map((file) => {
      const { mtimeMs, ino, size } = statSync(file);
      return `${mtimeMs}/${ino}/${size}`;
    })
    .join(' ');
}

/**
 * Reads the files and checks that they belong together.
 * @throws an Error that names the file and what is wrong with it
 */
export function readCertificates(paths: CertificatePaths, service: string, now: Date): CertificateFiles {
  const [certificate, key, ca] = [paths.certificate, paths.key, paths.ca].map(read) as [Buffer, Buffer, Buffer];
  const chain = certificatesIn(paths.certificate, certificate);
  const issuers = certificatesIn(paths.ca, ca);
  const own = chain[0]!;
  const refuse = (file: string, problem: string): never => {
    throw new Error(`${file}: ${problem}`);
  };
  if (serviceIn(own.subjectAltName) !== service) refuse(paths.certificate, `is not the certificate of ${service}`);
  if (!own.checkPrivateKey(keyIn(paths.key, key))) refuse(paths.key, 'is not the key of the certificate');
  const last = chain.at(-1)!;
  if (!issuers.some((issuer) => last.checkIssued(issuer) && last.verify(issuer.publicKey)))
    refuse(paths.certificate, 'was issued by none of the CAs');
  const expiresAt = own.validToDate;
  if (expiresAt <= now) refuse(paths.certificate, `expired at ${expiresAt.toISOString()}`);
  return { certificate, key, ca, expiresAt };
}

function read(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (cause) {
    throw new Error(`${file}: cannot be read (${(cause as NodeJS.ErrnoException).code})`, { cause });
  }
}

/** The certificates of a PEM file. @throws an Error that names the file */
export function certificatesIn(file: string, pem: Buffer): X509Certificate[] {
  try {
    const found = (pem.toString('latin1').match(BLOCK) ?? []).map((block) => new X509Certificate(block));
    if (found.length > 0) return found;
  } catch (cause) {
    throw new Error(`${file}: has a certificate that cannot be read`, { cause });
  }
  throw new Error(`${file}: has no certificate in PEM form`);
}

function keyIn(file: string, pem: Buffer): ReturnType<typeof createPrivateKey> {
  try {
    return createPrivateKey(pem);
  } catch (cause) {
    throw new Error(`${file}: has no private key in PEM form`, { cause });
  }
}
