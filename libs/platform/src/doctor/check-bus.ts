import { jetstreamManager, type JetStreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { accessOptions, eventStream, workStream } from '../bus/bus.js';
import type { PlatformConfig } from '../config/config.js';
import { failed, ok, warning, type Finding } from './finding.js';
import { isTlsProblem, problemOf } from './problem.js';

const CONNECT_MS_MAX = 5_000;
const REFUSED = /authori[sz]ation|authentication/i;

/** NATS: whether the service gets in, JetStream answers it, and its streams have the copies that they should have. */
export async function checkBus(service: string, settings: PlatformConfig): Promise<Finding[]> {
  const { natsToken: token, natsPassword: password, natsCaFile: caFile, natsReplicas: replicas } = settings;
  const access = accessOptions({
    url: settings.natsUrl,
    token,
    user: settings.natsUser,
    password,
    caFile,
    name: service,
  });
  const address = access.servers.map((url) => new URL(url).host).join(', ');
  const user = settings.natsUser === '' ? 'token' : settings.natsUser;
  let connection: NatsConnection;
  try {
    connection = await connect({ ...access, name: 'doctor', timeout: CONNECT_MS_MAX, reconnect: false });
  } catch (thrown) {
    const problem = problemOf(thrown);
    if (REFUSED.test(String(thrown))) return [failed('bus.refused', { address, user })];
    return [failed(isTlsProblem(thrown) ? 'bus.tls' : 'bus.unreachable', { address, problem })];
  }
  try {
    const manager = await jetstreamManager(connection);
    const { version = '', cluster } = connection.info ?? {};
    const single = replicas > 1 && cluster === undefined ? [failed('bus.tooManyReplicas', { replicas })] : [];
    return [
      ok('bus.reached', { address, user, version }),
      ...single,
      ...(await checkStreams(service, manager, replicas)),
    ];
  } catch (thrown) {
    return [failed('bus.noJetStream', { address, user, problem: problemOf(thrown) })];
  } finally {
    await connection.close();
  }
}

async function checkStreams(service: string, manager: JetStreamManager, replicas: number): Promise<Finding[]> {
  const names = [eventStream(service), workStream(service)];
  const found = await Promise.all(names.map((name) => manager.streams.info(name).catch(ifMissing)));
  const problems = found.flatMap((info, place) => {
    const stream = names[place]!;
    if (info === undefined) return [warning('bus.noStream', { stream })];
    const copies = info.config.num_replicas;
    return copies === replicas ? [] : [warning('bus.otherReplicas', { stream, found: copies, replicas })];
  });
  return problems.length > 0 ? problems : [ok('bus.streams', { streams: names.join(', '), replicas })];
}

const STREAM_NOT_FOUND = 10_059;

function ifMissing(thrown: unknown): undefined {
  if ((thrown as { code?: unknown }).code === STREAM_NOT_FOUND) return undefined;
  throw thrown;
}
