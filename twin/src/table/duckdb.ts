import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';

export async function withDuckDb<T>(
  options: Record<string, string>,
  use: (connection: DuckDBConnection) => Promise<T>,
): Promise<T> {
  const instance = await DuckDBInstance.create(':memory:', options);
  const connection = await instance.connect();
  try {
    return await use(connection);
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

/** All columns as texts, so that injected errors do not break the read. @param pattern of the files */
export function csvSource(pattern: string): string {
  return `read_csv('${pattern.replaceAll("'", "''")}', header = true, all_varchar = true)`;
}
