#!/usr/bin/env bash
# DuckDB 1.5.6 (@duckdb/node-api 1.5.6-r.1): approx_count_distinct
#
# Expected: a HyperLogLog of usual size, off by one or two percent, and exact for a handful of values.
# Observed: the sketch has 64 registers. The standard deviation is about 13 % (1.04 / sqrt(64)), single estimates are off
#   by 30 % and more, and of the pairs of two different values about one in seventy is counted as one.
# Consequence: it distinguishes neither a constant column from one with two values nor a column of unique values from one
#   with repeats; min <> max decides the former exactly.
# Output:
#   pairs counted as one: 83 of 5000
#   relative error of 1000 distinct values over 1000 columns: standard deviation 13.1 %, largest 58.1 %
#
# Exits with 0 while this is so, and with 1 when the behaviour has changed. Needs npm and Node.
set -euo pipefail

folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true, "type": "module" }' > package.json
npm install --silent --no-audit --no-fund @duckdb/node-api@1.5.6-r.1

cat > check.mjs <<'JS'
import { DuckDBInstance } from '@duckdb/node-api';

const connection = await (await DuckDBInstance.create(':memory:')).connect();
const row = async (sql) => (await connection.runAndReadAll(sql)).getRowObjectsJS()[0];

const pairs = await row(`
  select count(*)::int as pairs, count(*) filter (where estimate = 1)::int as as_one, min(exact)::int as exact
  from (select pair, approx_count_distinct(value) as estimate, count(distinct value) as exact
        from (select i // 2 as pair, (7919 * i)::varchar as value from range(10000) as t(i)) group by pair)`);
const errors = await row(`
  select stddev_samp(estimate / 1000 - 1) as deviation, max(abs(estimate / 1000 - 1)) as largest
  from (select g, approx_count_distinct(value) as estimate
        from (select g, md5((g * 1000 + i)::varchar) as value from range(1000) as a(g), range(1000) as b(i)) group by g)`);

const percent = (share) => `${(100 * share).toFixed(1)} %`;
console.log(`pairs counted as one: ${pairs.as_one} of ${pairs.pairs}`);
console.log(
  'relative error of 1000 distinct values over 1000 columns: ' +
    `standard deviation ${percent(errors.deviation)}, largest ${percent(errors.largest)}`,
);
const isAsSeen = pairs.exact === 2 && pairs.as_one > 25 && errors.deviation > 0.08 && errors.largest > 0.25;
if (!isAsSeen) console.log('The behaviour has changed.');
process.exit(isAsSeen ? 0 : 1);
JS
node check.mjs
