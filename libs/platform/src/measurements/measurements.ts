import { diag, metrics, type Attributes, type Counter, type Histogram } from '@opentelemetry/api';
import { COUNTERS, GAUGES, HISTOGRAMS, type CounterName, type GaugeName, type HistogramName } from './instruments.js';

export { COUNTERS, GAUGES, HISTOGRAMS };

/** Seconds; from a prepared read of one row to a job of an hour. */
const SECONDS_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600];

/** A value of a gauge, with what distinguishes it from the others. */
export interface Measured {
  readonly value: number;
  readonly attributes?: Attributes;
}

/** Durations in seconds. */
export function histogram(name: HistogramName): Histogram {
  const advice = { explicitBucketBoundaries: SECONDS_BUCKETS };
  return metrics.getMeter('holdfast').createHistogram(name, { ...HISTOGRAMS[name], advice });
}

export function counter(name: CounterName): Counter {
  return metrics.getMeter('holdfast').createCounter(name, COUNTERS[name]);
}

/**
 * Measures a gauge whenever it is read, which happens only where measurements are switched on. A value that cannot be
 * read, in an outage for example, is missing; rules have an alert for that.
 */
export function gauge(name: GaugeName, read: () => Promise<readonly Measured[]> | readonly Measured[]): void {
  metrics
    .getMeter('holdfast')
    .createObservableGauge(name, GAUGES[name])
    .addCallback(async (result) => {
      try {
        for (const { value, attributes } of await read()) result.observe(value, attributes);
      } catch (thrown) {
        diag.warn(`${name} was not measured`, thrown); // the log is built on this room
      }
    });
}
