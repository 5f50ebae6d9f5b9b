import { isUuid } from '@holdfast/platform/identity';
import { pageTokenInvalid } from '@holdfast/platform/paging';
import { GRPC_SERVICES, isGrpcService, type GrpcService } from '@holdfast/platform/services';

/** Next page of each service; a service whose list has ended is omitted. */
export type Positions = Partial<Record<GrpcService, string>>;

export function encodePositions(positions: Positions): string {
  return Object.keys(positions).length === 0 ? '' : Buffer.from(JSON.stringify(positions)).toString('base64url');
}

/** @throws invalid */
export function decodePositions(token: string): Positions {
  if (token === '') return Object.fromEntries(GRPC_SERVICES.map((service) => [service, '']));
  try {
    const value = JSON.parse(Buffer.from(token, 'base64url').toString('utf8')) as unknown;
    if (typeof value !== 'object' || value === null) throw pageTokenInvalid();
    const entries = Object.entries(value);
    const isKnown = ([name, at]: [string, unknown]): boolean =>
      isGrpcService(name) && typeof at === 'string' && isUuid(at);
    if (entries.length === 0 || !entries.every(isKnown)) throw pageTokenInvalid();
    return Object.fromEntries(entries);
  } catch {
    throw pageTokenInvalid();
  }
}
