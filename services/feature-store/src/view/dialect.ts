import { failure } from '@holdfast/platform/errors';

/**
 * What an expression of a definition may contain: SQL that DuckDB and PostgreSQL read alike, over one row or one group of
 * rows, so that a definition means the same wherever it is worked out. A statement, a table, a date function or
 * anything else whose meaning differs between the two cannot be written.
 */
const WORDS = new Set(
  'case when then else end and or not is null in between true false as distinct double precision'.split(' '),
);
/** Functions over several rows. */
const AGGREGATES = new Set(['sum', 'avg', 'min', 'max', 'count', 'stddev_samp']);
const FUNCTIONS = new Set([
  ...AGGREGATES,
  ...['cast', 'coalesce', 'nullif', 'greatest', 'least', 'abs', 'ln', 'exp', 'sqrt', 'floor', 'ceil', 'power'],
]);

const TOKEN = /\s+|'[^']*'|\d+(?:\.\d+)?|[a-z_][a-z0-9_]*|<>|<=|>=|--|\/\*|[-+*/=<>(),]|./gsu;
const NAME = /^[a-z_]/;
const LITERAL_OR_SIGN = /^(?:'[^']*'|\d+(?:\.\d+)?|<>|<=|>=|[-+*/=<>(),])$/u;

const expressionMalformed = failure('invalid', 'view.expressionMalformed', {
  en: 'The expression of {feature} has "{token}", which DuckDB and PostgreSQL do not share.',
  'zh-CN': '特征 {feature} 的表达式含有“{token}”，DuckDB 与 PostgreSQL 不通用。',
});

interface Expression {
  sql: string;
  /** Columns that it names, each once. */
  columns: string[];
  /** Whether it is about a group of rows. */
  isAggregate: boolean;
}

/**
 * Reads an expression.
 * @param feature whose it is, for the message
 * @throws invalid, naming the first thing that is not shared
 */
export function readExpression(feature: string, sql: string): Expression {
  const columns = new Set<string>();
  let isAggregate = false;
  const tokens = (sql.match(TOKEN) ?? []).filter((token) => token.trim() !== '');
  tokens.forEach((token, at) => {
    const isCall = tokens[at + 1] === '(';
    // Sums and means are worked out exactly (exact.ts), of all values.
    if (token === 'distinct' && tokens[at - 2] !== 'count') throw expressionMalformed({ feature, token });
    if (!NAME.test(token)) {
      if (!LITERAL_OR_SIGN.test(token)) throw expressionMalformed({ feature, token });
    } else if (isCall && FUNCTIONS.has(token)) {
      isAggregate ||= AGGREGATES.has(token);
    } else if (WORDS.has(token)) {
      return;
    } else if (isCall) {
      throw expressionMalformed({ feature, token: `${token}(` });
    } else {
      columns.add(token);
    }
  });
  return { sql: sql.trim(), columns: [...columns], isAggregate };
}
