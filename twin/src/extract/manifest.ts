import fs from 'node:fs';
import path from 'node:path';
import { monthText } from '@holdfast/platform/calendar';
import { momentText } from '../calendar/calendar.js';
import type { WrittenFile } from '../table/table.js';
import type { World } from '../world/world.js';
import { OPERATOR } from './operator.js';

interface ExtractVersion {
  sequence: number;
  isComplete: boolean;
  /** First month of the extract, counted from the start of the span. */
  fromMonth: number;
  /** Days after the span. */
  afterDays: number;
}

/** Lists the files of a folder separately, since a checksum belongs to one file. */
export function writeManifest(
  folder: string,
  world: World,
  files: readonly WrittenFile[],
  { sequence, isComplete, fromMonth, afterDays }: ExtractVersion,
): void {
  const names = [...new Set(files.map(({ table }) => table))].sort();
  const entries = names.map((name) => {
    const ofTable = files.filter(({ table }) => table === name);
    return [name, tableOf(ofTable.sort((left, right) => (left.path < right.path ? -1 : 1)))];
  });
  const last = monthText(world.firstMonth + world.months - 1);
  const manifest = {
    formatVersion: 1,
    operator: OPERATOR,
    extractId: `${last}-twin-${world.seed}${sequence > 1 ? `-${sequence}` : ''}`,
    sequence,
    complete: isComplete,
    currency: 'CNY',
    timezone: 'Asia/Shanghai',
    from: monthText(world.firstMonth + fromMonth),
    to: last,
    extractedAt: `${momentText(world.afterLastDay + afterDays, 3 * 3600)}+08:00`,
    tables: Object.fromEntries(entries),
  };
  fs.writeFileSync(path.join(folder, 'manifest.json'), `${JSON.stringify(manifest, null, 2)}\n`);
}

/** The entry of a table in one file, or in the files of a folder. */
function tableOf(files: WrittenFile[]) {
  const [only] = files;
  const rows = files.reduce((sum, file) => sum + file.rows, 0);
  const isParquet = only!.path.endsWith('.parquet');
  const format = isParquet ? { format: 'parquet', knownAfter: 'P1D' } : { format: 'csv' };
  if (!only!.path.includes('/')) return { path: only!.path, rows, sha256: only!.sha256, ...format };
  const parts = files.map(({ path: file, rows: partRows, sha256 }) => ({ path: file, rows: partRows, sha256 }));
  return { path: `${only!.path.split('/')[0]}/`, rows, ...format, files: parts };
}
