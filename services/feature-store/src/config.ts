import path from 'node:path';
import { z } from 'zod';
import { platformConfig } from '@holdfast/platform/config';
import { isTimeZone } from '@holdfast/platform/calendar';
import type { EngineLimits } from './engine/engine.js';

const memory = z.string().regex(/^\d+(MB|GB)$/, 'must be a size such as 1GB');

/** Settings of the feature store; the only place that names them. */
export const featureStoreConfig = platformConfig.extend({
  /** HOLDFAST_LAKE: the lake's folder; replicas share it. Under the home, if empty. */
  lake: z.string().default(''),
  /** HOLDFAST_LAKE_KEY: the master key of all that is encrypted there, 64 hex digits. */
  lakeKey: z.string().regex(/^[0-9a-f]{64}$/i, 'must be 64 hex digits'),
  /** HOLDFAST_INBOX: folder whose folders may be imported as extracts; none, if empty. */
  inbox: z.string().default(''),
  /** HOLDFAST_DUCKDB_MEMORY: what one import, and all reading in bulk together, may hold before it spills to disk. */
  duckdbMemory: memory.default('1GB'),
  /** HOLDFAST_DUCKDB_INTERACTIVE_MEMORY: the same for all interactive reads together. */
  duckdbInteractiveMemory: memory.default('256MB'),
  /** HOLDFAST_DUCKDB_THREADS. */
  duckdbThreads: z.coerce.number().int().min(1).max(256).default(2),
  /** HOLDFAST_TIME_ZONE: by whose clocks the operator's months end. */
  timeZone: z.string().refine(isTimeZone, 'must be a time zone such as Asia/Shanghai').default('Asia/Shanghai'),
  /** HOLDFAST_FORECAST_WORKER: the compiled program of the thread that forecasts counts. */
  forecastWorker: z.string().min(1).default('services/feature-store/dist/forecast/forecast.worker.js'),
});
export type FeatureStoreConfig = z.output<typeof featureStoreConfig>;

export function engineLimits({ duckdbMemory, duckdbThreads }: FeatureStoreConfig): EngineLimits {
  return { memoryMax: duckdbMemory, threads: duckdbThreads };
}

export function lakeFolder(config: FeatureStoreConfig): string {
  return config.lake === '' ? path.join(config.home, 'lake') : config.lake;
}
