import { ApiError, UnreachableError, jsonOf } from './errors.js';
import type { Operations } from './gen/operations.js';

export interface Credentials {
  clientId: string;
  secret: string;
}

const RENEW_BEFORE_MS = 60_000;

/** The access token of a client (OAuth2 client credentials), requested once for all concurrent requests and renewed. */
export class AccessToken {
  private token = Promise.resolve('');
  private renewAtMs = 0;

  constructor(
    private readonly url: string,
    private readonly credentials: Credentials,
  ) {}

  /** A token that is valid for some time yet. @throws ApiError, UnreachableError */
  value(signal?: AbortSignal): Promise<string> {
    if (this.renewAtMs <= Date.now()) {
      this.renewAtMs = Infinity; // until the answer gives its lifetime
      this.token = this.request(signal);
      this.token.catch(() => this.discard());
    }
    return this.token;
  }

  /** After a refusal: the token has expired, or is of a former issuer. */
  discard(): void {
    this.renewAtMs = 0;
  }

  private async request(signal: AbortSignal | undefined): Promise<string> {
    const { clientId, secret } = this.credentials;
    const answer = await fetch(this.url, {
      method: 'POST',
      body: new URLSearchParams({ grant_type: 'client_credentials', client_id: clientId, client_secret: secret }),
      signal: signal ?? null,
    });
    if (answer.status >= 500 || answer.status === 429) throw new UnreachableError(`No token yet: ${answer.status}`);
    // Another server's page about an unknown address is not a refusal.
    if (answer.status === 404) await jsonOf(answer);
    if (!answer.ok) {
      const detail = `The client ${clientId} is not known there, or its secret is wrong.`;
      throw new ApiError(answer.status, { detail, code: 'token.refused', errors: [], traceId: '' });
    }
    const granted = await jsonOf<Operations['POST /oauth/token']['response']>(answer);
    const lifetimeMs = granted.expires_in * 1_000;
    this.renewAtMs = Date.now() + Math.max(lifetimeMs - RENEW_BEFORE_MS, lifetimeMs / 2);
    return granted.access_token;
  }
}
