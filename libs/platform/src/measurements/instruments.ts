/**
 * Everything that the services measure. Names and attributes are those of OpenTelemetry's semantic conventions where they
 * have one; the others start with `holdfast.`. A unit in braces counts things. Dashboards and alerts may use these only.
 */

export const HISTOGRAMS = {
  'http.server.request.duration': { unit: 's', description: 'Requests of the REST interface' },
  'rpc.server.call.duration': { unit: 's', description: 'Calls between services, at the called one' },
  'messaging.process.duration': { unit: 's', description: 'Handling of events and pieces of work' },
} as const;

export const COUNTERS = {
  'rpc.client.circuit.opened': { unit: '{circuit}', description: 'Circuits that opened after calls that timed out' },
  'log.lines.dropped': { unit: '{line}', description: 'Log lines that could not be written' },
  'holdfast.dead_letters': { unit: '{message}', description: 'Events whose handler failed for good' },
  'holdfast.jobs.failed': { unit: '{job}', description: 'Jobs that failed for good' },
} as const;

export const GAUGES = {
  'db.client.connection.count': { unit: '{connection}', description: 'Connections of the pool, by state' },
  'db.client.connection.max': { unit: '{connection}', description: 'Connections that the pool may open' },
  'db.client.connection.pending_requests': { unit: '{request}', description: 'Statements that wait for a connection' },
  'holdfast.outbox.messages': { unit: '{message}', description: 'Messages that JetStream does not have yet' },
  'holdfast.outbox.age': { unit: 's', description: 'Age of the oldest of them' },
  'holdfast.consumer.lag': { unit: '{message}', description: 'Messages that a consumer has yet to handle' },
  'holdfast.consumer.unacknowledged': { unit: '{message}', description: 'Messages that a consumer is handling' },
  'holdfast.dead_letters.stored': { unit: '{message}', description: 'Dead letters to replay or to discard' },
  'holdfast.certificate.validity': { unit: 's', description: "Time until the service's certificate expires" },
  'holdfast.month.age': { unit: 's', description: 'Time since the end of the newest closed month' },
  'holdfast.model.predicted_share': { unit: '1', description: "A champion's mean prediction for its last month" },
  'holdfast.model.realised_share': { unit: '1', description: 'The share that churned in that month' },
  'holdfast.model.auc': { unit: '1', description: "A champion's AUC in that month" },
  'nodejs.eventloop.utilization': { unit: '1', description: 'Share of time in which the event loop was busy' },
  'nodejs.eventloop.delay.p99': { unit: 's', description: 'Delay of the event loop, 99th percentile' },
  'process.memory.usage': { unit: 'By', description: 'Resident memory' },
} as const;

export type HistogramName = keyof typeof HISTOGRAMS;
export type CounterName = keyof typeof COUNTERS;
export type GaugeName = keyof typeof GAUGES;
