import { setTimeout as sleep } from 'node:timers/promises';
import { cleanNats, servers } from '@holdfast/testing/infra';
import { eventually } from '@holdfast/testing/service';
import { Bus, eventStream } from './bus.js';

const SERVICE = 'probe-bus';
const STREAM_COMES_MS = 300;

let reader: Bus;
let writer: Bus;

beforeAll(async () => {
  await cleanNats();
  const { natsUrl: url, natsToken: token } = servers();
  [reader, writer] = await Promise.all(
    ['reader', 'writer'].map((name) => Bus.open({ url, token, name, replicas: 1 })) as [Promise<Bus>, Promise<Bus>],
  );
});

afterAll(async () => {
  await reader.close();
  await writer.close();
});

it('reads a stream that the server does not know at first, as in a cluster, once it does', async () => {
  const subject = `holdfast.${SERVICE}.v1.happened`;
  const received: string[] = [];
  const options = {
    stream: eventStream(SERVICE),
    durable: 'reader_happened',
    subject,
    concurrency: 1,
    ackWaitMs: 5_000,
  };
  const reading = reader.pull(options, async (message) => {
    received.push(message.string());
    message.ack();
  });
  await sleep(STREAM_COMES_MS);
  await writer.ensureEvents(SERVICE);
  await writer.publish(subject, Buffer.from('once'), 'first', {});
  await reading;
  await eventually('the message is read', async () => received.length > 0);
  expect(received).toEqual(['once']);
  expect(await reader.lags()).toEqual([{ durable: 'reader_happened', pending: 0, unacknowledged: 0 }]);
});
