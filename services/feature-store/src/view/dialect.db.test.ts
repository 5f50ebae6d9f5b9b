import path from 'node:path';
import pg from 'pg';
import { cloneDatabase } from '@holdfast/testing/infra';
import { sharedEngine } from '../engine/engine.fixture.js';
import { statusMonths } from '../facts/status-months.js';
import { pointInTimeOf } from './point-in-time.js';
import { readDefinition, type Feature } from './definition.js';
import { exactInDuckDb } from './exact.js';
import { createSyntheticFacts } from './synthetic-facts.fixture.js';
import { asOfSql } from './relation.js';
import { RELATIONS } from './relations.js';

const { features } = readDefinition('subscriber-months', path.join(__dirname, '../../views'));
const relations = [...new Set(features.map(({ from }) => from))].filter((from) => from !== 'features');
const asOf = asOfSql(pointInTimeOf('2026-05', 'Asia/Shanghai', 5, new Date('2026-07-02T00:00:00+08:00')));

const shared = sharedEngine(async (engine) => {
  await createSyntheticFacts(engine.connection);
  const rule = { suspendedDaysMin: 7, cancelCounts: true };
  const status = statusMonths({ from: '2026-01', to: '2026-05' }, rule, { usage: true, billing: true });
  await engine.run(`create temp table status_as_of as select * from ${status}`);
});
let postgres: pg.Client;
let clone: Awaited<ReturnType<typeof cloneDatabase>>;
beforeAll(async () => {
  clone = await cloneDatabase('feature-store');
  postgres = new pg.Client({ connectionString: clone.url });
  await postgres.connect();
});
afterAll(async () => {
  await postgres?.end();
  await clone?.drop();
});

type Row = Record<string, number | string | null>;

/** Rows of a relation: texts, and doubles. */
async function rowsOf(relation: string): Promise<{ rows: Row[]; types: Map<string, 'text' | 'float8'> }> {
  const reader = await shared.engine.connection.runAndReadAll(`select * from (${RELATIONS[relation]!.sql(asOf)})`);
  const names = reader.columnNames();
  const texts = ['VARCHAR', 'UUID', 'DATE', 'TIMESTAMP WITH TIME ZONE'];
  const isText = (at: number): boolean => texts.includes(String(reader.columnType(at)));
  const types = new Map(names.map((name, at) => [name, isText(at) ? 'text' : 'float8'] as const));
  const rows = reader.getRowObjectsJson().map((row) => {
    const cells = names.map((name) => {
      const value = row[name] as number | string | null;
      return [name, value === null || types.get(name) === 'text' ? value : Number(value)];
    });
    return Object.fromEntries(cells) as Row;
  });
  return { rows, types };
}

function selected(relation: string): { said: Feature[]; sql: string; exact: string } {
  const said = features.filter(({ from }) => from === relation);
  const list = (form: (sql: string) => string): string =>
    said.map(({ name, sql }) => `${form(sql)} as ${name}`).join(', ');
  return { said, sql: list((sql) => sql), exact: list(exactInDuckDb) };
}

test.each(relations)('the features over %s mean the same in DuckDB and PostgreSQL', async (relation) => {
  const { said, sql, exact } = selected(relation);
  const { rows, types } = await rowsOf(relation);
  const columns = [...types].map(([name, type]) => `"${name}" ${type}`).join(', ');
  await postgres.query(`create temporary table relation_rows (${columns})`);
  await postgres.query('insert into relation_rows select * from json_populate_recordset(null::relation_rows, $1)', [
    JSON.stringify(rows),
  ]);
  const theirs = await postgres.query<Row>(`select subscription_id, ${sql} from relation_rows group by 1 order by 1`);
  await postgres.query('drop table relation_rows');
  const oursSql = `select subscription_id::varchar as subscription_id, ${exact} from (${RELATIONS[relation]!.sql(asOf)})
    group by 1 order by 1`;
  const ours = await shared.engine.connection.runAndReadAll(oursSql);
  expect(theirs.rows.length).toBeGreaterThan(0);
  const valuesOf = (row: Record<string, unknown>): unknown[] =>
    said.map(({ name, type }) => {
      const value = row[name];
      return value === null || type === 'category' ? value : Number(Number(value).toPrecision(9));
    });
  expect(ours.getRowObjectsJson().map(valuesOf)).toEqual(theirs.rows.map(valuesOf));
});
