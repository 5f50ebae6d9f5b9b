import { RECORDED_AT } from '@holdfast/extract-contract/table';
import { momentText } from '../calendar/calendar.js';
import { Purpose, Stream } from '../randomness/stream.js';
import type { Cell, ExtractTable, RawCell, RowHooks, TableFile } from '../table/table.js';
import { FIGURES, type ErrorSettings, type InjectedError } from './error-injector.js';

/** Days between the first and the second extract. */
export const CORRECTED_AFTER_DAYS = 14;

/**
 * Changes one figure in some rows and writes the correct rows into the second extract. An import cannot detect the
 * error. Other errors are injected after it.
 */
export class Corrections implements RowHooks {
  readonly rows: InjectedError[] = [];
  private readonly random: Stream;
  private readonly figures: readonly number[];
  private readonly recordedAt: number;

  constructor(
    private readonly table: ExtractTable,
    private readonly file: string,
    private readonly setting: ErrorSettings,
    salt: number,
    private readonly corrected: TableFile,
    private readonly next: RowHooks,
  ) {
    this.random = new Stream(setting.seed).at(Purpose.correction, salt);
    this.figures = table.columns.flatMap(({ kind, isKey }, at) => (!isKey && FIGURES.has(kind) ? [at] : []));
    this.recordedAt = table.columns.findIndex(({ name }) => name === RECORDED_AT);
  }

  beforeWrite(row: Cell[], line: number): void {
    if (this.random.chance(this.setting.share)) this.corrupt(row, line);
    this.next.beforeWrite(row, line);
  }

  afterWrite(row: readonly Cell[], line: number): RawCell[][] {
    return this.next.afterWrite(row, line);
  }

  private corrupt(row: Cell[], line: number): void {
    const at = this.random.pick(this.figures.filter((place) => row[place] !== undefined));
    const value = String(row[at]);
    const right = [...row];
    if (this.recordedAt >= 0) {
      const day = this.setting.extractedDay + 1 + this.random.below(CORRECTED_AFTER_DAYS - 2);
      right[this.recordedAt] = momentText(day, 9 * 3600 + this.random.below(8 * 3600));
    }
    this.corrected.write(right);
    row[at] = (Number(value) + 1 + this.random.below(20)).toFixed(value.split('.')[1]?.length ?? 0);
    const column = this.table.columns[at]!.name;
    const { table, file } = this;
    this.rows.push({ table: table.name, file, line, kind: 'corrected', column, value, expected: 'accepted' });
  }
}
