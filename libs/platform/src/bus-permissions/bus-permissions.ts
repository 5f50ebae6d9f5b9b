import { eventStream, inboxOf, workStream } from '../bus/bus.js';
import { GRPC_SERVICES } from '../services/services.js';

/** Events that services consume, as in ARCHITECTURE.md: publisher and event. */
const CONSUMED: Readonly<Record<string, readonly (readonly [publisher: string, event: string])[]>> = {
  'customer-profile': [
    ['feature-store', 'table-loaded'],
    ['feature-store', 'extract-loaded'],
    ['feature-store', 'extract-withdrawn'],
    ['feature-store', 'table-withdrawn'],
    ['feature-store', 'refusals-read'],
    ['campaign', 'customer-contacted'],
  ],
  'churn-scoring': [
    ['feature-store', 'table-loaded'],
    ['feature-store', 'table-withdrawn'],
    ['feature-store', 'view-materialised'],
    ['churn-scoring', 'scores-published'],
  ],
  'preference-recommendation': [
    ['feature-store', 'extract-loaded'],
    ['feature-store', 'extract-withdrawn'],
  ],
  'household-identification': [
    ['feature-store', 'extract-loaded'],
    ['feature-store', 'extract-withdrawn'],
  ],
  campaign: [
    ['churn-scoring', 'scores-published'],
    ['household-identification', 'households-identified'],
  ],
  evaluation: [
    ['feature-store', 'extract-loaded'],
    ['feature-store', 'extract-withdrawn'],
    ['campaign', 'campaign-started'],
    ['campaign', 'customer-contacted'],
  ],
};

/** The services that use the bus. */
export const BUS_SERVICES: readonly string[] = GRPC_SERVICES;

/** User of NATS for a restore, which looks at whether streams are empty. It may do nothing else. */
export const OPERATIONS_USER = 'operations';

/** Subjects of NATS, with its wildcards, that a service may use; it may use no others. */
export interface BusPermissions {
  readonly publish: readonly string[];
  readonly subscribe: readonly string[];
}

/**
 * A service publishes its own events and work, and reads the events that it consumes by its own durable consumers. A dead
 * letter is replayed by its consumer, so a service may publish what it consumes, too.
 * @param service a service, or OPERATIONS_USER
 */
export function busPermissions(service: string): BusPermissions {
  if (service === OPERATIONS_USER)
    return { publish: ['$JS.API.INFO', '$JS.API.STREAM.LIST'], subscribe: [`${inboxOf(service)}.>`] };
  const own = [eventStream(service), workStream(service)];
  const consumed = CONSUMED[service] ?? [];
  return {
    publish: [
      '$JS.API.INFO',
      `holdfast.${service}.v1.>`,
      `holdfast.${service}.work.>`,
      ...own.flatMap((stream) => [...ofStream(stream), ...ofConsumers(stream, '>')]),
      ...consumed.flatMap(([publisher, event]) => {
        const subject = `holdfast.${publisher}.v1.${event}`;
        const stream = eventStream(publisher);
        return [subject, ...ofStream(stream), ...ofConsumer(stream, `${service}_${event}`, subject)];
      }),
    ],
    subscribe: [`${inboxOf(service)}.>`],
  };
}

/** Looking a stream up, and creating it where it is missing: with other settings, the server refuses that. */
function ofStream(stream: string): string[] {
  return [`$JS.API.STREAM.INFO.${stream}`, `$JS.API.STREAM.CREATE.${stream}`];
}

function ofConsumers(stream: string, rest: string): string[] {
  const requests = ['INFO', 'CREATE', 'DURABLE.CREATE', 'MSG.NEXT'].map((request) => `$JS.API.CONSUMER.${request}`);
  return [...requests, '$JS.ACK'].map((request) => `${request}.${stream}.${rest}`);
}

function ofConsumer(stream: string, durable: string, subject: string): string[] {
  return [
    `$JS.API.CONSUMER.INFO.${stream}.${durable}`,
    `$JS.API.CONSUMER.CREATE.${stream}.${durable}.${subject}`,
    `$JS.API.CONSUMER.DURABLE.CREATE.${stream}.${durable}`,
    `$JS.API.CONSUMER.MSG.NEXT.${stream}.${durable}`,
    `$JS.ACK.${stream}.${durable}.>`,
  ];
}
