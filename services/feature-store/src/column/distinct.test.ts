// Tables of more rows than are counted exactly by default, generated in the engine: to parse them would take minutes.
import { RandomStream } from '@holdfast/learning/random';
import { literal } from '../engine/engine.js';
import { withEngine } from '../engine/engine.fixture.js';
import { createRejects } from '../csv/rejects.js';
import { checkRows } from '../table/check-rows.js';
import { layOut } from '../table/layout.js';
import { parseMapping } from '../table/mapping.js';
import { typeRows } from '../table/type-rows.js';
import { EXACT_ROWS_MAX, countDistinct, identifierMin, isSurelyBelow, surelyAtLeast } from './distinct.js';
import { inferTypes } from './inference.js';

const ROWS = 300_000;
const LIMITS = { memoryMax: '512MB' };
/** Tables of 8 telephone columns and of 20 pairs; twelve are a hundred columns and two hundred and forty pairs, in minutes. */
const TABLES = Number(process.env['DISTINCT_TABLES'] ?? 1);

/** Reads a table of ROWS rows as readTable does from its staged cells on. @param cells SQL of each column's cell, of row `i` */
async function typed(cells: Readonly<Record<string, string>>, mapping = '') {
  return withEngine(async (engine) => {
    const parsed = parseMapping(`table: big\nkey: customer_no\n${mapping}`);
    const layout = layOut(['customer_no', ...Object.keys(cells)], parsed);
    const stagedCells = ["'K' || i", ...Object.values(cells)].map((cell, place) => `(${cell})::varchar as c${place}`);
    const sql = `select i::ubigint as row_no, 0 as file_no, (i + 1)::ubigint as line, 'K' || i as key,
       md5(i::varchar)::uuid as subscription_id, '2026-09' as month, ${stagedCells.join(', ')} from range(1, ${ROWS + 1}) as t(i)`;
    const columnNames = ['row_no', 'file_no', 'line', 'key', 'subscription_id', 'month'] as const;
    const staged = await engine.tableOf('staged', columnNames, sql);
    const format = { decimal: undefined, delimiter: ',', timeZone: 'Asia/Shanghai' };
    const { columns: header, types, reading, notices: inferred } = await inferTypes(staged, layout.columns, format);
    const options = { layout: { ...layout, columns: header }, types, reading, mapping: parsed };
    const { sound } = await checkRows(staged, await createRejects(engine), options);
    const { accepted, columns, notices } = await typeRows(sound, { ...options, operator: 'demo' });
    return {
      column: (name: string) => columns.find((column) => column.name === name)!,
      notices: [...inferred, ...notices],
      /** Columns that the written rows have. */
      written: new Set<string>(Object.keys(accepted.columns)),
    };
  }, LIMITS);
}

/** Telephone numbers without an order, another one for each seed, in the spellings that files have. */
function phone(seed: number): string {
  const digits = `lpad((hash(i * 1000 + ${seed}) % 1000000000)::varchar, 9, '0')`;
  return [`'13' || ${digits}`, `'+8613' || ${digits}`, `'86-13' || ${digits}`, `'008613' || ${digits}`][seed % 4]!;
}

function either(one: string, other: string, seed: number): string {
  return `case when hash(i * 1000 + ${seed}) % 100 < ${1 + (seed % 99)} then ${literal(one)} else ${literal(other)} end`;
}

it('an estimate only shows that there are far fewer values, or at least so many', () => {
  const below = [isSurelyBelow(1, 2), isSurelyBelow(40_000, 300_000), isSurelyBelow(60_000, 300_000)];
  expect(below).toEqual([false, true, false]);
  expect(surelyAtLeast(1_249)).toBeLessThan(1_000);
  expect(ROWS).toBeGreaterThan(EXACT_ROWS_MAX);
});

it('counts exactly what does not fit into memory', async () => {
  await withEngine(async (engine) => {
    await engine.run("set memory_limit = '64MB'");
    const query = 'select md5((i % 800000)::varchar) as text from range(1000000) as t(i)';
    const many = await engine.tableOf('many', ['text'], query);
    expect(await countDistinct(many, 'text')).toBe(800_000);
    expect(await countDistinct(many, 'text', "text < '8'")).toBeGreaterThan(350_000);
  }, LIMITS);
}, 240_000);

