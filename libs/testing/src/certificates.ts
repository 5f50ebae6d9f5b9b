import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { CallerTokens } from '@holdfast/platform/caller';
import { createAuthority, issueFor, type Issued } from '@holdfast/platform/certificate-authority';
import { Certificates } from '@holdfast/platform/certificates';
import type { Environment } from '@holdfast/platform/config';
import { ServiceIdentity } from '@holdfast/platform/service-identity';

const HOUR_MS = 3_600_000;

/** Certificates of services in a folder of a test: one folder each, as the launcher makes them. */
export class CertificateFolder {
  constructor(private readonly folder: string) {}

  /** Replaces one of the files of a service. */
  write(service: string, name: string, text: string): void {
    mkdirSync(path.join(this.folder, service), { recursive: true });
    const file = path.join(this.folder, service, name);
    writeFileSync(`${file}.new`, text);
    renameSync(`${file}.new`, file);
  }

  /** Settings of a service with a certificate. */
  environmentOf(service: string): Environment {
    const { certificate, key, ca } = this.pathsOf(service);
    return { HOLDFAST_TLS_CERTIFICATE_FILE: certificate, HOLDFAST_TLS_KEY_FILE: key, HOLDFAST_TLS_CA_FILE: ca };
  }

  /** @param issuer the service that signs its tokens, if it claims to be another one */
  identityOf(service: string, key: string, { issuer = service, reloadMs = 20 } = {}): ServiceIdentity {
    const certificates = new Certificates(this.pathsOf(service), service, undefined, reloadMs);
    return new ServiceIdentity(service, new CallerTokens(key, issuer), certificates);
  }

  pathsOf(service: string): { certificate: string; key: string; ca: string } {
    const file = (name: string) => path.join(this.folder, service, name);
    return { certificate: file('certificate.pem'), key: file('key.pem'), ca: file('ca.pem') };
  }
}

/** A CA of a test, with a folder of the certificates that it issues. */
export class TestAuthority extends CertificateFolder {
  private constructor(
    folder: string,
    private readonly authority: Issued,
  ) {
    super(folder);
  }

  static async create(folder: string): Promise<TestAuthority> {
    return new TestAuthority(folder, await createAuthority({ validMs: HOUR_MS, now: new Date() }));
  }

  /**
   * Issues a certificate, or another one in its place.
   * @param named the service that it names
   * @param hosts DNS names that it names as well, for servers that are no services
   */
  async issue(service: string, { validMs = HOUR_MS, named = service, hosts = [] as string[] } = {}): Promise<void> {
    const { certificate, key } = await issueFor(named, this.authority, { validMs, now: new Date() }, hosts);
    this.write(service, 'key.pem', key);
    this.write(service, 'certificate.pem', certificate);
    this.write(service, 'ca.pem', this.authority.certificate);
  }
}
