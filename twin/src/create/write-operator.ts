import fs from 'node:fs';
import path from 'node:path';
import { recycleNumbers } from '../behaviour/numbers.js';
import { CORRECTED_AFTER_DAYS } from '../error-injection/corrections.js';
import { writeManifest } from '../extract/manifest.js';
import { CORRECTIONS_FOLDER, EXTRACT_FOLDER, TRUTH_FOLDER } from '../extract/operator.js';
import { writeStaticTables, TableSet } from '../extract/static-tables.js';
import { tableSource, type ContactHistory } from '../extract/table-source.js';
import { Stream } from '../randomness/stream.js';
import type { WrittenFile } from '../table/table.js';
import { writeTruth, type TruthSummary } from '../truth/truth.js';
import { sumOfLosses } from '../truth/value-losses.js';
import { blocksOf, type Block } from '../world/blocks.js';
import { runFingerprint, Progress } from './progress.js';
import { EXTRACTED_AFTER_DAYS, errorSettingsOf, type BlockContext, type BlockResult } from './settings.js';
import type { StepClock } from './step-clock.js';
import { runAll, type BlockRunner } from './workers.js';

export interface Created {
  files: WrittenFile[];
  rows: number;
  bytes: number;
  /** Generated events, in the extract or not. */
  events: number;
  /** Blocks kept from an interrupted run. */
  keptBlocks: number;
  summary: TruthSummary;
  /** By step. */
  seconds: Record<string, number>;
}

interface ExtractVersion {
  sequence: number;
  contactHistory?: ContactHistory;
}

/** Writes extract and truth of simulated lives. */
export async function writeOperator(
  context: BlockContext,
  runners: readonly BlockRunner[],
  clock: StepClock,
  { sequence, contactHistory }: ExtractVersion,
): Promise<Created> {
  const { world, lives, settings, folder, fromMonth } = context;
  const blocks = blocksOf(world);
  recycleNumbers(new Stream(world.seed), world, lives);
  const progress = new Progress(folder, runFingerprint(settings, lives), blocks);
  const write = (onBlock: () => void) => writeBlocks(runners, blocks, progress, onBlock);
  const results = await clock.blocks('events', blocks.length, write);
  for (const name of [EXTRACT_FOLDER, TRUTH_FOLDER]) fs.mkdirSync(path.join(folder, name), { recursive: true });
  const source = tableSource(world, lives, fromMonth, contactHistory);
  const set = new TableSet(path.join(folder, EXTRACT_FOLDER), errorSettingsOf(world, settings));
  clock.step('tables', () => writeStaticTables(set, source));
  const files = [...set.files, ...results.flatMap((result) => result.files)];
  const injectedErrors = [...set.injectedErrors, ...results.flatMap((result) => result.injectedErrors)];
  const losses = sumOfLosses(results.map(({ valueLosses }) => valueLosses));
  const truthFolder = path.join(folder, TRUTH_FOLDER);
  const summary = clock.step('truth', () => writeTruth(truthFolder, source, injectedErrors, losses));
  const version = { sequence, isComplete: true, fromMonth, afterDays: EXTRACTED_AFTER_DAYS };
  writeManifest(path.join(folder, EXTRACT_FOLDER), world, files, version);
  if (settings.hasCorrections) {
    const afterDays = EXTRACTED_AFTER_DAYS + CORRECTED_AFTER_DAYS;
    const later = { sequence: sequence + 1, isComplete: false, fromMonth, afterDays };
    const corrected = results.flatMap(({ corrections }) => corrections);
    writeManifest(path.join(folder, CORRECTIONS_FOLDER), world, corrected, later);
  }
  progress.end();
  const rows = files.reduce((sum, file) => sum + file.rows, 0);
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  const events = results.reduce((sum, result) => sum + result.events, 0);
  return { files, rows, bytes, events, keptBlocks: progress.kept.length, summary, seconds: clock.seconds };
}

/** The second pass over unfinished blocks. @returns results of all blocks in order */
async function writeBlocks(
  runners: readonly BlockRunner[],
  blocks: readonly Block[],
  progress: Progress,
  onBlock: () => void,
): Promise<BlockResult[]> {
  const kept = new Set(progress.kept.map(({ block }) => block));
  for (let done = 0; done < kept.size; done += 1) onBlock();
  const rest = blocks.filter(({ number }) => !kept.has(number));
  const written = await runAll(runners, 'tables', rest, (result) => {
    progress.keep(result!);
    onBlock();
  });
  const all = [...progress.kept, ...written.filter((result) => result !== undefined)];
  return all.sort((left, right) => left.block - right.block);
}
