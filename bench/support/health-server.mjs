/** A gRPC server with the health service, as `feature-store`; prints its port. Plain text without HOLDFAST_TLS_… files. */
import { HealthCheckResponse_ServingStatus, HealthDefinition } from '@holdfast/contracts/grpc/health/v1/health';
import { GrpcServer } from '@holdfast/platform/grpc';
import { ServiceIdentity } from '@holdfast/platform/service-identity';

const { HOLDFAST_TLS_CERTIFICATE_FILE, HOLDFAST_TLS_KEY_FILE, HOLDFAST_TLS_CA_FILE, HOLDFAST_INTERNAL_KEY } =
  process.env;
const identity = ServiceIdentity.open('feature-store', {
  internalKey: HOLDFAST_INTERNAL_KEY ?? '',
  tlsCertificateFile: HOLDFAST_TLS_CERTIFICATE_FILE ?? '',
  tlsKeyFile: HOLDFAST_TLS_KEY_FILE ?? '',
  tlsCaFile: HOLDFAST_TLS_CA_FILE ?? '',
});
const server = new GrpcServer('127.0.0.1:0', identity);
/** @type {import('@holdfast/platform/grpc').Rpc<import('@holdfast/contracts/grpc/health/v1/health').Health>} */
const health = {
  check: () => Promise.resolve({ status: HealthCheckResponse_ServingStatus.SERVING }),
  watch: () => {
    throw new Error('not served');
  },
};
server.serve(HealthDefinition, health);
await server.listen();
process.once('SIGTERM', () => process.exit(0));
console.log(`port ${server.port}.`);
