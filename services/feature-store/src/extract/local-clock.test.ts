import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';
import { LocalClock } from './local-clock.js';

let instance: DuckDBInstance;
let connection: DuckDBConnection;
beforeAll(async () => {
  instance = await DuckDBInstance.create(':memory:');
  connection = await instance.connect();
  await connection.run(`set TimeZone = 'UTC'`);
});
afterAll(() => {
  connection.closeSync();
  instance.closeSync();
});

test.each(['Asia/Shanghai', 'Asia/Urumqi', 'UTC', 'Europe/Berlin', 'America/New_York'])(
  'clocks of %s are those that DuckDB knows, whichever way they are worked out',
  async (timeZone) => {
    const clock = new LocalClock(timeZone);
    const result = await connection.runAndReadAll(
      `select count(*) filter (where ${clock.momentOf('t')} is distinct from timezone('${timeZone}', t)) as moments,
         count(*) filter (where ${clock.localOf('t::timestamptz')} is distinct from timezone('${timeZone}', t::timestamptz)) as locals,
         count(*) as all_rows
       from generate_series(timestamp '1930-01-01 00:30:00', timestamp '2049-12-31', interval 171 hours) as s(t)`,
    );
    const [row] = result.getRowObjectsJS();
    expect(row).toMatchObject({ moments: 0n, locals: 0n });
    expect(Number(row!['all_rows'])).toBeGreaterThan(6_000);
  },
);
