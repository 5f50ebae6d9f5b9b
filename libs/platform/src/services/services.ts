/** The services with a gRPC server, and its default port. */
const GRPC_PORTS = {
  'customer-profile': 50_051,
  'feature-store': 50_052,
  'churn-scoring': 50_053,
  'preference-recommendation': 50_055,
  'household-identification': 50_056,
  campaign: 50_054,
  evaluation: 50_057,
} as const;

export type GrpcService = keyof typeof GRPC_PORTS;

type CamelCase<Name extends string> = Name extends `${infer Head}-${infer Rest}`
  ? `${Head}${Capitalize<CamelCase<Rest>>}`
  : Name;
/** `featureStoreAddress` of `feature-store`. */
export type AddressKey = `${CamelCase<GrpcService>}Address`;

export const GRPC_SERVICES = Object.keys(GRPC_PORTS) as [GrpcService, ...GrpcService[]];

/** Every service of a system, in alphabetical order. */
export const SERVICES: readonly string[] = [...GRPC_SERVICES, 'gateway'].sort();

export function isGrpcService(name: string): name is GrpcService {
  return Object.hasOwn(GRPC_PORTS, name);
}

export function addressKeyOf(service: GrpcService): AddressKey {
  return `${service.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase())}Address` as AddressKey;
}

/** The environment variable of that setting: `HOLDFAST_FEATURE_STORE_ADDRESS`. */
export function addressVariable(service: string): string {
  return `HOLDFAST_${schemaOf(service).toUpperCase()}_ADDRESS`;
}

export function defaultAddressOf(service: GrpcService): string {
  return `127.0.0.1:${GRPC_PORTS[service]}`;
}

/** The schema of a service in PostgreSQL: `feature_store` of `feature-store`. */
export function schemaOf(service: string): string {
  return service.replaceAll('-', '_');
}
