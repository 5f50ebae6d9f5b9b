import path from 'node:path';
import { ErrorInjector, type ErrorSettings, type InjectedError } from '../error-injection/error-injector.js';
import { TableFile, type WrittenFile } from '../table/table-file.js';
import type { Cell, ExtractTable } from '../table/table.js';

const SALT = 1 << 25;

/** Writes tables with one file each, with injected errors. */
export class TableSet {
  readonly files: WrittenFile[] = [];
  readonly injectedErrors: InjectedError[] = [];
  private written = 0;

  constructor(
    private readonly folder: string,
    private readonly setting: ErrorSettings,
  ) {}

  /** @param relative path in the folder */
  write(table: ExtractTable, rows: Iterable<Cell[]>, relative = `${table.name}.csv`): void {
    this.written += 1;
    const hooks = new ErrorInjector(table, relative, this.setting, SALT + this.written);
    const file = new TableFile(table, path.resolve(this.folder), relative, hooks);
    for (const row of rows) file.write(row);
    this.files.push(file.close());
    this.injectedErrors.push(...hooks.rows);
  }
}
