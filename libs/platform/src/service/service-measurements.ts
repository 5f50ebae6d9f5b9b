import type { Bus } from '../bus/bus.js';
import type { Database } from '../database/database.js';
import type { DeadLetters } from '../dead-letters/dead-letters.js';
import { gauge, gauges } from '../measurements/measurements.js';
import type { Outbox } from '../outbox/outbox.js';
import type { ServiceIdentity } from '../service-identity/service-identity.js';

const MS_PER_SECOND = 1_000;

/** Parts of a service that are measured while it runs. */
interface MeasuredParts {
  database: Database;
  bus: Bus;
  outbox: Outbox;
  deadLetters: DeadLetters;
  identity: ServiceIdentity;
}

/** Saturation and backlog of a service. Its replicas have the outbox, consumers and dead letters in common. */
export function measureService({ database, bus, outbox, deadLetters, identity }: MeasuredParts): void {
  measureConnections(database, identity);
  gauges(['holdfast.outbox.messages', 'holdfast.outbox.age'], async () => {
    const { messages, ageSeconds } = await outbox.backlog();
    return { 'holdfast.outbox.messages': [{ value: messages }], 'holdfast.outbox.age': [{ value: ageSeconds }] };
  });
  gauge('holdfast.dead_letters.stored', async () => {
    const counts = await deadLetters.counts();
    return counts.length === 0 ? [{ value: 0 }] : counts;
  });
  gauges(['holdfast.consumer.lag', 'holdfast.consumer.unacknowledged'], async () => {
    const lags = await bus.lags();
    const ofConsumer = (valueOf: (lag: (typeof lags)[number]) => number) =>
      lags.map((lag) => ({ value: valueOf(lag), attributes: { 'messaging.consumer.group.name': lag.durable } }));
    return {
      'holdfast.consumer.lag': ofConsumer(({ pending }) => pending),
      'holdfast.consumer.unacknowledged': ofConsumer(({ unacknowledged }) => unacknowledged),
    };
  });
}

/** The pool of connections to PostgreSQL, and the certificate, which every process has. */
export function measureConnections(database: Database, { service, certificates }: ServiceIdentity): void {
  const pool = { 'db.client.connection.pool.name': service };
  gauge('db.client.connection.count', () => {
    const { idleCount, totalCount } = database.pool;
    return [
      { value: idleCount, attributes: { ...pool, 'db.client.connection.state': 'idle' } },
      { value: totalCount - idleCount, attributes: { ...pool, 'db.client.connection.state': 'used' } },
    ];
  });
  gauge('db.client.connection.max', () => [{ value: database.pool.options.max ?? 0, attributes: pool }]);
  gauge('db.client.connection.pending_requests', () => [{ value: database.pool.waitingCount, attributes: pool }]);
  if (certificates === undefined) return;
  gauge('holdfast.certificate.validity', () => [
    { value: (certificates.expiresAt.getTime() - Date.now()) / MS_PER_SECOND },
  ]);
}
