import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { Bus, eventStream, inboxOf } from '@holdfast/platform/bus';
import { BUS_SERVICES, busPermissions } from '@holdfast/platform/bus-permissions';
import { TestAuthority } from '@holdfast/testing/certificates';
import { eventually } from '@holdfast/testing/service';
import { TemporaryFolder } from '@holdfast/testing/temporary-folder.fixture';
import { startEmbeddedNats } from './embedded-nats.mjs';

const STARTED = 'holdfast.campaign.v1.campaign-started';

describe('NATS with a user per service, over TLS', () => {
  const folder = new TemporaryFolder();
  const password = randomBytes(16).toString('hex');
  let nats: Awaited<ReturnType<typeof startEmbeddedNats>>;
  let url: string;
  let caFile: string;

  beforeAll(async () => {
    const authority = await TestAuthority.create(folder.at('tls'));
    await authority.issue('nats', { hosts: ['localhost'] });
    const { certificate, key, ca } = authority.pathsOf('nats');
    caFile = ca;
    nats = await startEmbeddedNats({
      cacheDir: path.join(__dirname, '..', '.holdfast-cache'),
      storeDir: folder.at('nats'),
      users: BUS_SERVICES.map((user) => ({ user, password, permissions: busPermissions(user) })),
      tls: { certificate, key },
    });
    url = `tls://localhost:${nats.port}`;
  }, 60_000);

  afterAll(() => nats?.stop());

  const open = (user: string, changed: Partial<Parameters<typeof Bus.open>[0]> = {}) =>
    Bus.open({ url, token: '', user, password, caFile, name: user, replicas: 1, ...changed });

  async function connected<T>(user: string, work: (connection: NatsConnection) => Promise<T>): Promise<T> {
    const connection = await connect({
      ...{ servers: url, user, pass: password, tls: { caFile }, inboxPrefix: inboxOf(user), timeout: 1_000 },
    });
    try {
      return await work(connection);
    } finally {
      await connection.close();
    }
  }

  it('lets each service publish its events and work, and read the events that it consumes', async () => {
    const campaign = await open('campaign');
    const evaluation = await open('evaluation');
    await evaluation.ensureStreams('evaluation');
    await evaluation.ensureEvents('campaign'); // whichever of the two starts first
    await campaign.ensureStreams('campaign');
    const received: string[] = [];
    const pull = { stream: eventStream('campaign'), durable: 'evaluation_campaign-started', subject: STARTED };
    await evaluation.pull({ ...pull, concurrency: 4, ackWaitMs: 10_000 }, async (message) => {
      received.push(message.string());
      message.ack();
    });
    await campaign.publish(STARTED, Buffer.from('started'), 'one', {});
    await campaign.publish('holdfast.campaign.work.build-list', Buffer.from('work'), 'two', {});
    await eventually('the event is read', async () => received.length > 0);
    expect(received).toEqual(['started']);
    // The acknowledgement has arrived: a second reading by the same consumer finds nothing.
    await eventually('the event is acknowledged', () =>
      connected('evaluation', async (connection) => {
        const manager = await jetstreamManager(connection, { checkAPI: false });
        return (await manager.consumers.info(pull.stream, pull.durable)).num_ack_pending === 0;
      }),
    );
    // As a dead letter is replayed.
    await evaluation.publish(STARTED, Buffer.from('again'), 'three', {});
    await eventually('the event is read again', async () => received.length > 1);
    await Promise.all([campaign.close(), evaluation.close()]);
  });

  it.each([
    ['publish an event of another', 'holdfast.feature-store.v1.table-loaded'],
    ['give work to another', 'holdfast.campaign.work.build-list'],
    ['delete a stream', `$JS.API.STREAM.DELETE.${eventStream('campaign')}`],
    ['empty its own stream', `$JS.API.STREAM.PURGE.${eventStream('evaluation')}`],
    ['read a message of a stream directly', `$JS.API.STREAM.MSG.GET.${eventStream('campaign')}`],
    ['create another consumer', `$JS.API.CONSUMER.CREATE.${eventStream('campaign')}.spy`],
    [
      'read the messages of the consumer of another',
      `$JS.API.CONSUMER.MSG.NEXT.${eventStream('campaign')}.customer-profile_customer-contacted`,
    ],
  ])('lets no service %s', async (_, subject) => {
    await connected('evaluation', async (connection) => {
      await expect(connection.request(subject, '{}', { timeout: 1_000 })).rejects.toThrow(/permission/i);
    });
  });

  it('lets no service read the answers to another, or events past JetStream', async () => {
    for (const subject of [`${inboxOf('campaign')}.>`, STARTED, 'holdfast.>', '>']) {
      await connected('evaluation', async (connection) => {
        const read = async (): Promise<void> => {
          for await (const message of connection.subscribe(subject)) expect(message).toBeUndefined();
        };
        await expect(read()).rejects.toThrow(/permission/i);
      });
    }
  });

  it('accepts no wrong password, no unknown user, and no server of another CA', async () => {
    for (const user of ['evaluation', 'stranger']) {
      const attempt = connect({ servers: url, user, pass: 'wrong', tls: { caFile }, reconnect: false });
      await expect(attempt).rejects.toThrow(/authorization/i);
    }
    const other = await TestAuthority.create(folder.at('other'));
    await other.issue('nats');
    const untrusting = { servers: url, user: 'evaluation', pass: password, tls: { caFile: other.pathsOf('nats').ca } };
    await expect(connect({ ...untrusting, reconnect: false })).rejects.toThrow(/certificate/i);
  });
});
