import type { ColumnBatch } from '@holdfast/contracts/platform/v1/columns';
import { readTexts } from '@holdfast/platform/columns';
import type { Engine, Relation } from '../engine/engine.js';
import { RowAppender } from '../engine/row-appender.js';
import type { CheckedTable } from '../table/read-table.js';
import { finding, percent, type Finding, type FindingKey } from './finding.js';
import { ROWS_MIN, type Limits } from './limits.js';
import { isNewestMonth } from './summary.js';

const EXAMPLES = 5;

/** Subscribers of the newest months of two versions. */
export interface KeyCounts {
  before: number;
  now: number;
  kept: number;
}

/** A key of the version before, and the key of the new version that may be the same. */
export interface KeyPair {
  before: string;
  now: string;
}

/** Counts subjects that are in both of two relations. @param before, now SQL of relations with the distinct column `id` */
export function countKept(engine: Engine, id: string, before: string, now: string): Promise<KeyCounts> {
  const sql = `select (select count(*) from (${before})) as before, (select count(*) from (${now})) as now,
     (select count(*) from (${now}) semi join (${before}) using (${id})) as kept`;
  return engine.numbers(sql);
}

export function fewKept(table: string, { before, now, kept }: KeyCounts, limits: Limits): Finding[] {
  const keys = Math.min(before, now);
  if (keys < ROWS_MIN || kept >= limits.keysKept * keys) return [];
  const shares = { share: percent(kept / keys), limit: percent(limits.keysKept) };
  const figures = { kept, keys, ...shares, added: now - kept, gone: before - kept };
  return [finding('keys.fewKept', { table, holds: true }, figures)];
}

/** SQL of a key without a difference that spreadsheets and exports make. */
type Rule = (key: string) => string;
type Keys = Relation<'key'>;

const RULES: readonly (readonly [FindingKey, Rule])[] = [
  ['keys.matchZeros', (key) => `ltrim(${key}, '0')`],
  ['keys.matchSpaces', (key) => `regexp_replace(${key}, '[\\s\\x{00A0}\\x{3000}''"-]', '', 'g')`],
  ['keys.matchCase', (key) => `lower(${key})`],
  ['keys.matchPrefix', (key) => `regexp_replace(${key}, '^(\\+|00)?86', '')`],
  ['keys.matchDecimals', (key) => `regexp_replace(${key}, '\\.0+$', '')`],
];
const ALL_RULES: Rule = (key) =>
  [RULES[1]!, RULES[2]!, RULES[4]!, RULES[3]!, RULES[0]!].reduce((cell, [, rule]) => rule(cell), key);

/**
 * Finds equal keys in another spelling. A match is unique on both sides. O(keys), on disk if they do not fit into memory.
 * @param before keys of the version before
 */
export async function findRespelt(
  { staged, accepted, months }: CheckedTable,
  before: AsyncIterable<ColumnBatch>,
  { name, counts }: { name: string; counts: KeyCounts },
): Promise<{ findings: Finding[]; examples: KeyPair[] }> {
  const { engine } = accepted;
  const keysBefore = await keysOf(engine, before);
  const keysNowSql = `select distinct key from ${staged.name}
    where row_no in (select row_no from ${accepted.name} where ${isNewestMonth({ months })})`;
  const keysNow = await engine.tableOf('keys_now', ['key'], keysNowSql);
  const pairs = (rule: Rule): string => pairsOf(keysBefore, keysNow, rule);
  const found: { key: FindingKey; rule: Rule; matches: number }[] = [];
  for (const [key, rule] of [...RULES, ['keys.matchAll', ALL_RULES] as const]) {
    const { matches } = await engine.numbers<'matches'>(`select count(*) as matches from (${pairs(rule)})`);
    found.push({ key, rule, matches });
  }
  const all = found.at(-1)!;
  const single = found.slice(0, -1).reduce((best, each) => (each.matches > best.matches ? each : best));
  const best = all.matches > 1.05 * single.matches ? all : single;
  if (best.matches <= counts.kept) return { findings: [], examples: [] };
  const sql = `select before, now from (${pairs(best.rule)}) where before <> now order by before limit ${EXAMPLES}`;
  const examples = await engine.rows<KeyPair>(sql);
  const figures = { matches: best.matches, keys: Math.min(counts.before, counts.now) };
  return { findings: [finding(best.key, { table: name, holds: true }, figures)], examples };
}

function pairsOf(before: Keys, now: Keys, rule: Rule): string {
  const unique = (keys: Keys): string =>
    `(select ${rule('key')} as spelling, min(key) as key from ${keys.name} group by spelling having count(*) = 1 and spelling <> '')`;
  return `select b.key as before, n.key as now from ${unique(before)} b join ${unique(now)} n using (spelling)`;
}

async function keysOf(engine: Engine, batches: AsyncIterable<ColumnBatch>): Promise<Keys> {
  const keys: Keys = await engine.createTable('keys_before', { key: 'varchar' });
  const appender = await RowAppender.open(keys);
  try {
    for await (const batch of batches) for (const key of readTexts(batch, 'key')) appender.add([key]);
    appender.flush();
  } finally {
    appender.close();
  }
  return keys;
}
