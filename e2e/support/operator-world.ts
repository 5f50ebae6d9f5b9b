import { execFile } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { parse } from 'csv-parse/sync';

import { repository } from './launcher.js';

export type Row = Record<string, string>;

interface WorldOptions {
  subscribers: number;
  months: number;
  seed: number;
  /** Injected errors per row. */
  errors?: number;
  /** Some figures are wrong, and a second extract sets them right. */
  hasCorrections?: boolean;
}

/** A simulated operator: its extract, and the truth that no service may read. */
export class OperatorWorld {
  constructor(readonly folder: string) {}

  /** Writes one with the twin's command line. */
  static async create(folder: string, { hasCorrections = false, ...options }: WorldOptions): Promise<OperatorWorld> {
    const settings = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]);
    const words = [...settings, ...(hasCorrections ? ['--corrections'] : [])];
    await twin('create', ...words, '--out', folder);
    return new OperatorWorld(folder);
  }

  /** The operator a month later, having contacted these by telephone with an offer of that kind. */
  async goOn(
    folder: string,
    subscriptionIds: readonly string[],
    { at, offer }: { at: string; offer: string },
  ): Promise<OperatorWorld> {
    const contacts = `${folder}.contacts.csv`;
    const rows = subscriptionIds.map((id) => `${id},${at},call,${offer}`);
    fs.writeFileSync(contacts, ['subscription_id,at,channel,offer', ...rows, ''].join('\n'));
    await twin('respond', this.folder, '--contacts', contacts, '--months', '1', '--event-months', '1', '--out', folder);
    return new OperatorWorld(folder);
  }

  get extract(): string {
    return path.join(this.folder, 'extract');
  }

  /** Written two weeks later: only the corrected rows. */
  get corrections(): string {
    return path.join(this.folder, 'extract-2');
  }

  /** The rows of a table of the extract, as its files have them. */
  table(name: string): Row[] {
    return rowsOf(this.extract, name);
  }

  /** The rows of a table that the second extract sets right. */
  corrected(name: string): Row[] {
    return rowsOf(this.corrections, name);
  }

  truth(name: string): Row[] {
    return rowsOf(path.join(this.folder, 'truth'), name);
  }

  /** The report of a run, judged by the truth. */
  async judge(
    reportFile: string,
  ): Promise<{ part: string; measure: string; value: string; goal: string; verdict: string }[]> {
    return JSON.parse(await twin('compare', this.folder, '--report', reportFile, '--json')) as never;
  }
}

/** Runs the twin's command line. @returns its output */
async function twin(...words: string[]): Promise<string> {
  const program = path.join(repository, 'twin/dist/main.js');
  const { stdout } = await promisify(execFile)(process.execPath, [program, ...words], { maxBuffer: 1e8 });
  return stdout;
}

function rowsOf(folder: string, table: string): Row[] {
  const single = path.join(folder, `${table}.csv`);
  const files = fs.existsSync(single)
    ? [single]
    : fs.readdirSync(path.join(folder, table)).map((part) => path.join(folder, table, part));
  return files.flatMap((file) => parse(fs.readFileSync(file), { columns: true, relax_column_count: true }) as Row[]);
}
