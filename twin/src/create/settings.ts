import { monthText } from '@holdfast/platform/calendar';
import type { ErrorSettings, InjectedError } from '../error-injection/error-injector.js';
import type { Lives } from '../hazard/lives.js';
import type { WrittenFile } from '../table/table.js';
import type { ValueLossCounts } from '../truth/value-losses.js';
import type { World, WorldRequest } from '../world/world.js';

export interface CreateSettings extends WorldRequest {
  /** Last months of the span with events in the extract. */
  eventMonths: number;
  /** Injected errors per row. */
  errorShare: number;
  /** Whether some texts get bytes that are not UTF-8. */
  hasWrongEncodings: boolean;
  /** Whether some figures are wrong until a second extract corrects them. */
  hasCorrections: boolean;
  workers: number;
  /** DuckDB memory of each worker, such as `512MB`. */
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

/** Days between the span and the extract. */
export const EXTRACTED_AFTER_DAYS = 1;

export function errorSettingsOf(world: World, { errorShare, hasWrongEncodings }: CreateSettings): ErrorSettings {
  return {
    seed: world.seed,
    share: errorShare,
    monthBefore: monthText(world.firstMonth - 1),
    extractedDay: world.afterLastDay + EXTRACTED_AFTER_DAYS,
    hasWrongEncodings,
  };
}

/** Input of a worker. */
export interface BlockContext {
  world: World;
  lives: Lives;
  settings: CreateSettings;
  /** The parent of `extract` and `truth`. */
  folder: string;
  /** First month in the extract, counted from the start of the span; the truth has all months. */
  fromMonth: number;
}

/** Output of a block. */
export interface BlockResult {
  block: number;
  files: WrittenFile[];
  /** Files of the second extract, and of the truth. */
  corrections: WrittenFile[];
  truth: WrittenFile[];
  injectedErrors: InjectedError[];
  /** Generated events, in the extract or not. */
  events: number;
  valueLosses: ValueLossCounts;
}
