import fs from 'node:fs';
import { TemporaryFolder } from '@holdfast/testing/temporary-folder.fixture';
import { testSql } from '../operator.fixture.js';
import { create } from './create.js';
import { DEFAULT_SETTINGS } from './settings.js';

const root = new TemporaryFolder();
const { numbers, rows, run } = testSql();
const columnsOf = new Map<string, string[]>();
const truthColumns = new Set<string>();

beforeAll(async () => {
  const settings = { ...DEFAULT_SETTINGS, subscribers: 1500, months: 8, eventMonths: 1, seed: 29, errorShare: 0 };
  await create(root.path, settings);
  for (const [table, pattern] of tablesOf('extract')) {
    await define(table, pattern);
    columnsOf.set(table, await columnNames(table));
  }
  for (const [table, pattern] of tablesOf('truth')) {
    await define(`truth_${table}`, pattern);
    for (const column of await columnNames(`truth_${table}`)) truthColumns.add(column);
  }
});

/** CSV tables of a folder with their file patterns. */
function tablesOf(folder: string): [string, string][] {
  const found: [string, string][] = [];
  for (const entry of fs.readdirSync(root.at(folder), { withFileTypes: true })) {
    if (entry.isDirectory() && entry.name !== 'events') {
      found.push([entry.name, root.at(folder, entry.name, '*.csv')]);
    } else if (entry.name.endsWith('.csv')) found.push([entry.name.slice(0, -4), root.at(folder, entry.name)]);
  }
  return found;
}

async function define(table: string, pattern: string): Promise<void> {
  const source = `read_csv('${pattern}', header = true, all_varchar = true, parallel = false)`;
  await run(`create table ${table} as select *, row_number() over () as line from ${source}`);
}

async function columnNames(table: string): Promise<string[]> {
  const names = await rows(`select column_name from (describe ${table}) where column_name <> 'line'`);
  return names.map(([name]) => String(name));
}

describe('hidden facts', () => {
  test('have column names that the extract does not use, except for keys and public facts', () => {
    const shown = new Set([...columnsOf.values()].flat());
    const both = [...truthColumns].filter((name) => shown.has(name)).sort();
    // households and roles with a family plan, numbers and customers, arms that the operator assigned, offers seen on
    // the
    // market
    const known = ['household_id', 'role', 'customer_id', 'msisdn', 'arm', 'cancelled_on', 'district', 'name', 'month'];
    // arrears, service and kind are also names of causes and of household kinds
    expect(both).toEqual([...known, 'subscription_id', 'arrears', 'kind', 'service'].sort());
  });

  test('are not in the order of rows: adjacent rows share a household by chance only', async () => {
    const tables = [...columnsOf].filter(([table, columns]) => {
      return columns.includes('subscription_id') && table !== 'household_members';
    });
    expect(tables.length).toBeGreaterThan(8);
    for (const [table] of tables) {
      const [pairs, together] = await numbers(`select count(*), count(*) filter (h.household_id = n.household_id) from (
           select subscription_id, lead(subscription_id) over (order by line) as next from ${table}) t
         join truth_households h on h.subscription_id = t.subscription_id
         join truth_households n on n.subscription_id = t.next where t.subscription_id <> t.next`);
      // one in seven hundred by chance; every other pair in the order of households
      expect([table, together! <= 6 + 0.01 * pairs!]).toEqual([table, true]);
    }
  });

  test('are not in identifiers: their numbers have no correlation', async () => {
    await run(`create table secrets as
       select h.subscription_id, h.household_id, h.kind, d.cause, l.cause as lost, b.max_value_cny_gain::double as gain,
         b.no_contact_stays::double as stays, u.utility_V004::double as video,
         (b.response_type = 'sleepingDog')::int::double as is_dog
       from truth_households h
       left join truth_departures d using (subscription_id)
       left join (select subscription_id, min(cause) as cause from truth_value_losses group by 1) l
         using (subscription_id)
       left join truth_best_treatments b using (subscription_id)
       left join truth_product_utilities u using (subscription_id)`);
    const number = 'substr(s.subscription_id, 3)::bigint';
    for (const [column, secret] of Object.entries({
      cause: "(cause = 'misfit')::int",
      lost: "(lost = 'fluctuation')::int",
      gain: 'gain',
      stays: 'stays',
      video: 'video',
      is_dog: 'is_dog',
      kind: "(kind = 'flatSharers')::int",
    })) {
      const [count, correlation] = await numbers(`select count(*), corr(n, v) from (
           select rank() over (order by ${number}) as n, rank() over (order by ${secret}) as v from secrets s
           where ${column} is not null)`);
      expect(count).toBeGreaterThan(100);
      expect([column, Math.abs(correlation!) < 4 / Math.sqrt(count!)]).toEqual([column, true]);
    }
  });

  test('are not in amounts: no monthly figure is correlated with latent traits', async () => {
    // the ratio of hazard and observable hazard contains only the traits; its mean is 1
    await run(`create table traits as
       select subscription_id, month, hazard::double / observable::double as trait from truth_hazards
       where month = '2026-04'`);
    const figures = ['usage', 'billing'].flatMap((table) =>
      columnsOf
        .get(table)!
        .filter((column) => !['subscription_id', 'month', 'recorded_at'].includes(column))
        .flatMap((column) => [
          { table, figure: `${column}::double` },
          // the decimals
          { table, figure: `(100 * ${column}::double)::bigint % 100` },
        ]),
    );
    expect(figures.length).toBeGreaterThan(60);
    for (const { table, figure } of figures) {
      const [count, correlation, spread] = await numbers(`select count(*), corr(v, trait), stddev(v) from (
           select rank() over (order by ${figure}) as v, trait
           from traits t join ${table} x on x.subscription_id = t.subscription_id and x.month = '2026-02')`);
      expect(count).toBeGreaterThan(900);
      const isFlat = spread === 0 || Math.abs(correlation!) < 5 / Math.sqrt(count!);
      expect([table, figure, isFlat]).toEqual([table, figure, true]);
    }
  });
});
