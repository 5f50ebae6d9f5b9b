/** All services of a system, by name. */
export const SERVICES = [
  'campaign',
  'churn-scoring',
  'customer-profile',
  'evaluation',
  'feature-store',
  'gateway',
  'household-identification',
  'preference-recommendation',
];

/** The schema of a service in PostgreSQL. */
export function schemaOf(service: string): string {
  return service.replaceAll('-', '_');
}
