import path from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import { EXTRACT_FOLDER, TRUTH_FOLDER } from '../extract/operator.js';
import { REACTION_MONTHS } from '../hazard/life-state.js';
import { csvSource, withDuckDb } from '../table/duckdb.js';

/** A row per subscription at risk and month: features of the extract at its end, and churn two months later. */
export interface ObservableRows {
  names: readonly string[];
  /** An array per name; NaN for unknown values. */
  columns: Float64Array[];
  /** year × 12 + month. */
  months: Uint32Array;
  /** 1 for churn two months later. */
  labels: Uint8Array;
  /** Probability of the churn by observable drivers, the upper bound for columns; and with latent traits. */
  observable: Float64Array;
  hazard: Float64Array;
}

/**
 * Point-in-time features at the end of each month: the first choice of an analyst, independent of the simulated causes.
 */
export async function readObservableRows(folder: string): Promise<ObservableRows> {
  return withDuckDb({ threads: '2', memory_limit: '4GB' }, async (connection) => {
    await define(connection, folder);
    return collect(connection);
  });
}

const FADING = [1, 0.6, 0.36, 0.216, 0.1296];

const MONTH = (text: string): string => `(left(${text}, 4)::int * 12 + substr(${text}, 6, 2)::int - 1)`;

async function define(connection: DuckDBConnection, folder: string): Promise<void> {
  const [extract, truth] = [EXTRACT_FOLDER, TRUTH_FOLDER].map((name) => path.join(folder, name));
  const number = (column: string): string => `try_cast(${column} as double) as ${column}`;
  const numbered = (pattern: string): string => `(select *, row_number() over () as line from ${csvSource(pattern)})`;
  // the first row of a key is good: a bad row follows the row that it copies
  const first = (key: string): string => `qualify row_number() over (partition by ${key} order by line) = 1`;
  const monthly = ['local_billed_min', 'long_distance_billed_min', 'roaming_billed_min', 'voice_in_s', 'data_mb']
    .concat(['sms_out_on_net', 'sms_out_off_net', 'active_days', 'rival_service_calls', 'dropped_calls'])
    .concat(['on_net_s', 'off_net_s'])
    .map(number);
  const money = ['arpu', 'discount', 'vas_fee', 'paid_amount'].map(number);
  const terms = ['monthly_fee', 'voice_minutes', 'data_mb', 'sms_count', 'min_spend'].map(
    (column) => `try_cast(p.${column} as double) as ${column}`,
  );
  const tables: Record<string, string> = {
    usage: `select subscription_id, ${MONTH('month')} as m, ${monthly.join(', ')}
      from ${numbered(`${extract}/usage/*.csv`)} where month ~ '^\\d{4}-\\d\\d$' ${first('subscription_id, month')}`,
    billing: `select subscription_id, ${MONTH('month')} as m, ${money.join(', ')}
      from ${numbered(`${extract}/billing/*.csv`)} ${first('subscription_id, month')}`,
    complaints: `select subscription_id, ${MONTH('"at"')} as m, count(*) as n
      from ${csvSource(`${extract}/contacts/*.csv`)} where kind = 'complaint' group by all`,
    plan_rows: `select subscription_id, plan_id, try_cast(valid_from as date) as from_day,
        try_cast(valid_to as date) as to_day, try_cast(contract_end_on as date) as contract_end
      from ${numbered(`${extract}/plan_history.csv`)} ${first('subscription_id, valid_from')}`,
    plan_terms: `select p.plan_id, p.kind, p.on_sale_to, ${terms.join(', ')},
        max(r.rate::double) filter (r.item = 'local') as local_rate,
        max(r.rate::double) filter (r.item = 'data') as data_rate,
        max(r.rate::double) filter (r.item = 'sms') as sms_rate
      from ${csvSource(`${extract}/plans.csv`)} p join ${csvSource(`${extract}/plan_rates.csv`)} r
        on r.plan_id = p.plan_id and r.peer_network is null and r.time_band is null group by all`,
    subscriptions: `select subscription_id, customer_id, account_id, try_cast(activated_on as date) as activated_on
      from ${numbered(`${extract}/subscriptions.csv`)} ${first('subscription_id')}`,
    customers: `select customer_id, try_cast(birth_date as date) as birth_date
      from ${numbered(`${extract}/customers.csv`)} ${first('customer_id')}`,
    addresses: `select distinct customer_id, ${MONTH('"at"')} as m
      from ${csvSource(`${extract}/address_observations.csv`)}`,
    accounts: `select account_id, ${MONTH('month')} as m, ${number('arrears')}
      from ${numbered(`${extract}/account_months/*.csv`)} ${first('account_id, month')}`,
    hazards: `select subscription_id, ${MONTH('month')} as m, hazard::double as hazard, observable::double as observable
      from ${csvSource(`${truth}/hazards/*.csv`)}`,
    departures: `select subscription_id, ${MONTH('month')} as m from ${csvSource(`${truth}/departures.csv`)}`,
  };
  for (const [name, query] of Object.entries(tables)) await connection.run(`create table ${name} as ${query}`);
  await connection.run(MONTHS);
  await connection.run(BILLS);
}

/** Usage, complaints and faults with fading sums of the months before. */
const faded = (column: string): string =>
  FADING.map((share, lag) => `${share} * coalesce(lag(${column}, ${lag}) over w, 0)`).join(' + ');
const before = (column: string): string => `avg(${column}) over (w rows between 3 preceding and 1 preceding)`;
const lately = (column: string): string => `avg(${column}) over (w rows between 2 preceding and current row)`;

const MONTHS = `create table months as
  with lived as (
    select u.*, local_billed_min + long_distance_billed_min as minutes, sms_out_on_net + sms_out_off_net as sms,
      b.arpu, b.discount, b.vas_fee, b.paid_amount, coalesce(c.n, 0) as complaints
    from usage u join billing b using (subscription_id, m) left join complaints c using (subscription_id, m))
  select subscription_id, m, minutes, data_mb, sms, active_days, arpu, discount, vas_fee,
    roaming_billed_min as roaming_minutes, on_net_s / nullif(on_net_s + off_net_s, 0) as on_net_share,
    ${lately('minutes')} as minutes_3m, ${lately('data_mb')} as data_mb_3m, ${lately('sms')} as sms_3m,
    ${lately('arpu')} as arpu_3m,
    ln((${before('minutes')} + 5) / (minutes + 5)) as minutes_drop,
    ln((${before('voice_in_s')} + 300) / (voice_in_s + 300)) as calls_in_drop,
    ln((${before('data_mb')} + 100) / (data_mb + 100)) as data_drop,
    (minutes_drop + calls_in_drop) / 4 + data_drop / 2 as use_drop,
    ${faded('complaints')} as complaints, ${faded('rival_service_calls')} as rival_calls,
    ${faded('dropped_calls')} as dropped_calls,
    (paid_amount = 0 and arpu > 0)::int as is_unpaid, lag((paid_amount = 0 and arpu > 0)::int) over w as was_unpaid
  from lived window w as (partition by subscription_id order by m)`;

const bill = (minutes: string, data: string, sms: string): string =>
  `greatest(monthly_fee + greatest(0, ${minutes} - voice_minutes) * local_rate
     + greatest(0, ${data} - t.data_mb) * data_rate + greatest(0, ${sms} - sms_count) * sms_rate,
     coalesce(min_spend, 0))`;

/** Cost of the last months on the current plan and on the best open plan. */
const BILLS = `create table bills as
  with present as (
    select x.subscription_id, x.m, x.minutes, x.data_mb as mb, x.sms, x.minutes_3m, x.data_mb_3m, x.sms_3m, p.plan_id,
      p.contract_end
    from months x join plan_rows p on p.subscription_id = x.subscription_id
      and p.from_day < make_date((x.m + 1) // 12, (x.m + 1) % 12 + 1, 1)
      and (p.to_day is null or p.to_day >= make_date((x.m + 1) // 12, (x.m + 1) % 12 + 1, 1))
    qualify row_number() over (partition by x.subscription_id, x.m order by p.from_day desc) = 1),
  open_plans as (
    select s.subscription_id, s.m, min(${bill('s.minutes', 's.mb', 's.sms')}) as best,
      min(${bill('s.minutes_3m', 's.data_mb_3m', 's.sms_3m')}) as best_3m
    from present s, plan_terms t where t.kind = 'mainstream' and t.on_sale_to is null group by all)
  select s.subscription_id, s.m, s.contract_end, ln(${bill('s.minutes', 's.mb', 's.sms')} / o.best) as overpaid,
    ln(${bill('s.minutes_3m', 's.data_mb_3m', 's.sms_3m')} / o.best_3m) as overpaid_3m, t.tier_of
  from present s join open_plans o using (subscription_id, m)
  join (select *, monthly_fee as tier_of from plan_terms) t on t.plan_id = s.plan_id`;

const MONTHLY = ['minutes', 'data_mb', 'sms', 'active_days', 'arpu', 'arpu_3m', 'discount', 'vas_fee']
  .concat(['roaming_minutes', 'on_net_share', 'minutes_drop', 'calls_in_drop', 'data_drop', 'use_drop'])
  .concat(['complaints', 'rival_calls', 'dropped_calls', 'is_unpaid', 'was_unpaid']);

const FEATURES: Record<string, string> = {
  ...Object.fromEntries(MONTHLY.map((column) => [column, `x.${column}`])),
  arrears: 'a.arrears',
  plan_fee: 'b.tier_of',
  overpaid: 'b.overpaid',
  overpaid_3m: 'b.overpaid_3m',
  contract_months_left: `(year(b.contract_end) * 12 + month(b.contract_end) - 1) - x.m`,
  months_with_us: `date_diff('month', s.activated_on, make_date((x.m + 1) // 12, (x.m + 1) % 12 + 1, 1))`,
  age: `date_diff('year', c.birth_date, make_date(x.m // 12, x.m % 12 + 1, 1))`,
  told_address: '(d.m is not null)::int',
  told_address_before: '(e.m is not null)::int',
};

async function collect(connection: DuckDBConnection): Promise<ObservableRows> {
  const names = Object.keys(FEATURES);
  const selected = names.map((name) => `(${FEATURES[name]})::double as ${name}`).join(', ');
  const [counted] = (await connection.runAndReadAll(`select count(*) from (${rowsSql(selected)})`)).getRows();
  const count = Number(counted![0]);
  const columns = names.map(() => new Float64Array(count));
  const rows: ObservableRows = {
    names,
    columns,
    months: new Uint32Array(count),
    labels: new Uint8Array(count),
    observable: new Float64Array(count),
    hazard: new Float64Array(count),
  };
  const result = await connection.stream(`${rowsSql(selected)} order by m, subscription_id`);
  const into = [rows.months, rows.labels, rows.observable, rows.hazard, ...columns];
  let row = 0;
  for (let chunk = await result.fetchChunk(); chunk !== null && chunk.rowCount > 0; chunk = await result.fetchChunk()) {
    into.forEach((target, column) => {
      chunk!.getColumnValues(column).forEach((value, at) => (target[row + at] = value === null ? NaN : Number(value)));
    });
    row += chunk.rowCount;
  }
  return rows;
}

function rowsSql(selected: string): string {
  return `select x.m, (l.m is not null)::int as label, h.observable, h.hazard, ${selected}, x.subscription_id
    from months x join hazards h on h.subscription_id = x.subscription_id and h.m = x.m + ${REACTION_MONTHS}
    join subscriptions s on s.subscription_id = x.subscription_id
    left join bills b on b.subscription_id = x.subscription_id and b.m = x.m
    left join customers c on c.customer_id = s.customer_id
    left join accounts a on a.account_id = s.account_id and a.m = x.m
    left join addresses d on d.customer_id = s.customer_id and d.m = x.m
    left join addresses e on e.customer_id = s.customer_id and e.m = x.m - 1
    left join departures l on l.subscription_id = x.subscription_id and l.m = x.m + ${REACTION_MONTHS}`;
}
