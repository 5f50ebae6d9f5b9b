import type { GrpcService } from '../services/services.js';

type Grants = Readonly<Partial<Record<GrpcService, readonly string[]>>>;

/**
 * The scopes with which a service calls others: for its own work, and at most for a caller on whose behalf it calls.
 * What is not here is refused. ARCHITECTURE.md (Between services) has the same table; the methods that only some
 * services reach name them where they are served.
 */
const GRANTS: Readonly<Record<string, Grants>> = {
  'customer-profile': { 'feature-store': ['features:read'] },
  'churn-scoring': { 'feature-store': ['features:read', 'model:train'], evaluation: ['evaluation:read'] },
  'preference-recommendation': { 'feature-store': ['features:read', 'ingest:read'] },
  'household-identification': { 'feature-store': ['features:read'], 'customer-profile': [] },
  campaign: {
    'customer-profile': ['consent:read', 'consent:write', 'profile:read'],
    'feature-store': ['features:read'],
    'churn-scoring': ['churn:read', 'model:read'],
    'preference-recommendation': ['preference:read'],
    'household-identification': ['household:read'],
  },
  evaluation: { 'feature-store': ['features:read'], campaign: ['campaign:read'] },
};

/** The gateway checks access tokens; it passes on every scope of a caller and has no own work. */
export const GATEWAY = 'gateway';

/** @returns undefined if the service does not call the other one at all */
export function grantsOf(service: string, at: string): readonly string[] | undefined {
  return Object.hasOwn(GRANTS, service) ? GRANTS[service]![at as GrpcService] : undefined;
}
