import { CallerTokens } from '../caller/caller.js';
import { Certificates } from '../certificates/certificates.js';
import type { PlatformConfig } from '../config/config.js';

/**
 * How a process proves to others which service it is: tokens that it signs, and a certificate for its connections.
 * Without a certificate, which only development allows, connections are plain text and tokens alone name the service.
 */
export class ServiceIdentity {
  constructor(
    readonly service: string,
    readonly tokens: CallerTokens,
    readonly certificates?: Certificates,
  ) {}

  /** @throws an Error that names a setting or file that is missing or wrong */
  static open(service: string, config: TlsConfig): ServiceIdentity {
    const tokens = new CallerTokens(config.internalKey, service);
    const { tlsCertificateFile: certificate, tlsKeyFile: key, tlsCaFile: ca } = config;
    const paths = { certificate, key, ca };
    const given = Object.values(paths).filter((file) => file !== '');
    if (given.length === 0) return new ServiceIdentity(service, tokens);
    if (given.length < Object.keys(paths).length)
      throw new Error('HOLDFAST_TLS_CERTIFICATE_FILE, HOLDFAST_TLS_KEY_FILE and HOLDFAST_TLS_CA_FILE go together');
    return new ServiceIdentity(service, tokens, new Certificates(paths, service));
  }

  close(): void {
    this.certificates?.close();
  }
}

type TlsConfig = Pick<PlatformConfig, 'internalKey' | 'tlsCertificateFile' | 'tlsKeyFile' | 'tlsCaFile'>;
