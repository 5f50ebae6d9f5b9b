import path from 'node:path';
import { CsvError } from 'csv-parse';
import { cellFault } from '@holdfast/extract-contract/cell-fault';
import type { Manifest, ManifestFile } from '@holdfast/extract-contract/manifest';
import { PLAUSIBLE, plausibleMoments } from '@holdfast/extract-contract/plausible';
import { REJECT_RULES, type RejectRule } from '@holdfast/extract-contract/reject-rules';
import { RECORDED_AT, type ContractColumn, type ContractTable } from '@holdfast/extract-contract/table';
import { checkHeader, type HeaderColumns } from './check-header.js';
import { csvLines, isUtf8, type CsvLine } from './csv-sample.js';
import type { Problem } from './problem.js';

export interface CheckedFile {
  problems: Problem[];
  /** Undefined if not all rows were read. */
  rows?: number;
}

export interface FileCheck {
  folder: string;
  manifest: Manifest;
  /** Rows whose cells are checked. */
  sampleRows: number;
  /** Whether to read beyond them, to count the rows. */
  countsRows: boolean;
}

/** Lines that are shown of a rule in a column. */
const LINES_SHOWN_MAX = 3;
const NULL_MARK = /^(\\N|null|\(null\)|\[null\]|<null>)$/i;

/** Checks a CSV file: its encoding, its header and the cells of its first rows. */
export async function checkFile(
  table: ContractTable,
  { path: file }: ManifestFile,
  { folder, manifest, sampleRows, countsRows }: FileCheck,
): Promise<CheckedFile> {
  const place = path.join(folder, file);
  if (!(await isUtf8(place))) {
    const text = 'not UTF-8; the import detects some other encodings, this check does not read them.';
    return { problems: [{ isError: false, file, text, remedy: 'Export it in UTF-8 to have it checked.' }] };
  }
  const broken = new BrokenCells(file);
  const problems: Problem[] = [];
  let header: HeaderColumns | undefined;
  let rows = 0;
  try {
    for await (const line of csvLines(place)) {
      if (header === undefined) {
        const checked = checkHeader(table, line.cells, file);
        header = checked.found;
        problems.push(...checked.problems);
        continue;
      }
      if (rows === sampleRows && !countsRows) return { problems: [...problems, ...broken.problems()] };
      rows += 1;
      if (rows <= sampleRows) checkRow(line, header, table, manifest, broken);
    }
  } catch (thrown) {
    if (!(thrown instanceof CsvError)) throw thrown;
    // Nothing of the message: it may quote the row of a customer.
    broken.add('quote.malformed', Number(thrown['lines'] ?? 0), '');
    return { problems: [...problems, ...broken.problems()] };
  }
  if (header === undefined)
    problems.push({ isError: true, file, line: 1, text: 'there is no header line.', remedy: 'Add it.' });
  return { problems: [...problems, ...broken.problems()], rows };
}

/** Adds the first rule that a row breaks, as the import does. */
function checkRow(
  { cells, line }: CsvLine,
  header: HeaderColumns,
  table: ContractTable,
  manifest: Manifest,
  broken: BrokenCells,
): void {
  if (cells.length !== header.length) {
    broken.add('row.ragged', line, '');
    return;
  }
  for (const column of table.columns) {
    const place = header.indexOf(column);
    if (place < 0) continue;
    const cell = NULL_MARK.test(cells[place]!) ? '' : cells[place]!;
    const rule = cellFault(column, cell) ?? timeFault(table, column, cell, manifest);
    if (rule !== undefined) {
      broken.add(rule, line, column.name);
      return;
    }
  }
}

function timeFault(
  { name: table, time }: ContractTable,
  { name, kind }: ContractColumn,
  cell: string,
  manifest: Manifest,
): RejectRule | undefined {
  const isTime = 'column' in time && time.column === name;
  if (cell === '' || !(isTime || name === RECORDED_AT)) return undefined;
  if (kind === 'month') return cell < manifest.from || cell > manifest.to ? 'month.outsideSpan' : undefined;
  const isEvent = isTime && table !== 'events' && (time.kind === 'day' || time.kind === 'moment');
  if (!isEvent && name !== RECORDED_AT) return undefined;
  // By the day: the check has no time zones.
  const { first, after } = plausibleMoments(manifest, PLAUSIBLE);
  const day = cell.slice(0, 10);
  return day < first.slice(0, 10) || day > after.slice(0, 10) ? 'time.implausible' : undefined;
}

/** Broken rules of a file, counted by rule and column, with the first lines. */
class BrokenCells {
  private readonly found = new Map<string, { rule: RejectRule; column: string; lines: number[]; count: number }>();

  constructor(private readonly file: string) {}

  add(rule: RejectRule, line: number, column: string): void {
    const key = `${rule} ${column}`;
    const known = this.found.get(key) ?? { rule, column, lines: [], count: 0 };
    known.count += 1;
    if (known.lines.length < LINES_SHOWN_MAX) known.lines.push(line);
    this.found.set(key, known);
  }

  problems(): Problem[] {
    return [...this.found.values()].flatMap(({ rule, column, lines, count }) =>
      lines.map((line, at) => {
        const more = at === lines.length - 1 && count > lines.length ? ` (and ${count - lines.length} more rows)` : '';
        const { broken, remedy } = REJECT_RULES[rule];
        const named = column === '' ? {} : { column };
        return { isError: true, file: this.file, line, ...named, text: `${rule}, ${broken}${more}.`, remedy };
      }),
    );
  }
}
