import { Client, credentials } from '@grpc/grpc-js';
import type { ServiceIdentity } from '../service-identity/service-identity.js';

export const MESSAGE_BYTES_MAX = 16 * 1024 * 1024;

/** A service where it listens. */
export interface Callee {
  readonly service: string;
  readonly address: string;
}

/** Clients by service and address: connections to one service are shared. */
const channels = new Map<string, Client>();
/** Identities of one process, which a test has several of. */
const numbers = new WeakMap<ServiceIdentity, number>();
let identities = 0;

/** @param identity whose certificate the connection has; without one, it is plain text */
export function channelTo({ service, address }: Callee, identity: ServiceIdentity): Client {
  const key = `${numberOf(identity)} ${service} ${address}`;
  const known = channels.get(key);
  if (known !== undefined) return known;
  const channel = new Client(address, identity.certificates?.client ?? credentials.createInsecure(), {
    'grpc.max_receive_message_length': MESSAGE_BYTES_MAX,
    'grpc.max_send_message_length': MESSAGE_BYTES_MAX,
    // A service restarts within a second; the library's default waits up to two minutes.
    'grpc.initial_reconnect_backoff_ms': 100,
    'grpc.max_reconnect_backoff_ms': 1_000,
    'grpc.keepalive_time_ms': 30_000,
    // A name may stand for several replicas.
    'grpc.service_config': JSON.stringify({ loadBalancingConfig: [{ round_robin: {} }] }),
    // The certificate names the service, wherever it listens.
    ...(identity.certificates === undefined ? {} : { 'grpc.ssl_target_name_override': service }),
  });
  channels.set(key, channel);
  return channel;
}

function numberOf(identity: ServiceIdentity): number {
  const number = numbers.get(identity) ?? ++identities;
  numbers.set(identity, number);
  return number;
}

/** Closes every connection to other services. */
export function closeChannels(): void {
  for (const channel of channels.values()) channel.close();
  channels.clear();
}
