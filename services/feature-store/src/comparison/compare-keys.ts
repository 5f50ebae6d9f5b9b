import { DuckDBDataChunk, VARCHAR } from '@duckdb/node-api';
import type { ColumnBatch } from '@holdfast/contracts/platform/v1/columns';
import { readTexts } from '@holdfast/platform/columns';
import { literal, type Engine } from '../engine/engine.js';
import type { CheckedTable } from '../extract/read-table.js';
import { finding, percent, type Finding, type FindingKey } from './finding.js';
import { ROWS_MIN, type Limits } from './limits.js';
import { isNewestMonth } from './summary.js';

const EXAMPLES = 5;
/** Rows of a chunk of DuckDB. */
const CHUNK_ROWS = 2048;

/** Subscribers of the newest months of two versions. */
export interface KeyCounts {
  before: number;
  now: number;
  kept: number;
}

/** A key of the version before, and the one of the new version that may be the same. */
export interface KeyPair {
  before: string;
  now: string;
}

/** How many subscribers are in both versions, by internal ids: the version before is read from its Parquet. */
export async function countKept(
  engine: Engine,
  table: CheckedTable,
  before: { file: string; months: readonly string[] },
): Promise<KeyCounts> {
  await engine.run(
    `create or replace view row_before as
     select subscription_id from read_parquet(${literal(before.file)}) where month = ${before.months.length - 1}`,
  );
  await engine.run(
    `create or replace view row_now as select subscription_id from accepted where ${isNewestMonth(table)}`,
  );
  const counts = await engine.row<{ before: bigint; now: bigint; kept: bigint }>(
    `select (select count(*) from row_before) as before, (select count(*) from row_now) as now,
       (select count(*) from row_now semi join row_before using (subscription_id)) as kept`,
  );
  return { before: Number(counts.before), now: Number(counts.now), kept: Number(counts.kept) };
}

export function fewKept(table: string, { before, now, kept }: KeyCounts, limits: Limits): Finding[] {
  const keys = Math.min(before, now);
  if (keys < ROWS_MIN || kept >= limits.keysKept * keys) return [];
  const figures = {
    share: percent(kept / keys),
    limit: percent(limits.keysKept),
    added: now - kept,
    gone: before - kept,
  };
  return [finding('keys.fewKept', { table, holds: true }, { kept, keys, ...figures })];
}

/** Spellings of one key that spreadsheets and exports make, each with what makes them equal. */
const RULES: readonly (readonly [FindingKey, (key: string) => string])[] = [
  ['keys.matchZeros', (key) => `ltrim(${key}, '0')`],
  ['keys.matchSpaces', (key) => `regexp_replace(${key}, '[\\s\\x{00A0}\\x{3000}''"-]', '', 'g')`],
  ['keys.matchCase', (key) => `lower(${key})`],
  ['keys.matchPrefix', (key) => `regexp_replace(${key}, '^(\\+|00)?86', '')`],
  ['keys.matchDecimals', (key) => `regexp_replace(${key}, '\\.0+$', '')`],
];
const ALL_RULES = (key: string): string =>
  [RULES[1]!, RULES[2]!, RULES[4]!, RULES[3]!, RULES[0]!].reduce((cell, [, rule]) => rule(cell), key);

/**
 * Looks for the same keys in another spelling. A match is unique on both sides. O(keys), on disk where they do not fit
 * into memory.
 */
export async function findRespelt(
  engine: Engine,
  table: CheckedTable,
  before: AsyncIterable<ColumnBatch>,
  { name, counts }: { name: string; counts: KeyCounts },
): Promise<{ findings: Finding[]; examples: KeyPair[] }> {
  await fill(engine, before);
  await engine.run(
    `create table key_now as select distinct key from staged
     where row_no in (select row_no from accepted where ${isNewestMonth(table)})`,
  );
  const found: { key: FindingKey; rule: (key: string) => string; matches: number }[] = [];
  for (const [key, rule] of [...RULES, ['keys.matchAll', ALL_RULES] as const]) {
    const { matches } = await engine.row<{ matches: bigint }>(`select count(*) as matches from (${pairs(rule)})`);
    found.push({ key, rule, matches: Number(matches) });
  }
  const all = found.at(-1)!;
  const single = found.slice(0, -1).reduce((best, each) => (each.matches > best.matches ? each : best));
  const best = all.matches > 1.05 * single.matches ? all : single;
  if (best.matches <= counts.kept) return { findings: [], examples: [] };
  const examples = await engine.rows<KeyPair>(
    `select before, now from (${pairs(best.rule)}) where before <> now order by before limit ${EXAMPLES}`,
  );
  const figures = { matches: best.matches, keys: Math.min(counts.before, counts.now) };
  return { findings: [finding(best.key, { table: name, holds: true }, figures)], examples };
}

function pairs(rule: (key: string) => string): string {
  const unique = (from: string): string =>
    `(select ${rule('key')} as spelling, min(key) as key from ${from} group by spelling having count(*) = 1 and spelling <> '')`;
  return `select b.key as before, n.key as now from ${unique('key_before')} b join ${unique('key_now')} n using (spelling)`;
}

async function fill(engine: Engine, batches: AsyncIterable<ColumnBatch>): Promise<void> {
  await engine.run('create table key_before (key varchar)');
  const appender = await engine.connection.createAppender('key_before');
  try {
    for await (const batch of batches) {
      const keys = readTexts(batch, 'key');
      for (let at = 0; at < keys.length; at += CHUNK_ROWS) {
        const part = keys.slice(at, at + CHUNK_ROWS);
        const chunk = DuckDBDataChunk.create([VARCHAR], part.length);
        chunk.setColumns([part]);
        appender.appendDataChunk(chunk);
      }
    }
  } finally {
    appender.closeSync();
  }
}
