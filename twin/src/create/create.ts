import fs from 'node:fs';
import path from 'node:path';
import { CORRECTED_AFTER_DAYS } from '../dirt/corrections.js';
import { Identifiers } from '../extract/identifiers.js';
import { writeManifest } from '../extract/manifest.js';
import { writeStaticTables } from '../extract/static-tables.js';
import { TableSet } from '../extract/table-set.js';
import type { WrittenFile } from '../extract/table-file.js';
import { allocateLives } from '../hazard/lives.js';
import { Stream } from '../randomness/stream.js';
import { writeTruth, type TruthSummary } from '../truth/truth.js';
import { buildWorld } from '../world/world.js';
import { blocksOf, type Block } from './blocks.js';
import type { BlockContext, BlockResult } from './block-work.js';
import { PROGRESS_FOLDER, Progress, runOf } from './progress.js';
import {
  CORRECTIONS_FOLDER,
  EXTRACTED_AFTER_DAYS,
  EXTRACT_FOLDER,
  TRUTH_FOLDER,
  dirtSettingOf,
  type CreateSettings,
} from './settings.js';
import { openInline, openThread, runAll, type BlockRunner } from './workers.js';

/** What came of it. */
export interface Created {
  files: WrittenFile[];
  rows: number;
  bytes: number;
  /** Events made, handed over or not. */
  events: number;
  /** Blocks of a run that was stopped, taken over as they were. */
  keptBlocks: number;
  summary: TruthSummary;
  /** Seconds of each step. */
  seconds: Record<string, number>;
}

export interface CreateOptions {
  /** Compiled `block.worker.js`; without it everything happens in this thread. */
  workerFile?: string;
  /** Told which share of a step is done. */
  onProgress?: (step: string, share: number) => void;
}

/**
 * Makes an operator: `FOLDER/extract`, the input contract filled in, and `FOLDER/truth`. Equal settings give equal
 * bytes, whatever the number of workers. A run that was stopped goes on with the blocks that it had not finished.
 * @throws RangeError where the settings cannot be met; Error where the folder holds something else
 */
export async function create(
  folder: string,
  settings: CreateSettings,
  { workerFile, onProgress }: CreateOptions = {},
): Promise<Created> {
  prepare(folder);
  const clock = new StepClock(onProgress);
  const world = clock.step('world', () => buildWorld(settings));
  const lives = allocateLives(world.subscriptions.count, world.months);
  const context: BlockContext = { world, lives, settings, folder };
  const blocks = blocksOf(world);
  const runners = await openRunners(context, workerFile);
  let progress: Progress;
  let results: BlockResult[];
  try {
    await clock.blocks('lives', blocks.length, (onBlock) => runAll(runners, 'live', blocks, onBlock));
    progress = new Progress(folder, runOf(settings, lives), blocks);
    results = await clock.blocks('events', blocks.length, (onBlock) => trace(runners, blocks, progress, onBlock));
  } finally {
    await Promise.all(runners.map((runner) => runner.close()));
  }
  for (const name of [EXTRACT_FOLDER, TRUTH_FOLDER]) fs.mkdirSync(path.join(folder, name), { recursive: true });
  const known = { world, lives, stream: new Stream(world.seed), identifiers: new Identifiers(world) };
  const set = new TableSet(path.join(folder, EXTRACT_FOLDER), dirtSettingOf(world, settings));
  clock.step('tables', () => writeStaticTables(set, known));
  const files = [...set.files, ...results.flatMap((result) => result.files)];
  const dirt = [...set.dirt, ...results.flatMap((result) => result.dirt)];
  const summary = clock.step('truth', () => writeTruth(path.join(folder, TRUTH_FOLDER), known, dirt));
  const drawn = { sequence: 1, isComplete: true, afterDays: EXTRACTED_AFTER_DAYS };
  writeManifest(path.join(folder, EXTRACT_FOLDER), world, files, drawn);
  if (settings.hasCorrections) {
    const later = { sequence: 2, isComplete: false, afterDays: EXTRACTED_AFTER_DAYS + CORRECTED_AFTER_DAYS };
    const corrected = results.flatMap(({ corrections }) => corrections);
    writeManifest(path.join(folder, CORRECTIONS_FOLDER), world, corrected, later);
  }
  progress.end();
  return {
    files,
    rows: files.reduce((sum, file) => sum + file.rows, 0),
    bytes: files.reduce((sum, file) => sum + file.bytes, 0),
    events: results.reduce((sum, result) => sum + result.events, 0),
    keptBlocks: progress.kept.length,
    summary,
    seconds: clock.seconds,
  };
}

/** The second pass over the blocks that are not finished; the results of all in their order. */
async function trace(
  runners: readonly BlockRunner[],
  blocks: readonly Block[],
  progress: Progress,
  onBlock: () => void,
): Promise<BlockResult[]> {
  const kept = new Set(progress.kept.map(({ block }) => block));
  for (let done = 0; done < kept.size; done += 1) onBlock();
  const rest = blocks.filter(({ number }) => !kept.has(number));
  const traced = await runAll(runners, 'trace', rest, (result) => {
    progress.keep(result!);
    onBlock();
  });
  const all = [...progress.kept, ...traced.filter((result) => result !== undefined)];
  return all.sort((left, right) => left.block - right.block);
}

/** Refuses a folder with anything in it that no earlier run left. */
function prepare(folder: string): void {
  const ours = new Set([EXTRACT_FOLDER, TRUTH_FOLDER, CORRECTIONS_FOLDER, PROGRESS_FOLDER]);
  const found = fs.existsSync(folder) ? fs.readdirSync(folder) : [];
  const foreign = found.find((name) => !ours.has(name));
  if (foreign !== undefined) throw new Error(`${folder} holds ${foreign}; give an empty folder or one made by create`);
  fs.mkdirSync(folder, { recursive: true });
}

async function openRunners(context: BlockContext, workerFile: string | undefined): Promise<BlockRunner[]> {
  const { workers } = context.settings;
  if (workerFile === undefined || workers <= 1) return [await openInline(context)];
  return Array.from({ length: workers }, () => openThread(workerFile, context));
}

class StepClock {
  readonly seconds: Record<string, number> = {};

  constructor(private readonly onProgress: CreateOptions['onProgress']) {}

  step<T>(name: string, work: () => T): T {
    const started = performance.now();
    const result = work();
    this.end(name, started);
    return result;
  }

  async blocks<T>(name: string, count: number, work: (onBlock: () => void) => Promise<T>): Promise<T> {
    const started = performance.now();
    let done = 0;
    const result = await work(() => this.onProgress?.(name, (done += 1) / count));
    this.end(name, started);
    return result;
  }

  private end(name: string, started: number): void {
    this.seconds[name] = (performance.now() - started) / 1000;
    this.onProgress?.(name, 1);
  }
}
