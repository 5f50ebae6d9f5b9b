import { HealthCheckResponse_ServingStatus as ServingStatus } from '@holdfast/contracts/grpc/health/v1/health';
import { GATEWAY, grantsOf } from '../caller/caller.js';
import type { PlatformConfig } from '../config/config.js';
import { closeChannels } from '../grpc/channels.js';
import { askHealth } from '../health/check-health.js';
import { ServiceIdentity } from '../service-identity/service-identity.js';
import { GRPC_SERVICES, addressKeyOf, addressVariable, type GrpcService } from '../services/services.js';
import { failed, ok, type Finding } from './finding.js';

/** The services that a service calls, over its own certificate. Needs certificates that are right. */
export async function checkServices(service: string, settings: PlatformConfig): Promise<Finding[]> {
  const called = GRPC_SERVICES.filter((callee) => service === GATEWAY || grantsOf(service, callee) !== undefined);
  const identity = ServiceIdentity.open(service, settings);
  try {
    return await Promise.all(called.map((callee) => checkService(callee, settings[addressKeyOf(callee)], identity)));
  } finally {
    closeChannels();
    identity.close();
  }
}

async function checkService(callee: GrpcService, address: string, identity: ServiceIdentity): Promise<Finding> {
  const answer = await askHealth(callee, address, identity);
  const variable = addressVariable(callee);
  if (typeof answer === 'string') return failed('service.away', { callee, address, variable, problem: answer });
  const isServing = answer.status === ServingStatus.SERVING;
  return (isServing ? ok : failed)(isServing ? 'service.healthy' : 'service.unable', { callee, address });
}
