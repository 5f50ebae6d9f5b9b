import { X509Certificate } from 'node:crypto';
import fs from 'node:fs';
import { SERVICES } from '@holdfast/platform/services';
import { CertificateFolder } from '@holdfast/testing/certificates';
import { TemporaryFolder } from '@holdfast/testing/temporary-folder.fixture';
import { SystemCertificates } from './certificates.mjs';

const HOUR_MS = 3_600_000;

describe('the certificates of a home', () => {
  const folder = new TemporaryFolder();
  const start = new Date('2026-11-30T08:00:00Z');
  const after = (hours: number) => new Date(start.getTime() + hours * HOUR_MS);
  const certificates = () => new SystemCertificates(folder.path);
  const certificateOf = (name: string) => new X509Certificate(folder.read(`${name}/certificate.pem`));

  beforeEach(() => folder.clear());

  it('name one service each, are issued by one CA, and only this user can read the keys', async () => {
    expect(await certificates().issueDue(start)).toEqual(SERVICES);
    const authority = certificateOf('ca');
    expect(authority.ca).toBe(true);
    for (const service of SERVICES) {
      const own = certificateOf(service);
      expect(own.subjectAltName).toBe(`URI:spiffe://holdfast/${service}, DNS:${service}`);
      expect(own.ca).toBe(false);
      expect([own.checkIssued(authority), own.verify(authority.publicKey)]).toEqual([true, true]);
      expect(own.validToDate).toEqual(after(24));
      expect(folder.read(`${service}/ca.pem`)).toBe(folder.read('ca/certificate.pem'));
    }
    for (const name of ['ca', ...SERVICES]) {
      expect(fs.statSync(folder.at(name)).mode & 0o777).toBe(0o700);
      for (const file of fs.readdirSync(folder.at(name)))
        expect(fs.statSync(folder.at(name, file)).mode & 0o777).toBe(0o600);
    }
    expect(new Set(['ca', ...SERVICES].map((name) => folder.read(`${name}/key.pem`))).size).toBe(SERVICES.length + 1);
    expect(fs.readdirSync(folder.at('campaign')).sort()).toEqual(['ca.pem', 'certificate.pem', 'key.pem']);
  });

  it('of other servers name the hosts at which they are reached, and are valid for as long as they run', async () => {
    const servers = [{ name: 'nats', hosts: ['nats-0.nats', 'nats'], validMs: 400 * 24 * HOUR_MS }];
    expect(await new SystemCertificates(folder.path, servers).issueDue(start)).toContain('nats');
    expect(certificateOf('nats').checkHost('nats-0.nats')).toBe('nats-0.nats');
    expect(certificateOf('nats').validToDate).toEqual(after(400 * 24));
    expect(await new SystemCertificates(folder.path, servers).issueDue(after(13))).not.toContain('nats');
  });

  it('are replaced with their keys after half of their time, by the same CA', async () => {
    await certificates().issueDue(start);
    const [authority, key] = [folder.read('ca/certificate.pem'), folder.read('campaign/key.pem')];
    expect(await certificates().issueDue(after(11.9))).toEqual([]);
    expect(folder.read('campaign/key.pem')).toBe(key);
    expect(await certificates().issueDue(after(12.1))).toEqual(SERVICES);
    expect(folder.read('campaign/key.pem')).not.toBe(key);
    expect(certificateOf('campaign').validToDate).toEqual(after(36.1));
    expect(folder.read('ca/certificate.pem')).toBe(authority);
  });

  it('are replaced where one is missing, and all of them with their CA', async () => {
    await certificates().issueDue(start);
    fs.rmSync(folder.at('campaign/key.pem'));
    expect(await certificates().issueDue(after(1))).toEqual(['campaign']);
    const authority = folder.read('ca/certificate.pem');
    expect(await certificates().issueDue(after((5 * 365 - 29) * 24))).toEqual(SERVICES);
    expect(folder.read('ca/certificate.pem')).not.toBe(authority);
    expect(certificateOf('campaign').checkIssued(certificateOf('ca'))).toBe(true);
  });

  it('are what services start with', async () => {
    await certificates().issueDue(new Date());
    const files = new CertificateFolder(folder.path);
    const identity = files.identityOf('campaign', 'k'.repeat(32));
    expect(identity.certificates!.expiresAt).toEqual(certificateOf('campaign').validToDate);
    identity.close();
    expect(certificates().settingsOf('campaign')).toEqual(files.environmentOf('campaign'));
  });
});
