import path from 'node:path';
import { monthText } from '../calendar/calendar.js';
import { Dirt, type DirtRow } from '../dirt/dirt.js';
import { TableFile, type WrittenFile } from '../extract/table-file.js';
import type { Table } from '../extract/table.js';
import * as tables from '../extract/tables.js';
import { hazardTable, planBillTable } from '../truth/truth-tables.js';
import type { Block } from './blocks.js';
import type { BlockContext } from './block-work.js';
import { EXTRACTED_AFTER_DAYS, EXTRACT_FOLDER, TRUTH_FOLDER } from './settings.js';

/** The tables that a block writes its part of. */
export class BlockFiles {
  private readonly spoilers: Dirt[] = [];
  private readonly open: { file: TableFile; isTruth: boolean }[] = [];
  readonly usage: TableFile;
  readonly billing: TableFile;
  readonly contacts: TableFile;
  readonly accountMonths: TableFile;
  readonly productUsage: TableFile;
  readonly hazards: TableFile;
  readonly planBills: TableFile;

  constructor(
    private readonly context: BlockContext,
    private readonly block: Block,
  ) {
    this.usage = this.part(tables.usage, 1);
    this.billing = this.part(tables.billing, 2);
    this.contacts = this.part(tables.contacts, 3);
    this.accountMonths = this.part(tables.accountMonths, 4);
    this.productUsage = this.part(tables.productUsage, 5);
    this.hazards = this.truth(hazardTable);
    this.planBills = this.truth(planBillTable);
  }

  dirt(): DirtRow[] {
    return this.spoilers.flatMap(({ rows }) => rows);
  }

  close(): WrittenFile[] {
    return this.open.flatMap(({ file, isTruth }) => {
      const written = file.close();
      return isTruth ? [] : [written];
    });
  }

  private part(table: Table, salt: number): TableFile {
    const { world, settings, folder } = this.context;
    const relative = `${table.name}/part-${padded(this.block.number)}.csv`;
    const setting = {
      seed: world.seed,
      share: settings.dirtShare,
      monthBefore: monthText(world.firstMonth - 1),
      extractedDay: world.afterLastDay + EXTRACTED_AFTER_DAYS,
    };
    const dirt = new Dirt(table, relative, setting, this.block.number * 16 + salt);
    this.spoilers.push(dirt);
    const file = new TableFile(table, path.join(folder, EXTRACT_FOLDER), relative, dirt);
    this.open.push({ file, isTruth: false });
    return file;
  }

  private truth(table: Table): TableFile {
    const relative = `${table.name}/part-${padded(this.block.number)}.csv`;
    const file = new TableFile(table, path.join(this.context.folder, TRUTH_FOLDER), relative);
    this.open.push({ file, isTruth: true });
    return file;
  }
}

/** A block's number as in the names of its files. */
export function padded(block: number): string {
  return String(block).padStart(5, '0');
}
