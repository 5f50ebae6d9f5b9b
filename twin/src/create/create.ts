import fs from 'node:fs';
import { CORRECTIONS_FOLDER, EXTRACT_FOLDER, TRUTH_FOLDER } from '../extract/operator.js';
import { allocateLives } from '../hazard/lives.js';
import { blocksOf } from '../world/blocks.js';
import { buildWorld } from '../world/world.js';
import { PROGRESS_FOLDER } from './progress.js';
import type { CreateSettings, BlockContext } from './settings.js';
import { StepClock } from './step-clock.js';
import { runAll, withRunners } from './workers.js';
import { writeOperator, type Created } from './write-operator.js';

export interface CreateOptions {
  /** Compiled `block.worker.js`; by default all work is in this thread. */
  workerFile?: string;
  onProgress?: (step: string, share: number) => void;
}

/**
 * Creates an operator: `FOLDER/extract` by the input contract, and `FOLDER/truth`. Equal settings give equal bytes for
 * any number of workers. An interrupted run continues with its unfinished blocks.
 * @throws RangeError for impossible settings; Error for a folder with other files
 */
export async function create(
  folder: string,
  settings: CreateSettings,
  { workerFile, onProgress }: CreateOptions = {},
): Promise<Created> {
  prepareFolder(folder);
  const clock = new StepClock(onProgress);
  const world = clock.step('world', () => buildWorld(settings));
  const lives = allocateLives(world.subscriptions.count, world.months);
  const context: BlockContext = { world, lives, settings, folder, fromMonth: 0 };
  const blocks = blocksOf(world);
  return withRunners(context, workerFile, async (runners) => {
    await clock.blocks('lives', blocks.length, (onBlock) => runAll(runners, 'lives', blocks, onBlock));
    return writeOperator(context, runners, clock, { sequence: 1 });
  });
}

/** Rejects a folder with files of other origin. */
export function prepareFolder(folder: string): void {
  const known = new Set([EXTRACT_FOLDER, TRUTH_FOLDER, CORRECTIONS_FOLDER, PROGRESS_FOLDER]);
  const names = fs.existsSync(folder) ? fs.readdirSync(folder) : [];
  const foreign = names.find((name) => !known.has(name));
  if (foreign !== undefined)
    throw new Error(`${folder} contains ${foreign}. Use an empty folder or one made by "create".`);
  fs.mkdirSync(folder, { recursive: true });
}
