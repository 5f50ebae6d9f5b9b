import type { Caller } from '@holdfast/platform/caller';
import type { Call } from '@holdfast/platform/grpc';

/** A call of a client with these scopes that may see these units; with `system`, of a service. */
export function callOf({
  scopes = [] as string[],
  orgScope = ['demo/'],
  system = false,
  client = 'test-client',
  onBehalfOf,
  accessReason,
}: {
  scopes?: string[];
  orgScope?: string[];
  system?: boolean;
  client?: string;
  onBehalfOf?: string;
  accessReason?: string;
} = {}): Call {
  const caller: Caller = {
    client,
    scopes: new Set(scopes),
    orgScope,
    language: 'en',
    system,
    ...(onBehalfOf === undefined ? {} : { onBehalfOf }),
    ...(accessReason === undefined ? {} : { accessReason }),
  };
  return { caller };
}

export const systemCall: Call = callOf({ system: true, client: 'test-service' });
