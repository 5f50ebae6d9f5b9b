/**
 * Looks through the SQL of the services for aggregates whose value depends on the order in which rows come: threads and
 * files bring them in another order every time, and equal data would give different customers. Sums are not looked at:
 * what definitions of features add up is exact (services/feature-store/src/view/exact.ts), all else adds whole numbers or
 * decimals.
 */
import fs from 'node:fs';
import path from 'node:path';

const root = path.resolve(__dirname, '..');

/** Where rows that tie in the order cannot differ in the value, and why. */
const REVIEWED: Readonly<Record<string, string>> = {
  ['evaluation/src/result/figures.ts ' +
  'avg(coalesce(o.arpu_minor, case when o.subscription_id is null or g.has_churned then 0 end))']:
    'whole minor units: PostgreSQL averages bigint exactly',
  'evaluation/src/assignment/past-campaigns.ts mode()': 'within group (order by arm): of equal counts the first arm',
  'feature-store/src/column/calendar.ts avg(f${place})': 'compared with a limit, shown as a whole percentage',
  'feature-store/src/column/calendar.ts var_pop(f${place})': 'compared with a limit, shown as a whole percentage',
  'feature-store/src/table/panel-labels.ts lead(month) over (partition by subscription_id order by month)':
    'a subscription has a month once',
  'feature-store/src/extract/repeated-rows.ts arg_min(${RECORDED_AT} is null, row_no) over (partition by family)':
    'a row has its number alone',
  ...Object.fromEntries(
    [
      'lag(row_no) over (partition by family order by ${RECORDED_AT} nulls last)',
      'lead(row_no) over (partition by family order by ${RECORDED_AT})',
      'row_number() over (partition by family order by ${RECORDED_AT})',
    ].map((call) => [`feature-store/src/extract/repeated-rows.ts ${call}`, 'one row of a key is left for each moment']),
  ),
  "feature-store/src/facts/as-of.ts row_number() over (partition by ${key.join(', ')} order by sequence desc)":
    'of a key, one version of an extract is known at a moment',
  'feature-store/src/facts/references.ts arg_max(org_unit_path, sequence)': 'an extract has a key once',
  'feature-store/src/facts/references.ts arg_max(level, sequence)': 'an extract has a key once',
  'feature-store/src/facts/references.ts arg_max(parent_id, sequence)': 'an extract has a key once',
  'feature-store/src/facts/status-months.ts lead(valid_from) over (partition by subscription_id order by valid_from)':
    'valid_from is in the key of status_history',
  'feature-store/src/facts/status-months.ts first(shard)': 'follows from the subscription, by which it is grouped',
  'feature-store/src/value/adopter-segments.ts lag(plan_id) over (partition by subscription_id order by valid_from)':
    'valid_from is in the key of plan_history',
  ...Object.fromEntries(
    ['org_unit_path', 'status', 'reason_code'].map((column) => [
      `feature-store/src/facts/status-months.ts arg_max(${column}, valid_from)`,
      'valid_from is in the key of status_history',
    ]),
  ),
  "feature-store/src/view/labels.ts arg_min(coalesce(status.reason_code in (${INVOLUNTARY.map(literal).join(', ')}), false), status.month)":
    'a subscription has one row for each month',
  'feature-store/src/view/materialise.ts arg_max(org_unit_path, month)': 'a subscription has a month once',
  'feature-store/src/view/definition.ts avg(case when lag <= 2 then {x} end)': 'the dialect; worked out by exact.ts',
  'household-identification/src/household/publisher.ts array_agg(m.subscription_id::text)': 'used as a set',
};

const NAMES =
  'arg_min|arg_max|first|last|any_value|mode|avg|stddev\\w*|var_\\w+|corr|string_agg|array_agg|json_agg|jsonb_agg|' +
  'approx_quantile';
const AGGREGATE = new RegExp(`\\b(?:${NAMES}|row_number|lead|lag|nth_value)\\(`, 'g');
const LITERAL = /`(?:[^`\\]|\\.)*`|'(?:[^'\\\n]|\\.)*'/gs;

/** Aggregates in a file's texts without an order, or with a part of one. */
function unordered(source: string): string[] {
  const texts = source.match(LITERAL) ?? [];
  return texts.flatMap((text) =>
    [...text.matchAll(AGGREGATE)]
      .map(({ 0: name, index }) => text.slice(index, callEnd(text, index + name.length)))
      .filter((call) => !isOrdered(call, text))
      .map((call) => call.replaceAll(/\s+/g, ' ')),
  );
}

/** Behind the parenthesis that closes a call, and behind its window, if it has one. */
function callEnd(text: string, from: number): number {
  let end = closing(text, from);
  const over = /^ over (?:\(|\w+)/.exec(text.slice(end));
  if (over !== null) end = over[0].endsWith('(') ? closing(text, end + over[0].length) : end + over[0].length;
  return end;
}

function closing(text: string, from: number): number {
  let depth = 1;
  let at = from;
  for (; at < text.length && depth > 0; at += 1) depth += { '(': 1, ')': -1 }[text[at]!] ?? 0;
  return at;
}

function isOrdered(call: string, text: string): boolean {
  if (/^arg_m(?:in|ax)\(/.test(call)) return /,\s*\(.*,.*\)\s*\)$/s.test(call); // by more than one column
  const named = / over (\w+)$/.exec(call)?.[1];
  const window = named === undefined ? call : (new RegExp(`window ${named} as \\((.*?)\\)`, 's').exec(text)?.[1] ?? '');
  const order = /order by (.*)/s.exec(window)?.[1];
  if (order === undefined) return false;
  return / over /.test(call) ? order.includes(',') : true;
}

function sources(folder: string): string[] {
  return fs
    .readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter(
      (file) => file.endsWith('.ts') && !/\.(?:test|harness|fixture)\.ts$/.test(file) && /(?:^|\/)src\//.test(file),
    )
    .filter((file) => !file.includes('node_modules'))
    .map((file) => path.join(folder, file));
}

test('every aggregate that depends on the order of rows has a whole order, or was reviewed', () => {
  const services = path.join(root, 'services');
  const found = sources(services).flatMap((file) =>
    unordered(fs.readFileSync(file, 'utf8')).map((call) => `${path.relative(services, file)} ${call}`),
  );
  expect([...new Set(found)].sort()).toEqual(Object.keys(REVIEWED).sort());
});

test.each([
  ['`select avg(x) from t`', 1],
  ['`select avg(x order by x) from t`', 0],
  ["'select arg_min(fee, cost) from t'", 1],
  ['`select arg_min(fee, (cost, fee)) from t`', 0],
  ['`select any_value(x), first(y) from t`', 2],
  ['`select row_number() over (partition by a order by b) from t`', 1],
  ['`select row_number() over (partition by a order by b, c) from t`', 0],
  ['`select lead(x) over w from t window w as (order by a, b)`', 0],
  ['`select lead(x) over w from t window w as (order by a)`', 1],
  ['const first = list(x);', 0],
])('of %s it reports %d', (source, count) => {
  expect(unordered(source)).toHaveLength(count);
});
