import { Injectable } from '@nestjs/common';
import type { ShardRange } from '@holdfast/contracts/feature_store/v1/lake';
import { failure } from '@holdfast/platform/errors';
import { newId } from '@holdfast/platform/identity';
import { contractTableOf } from '@holdfast/extract-contract/tables';
import type { ContractTable } from '@holdfast/extract-contract/table';
import type { Connection } from '../engine/engine.js';
import { LakeFiles } from '../lake/lake-files.js';
import { asOfQuery, emptyQuery, sourcesOf, type RowCondition } from './as-of.js';
import { Extracts, tablesOf, type LoadedExtract } from './extracts.js';

export interface FactsOptions {
  /** Rows that were known then; those of the newest extract by then count. */
  knowledgeTime: Date;
  /** First month (`YYYY-MM`) of rows by month, day or moment; all by default. Spells and definitions are read whole. */
  fromMonth?: string;
  /** Last month, inclusive. */
  toMonth?: string;
  /** Logical shards of tables about subscriptions, `from` to before `to`; other tables are read whole. */
  shards?: ShardRange;
  /** Further conditions on rows, for a single table. */
  conditions?: readonly RowCondition[];
  tables: readonly string[];
  /** Only the rows of this extract, in all versions; 0 for all extracts. */
  sequence?: number;
  /** The extracts that count, by sequence; the visible ones by default. */
  extracts?: readonly LoadedExtract[];
}

/** Removes the relations. */
interface CloseFacts {
  (): Promise<void>;
  /** Their schema; all that is created in it is removed with them. */
  readonly schema: string;
}

const tableOutsideContract = failure('notFound', 'facts.tableUnknown', {
  en: 'The input contract has no table {table}.',
  'zh-CN': '输入规范中没有表 {table}。',
});
export const needsTable = failure('precondition', 'facts.needsTable', {
  en: 'Not available: needs table {table}.',
  'zh-CN': '不可用：需要表 {table}。',
});
const snapshotOnly = failure('precondition', 'facts.snapshotOnly', {
  en: 'Table {table} has no history: it is true from {month} on, when its first extract was written.',
  'zh-CN': '表 {table} 没有历史记录：仅自首次提取的 {month} 起有效。',
});

/**
 * The operator's tables as they were known at a moment, for SQL. The columns have the contract's names: identifiers of
 * customers, accounts, subscriptions and peers UUID, money DECIMAL(18,2), rates DECIMAL(18,6), dates DATE, moments
 * TIMESTAMPTZ, months VARCHAR `YYYY-MM`, flags BOOLEAN, the rest BIGINT, DOUBLE or VARCHAR; without the personal columns.
 * Further columns: `shard` (INTEGER), `org_unit_path` (of the subscription or customer, else the province), `month` where the
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
   * Makes `facts.<table>` on a connection for each table: empty, with the right columns, if no extract has it (see
   * `availableTables`). They exist until the returned function is called; a connection has one set at a time.
   * @throws notFound for a table outside the contract; precondition `facts.snapshotOnly` for a table without a history
   *   as of a moment before its first extract.
   */
  async openFacts(connection: Connection, options: FactsOptions): Promise<CloseFacts> {
    const extracts = options.extracts ?? (await this.extracts.loaded());
    const queries = options.tables.map(
      (table) => [table, this.query(contractTable(table), extracts, options)] as const,
    );
    const schema = `facts_${newId().replaceAll('-', '')}.facts`;
    const [catalogue] = schema.split('.');
    const before = (
      await connection.runAndReadAll(`select current_setting('search_path'), current_database()`)
    ).getRows()[0] as [string, string];
    await connection.run(`set TimeZone = 'UTC'`);
    await connection.run(`attach ':memory:' as ${catalogue}`);
    const path = before[0] === '' ? `${before[1]}.main` : before[0];
    const close = async (): Promise<void> => {
      await connection.run(`set search_path = '${path}'`);
      await connection.run(`detach ${catalogue}`);
    };
    try {
      await connection.run(`create schema ${schema}`);
      for (const [table, query] of queries) await connection.run(`create view ${schema}.${table} as ${query}`);
      await connection.run(`set search_path = '${path},${schema}'`);
    } catch (thrown) {
      await close(); // the catalogue belongs to the engine and would outlive the connection
      throw thrown;
    }
    return Object.assign(close, { schema });
  }

  /** Works on facts that are open on a connection, and closes them. */
  async withFacts<T>(connection: Connection, options: FactsOptions, work: () => Promise<T>): Promise<T> {
    const close = await this.openFacts(connection, options);
    try {
      return await work();
    } finally {
      await close();
    }
  }

  async availableTables(): Promise<Set<string>> {
    return tablesOf(await this.extracts.loaded());
  }

  private query(table: ContractTable, extracts: readonly LoadedExtract[], options: FactsOptions): string {
    const sources = sourcesOf(extracts, table, options.sequence);
    if (sources.length === 0) return emptyQuery(table);
    const { sequence = 0, knowledgeTime } = options;
    const { extractedAt, to } = sources[0]!.extract;
    if (table.time.kind === 'snapshot' && sequence === 0 && knowledgeTime < extractedAt)
      throw snapshotOnly({ table: table.name, month: to });
    const asOf = { ...options, everyVersion: sequence !== 0 };
    return asOfQuery(table, sources, asOf, (importId, month) => this.files.facts(importId, table.name, month));
  }
}

/** @throws notFound */
export function contractTable(name: string): ContractTable {
  const table = contractTableOf(name);
  if (table === undefined) throw tableOutsideContract({ table: name });
  return table;
}
