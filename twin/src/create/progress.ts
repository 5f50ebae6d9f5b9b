import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { CORRECTIONS_FOLDER, EXTRACT_FOLDER, TRUTH_FOLDER } from '../extract/operator.js';
import type { Lives } from '../hazard/lives.js';
import type { WrittenFile } from '../table/table.js';
import type { Block } from '../world/blocks.js';
import { blockLabel } from './block-files.js';
import type { CreateSettings, BlockResult } from './settings.js';

/** Finished blocks until the end of the run, next to extract and truth. */
export const PROGRESS_FOLDER = '.progress';
const RUN_FILE = 'run.txt';
/**
 * Incremented if the same settings and lives give other files, so that no run continues with files of an older version.
 */
const FORMAT = 7;
const FOLDERS = [EXTRACT_FOLDER, CORRECTIONS_FOLDER, TRUTH_FOLDER];

/** Hash of the settings that affect the output, and of the lives. */
export function runFingerprint(settings: CreateSettings, lives: Lives): string {
  // workers and memory affect no byte
  const entries = Object.entries({ ...settings, workers: 0, memoryMax: '' });
  entries.sort(([left], [right]) => (left < right ? -1 : 1));
  const hash = createHash('sha256').update(JSON.stringify([FORMAT, entries]));
  for (const { buffer, byteOffset, byteLength } of [lives.voiceScale, lives.hazard, lives.cancelledDay]) {
    hash.update(new Uint8Array(buffer, byteOffset, byteLength));
  }
  return hash.digest('hex');
}

/** Finished blocks of a run, so that it continues after a crash. */
export class Progress {
  /** Blocks of the earlier run with intact files. */
  readonly kept: readonly BlockResult[];
  private readonly folder: string;

  /**
   * Keeps the finished blocks of an equal earlier run and deletes all other files.
   * @param out the parent of extract and truth
   */
  constructor(
    private readonly out: string,
    run: string,
    blocks: readonly Block[],
  ) {
    this.folder = path.join(out, PROGRESS_FOLDER);
    const runFile = path.join(this.folder, RUN_FILE);
    const isSame = fs.existsSync(runFile) && fs.readFileSync(runFile, 'utf8') === run;
    this.kept = isSame ? blocks.flatMap((block) => this.finished(block) ?? []) : [];
    const keptFiles = new Set(this.kept.flatMap((result) => this.filesOf(result).map(({ file }) => file)));
    for (const name of FOLDERS) clear(path.join(out, name), keptFiles);
    if (isSame) return;
    fs.rmSync(this.folder, { recursive: true, force: true });
    fs.mkdirSync(this.folder, { recursive: true });
    writeWhole(runFile, run);
  }

  keep(result: BlockResult): void {
    writeWhole(this.fileOf(result.block), JSON.stringify(result));
  }

  end(): void {
    fs.rmSync(this.folder, { recursive: true, force: true });
  }

  private finished({ number }: Block): BlockResult | undefined {
    if (!fs.existsSync(this.fileOf(number))) return undefined;
    const result = JSON.parse(fs.readFileSync(this.fileOf(number), 'utf8')) as BlockResult;
    return this.filesOf(result).every(({ file, written }) => isWhole(file, written)) ? result : undefined;
  }

  private filesOf({ files, corrections, truth }: BlockResult): { file: string; written: WrittenFile }[] {
    const inFolder = (folder: string, all: readonly WrittenFile[]): { file: string; written: WrittenFile }[] =>
      all.map((written) => ({ file: path.join(this.out, folder, written.path), written }));
    return [
      ...inFolder(EXTRACT_FOLDER, files),
      ...inFolder(CORRECTIONS_FOLDER, corrections),
      ...inFolder(TRUTH_FOLDER, truth),
    ];
  }

  private fileOf(block: number): string {
    return path.join(this.folder, `block-${blockLabel(block)}.json`);
  }
}

function isWhole(file: string, { bytes, sha256 }: WrittenFile): boolean {
  if (!fs.existsSync(file) || fs.statSync(file).size !== bytes) return false;
  return createHash('sha256').update(fs.readFileSync(file)).digest('hex') === sha256;
}

/** Deletes all other files, and empty folders. */
function clear(folder: string, kept: ReadonlySet<string>): void {
  if (!fs.existsSync(folder)) return;
  for (const entry of fs.readdirSync(folder, { withFileTypes: true })) {
    const name = path.join(folder, entry.name);
    if (entry.isDirectory()) clear(name, kept);
    else if (!kept.has(name)) fs.rmSync(name);
  }
  if (fs.readdirSync(folder).length === 0) fs.rmdirSync(folder);
}

/** Atomic, so that a crash leaves no partial file. */
function writeWhole(file: string, text: string): void {
  fs.writeFileSync(`${file}.part`, text);
  fs.renameSync(`${file}.part`, file);
}
