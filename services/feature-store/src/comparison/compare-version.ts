import { Injectable } from '@nestjs/common';
import { Database } from '@holdfast/platform/database';
import { Failure } from '@holdfast/platform/errors';
import { SHARDS } from '@holdfast/platform/identity';
import type { Engine } from '../engine/engine.js';
import type { Mapping } from '../extract/mapping.js';
import type { CheckedTable } from '../extract/read-table.js';
import { DataKeys } from '../lake/data-keys.js';
import { LakeFiles } from '../lake/lake-files.js';
import { readSubjects } from '../lake/subjects.js';
import { compareColumns } from './compare-columns.js';
import { countKept, fewKept, findRespelt, type KeyCounts, type KeyPair } from './compare-keys.js';
import { finding, type Finding } from './finding.js';
import { limitsOf, rejectsMax } from './limits.js';
import { sharesUpTo, summarise, summaryBefore, type VersionSummary } from './summary.js';

/** With what a version was compared, and how many subscribers it keeps, adds and loses. */
export interface Comparison {
  comparedWith: string;
  kept: number;
  added: number;
  gone: number;
}

/** What the check of a version against the one before gave. */
export interface VersionCheck {
  summary: VersionSummary;
  findings: Finding[];
  comparison: Comparison | undefined;
  /** Personal: only ever kept encrypted. */
  examples: KeyPair[];
}

type Before = NonNullable<Awaited<ReturnType<typeof summaryBefore>>>;

/** Compares a version of a plain table, before it becomes visible, with the newest one. */
@Injectable()
export class CompareVersion {
  constructor(
    private readonly database: Database,
    private readonly files: LakeFiles,
    private readonly keys: DataKeys,
  ) {}

  /** Needs the engine's tables of `readTable`. */
  async check(engine: Engine, mapping: Mapping, version: string, table: CheckedTable): Promise<VersionCheck> {
    const summary = await summarise(engine, table);
    const findings = tooManyRejects(mapping, table);
    const before = await summaryBefore(this.database, mapping.table, version);
    if (before === undefined) return { summary, findings, comparison: undefined, examples: [] };
    const limits = limitsOf(mapping);
    const keys = await this.compareKeys(engine, mapping, table, before);
    findings.push(...keys.findings);
    const sharesNow = await sharesOf(engine, table, before.summary);
    findings.push(...compareColumns({ table: mapping.table, before: before.summary, now: summary, limits, sharesNow }));
    const { kept, now, before: had } = keys.counts;
    const comparison = { comparedWith: before.version, kept, added: now - kept, gone: had - kept };
    return { summary, findings, comparison, examples: keys.examples };
  }

  private async compareKeys(
    engine: Engine,
    mapping: Mapping,
    table: CheckedTable,
    before: Before,
  ): Promise<{ counts: KeyCounts; findings: Finding[]; examples: KeyPair[] }> {
    const file = this.files.table(mapping.table, before.version);
    const counts = await countKept(engine, table, { file, months: before.months });
    const spaces = { before: before.summary.keySpace, now: table.keySpace.of };
    if (spaces.before !== spaces.now) {
      const other = finding('keys.otherSpace', { table: mapping.table, holds: true }, spaces);
      return { counts, findings: [other], examples: [] };
    }
    if (spaces.now === 'row') return { counts, findings: [], examples: [] };
    const few = fewKept(mapping.table, counts, limitsOf(mapping));
    if (few.length === 0) return { counts, findings: few, examples: [] };
    const respelt = await this.respelt(engine, mapping.table, table, { before, counts });
    return { counts, findings: [...few, ...respelt.findings], examples: respelt.examples };
  }

  private async respelt(
    engine: Engine,
    name: string,
    table: CheckedTable,
    { before, counts }: { before: Before; counts: KeyCounts },
  ): Promise<{ findings: Finding[]; examples: KeyPair[] }> {
    let dataKey: Buffer;
    try {
      dataKey = await this.keys.of(before.importId);
    } catch (thrown) {
      // The keys of the version before were erased: nothing to look among.
      if (thrown instanceof Failure && thrown.kind === 'gone') return { findings: [], examples: [] };
      throw thrown;
    }
    const place = { table: name, version: before.version };
    const subjects = readSubjects(this.database, place, { from: 0, to: SHARDS }, dataKey);
    return findRespelt(engine, table, subjects, { name, counts });
  }
}

function tooManyRejects(mapping: Mapping, { counts: { read, rejected } }: CheckedTable): Finding[] {
  const max = rejectsMax(read, mapping.rejectShareMax);
  if (rejected <= max) return [];
  return [finding('rejects.tooMany', { table: mapping.table, holds: true }, { rejected, read, max })];
}

/** Shares of the new values up to the edges of the version before, of columns that are numbers in both. */
async function sharesOf(engine: Engine, table: CheckedTable, before: VersionSummary): Promise<Map<string, number[]>> {
  const numbers = new Map(
    table.columns.filter(({ type, isStored }) => type === 'number' && isStored).map(({ name, place }) => [name, place]),
  );
  const wanted = before.columns.flatMap(({ name, edges = [] }) => {
    const place = numbers.get(name);
    return place === undefined || edges.length === 0 ? [] : [{ name, place, edges }];
  });
  const shares = await sharesUpTo(engine, wanted);
  return new Map(wanted.map(({ name }, at) => [name, shares[at]!]));
}
