import type { DuckDBConnection } from '@duckdb/node-api';
import { contractTableOf } from '@holdfast/extract-contract/tables';
import { emptyQuery } from '../facts/as-of.js';
import type { Availability } from './month-features.js';

const TABLES = [
  ...['billing', 'usage', 'account_months', 'account_payments', 'status_history'],
  ...['plan_history', 'plans', 'plan_rates'],
  ...['contacts', 'events', 'handset_use', 'handset_models', 'product_orders', 'products', 'product_usage'],
  ...['number_history', 'recharges'],
];

export const SYNTHETIC_FACTS: Availability = {
  tables: new Set([...TABLES, 'subscriptions']),
  freeColumns: new Set(['usage.dropped_calls']),
  firstMonths: new Map(TABLES.map((table) => [table, '2026-01'])),
};

export const subscriptionUuid = (number: number): string => `00000000-0000-4000-8000-00000000000${number}`;

const ID = `('00000000-0000-4000-8000-00000000000' || s)::uuid`;
const MONTHS = `generate_series(date '2026-01-01', date '2026-06-01', interval 1 month)`;

/**
 * Makes tables `facts.…` as `openFacts` does, with all that views are made of: seven subscriptions from January to June
 * 2026, whose figures differ by subscription and month.
 */
export async function createSyntheticFacts(connection: DuckDBConnection): Promise<void> {
  await connection.run(`set timezone = 'Asia/Shanghai'`);
  await connection.run('create schema facts');
  for (const name of TABLES) {
    await connection.run(`create table facts.${name} as ${emptyQuery(contractTableOf(name)!)}`);
  }
  await connection.run('alter table facts.usage add column dropped_calls double');
  const insert = (table: string, columns: string, values: string, from = 'range(7) as s(s)'): Promise<unknown> =>
    connection.run(`insert into facts.${table} (${columns}) select ${values} from ${from}`);
  const monthly = `range(7) as s(s), ${MONTHS} as m(m)`;
  const month = `strftime(m, '%Y-%m')`;
  const n = `(s * 7 + month(m) * 3) % 11`;
  await insert(
    'status_history',
    'subscription_id, shard, org_unit_path, status, valid_from',
    `${ID}, 0, 'demo/', 'active', date '2025-01-01' + s::integer`,
  );
  await insert(
    'billing',
    'subscription_id, month, arpu, monthly_rent, voice_fee, data_fee, paid_amount, discount',
    `${ID}, ${month}, 30 + ${n}, 20, ${n}, ${n} / 4, 30, s`,
    monthly,
  );
  await insert(
    'usage',
    `subscription_id, month, voice_out_count, voice_in_count, voice_out_s, voice_in_s, local_billed_min,
     long_distance_billed_min, long_distance_s, on_net_s, off_net_s, sms_out_on_net, data_mb, active_days,
     rival_service_calls, service_calls, dropped_calls`,
    `${ID}, ${month}, 20 + ${n}, 10, 600 * (1 + ${n}), 300, 40 + ${n}, 5, 120, 200, 100 * ${n}, ${n},
     500.5 * (1 + ${n}), 25, s % 2, s % 3, ${n} % 4`,
    monthly,
  );
  await insert(
    'account_payments',
    'subscription_id, account_id, valid_from, is_primary',
    `${ID}, ${ID}, date '2025-01-01', true`,
  );
  await insert(
    'account_months',
    'account_id, month, balance, arrears, credit_class, points',
    `${ID}, ${month}, ${n}, s % 2, 'A', 10 * s`,
    monthly,
  );
  await connection.run(
    `insert into facts.plans
       (plan_id, name, service, monthly_fee, voice_minutes, data_mb, sms_count, kind, tier, on_sale_from)
     values ('S', 'S', 'mobile', 10, 30, 500, 0, 'mainstream', 1, date '2020-01-01'),
       ('B', 'B', 'mobile', 60, 500, 9000, 50, 'mainstream', 2, date '2020-01-01')`,
  );
  await connection.run(
    `insert into facts.plan_rates (plan_id, item, rate, valid_from)
     select plan_id, item, 0.1, date '2020-01-01' from facts.plans, (values ('local'), ('data'), ('sms')) as i(item)`,
  );
  await insert(
    'plan_history',
    'subscription_id, plan_id, valid_from, contract_end_on, penalty',
    `${ID}, case when s % 2 = 0 then 'S' else 'B' end, date '2025-02-01', date '2026-04-30' + 20 * s::integer, 50`,
  );
  await insert(
    'contacts',
    'contact_id, subscription_id, "at", kind, category, resolved_at, satisfaction',
    `'K' || s, ${ID}, timestamptz '2026-04-20 10:00:00+08' + to_days(10 * s::integer), 'complaint', 'network',
     timestamptz '2026-04-22 10:00:00+08' + to_days(10 * s::integer), 1 + s % 5`,
    'range(5) as s(s)',
  );
  await insert(
    'contacts',
    'contact_id, subscription_id, "at", kind, category',
    `'M' || s, ${ID}, timestamptz '2026-05-11 10:00:00+08', 'enquiry', 'relocation'`,
    'range(1, 3) as s(s)',
  );
  await connection.run(`insert into facts.handset_models (tac, brand, model, price, launched_on, capabilities)
     values ('99000001', 'One', 'X', 999, date '2024-01-01', '4g;5g')`);
  await insert(
    'handset_use',
    'subscription_id, tac, first_seen_on, bundled',
    `${ID}, '99000001', date '2025-06-01', s % 2 = 0`,
  );
  await connection.run(
    `insert into facts.products (product_id, name, category, monthly_fee) values ('V', 'V', 'video', 15)`,
  );
  await insert(
    'product_orders',
    'subscription_id, product_id, ordered_on, fee',
    `${ID}, 'V', date '2026-02-01' + s::integer, 15`,
  );
  await insert(
    'product_usage',
    'subscription_id, product_id, month, uses, successes',
    `${ID}, 'V', ${month}, ${n}, ${n}`,
    monthly,
  );
  await insert(
    'number_history',
    'subscription_id, valid_from, how',
    `${ID}, date '2025-01-01', case when s = 1 then 'port_in' else 'new' end`,
  );
  await insert(
    'recharges',
    'recharge_id, account_id, subscription_id, "at", amount',
    `'R' || s, ${ID}, ${ID}, timestamptz '2026-05-05 10:00:00+08', 50`,
  );
  await insert(
    'events',
    '"at", month, subscription_id, kind, cell_id, peer_service',
    `(m + to_days((d * 3)::integer) + to_hours((d * 5 + s)::integer))::timestamptz, ${month}, ${ID},
     case when d = 4 then 'port_query' else 'voice_out' end, 'CELL' || (d + s + month(m)) % 3,
     case when d = 5 then 'rival_hotline' end`,
    `${monthly}, range(8) as d(d)`,
  );
}