it.each(Array.from({ length: TABLES }, (_, table) => table))(
  'never stores 8 columns of telephone numbers, table %i',
  async (part) => {
    const seeds = Array.from({ length: 8 }, (_, at) => part * 8 + at);
    const table = await typed(Object.fromEntries(seeds.map((seed) => [`phone ${seed}`, phone(seed)])));
    for (const seed of seeds) {
      const column = table.column(`phone ${seed}`);
      expect(column).toMatchObject({ excluded: 'identifier', isStored: false });
      expect(column.isEstimate).toBeUndefined();
      expect(column.distinct).toBeGreaterThan(0.99 * ROWS);
      expect(table.written).not.toContain(`f${column.place}`);
    }
  },
  240_000,
);

const WORDS = ['29 59', '否 无', '是 否', 'A a', '男 女', '甲 乙'].map((pair) => pair.split(' ') as [string, string]);

it.each(Array.from({ length: TABLES }, (_, table) => table))(
  'calls none of 20 columns of two values constant, table %i',
  async (part) => {
    const random = new RandomStream(13 + part);
    const pairs = Array.from({ length: 20 }, (_, at): [string, string] => {
      const [one, other] = [random.below(1_000), random.below(1_000)];
      return WORDS[at] ?? [String(one), String(other === one ? one + 1 : other)];
    });
    const cells = pairs.map(([one, other], at) => [`pair ${at}`, either(one, other, 20 * part + at)]);
    const table = await typed(Object.fromEntries(cells) as Record<string, string>);
    for (const [at, pair] of pairs.entries()) {
      const column = table.column(`pair ${at}`);
      expect([pair, column.excluded, column.isStored]).toEqual([pair, undefined, true]);
      expect(column.distinct).toBeGreaterThanOrEqual(2);
      expect(column.type === 'number' || column.isEstimate !== true).toBe(true);
      expect(column.isEstimate === true || column.distinct === 2).toBe(true);
    }
    expect(table.notices).toEqual([]);
  },
  240_000,
);

it('counts exactly what decides, and marks estimates', async () => {
  const table = await typed(
    {
      amount: 'i % 100000 * 2.5',
      single: "'x'",
      nothing: 'null',
      now_and_then: "case when i % 7 = 0 then 'x' end",
      limit_texts: "'t' || i % 10000",
      too_many_texts: "'t' || i % 10001",
      almost_names: "'n' || i % 269999",
      names: "'n' || i % 270000",
      day: "strftime(date '2020-01-01' + (i % 900)::integer, '%Y-%m-%d')",
      churned: 'i % 3 - 1',
    },
    'label: { column: churned, positive: "1" }',
  );
  const seen = (name: string) => {
    const { distinct, isEstimate, excluded, isStored } = table.column(name);
    return [distinct, isEstimate ?? false, excluded, isStored];
  };
  expect(seen('single')).toEqual([1, false, 'constant', true]);
  expect(seen('nothing')).toEqual([0, false, 'empty', false]);
  expect(seen('now_and_then')).toEqual([1, false, undefined, true]);
  expect(seen('limit_texts')).toEqual([10_000, false, undefined, true]);
  expect(seen('too_many_texts')).toEqual([10_001, false, 'too_many_values', false]);
  expect(seen('almost_names')).toEqual([269_999, false, 'too_many_values', false]);
  expect(seen('names')).toEqual([270_000, false, 'identifier', false]);
  expect(seen('churned')).toEqual([3, false, undefined, false]);
  for (const name of ['amount', 'day', 'customer_no'])
    expect([name, table.column(name).isEstimate]).toEqual([name, true]);
}, 240_000);

test.each([
  [1000, 900],
  [10, 9],
  [2, 2],
  [1, 2],
  [0, 2],
])('an identifier of %i subjects has at least %i distinct values', (subjects, distinct) => {
  expect(identifierMin(subjects)).toBe(distinct);
});
