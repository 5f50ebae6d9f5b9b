import { readExpression } from './dialect.js';

test('gives the columns that it names, and whether it adds up rows', () => {
  expect(readExpression('f', " sum(case when kind = 'Anruf, or so' and lag <= 2 then 1.5 else 0 end) ")).toEqual({
    sql: "sum(case when kind = 'Anruf, or so' and lag <= 2 then 1.5 else 0 end)",
    columns: ['kind', 'lag'],
    isAggregate: true,
  });
  expect(readExpression('f', 'ln(greatest(a, 1) / nullif(b, 0)) - coalesce(a, 0)')).toMatchObject({
    columns: ['a', 'b'],
    isAggregate: false,
  });
});

test.each([
  ['median(x)', 'median('],
  ["date_diff('day', a, b)", 'date_diff('],
  ['a::double', ':'],
  ['a; drop', ';'],
  ['a || b', '|'],
  ['"a"', '"'],
  ['a % 2', '%'],
  ['SUM(a)', 'S'],
  ['sum(a) -- all', '--'],
  ['a /* b */', '/*'],
])('refuses %s, which the engines do not share', (sql, token) => {
  expect(() => readExpression('f', sql)).toThrow(`The expression of f has "${token}",`);
});
