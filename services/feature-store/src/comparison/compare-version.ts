import { Injectable } from '@nestjs/common';
import { Database } from '@holdfast/platform/database';
import { Failure } from '@holdfast/platform/errors';
import { SHARDS } from '@holdfast/platform/identity';
import { literal } from '../engine/engine.js';
import { DataKeys } from '../lake/data-keys.js';
import { LakeFiles } from '../lake/lake-files.js';
import { readSubjects } from '../lake/subjects.js';
import { accumulates } from '../table/join-months.js';
import type { Mapping } from '../table/mapping.js';
import type { CheckedTable } from '../table/read-table.js';
import { compareColumns } from './compare-columns.js';
import { countKept, fewKept, findRespelt, type KeyCounts, type KeyPair } from './compare-keys.js';
import { finding, type Finding } from './finding.js';
import { limitsOf, monthChanged, tooManyRejects } from './limits.js';
import {
  isNewestMonth,
  sampleOf,
  sharesUpTo,
  summarise,
  summaryBefore,
  type Sample,
  type StoredSummary,
  type VersionSummary,
} from './summary.js';

/** The version before, and the subscribers that are in both, new and gone. */
export interface Comparison {
  comparedWith: string;
  kept: number;
  added: number;
  gone: number;
}

/** The comparison of a version with the one before. */
export interface VersionCheck {
  summary: VersionSummary;
  findings: Finding[];
  comparison: Comparison | undefined;
  /** Personal: stored encrypted only. */
  examples: KeyPair[];
}

/** Compares a version of a plain table, before it becomes visible, with the newest one. */
@Injectable()
export class CompareVersion {
  constructor(
    private readonly database: Database,
    private readonly files: LakeFiles,
    private readonly keys: DataKeys,
  ) {}

  async check(mapping: Mapping, version: string, table: CheckedTable): Promise<VersionCheck> {
    const sample = await sampleOf(table);
    const summary = await summarise(table, sample);
    const findings = tooManyRejects(mapping.table, table.counts, 1, mapping.rejectShareMax);
    const before = await this.summaryBefore(mapping, version);
    if (before === undefined) return { summary, findings, comparison: undefined, examples: [] };
    const limits = limitsOf(mapping);
    const keys = await this.compareKeys(mapping, table, before);
    findings.push(...keys.findings);
    findings.push(...(await this.compareMonths(mapping, version, table, before)));
    const sharesNow = await sharesOf(sample, table, before.summary);
    findings.push(...compareColumns({ table: mapping.table, before: before.summary, now: summary, limits, sharesNow }));
    const { kept, now, before: had } = keys.counts;
    const comparison = { comparedWith: before.version, kept, added: now - kept, gone: had - kept };
    return { summary, findings, comparison, examples: keys.examples };
  }

  /** Values of the label in the file that a version is compared with; undefined if the months are not joined. */
  async labelsBefore(mapping: Mapping, version: string): Promise<ReadonlySet<string> | undefined> {
    if (!accumulates(mapping)) return undefined;
    const before = await this.summaryBefore(mapping, version);
    const label = before?.summary.columns.find(({ role }) => role === 'label');
    return label && new Set(Object.keys(label.codes ?? {}));
  }

  private summaryBefore(mapping: Mapping, version: string): Promise<StoredSummary | undefined> {
    return summaryBefore(this.database, mapping.table, version, accumulates(mapping));
  }

  /** Months that the file replaces, without the newest one where it is compared anyway. */
  private async compareMonths(
    mapping: Mapping,
    version: string,
    { accepted, months }: CheckedTable,
    { summary }: StoredSummary,
  ): Promise<Finding[]> {
    if (!accumulates(mapping)) return [];
    const sql =
      'select version, months from table_version where table_name = $1 and version <> $2 and withdrawn_at is null order by rank desc limit 1';
    const [visible] = await this.database.query<{ version: string; months: string[] }>(sql, [mapping.table, version]);
    if (visible === undefined) return [];
    const rowsOf = async (source: string, names: readonly string[]): Promise<Map<string, number>> => {
      const counted = `select month, count(*)::integer as rows from ${source} group by month`;
      const found = await accepted.engine.rows<{ month: number; rows: number }>(counted);
      return new Map(found.map(({ month, rows }) => [names[month]!, rows]));
    };
    const file = this.files.table(mapping.table, visible.version);
    const had = await rowsOf(`read_parquet(${literal(file)})`, visible.months);
    const has = await rowsOf(accepted.name, months);
    const compared = months.filter((month) => had.has(month) && !(month === months.at(-1) && month === summary.month));
    return compared.flatMap((month) =>
      monthChanged(mapping.table, month, { rows: has.get(month)!, before: had.get(month)! }, limitsOf(mapping)),
    );
  }

  private async compareKeys(
    mapping: Mapping,
    table: CheckedTable,
    before: StoredSummary,
  ): Promise<{ counts: KeyCounts; findings: Finding[]; examples: KeyPair[] }> {
    const file = this.files.table(mapping.table, before.version);
    const counts = await countKept(
      table.accepted.engine,
      'subscription_id',
      `select subscription_id from read_parquet(${literal(file)}) where month = ${before.months.indexOf(before.summary.month)}`,
      `select subscription_id from ${table.accepted.name} where ${isNewestMonth(table)}`,
    );
    const spaces = { before: before.summary.keySpace, now: table.keySpace.of };
    if (spaces.before !== spaces.now) {
      const other = finding('keys.otherSpace', { table: mapping.table, holds: true }, spaces);
      return { counts, findings: [other], examples: [] };
    }
    if (spaces.now === 'row') return { counts, findings: [], examples: [] };
    const few = fewKept(mapping.table, counts, limitsOf(mapping));
    if (few.length === 0) return { counts, findings: few, examples: [] };
    const respelt = await this.respelt(mapping.table, table, { before, counts });
    return { counts, findings: [...few, ...respelt.findings], examples: respelt.examples };
  }

  private async respelt(
    name: string,
    table: CheckedTable,
    { before, counts }: { before: StoredSummary; counts: KeyCounts },
  ): Promise<{ findings: Finding[]; examples: KeyPair[] }> {
    let dataKey: Buffer;
    try {
      dataKey = await this.keys.of(before.importId);
    } catch (thrown) {
      // The keys of the version before are erased.
      if (thrown instanceof Failure && thrown.kind === 'gone') return { findings: [], examples: [] };
      throw thrown;
    }
    const place = { table: name, version: before.version };
    const subjects = readSubjects(this.database, place, { from: 0, to: SHARDS }, dataKey);
    return findRespelt(table, subjects, { name, counts });
  }
}

/** Shares of the new values up to the edges of the version before, of columns that are numbers in both. */
async function sharesOf(sample: Sample, table: CheckedTable, before: VersionSummary): Promise<Map<string, number[]>> {
  const numbers = new Map(
    table.columns.filter(({ type, isStored }) => type === 'number' && isStored).map(({ name, place }) => [name, place]),
  );
  const compared = before.columns.flatMap(({ name, edges = [] }) => {
    const place = numbers.get(name);
    return place === undefined || edges.length === 0 ? [] : [{ name, place, edges }];
  });
  const shares = await sharesUpTo(sample, compared);
  return new Map(compared.map(({ name }, at) => [name, shares[at]!]));
}
