import type { WorldRequest } from '../world/world.js';

/** All that `create` can be told. */
export interface CreateSettings extends WorldRequest {
  /** Months at the end of the span whose events are handed over. */
  eventMonths: number;
  /** Spoilt rows per row. */
  dirtShare: number;
  workers: number;
  /** Memory of each worker's DuckDB, such as `512MB`. */
  memoryMax: string;
}

export const DEFAULT_SETTINGS: CreateSettings = {
  seed: 7,
  subscribers: 5000,
  months: 18,
  to: '2026-09',
  eventMonths: 3,
  dirtShare: 0.002,
  workers: 1,
  memoryMax: '512MB',
};

export const OPERATOR = 'demo';
/** Days after the span on which the extract is drawn. */
export const EXTRACTED_AFTER_DAYS = 1;
export const EXTRACT_FOLDER = 'extract';
export const TRUTH_FOLDER = 'truth';
