import fc from 'fast-check';
import { withEngine } from '../engine/engine.fixture.js';
import { exactDeviation, exactInDuckDb, exactMean } from './exact.js';

function valueOf(expression: string, rows: readonly number[], threads: number): Promise<unknown> {
  const values = rows.map((row) => `(${row}::double)`).join(', ');
  const query = `select ${expression} as value from (values ${values}) as v(x)`;
  return withEngine(async (engine) => (await engine.row<{ value: unknown }>(query)).value, { threads });
}

const amounts = fc.integer({ min: -100_000_000, max: 100_000_000 }).map((minor) => minor / 100);

test.each(['sum(x)', 'avg(x)', 'stddev_samp(x)', 'ln(abs(avg(case when x > 0 then x end) / 3) + 1) - sum(x * 0.1)'])(
  '%s is the same, bit by bit, in any order of the rows',
  async (sql) => {
    await fc.assert(
      fc.asyncProperty(
        fc
          .array(amounts, { minLength: 2, maxLength: 12 })
          .chain((rows) => fc.tuple(fc.constant(rows), fc.shuffledSubarray(rows, { minLength: rows.length }))),
        async ([rows, shuffled]) => {
          const exact = exactInDuckDb(sql);
          expect(Object.is(await valueOf(exact, rows, 1), await valueOf(exact, shuffled, 2))).toBe(true);
        },
      ),
      { numRuns: 8 },
    );
  },
);

test('means what the expression means', async () => {
  const rows = [10, 10.25, -3.5, 7];
  const ratio = 'avg(x) / nullif(sum(x), 0)';
  for (const sql of ['sum(x)', ratio, 'stddev_samp(x)', 'sum(case when x > (1 + 2) then x end)'])
    expect(await valueOf(exactInDuckDb(sql), rows, 1)).toBeCloseTo(Number(await valueOf(sql, rows, 1)), 10);
  expect(await valueOf(exactInDuckDb('avg(case when x > 99 then x end)'), rows, 1)).toBeNull();
  expect(await valueOf(exactInDuckDb('stddev_samp(x)'), [12.34, 12.34, 12.34], 2)).toBe(0);
});

test('a deviation of a population is that of DuckDB, and nothing for equal values', async () => {
  const rows = [10, 10.25, -3.5, 7];
  expect(await valueOf(exactDeviation('x'), rows, 2)).toBeCloseTo(Number(await valueOf('stddev_pop(x)', rows, 1)), 9);
  expect(await valueOf(exactDeviation('x'), [0.333333, 0.333333, 0.333333], 2)).toBe(0);
  expect(await valueOf(`${exactMean('x')} - ${exactDeviation('x')}`, [1, 3], 1)).toBe(1);
  expect(await valueOf(exactDeviation('nullif(x, 1)'), [1], 1)).toBeNull();
});

test('does not change what is the same in any order', () => {
  const sql = "max(case when kind = 'sum(' and lag = 0 then 1.0 else 0.0 end) + count(distinct kind)";
  expect(exactInDuckDb(sql)).toBe(sql);
});
