import type { Credentials } from '@holdfast/client/access-token';
import { RestClient } from '@holdfast/client/rest-client';

/** How the work of a month reaches the system. */
export type Connection =
  | { client: RestClient }
  | {
      /** Where the gateway is. */
      baseUrl: string;
      credentials: Credentials;
      /** Where the issuer gives tokens; by default the gateway does. */
      tokenUrl?: string;
      /** How long to retry while the system does not answer, e.g. while a service restarts. */
      retrySeconds?: number;
      signal?: AbortSignal;
    };

export function clientOf(connection: Connection): RestClient {
  return 'client' in connection ? connection.client : new RestClient(connection);
}
