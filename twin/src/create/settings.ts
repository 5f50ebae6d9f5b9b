import { monthText } from '../calendar/calendar.js';
import type { ErrorSettings } from '../error-injection/error-injector.js';
import type { World, WorldRequest } from '../world/world.js';

/** All that `create` can be told. */
export interface CreateSettings extends WorldRequest {
  /** Months at the end of the span whose events are handed over. */
  eventMonths: number;
  /** Spoilt rows per row. */
  errorShare: number;
  /** Whether some texts get bytes that are not UTF-8. */
  hasWrongEncodings: boolean;
  /** Whether some figures are wrong until a second extract sets them right. */
  hasCorrections: boolean;
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
  errorShare: 0.002,
  hasWrongEncodings: false,
  hasCorrections: false,
  workers: 1,
  memoryMax: '512MB',
};

/** Days after the span on which the extract is drawn. */
export const EXTRACTED_AFTER_DAYS = 1;

/** What the errors of every file are made by. */
export function errorSettingsOf(world: World, { errorShare, hasWrongEncodings }: CreateSettings): ErrorSettings {
  return {
    seed: world.seed,
    share: errorShare,
    monthBefore: monthText(world.firstMonth - 1),
    extractedDay: world.afterLastDay + EXTRACTED_AFTER_DAYS,
    hasWrongEncodings,
  };
}
