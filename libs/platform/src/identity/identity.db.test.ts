import { DuckDBInstance } from '@duckdb/node-api';
import { Client } from 'pg';
import { customerId, derivedIdInDuckDb, shardInDuckDb, shardInPostgres, shardOf, subscriptionId } from './identity.js';

describe('shards', () => {
  const ids = Array.from({ length: 2_000 }, (_, key) => subscriptionId('demo', String(key)));
  const expected = ids.map(shardOf);

  it('are the same in PostgreSQL', async () => {
    const client = new Client({ connectionString: process.env['TEST_DATABASE_URL']! });
    await client.connect();
    const { rows } = await client.query<{ shard: number }>(
      `select ${shardInPostgres('id')} as shard from unnest($1::text[]) with ordinality as t(id, n) order by n`,
      [ids],
    );
    await client.end();
    expect(rows.map(({ shard }) => shard)).toEqual(expected);
  });

  it('are the same in DuckDB', async () => {
    const instance = await DuckDBInstance.create(':memory:');
    const connection = await instance.connect();
    const list = ids.map((id) => `'${id}'`).join(', ');
    const reader = await connection.runAndReadAll(
      `select ${shardInDuckDb('id')} as shard from (select unnest([${list}]) as id)`,
    );
    expect(reader.getColumns()[0]!.map(Number)).toEqual(expected);
    connection.closeSync();
    instance.closeSync();
  });
});

it('DuckDB derives the same ids, whatever the key contains', async () => {
  const keys = ['A1', '', "O'Hara", '沈阳-17', 'x'.repeat(64)];
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  const list = keys.map((key) => `'${key.replaceAll("'", "''")}'`).join(', ');
  const reader = await connection.runAndReadAll(
    `select ${derivedIdInDuckDb('customer', 'demo', 'key')}::varchar as id from (select unnest([${list}]) as key)`,
  );
  expect(reader.getColumns()[0]).toEqual(keys.map((key) => customerId('demo', key)));
  connection.closeSync();
  instance.closeSync();
});
