import path from 'node:path';
import { Corrections } from '../error-injection/corrections.js';
import { Dirt, type InjectedError } from '../error-injection/error-injector.js';
import { TableFile, type Spoiler, type WrittenFile } from '../table/table-file.js';
import type { Table } from '../table/table.js';
import * as tables from '../extract/tables.js';
import * as truth from '../truth/truth-tables.js';
import type { Block } from '../world/blocks.js';
import type { BlockContext } from './block-context.js';
import { CORRECTIONS_FOLDER, EXTRACT_FOLDER, TRUTH_FOLDER } from '../extract/operator.js';
import { dirtSettingOf } from './settings.js';

/** The tables that a block writes its part of. */
export class BlockFiles {
  private readonly spoilers: (Dirt | Corrections)[] = [];
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

  dirt(): InjectedError[] {
    return this.spoilers.flatMap(({ rows }) => rows);
  }

  /** @returns the files by the folder that they are in */
  close(): Record<string, WrittenFile[]> {
    const written: Record<string, WrittenFile[]> = {};
    for (const { file, folder } of this.open) (written[folder] ??= []).push(file.close());
    return written;
  }

  private part(table: Table, salt: number): TableFile {
    return this.file(table, EXTRACT_FOLDER, this.dirtOf(table, salt));
  }

  /** Like a part, its wrong figures set right by the second extract where one is asked for. */
  private corrected(table: Table, salt: number): TableFile {
    const { world, settings } = this.context;
    if (!settings.hasCorrections) return this.part(table, salt);
    const right = this.file(table, CORRECTIONS_FOLDER);
    const setting = dirtSettingOf(world, settings);
    const dirt = this.dirtOf(table, salt);
    const fileSalt = this.block.number * 16 + salt;
    const corrections = new Corrections(table, this.pathOf(table), setting, fileSalt, right, dirt);
    this.spoilers.push(corrections);
    return this.file(table, EXTRACT_FOLDER, corrections);
  }

  private truth(table: Table): TableFile {
    return this.file(table, TRUTH_FOLDER);
  }

  private dirtOf(table: Table, salt: number): Dirt {
    const { world, settings } = this.context;
    const setting = dirtSettingOf(world, settings);
    const dirt = new Dirt(table, this.pathOf(table), setting, this.block.number * 16 + salt);
    this.spoilers.push(dirt);
    return dirt;
  }

  private file(table: Table, folder: string, spoiler?: Spoiler): TableFile {
    const file = new TableFile(table, path.join(this.context.folder, folder), this.pathOf(table), spoiler);
    this.open.push({ file, folder });
    return file;
  }

  private pathOf(table: Table): string {
    return `${table.name}/part-${padded(this.block.number)}.csv`;
  }
}

/** A block's number as in the names of its files. */
export function padded(block: number): string {
  return String(block).padStart(5, '0');
}
