import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ColumnKind, type ColumnBatch } from '@holdfast/contracts/platform/v1/columns';
import { readCategoryTexts, readNumbers, readTexts, readUuids } from '@holdfast/platform/columns';
import { Engine, type EngineLimits } from './engine.js';

const LIMITS: EngineLimits = { memoryMax: '256MB', threads: 2 };

/** Runs work on a scratch engine, which is removed afterwards. */
export async function withEngine<T>(use: (engine: Engine) => Promise<T>, limits: Partial<EngineLimits> = {}) {
  const engine = await Engine.openScratch(engineFolder(), { ...LIMITS, ...limits });
  try {
    return await use(engine);
  } finally {
    await engine.close();
  }
}

/** An engine, in memory and UTC, for the tests of a file: `engine` is set before the first one. */
export function sharedEngine(prepare: (engine: Engine) => Promise<void> = async () => {}): { engine: Engine } {
  const shared = {} as { engine: Engine };
  beforeAll(async () => {
    shared.engine = await Engine.openReader(LIMITS, engineFolder());
    await shared.engine.run(`set TimeZone = 'UTC'`);
    await prepare(shared.engine);
  });
  afterAll(() => shared.engine?.close());
  return shared;
}

/** Removed with its engine. */
const engineFolder = (): string => mkdtempSync(path.join(tmpdir(), 'holdfast-engine-'));

/** All that a stream gives. */
export async function collected<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const each of stream) all.push(each);
  return all;
}

const READERS: Partial<Record<ColumnKind, (batch: ColumnBatch, name: string) => readonly unknown[]>> = {
  [ColumnKind.COLUMN_KIND_NUMBER]: (batch, name) => [...readNumbers(batch, name)],
  [ColumnKind.COLUMN_KIND_UUID]: readUuids,
  [ColumnKind.COLUMN_KIND_TEXT]: readTexts,
  [ColumnKind.COLUMN_KIND_CATEGORY]: readCategoryTexts,
};

/** The rows of batches, by the names of their columns. */
export function rowsOf<Row = Record<string, unknown>>(batches: readonly ColumnBatch[]): Row[] {
  return batches.flatMap((batch) => {
    const columns = batch.columns.map(({ name, kind }) => [name, READERS[kind]!(batch, name)] as const);
    const rowAt = (row: number) => Object.fromEntries(columns.map(([name, values]) => [name, values[row]])) as Row;
    return Array.from({ length: batch.rows }, (_, row) => rowAt(row));
  });
}
