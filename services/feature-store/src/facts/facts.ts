import { Injectable } from '@nestjs/common';
import type { DuckDBConnection } from '@duckdb/node-api';
import { failure } from '@holdfast/platform/errors';
import { newId } from '@holdfast/platform/identity';
import { contractTableOf } from '@holdfast/extract-contract/tables';
import type { ContractTable } from '@holdfast/extract-contract/table';
import { LakeFiles } from '../lake/lake-files.js';
import { asOfQuery, emptyQuery, type FactSource } from './as-of.js';
import { Extracts, type LoadedExtract } from './extracts.js';

interface FactsOptions {
  /** Rows that were known then; those of the newest extract by then win. */
  knowledgeTime: Date;
  /** First month (`YYYY-MM`) of rows by month, day or moment; all, if left out. Spells and definitions are given whole. */
  fromMonth?: string;
  /** Last month, inclusive. */
  toMonth?: string;
  /** Of tables about subscriptions, only these logical shards, `from` to before `to`; the others are given whole. */
  shards?: { from: number; to: number };
  /** Names of the contract's tables. */
  tables: readonly string[];
  /** Only the rows of exactly this extract, as they came: all versions of a row. */
  sequence?: number;
}

/** Takes the relations away again. */
export interface CloseFacts {
  (): Promise<void>;
  /** Where they are; whatever else is made there goes with them. */
  readonly schema: string;
}

export const tableOutsideContract = failure('notFound', 'facts.tableUnknown', {
  en: 'The input contract has no table {table}.',
  'zh-CN': '输入规范中没有表 {table}。',
});
export const needsTable = failure('precondition', 'facts.needsTable', {
  en: 'Not available: needs table {table}.',
  'zh-CN': '不可用：需要表 {table}。',
});
const snapshotOnly = failure('precondition', 'facts.snapshotOnly', {
  en: 'Table {table} has no history: it is true from {month} on, when its first extract was drawn.',
  'zh-CN': '表 {table} 没有历史记录：仅自首次提取的 {month} 起有效。',
});

/**
 * The operator's tables as they were known at a moment, for SQL. The columns have the contract's names: identifiers of
 * customers, accounts, subscriptions and peers UUID, money DECIMAL(18,2), rates DECIMAL(18,6), dates DATE, moments
 * TIMESTAMPTZ, months VARCHAR `YYYY-MM`, flags BOOLEAN, the rest BIGINT, DOUBLE or VARCHAR; personal columns are not
 * there. Besides: `shard` (INTEGER), `org_unit_path` (of the subscription or customer, else the province), `month` where the
 * rows are about a month, day or moment, `knowledge_time`, `superseded_at` (when a later version within the extract is known),
 * `known_assumed`, `sequence`, `row_no`.
 */
@Injectable()
export class Facts {
  constructor(
    private readonly extracts: Extracts,
    private readonly files: LakeFiles,
  ) {}

  /**
   * Makes `facts.<table>` on a connection for each table asked for: empty, with the right columns, where no extract has
   * it (see `availableTables`). They stay until the function that is given back was called; a connection has one set
   * at a time.
   * @throws notFound for a table outside the contract; precondition `facts.snapshotOnly` for a table without a history
   *   as of a moment before its first extract.
   */
  async openFacts(connection: DuckDBConnection, options: FactsOptions): Promise<CloseFacts> {
    const queries = await this.queries(options);
    const catalogue = `facts_${newId().replaceAll('-', '')}`;
    const before = (
      await connection.runAndReadAll(`select current_setting('search_path'), current_database()`)
    ).getRows()[0] as [string, string];
    await connection.run(`set TimeZone = 'UTC'`);
    await connection.run(`attach ':memory:' as ${catalogue}`);
    await connection.run(`create schema ${catalogue}.facts`);
    for (const [table, query] of queries) await connection.run(`create view ${catalogue}.facts.${table} as ${query}`);
    const path = before[0] === '' ? `${before[1]}.main` : before[0];
    await connection.run(`set search_path = '${path},${catalogue}.facts'`);
    const close = async (): Promise<void> => {
      await connection.run(`set search_path = '${path}'`);
      await connection.run(`detach ${catalogue}`);
    };
    return Object.assign(close, { schema: `${catalogue}.facts` });
  }

  /** SQL of each table asked for. */
  async queries(options: FactsOptions): Promise<Map<string, string>> {
    const extracts = await this.extracts.loaded();
    return new Map(options.tables.map((name) => [name, this.query(contractTable(name), extracts, options)]));
  }

  /** Tables that some extract has. */
  async availableTables(): Promise<Set<string>> {
    const extracts = await this.extracts.loaded();
    return new Set(extracts.flatMap(({ tables }) => tables.map(({ table }) => table)));
  }

  private query(table: ContractTable, extracts: readonly LoadedExtract[], options: FactsOptions): string {
    const sources = extracts
      .filter(({ sequence }) => options.sequence === undefined || sequence === options.sequence)
      .flatMap((extract): FactSource[] => {
        const found = extract.tables.find((candidate) => candidate.table === table.name);
        return found === undefined ? [] : [{ extract, table: found }];
      });
    if (sources.length === 0) return emptyQuery(table);
    const [first] = sources;
    if (
      table.time.kind === 'snapshot' &&
      options.sequence === undefined &&
      options.knowledgeTime < first!.extract.extractedAt
    ) {
      throw snapshotOnly({ table: table.name, month: first!.extract.to });
    }
    const asOf = { ...options, everyVersion: options.sequence !== undefined };
    return asOfQuery(table, sources, asOf, (importId, month) => this.files.facts(importId, table.name, month));
  }
}

function contractTable(name: string): ContractTable {
  const table = contractTableOf(name);
  if (table === undefined) throw tableOutsideContract({ table: name });
  return table;
}
