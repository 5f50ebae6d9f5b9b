import fs from 'node:fs';
import path from 'node:path';
import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';

/** Contents of all files below a folder by relative path. */
export function fileTree(folder: string): Record<string, string> {
  const files = fs.readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const names = files.map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name))).sort();
  return Object.fromEntries(names.map((name) => [name, fs.readFileSync(path.join(folder, name)).toString('base64')]));
}

interface TestSql {
  run: (statement: string) => Promise<void>;
  rows: (query: string) => Promise<unknown[][]>;
  numbers: (query: string) => Promise<number[]>;
  /** Number of rows of a query or of a clause `from …`. */
  count: (query: string) => Promise<number>;
  expectNone: (query: string) => Promise<void>;
  /** Whether two queries have the same distinct rows. */
  expectEqual: (query: string, other: string) => Promise<void>;
}

/** An in-memory DuckDB for the tests of the file. */
export function testSql(): TestSql {
  let instance: DuckDBInstance;
  let connection: DuckDBConnection;
  beforeAll(async () => {
    instance = await DuckDBInstance.create(':memory:', { threads: '1' });
    connection = await instance.connect();
  });
  afterAll(() => {
    connection.closeSync();
    instance.closeSync();
  });
  const rows = async (query: string): Promise<unknown[][]> => (await connection.runAndReadAll(query)).getRows();
  const numbers = async (query: string): Promise<number[]> => (await rows(query))[0]!.map(Number);
  const count = async (query: string): Promise<number> => (await numbers(`select count(*) from (${query})`))[0]!;
  const run = async (statement: string): Promise<void> => void (await connection.run(statement));
  const expectNone = async (query: string): Promise<void> => expect(await count(query)).toBe(0);
  const expectEqual = async (query: string, other: string): Promise<void> => {
    await expectNone(`(${query}) except (${other})`);
    await expectNone(`(${other}) except (${query})`);
  };
  return { run, rows, numbers, count, expectNone, expectEqual };
}
