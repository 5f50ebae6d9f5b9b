/**
 * Aggregates whose value does not depend on the order in which threads come to the rows. A sum of doubles differs in its
 * last bits with that order; where such a sum is compared, the last bit decides, and another model comes of it. A sum of
 * decimals is exact in any order; all features of a month take an eighth more time with them.
 */

/** Twelve decimals, 26 digits before them: more than an amount, a count or a length of time has. */
const EXACT = 'decimal(38, 12)';

/** What is not finite counts as missing. */
function exactSum(value: string): string {
  return `sum(try_cast(${value} as ${EXACT}))::double`;
}

export function exactMean(value: string): string {
  return `(${exactSum(value)} / nullif(count(try_cast(${value} as ${EXACT})), 0))`;
}

/** Standard deviation of a whole population, of values with six decimals: their squares have twelve, and are exact. */
export function exactDeviation(value: string): string {
  const [sum, squares, count] = [exactSum(value), exactSum(`${value} * ${value}`), `nullif(count(${value}), 0)`];
  return `case when min(${value}) = max(${value}) then 0.0
    else sqrt(greatest(${squares} - ${sum} * ${sum} / ${count}, 0) / ${count}) end`;
}

/** An aggregate with its rows in the order of their values: ten times as slow, for what has no exact sum. */
function ordered(aggregate: string, value: string): string {
  return `${aggregate}(${value} order by ${value})`;
}

/** How aggregates of the definitions' dialect are computed; the others give the same in any order. */
const EXACT_FORMS: Readonly<Record<string, (value: string) => string>> = {
  sum: exactSum,
  avg: exactMean,
  stddev_samp: (value) => ordered('stddev_samp', value),
};

const AGGREGATE = /\b(sum|avg|stddev_samp)\s*\(|'[^']*'|[()]/g;

/** An expression of a definition (see dialect.ts), with exact aggregates in place of those that it names. */
export function exactInDuckDb(sql: string): string {
  let out = '';
  let copied = 0;
  let call: { aggregate: string; argumentAt: number; depth: number } | undefined;
  for (const { 0: token, 1: aggregate, index } of sql.matchAll(AGGREGATE)) {
    const end = index + token.length;
    if (call === undefined && aggregate !== undefined) {
      out += sql.slice(copied, index);
      call = { aggregate, argumentAt: end, depth: 1 };
    } else if (call !== undefined) {
      if (token.endsWith('(')) call.depth += 1;
      else if (token === ')') call.depth -= 1;
      if (call.depth > 0) continue;
      out += EXACT_FORMS[call.aggregate]!(sql.slice(call.argumentAt, index));
      copied = end;
      call = undefined;
    }
  }
  if (call !== undefined) throw new Error(`A parenthesis is not closed: ${sql}`);
  return out + sql.slice(copied);
}
