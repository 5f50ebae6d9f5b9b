import path from 'node:path';
import { Corrections } from '../error-injection/corrections.js';
import { ErrorInjector, type InjectedError } from '../error-injection/error-injector.js';
import { CORRECTIONS_FOLDER, EXTRACT_FOLDER, TRUTH_FOLDER } from '../extract/operator.js';
import * as tables from '../extract/tables.js';
import { TableFile, type ExtractTable, type Table, type RowHooks, type WrittenFile } from '../table/table.js';
import * as truth from '../truth/truth-tables.js';
import type { Block } from '../world/blocks.js';
import { errorSettingsOf, type BlockContext } from './settings.js';

/** The parts of tables that a block writes. */
export class BlockFiles {
  private readonly injectors: (ErrorInjector | Corrections)[] = [];
  private readonly open: { file: TableFile; folder: string }[] = [];
  readonly usage: TableFile;
  readonly billing: TableFile;
  readonly contacts: TableFile;
  readonly accountMonths: TableFile;
  readonly productUsage: TableFile;
  readonly hazards: TableFile;
  readonly planBills: TableFile;
  readonly valueLosses: TableFile;
  readonly productUtilities: TableFile;
  readonly handsetUtilities: TableFile;

  constructor(
    private readonly context: BlockContext,
    private readonly block: Block,
  ) {
    this.usage = this.corrected(tables.usage, 1);
    this.billing = this.corrected(tables.billing, 2);
    this.contacts = this.part(tables.contacts, 3);
    this.accountMonths = this.part(tables.accountMonths, 4);
    this.productUsage = this.part(tables.productUsage, 5);
    this.hazards = this.truth(truth.hazardTable);
    this.planBills = this.truth(truth.planBillTable);
    this.valueLosses = this.truth(truth.valueLossTable);
    this.productUtilities = this.truth(truth.productUtilityTable);
    this.handsetUtilities = this.truth(truth.handsetUtilityTable);
  }

  injectedErrors(): InjectedError[] {
    return this.injectors.flatMap(({ rows }) => rows);
  }

  /** @returns files by folder */
  close(): Record<string, WrittenFile[]> {
    const written: Record<string, WrittenFile[]> = {};
    for (const { file, folder } of this.open) (written[folder] ??= []).push(file.close());
    return written;
  }

  private part(table: ExtractTable, salt: number): TableFile {
    return this.file(table, EXTRACT_FOLDER, this.injectorFor(table, salt));
  }

  /** A part with errors in figures, which the second extract corrects if requested. */
  private corrected(table: ExtractTable, salt: number): TableFile {
    const { world, settings } = this.context;
    if (!settings.hasCorrections) return this.part(table, salt);
    const right = this.file(table, CORRECTIONS_FOLDER);
    const setting = errorSettingsOf(world, settings);
    const injector = this.injectorFor(table, salt);
    const fileSalt = this.block.number * 16 + salt;
    const corrections = new Corrections(table, this.pathOf(table), setting, fileSalt, right, injector);
    this.injectors.push(corrections);
    return this.file(table, EXTRACT_FOLDER, corrections);
  }

  private truth(table: Table): TableFile {
    return this.file(table, TRUTH_FOLDER);
  }

  private injectorFor(table: ExtractTable, salt: number): ErrorInjector {
    const { world, settings } = this.context;
    const setting = errorSettingsOf(world, settings);
    const injector = new ErrorInjector(table, this.pathOf(table), setting, this.block.number * 16 + salt);
    this.injectors.push(injector);
    return injector;
  }

  private file(table: Table, folder: string, hooks?: RowHooks): TableFile {
    const file = new TableFile(table, path.join(this.context.folder, folder), this.pathOf(table), hooks);
    this.open.push({ file, folder });
    return file;
  }

  private pathOf(table: Table): string {
    return `${table.name}/part-${blockLabel(this.block.number)}.csv`;
  }
}

export function blockLabel(block: number): string {
  return String(block).padStart(5, '0');
}
