import path from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import { EXTRACT_FOLDER, TRUTH_FOLDER } from '../extract/operator.js';
import { CAUSES } from '../hazard/causes.js';
import { csvSource, withDuckDb } from '../table/duckdb.js';

export interface Series {
  labels: string[];
  values: number[];
}

export type OperatorStatistics = Awaited<ReturnType<typeof queryStatistics>>;

export async function readStatistics(folder: string): Promise<OperatorStatistics> {
  return withDuckDb({ threads: '2' }, async (connection) => {
    await define(connection, folder);
    return queryStatistics(connection);
  });
}

async function define(connection: DuckDBConnection, folder: string): Promise<void> {
  const [extract, truth] = [EXTRACT_FOLDER, TRUTH_FOLDER].map((name) => path.join(folder, name));
  const views = {
    billing_all: csvSource(`${extract}/billing/*.csv`),
    usage_all: csvSource(`${extract}/usage/*.csv`),
    subscription_all: csvSource(`${extract}/subscriptions.csv`),
    holidays: csvSource(`${extract}/holidays.csv`),
    events_all: `read_parquet('${extract!.replaceAll("'", "''")}/events/*/*.parquet', filename = true)`,
    households: csvSource(`${truth}/households.csv`),
    departures: csvSource(`${truth}/departures.csv`),
    hazards: csvSource(`${truth}/hazards/*.csv`),
  };
  for (const [name, source] of Object.entries(views)) await connection.run(`create view ${name} as from ${source}`);
  // injected errors are too few to matter, but must not break a cast
  await connection.run(`create view billing as
     select *, try_cast(arpu as double) as arpu_cny from billing_all where try_cast(arpu as double) >= 0`);
  await connection.run(
    `create view subscriptions as from subscription_all where try_cast(activated_on as date) is not null`,
  );
  await connection.run(`create view events as select e.*, e."at"::date as day, hour(e."at") as hour,
       (dayofweek(e."at") in (0, 6) or h.date is not null) as is_rest
     from events_all e left join holidays h on h.date::date = e."at"::date and h.kind = 'holiday'
     where contains(e.filename, strftime(e."at", '%Y-%m'))`);
}

async function queryStatistics(connection: DuckDBConnection) {
  const one = async (sql: string): Promise<number> => {
    const rows = (await connection.runAndReadAll(sql)).getRows();
    return Number(rows[0]?.[0] ?? 0);
  };
  const series = async (sql: string): Promise<Series> => {
    const rows = (await connection.runAndReadAll(sql)).getRows();
    return { labels: rows.map(([label]) => String(label)), values: rows.map(([, value]) => Number(value)) };
  };
  const byHour = (isRest: boolean): Promise<Series> =>
    series(`select hour, count(*) / sum(count(*)) over () from events where kind like 'voice%' and is_rest = ${isRest}
       group by hour order by hour`);
  return {
    arpuMean: await one('select avg(arpu_cny) from billing'),
    /** Subscriptions by ARPU in steps of 20 CNY. */
    arpu: await series(`select step || '–', n from (
         select least(floor(arpu_cny / 20) * 20, 400)::int as step, count(*) as n from billing group by 1)
       order by step`),
    tenureYears: await series(
      `select date_diff('year', activated_on::date, (select max(activated_on::date) from subscriptions)), count(*)
       from subscriptions group by 1 order by 1`,
    ),
    /** Share of calls by hour; on workdays and on other days. */
    callsByHour: await byHour(false),
    callsByHourAtRest: await byHour(true),
    callsByWeekday: await series(`select strftime(day, '%a'), avg(n) from (
         select day, count(*) as n from events where kind like 'voice%' group by 1)
       group by 1, isodow(day) order by isodow(day)`),
    minutesMean: await one(
      'select avg((try_cast(voice_out_s as double) + try_cast(voice_in_s as double)) / 60) from usage_all',
    ),
    dataGbMean: await one('select avg(try_cast(data_mb as double)) / 1000 from usage_all'),
    /** Quantiles of the upper tail, CNY. */
    arpuTail: await series(`select unnest([500, 250, 100, 50, 10, 1]) || ' ‰',
         unnest(quantile_cont(arpu_cny, [0.5, 0.75, 0.9, 0.95, 0.99, 0.999])) from billing`),
    /** Revenue share of the tenth with the highest bills. */
    topTenthShare: await one(`select sum(arpu_cny) filter (place <= 0.1) / sum(arpu_cny) from (
         select arpu_cny, percent_rank() over (order by arpu_cny desc) as place from billing)`),
    /** Subscriptions by number of on-net call partners in the last month. */
    degree: await series(`select least(n, 20), count(*) from (${DEGREES}) group by 1 order by 1`),
    degreeMean: await one(`select avg(n) from (${DEGREES})`),
    /** Subscribers per household. */
    householdSizes: await series(`select n, count(*) from (${PERSONS_BY_HOUSEHOLD}) group by 1 order by 1`),
    personsPerHousehold: await one(`select avg(n) from (${PERSONS_BY_HOUSEHOLD})`),
    /** Share still active by month since activation, of those that joined within the span. */
    survival: await series(SURVIVAL),
    churnPerMonth: await one('select (select count(*) from departures) / (select count(*) from hazards)'),
    causes: await series('select cause, count(*) as n from departures group by 1 order by n desc, cause'),
    /** Mean observable rate per month and thousand at risk. */
    hazardByCause: await series(`select name, 1000 * rate from (
         unpivot (select ${CAUSES.map((cause) => `avg(${cause}::double) as ${cause}`).join(', ')} from hazards)
         on columns(*) into name name value rate) order by rate desc, name`),
    /** Churners per month and thousand at risk, by years of tenure. */
    hazardByTenure: await series(
      `select least(date_diff('month', s.activated_on::date, (h.month || '-01')::date) // 12, 10) as years,
         1000 * count(d.month) / count(*)
       from hazards h join subscriptions s using (subscription_id)
       left join departures d on d.subscription_id = h.subscription_id and d.month = h.month
       group by 1 order by 1`,
    ),
  };
}

/** On-net call partners in the last 30 days. */
const DEGREES = `
  select subscription_id, count(distinct peer_subscription_id) as n from events
  where kind like 'voice%' and day >= (select max(day) - 29 from events) group by 1`;

const PERSONS_BY_HOUSEHOLD = 'select count(distinct person_id) as n from households group by household_id';

/** Kaplan & Meier (1958) over months since activation, censored at the end of the span. */
const SURVIVAL = `
  with span as (select min(month) as first, max(month) as last from hazards),
  lives as (
    select date_diff('month', activated_on::date, coalesce(d.churned_on::date, (last || '-28')::date)) as months,
      d.churned_on is not null as has_churned
    from subscriptions s join span on strftime(s.activated_on::date, '%Y-%m') >= span.first
    left join departures d using (subscription_id)),
  steps as (select unnest(generate_series(0, (select max(months) from lives))) as month),
  risk as (
    select month, count(*) filter (l.months >= month) as at_risk,
      count(*) filter (l.months = month and has_churned) as churners
    from steps, lives l group by month)
  select month, exp(sum(ln(greatest(1 - churners / at_risk, 1e-9))) over (order by month)) from risk order by month`;
