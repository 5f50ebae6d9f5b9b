import {
  diag,
  metrics,
  type Attributes,
  type BatchObservableResult,
  type Counter,
  type Histogram,
} from '@opentelemetry/api';
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
  gauges([name], async () => ({ [name]: await read() }) as Record<typeof name, readonly Measured[]>);
}

/** As gauge(), for several gauges whose values one reading gives. */
export function gauges<Name extends GaugeName>(
  names: readonly Name[],
  read: () => Promise<Readonly<Record<Name, readonly Measured[]>>>,
): void {
  const meter = metrics.getMeter('holdfast');
  const instruments = names.map((name) => [name, meter.createObservableGauge(name, GAUGES[name])] as const);
  const observeAll = async (result: BatchObservableResult): Promise<void> => {
    try {
      const measured = await read();
      for (const [name, instrument] of instruments) {
        for (const { value, attributes } of measured[name]) result.observe(instrument, value, attributes);
      }
    } catch (thrown) {
      diag.warn(`${names.join(', ')} not measured`, thrown); // the log is built on this room
    }
  };
  meter.addBatchObservableCallback(
    observeAll,
    instruments.map(([, instrument]) => instrument),
  );
}
