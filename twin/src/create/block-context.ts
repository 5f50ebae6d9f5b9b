import type { InjectedError } from '../error-injection/error-injector.js';
import type { Lives } from '../hazard/lives.js';
import type { WrittenFile } from '../table/table-file.js';
import type { ValueLossCounts } from '../truth/value-losses.js';
import type { World } from '../world/world.js';
import type { CreateSettings } from './settings.js';

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
