import { status } from '@grpc/grpc-js';
import {
  HealthCheckResponse_ServingStatus as ServingStatus,
  HealthDefinition,
  type HealthCheckResponse,
} from '@holdfast/contracts/grpc/health/v1/health';
import { loadConfig, platformConfig, type Environment } from '../config/config.js';
import { channelTo, closeChannels } from '../grpc/channels.js';
import { methodDefinition } from '../grpc/definition.js';
import { ServiceIdentity } from '../service-identity/service-identity.js';
import { isGrpcService } from '../services/services.js';

const ANSWER_MS_MAX = 3_000;
const GATEWAY_PORT = '8080';

const settings = platformConfig.pick({
  mode: true,
  grpcAddress: true,
  internalKey: true,
  tlsCertificateFile: true,
  tlsKeyFile: true,
  tlsCaFile: true,
});

/**
 * Checks the service of this machine that has these settings (HOLDFAST_SERVICE names it), over its own port and with its
 * own certificate, which is what an orchestrator does that has neither.
 * @param isLive whether an answer is enough, though the service cannot work: a restart does not end an outage
 * @returns why it is not healthy; undefined if it is
 */
export async function checkHealth(
  environment: Environment,
  { isLive }: { isLive: boolean },
): Promise<string | undefined> {
  const service = environment['HOLDFAST_SERVICE'] ?? '';
  if (service === 'gateway') return checkGateway(environment['HOLDFAST_PORT'] || GATEWAY_PORT, isLive);
  if (!isGrpcService(service)) return `HOLDFAST_SERVICE names no service: ${service}`;
  const config = loadConfig(settings, environment);
  const identity = ServiceIdentity.open(service, config);
  try {
    const port = config.grpcAddress.slice(config.grpcAddress.lastIndexOf(':') + 1);
    const answer = await askHealth(service, `127.0.0.1:${port}`, identity);
    if (typeof answer === 'string') return answer;
    return isLive || answer.status === ServingStatus.SERVING ? undefined : 'it has no database or no event bus';
  } finally {
    closeChannels();
    identity.close();
  }
}

/** @returns the answer of a service, or why there is none */
export function askHealth(
  service: string,
  address: string,
  identity: ServiceIdentity,
): Promise<HealthCheckResponse | string> {
  const method = methodDefinition(HealthDefinition, HealthDefinition.methods.check);
  const channel = channelTo({ service, address }, identity);
  return new Promise((resolve) => {
    channel.makeUnaryRequest(
      method.path,
      method.requestSerialize,
      method.responseDeserialize,
      { service: '' },
      { deadline: Date.now() + ANSWER_MS_MAX },
      (error, value) => resolve(error === null ? (value as HealthCheckResponse) : `no answer (${status[error.code]})`),
    );
  });
}

async function checkGateway(port: string, isLive: boolean): Promise<string | undefined> {
  const signal = AbortSignal.timeout(ANSWER_MS_MAX);
  const url = `http://127.0.0.1:${port}/${isLive ? 'healthz' : 'readyz'}`;
  const answer = await fetch(url, { signal }).catch(() => undefined);
  if (answer === undefined) return 'no answer';
  return answer.ok ? undefined : await answer.text();
}
