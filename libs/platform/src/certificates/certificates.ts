import { experimental } from '@grpc/grpc-js';
import type { ChannelCredentials, ServerCredentials } from '@grpc/grpc-js';
import { log } from '../log/log.js';
import { readCertificates, versionOf, type CertificateFiles, type CertificatePaths } from './certificate-files.js';
import { serviceIn } from './spiffe.js';

export { certificatesIn, readCertificates } from './certificate-files.js';
export { identityUri, serviceIn } from './spiffe.js';

const RELOAD_MS = 10_000;

type CaListener = experimental.CaCertificateUpdateListener;
type OwnListener = experimental.IdentityCertificateUpdateListener;

/**
 * The certificate of this service, its key and the CAs that it trusts. Files that are replaced are read again while the
 * service runs: new connections use them, existing ones stay. Both sides of a connection need a certificate.
 */
export class Certificates implements experimental.CertificateProvider {
  private readonly caListeners = new Set<CaListener>();
  private readonly ownListeners = new Set<OwnListener>();
  private readonly timer: NodeJS.Timeout;
  private readonly log = log('certificates');
  private version: string;
  private files: CertificateFiles;
  readonly server: ServerCredentials;
  readonly client: ChannelCredentials;

  /**
   * @param now machine time
   * @throws an Error that names the file that is missing or wrong
   */
  constructor(
    private readonly paths: CertificatePaths,
    private readonly service: string,
    private readonly now: () => Date = () => new Date(),
    reloadMs = RELOAD_MS,
  ) {
    this.files = readCertificates(paths, service, now());
    this.version = versionOf(paths);
    this.server = experimental.createCertificateProviderServerCredentials(this, this, true);
    this.client = experimental.createCertificateProviderChannelCredentials(this, this, {
      checkServerIdentity: (expected, { subjectaltname }) => wrongServer(expected, serviceIn(subjectaltname)),
    });
    this.timer = setInterval(() => this.reload(), reloadMs).unref();
  }

  get expiresAt(): Date {
    return this.files.expiresAt;
  }

  close(): void {
    clearInterval(this.timer);
  }

  /** Reads files that were replaced. Until all of them belong together, the present ones stay in use. */
  private reload(): void {
    let version = 'missing';
    try {
      version = versionOf(this.paths);
      if (version === this.version) return;
      this.files = readCertificates(this.paths, this.service, this.now());
      this.log.info({ expiresAt: this.files.expiresAt }, 'certificate replaced');
      for (const listener of this.caListeners) this.tellCa(listener);
      for (const listener of this.ownListeners) this.tellOwn(listener);
      this.version = version;
    } catch (thrown) {
      if (version !== this.version)
        this.log.warn({ problem: (thrown as Error).message }, 'certificate not replaced yet');
    }
  }

  private tellCa(listener: CaListener): void {
    listener({ caCertificate: this.files.ca });
  }

  private tellOwn(listener: OwnListener): void {
    listener({ certificate: this.files.certificate, privateKey: this.files.key });
  }

  addCaCertificateListener(listener: CaListener): void {
    this.caListeners.add(listener);
    process.nextTick(() => this.tellCa(listener)); // a server listens to updates only after it has added itself here
  }

  removeCaCertificateListener(listener: CaListener): void {
    this.caListeners.delete(listener);
  }

  addIdentityCertificateListener(listener: OwnListener): void {
    this.ownListeners.add(listener);
    process.nextTick(() => this.tellOwn(listener));
  }

  removeIdentityCertificateListener(listener: OwnListener): void {
    this.ownListeners.delete(listener);
  }
}

function wrongServer(expected: string, found: string | undefined): Error | undefined {
  return found === expected
    ? undefined
    : new Error(`The certificate is that of ${found ?? 'no service'}, not ${expected}`);
}
