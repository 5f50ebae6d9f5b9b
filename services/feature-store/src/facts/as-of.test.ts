import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { contractTableOf } from '../contract/tables.js';
import { Engine, literal } from '../engine/engine.js';
import { asOfQuery, factColumns, type FactSource } from './as-of.js';

const folder = mkdtempSync(path.join(tmpdir(), 'holdfast-as-of-'));
const assignments = contractTableOf('assignments')!;
const fileOf = (importId: string): string => path.join(folder, `${importId}.parquet`);

let engine: Engine;
beforeAll(async () => {
  engine = await Engine.openScratch(path.join(folder, 'scratch'), { memoryMax: '256MB', threads: 2 });
});
afterAll(async () => {
  await engine?.close();
  rmSync(folder, { recursive: true, force: true });
});

/** An extract's assignments of March: unit and arm of each row. */
async function extract(sequence: number, rows: readonly (readonly [unit: string, arm: string])[]): Promise<FactSource> {
  const importId = `import-${sequence}`;
  const values: Record<string, string> = {
    ...{ campaign_id: "'K'", unit_id: 'unit', arm: 'arm', month: "'2026-03'", sequence: `${sequence}`, shard: '0' },
    known_at: "timestamptz '2026-03-10 00:00:00+00'",
  };
  const columns = factColumns(assignments).map(([name, type]) => `${values[name] ?? 'null'}::${type} as "${name}"`);
  const listed = rows.map(([unit, arm]) => `(${literal(unit)}, ${literal(arm)})`).join(', ');
  await engine.run(
    `copy (select ${columns.join(', ')} from (values ${listed}) as t(unit, arm)) to ${literal(fileOf(importId))}`,
  );
  const parts = [{ month: '2026-03', rows: rows.length }];
  const source = { extract: { importId, sequence }, table: { freeColumns: [], parts } };
  return source as unknown as FactSource;
}

async function read(sources: readonly FactSource[]): Promise<string[]> {
  const sql = asOfQuery(assignments, sources, { knownAt: new Date('2026-04-01T00:00:00Z') }, fileOf);
  const rows = await engine.rows<{ row: string }>(`select unit_id || ' ' || arm as row from (${sql}) order by row`);
  return rows.map(({ row }) => row);
}

test('somebody in two groups of an extract is read in both; a newer extract corrects that, and a group that it names', async () => {
  const first = await extract(1, [['S1', 'control'], ['S1', 'discount'], ['S2', 'control'], ['S3', 'control']]);
  expect(await read([first])).toEqual(['S1 control', 'S1 discount', 'S2 control', 'S3 control']);
  const corrected = await extract(2, [['S1', 'control'], ['S2', 'discount']]);
  expect(await read([first, corrected])).toEqual(['S1 control', 'S2 discount', 'S3 control']);
  const renamed = await extract(3, [['S1', 'rebate'], ['S2', 'rebate'], ['S2', 'control'], ['S3', 'rebate']]);
  expect(await read([first, corrected, renamed])).toEqual(['S1 rebate', 'S2 control', 'S2 rebate', 'S3 rebate']);
});
