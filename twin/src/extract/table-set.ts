import path from 'node:path';
import { Dirt, type DirtRow, type DirtSetting } from '../dirt/dirt.js';
import type { Lives } from '../hazard/lives.js';
import type { Stream } from '../randomness/stream.js';
import type { Contact, ContactOutcome } from '../treatment/contact.js';
import type { World } from '../world/world.js';
import { Identifiers } from './identifiers.js';
import { TableFile, type WrittenFile } from './table-file.js';
import type { Cell, Table } from './table.js';

/** What a system did to customers since the history, and what came of it. */
export interface Contacted {
  contacts: readonly Contact[];
  /** By the number of the contact. */
  outcomes: readonly ContactOutcome[];
  /** Campaign of the last gift, by subscription. */
  giftCampaign: ReadonlyMap<number, string>;
}

/** What the tables are written from. */
export interface Known {
  world: World;
  lives: Lives;
  stream: Stream;
  identifiers: Identifiers;
  /** First month whose rows are handed over. */
  fromMonth: number;
  contacted?: Contacted;
}

const SALT = 1 << 25;

/** The tables that are one file each, spoilt on the way. */
export class TableSet {
  readonly files: WrittenFile[] = [];
  readonly dirt: DirtRow[] = [];
  private written = 0;

  constructor(
    private readonly folder: string,
    private readonly setting: DirtSetting,
  ) {}

  /** @param relative where it stands in the folder */
  write(table: Table, rows: Iterable<Cell[]>, relative = `${table.name}.csv`): void {
    this.written += 1;
    const spoiler = new Dirt(table, relative, this.setting, SALT + this.written);
    const file = new TableFile(table, path.resolve(this.folder), relative, spoiler);
    for (const row of rows) file.write(row);
    this.files.push(file.close());
    this.dirt.push(...spoiler.rows);
  }
}
