import type { InjectedError } from '../error-injection/error-injector.js';
import type { Lives } from '../hazard/lives.js';
import type { WrittenFile } from '../table/table-file.js';
import type { ValueLossCounts } from '../truth/value-losses.js';
import type { World } from '../world/world.js';
import type { CreateSettings } from './settings.js';

/** What a worker has to know. */
export interface BlockContext {
  world: World;
  lives: Lives;
  settings: CreateSettings;
  /** Where `extract` and `truth` are made. */
  folder: string;
  /** First month of the span whose rows are handed over; the truth has all months. */
  fromMonth: number;
}

/** What one block left on disk, and what went wrong with it on purpose. */
export interface BlockResult {
  /** Its number. */
  block: number;
  files: WrittenFile[];
  /** Of the second extract, and of the truth. */
  corrections: WrittenFile[];
  truth: WrittenFile[];
  injectedErrors: InjectedError[];
  /** Events made, handed over or not. */
  events: number;
  /** Months in which a loss of value could be measured, and losses by cause. */
  valueLosses: ValueLossCounts;
}
