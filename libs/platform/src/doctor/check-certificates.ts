import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { certificatesIn, readCertificates } from '../certificates/certificates.js';
import type { PlatformConfig } from '../config/config.js';
import { failed, ok, warning, type Finding } from './finding.js';

const HOUR_MS = 3_600_000;
/** Certificates of services last a day and are replaced after half of it. */
const OWN_LEFT_MS = 6 * HOUR_MS;
const CA_LEFT_MS = 30 * 24 * HOUR_MS;

/** The certificate of the service, and the CAs that it trusts. @param now machine time */
export function checkCertificates(service: string, settings: PlatformConfig, now: Date): Finding[] {
  const { tlsCertificateFile: certificate, tlsKeyFile: key, tlsCaFile: ca } = settings;
  const authorities = [...new Set([ca, settings.databaseCaFile, settings.natsCaFile ?? ''])].filter(
    (file) => file !== '',
  );
  return [
    ...(certificate === '' ? [warning('certificate.none')] : checkOwn(service, { certificate, key, ca }, now)),
    ...authorities.flatMap((file) => checkAuthority(service, file, now)),
  ];
}

function checkOwn(service: string, paths: { certificate: string; key: string; ca: string }, now: Date): Finding[] {
  try {
    const { certificate, expiresAt } = readCertificates(paths, service, now);
    const { validFromDate: from } = new X509Certificate(certificate);
    const until = expiresAt.toISOString();
    if (from > now) return [failed('certificate.notYet', { file: paths.certificate, from: from.toISOString() })];
    if (expiresAt.getTime() - now.getTime() < OWN_LEFT_MS)
      return [warning('certificate.expiresSoon', { file: paths.certificate, until })];
    return [ok('certificate.fits', { service, until })];
  } catch (thrown) {
    return [failed('certificate.wrong', { service, problem: (thrown as Error).message })];
  }
}

/** Only what is wrong: the certificates that it issued are reported where they are used. */
function checkAuthority(service: string, file: string, now: Date): Finding[] {
  try {
    const last = Math.max(...certificatesIn(file, readFileSync(file)).map(({ validToDate }) => validToDate.getTime()));
    const until = new Date(last).toISOString();
    if (last <= now.getTime())
      return [failed('certificate.wrong', { service, problem: `${file}: expired at ${until}` })];
    return last - now.getTime() < CA_LEFT_MS ? [warning('certificate.expiresSoon', { file, until })] : [];
  } catch (thrown) {
    const { code, message } = thrown as NodeJS.ErrnoException;
    const problem = code === undefined ? message : `${file}: cannot be read (${code})`;
    return [failed('certificate.wrong', { service, problem })];
  }
}
