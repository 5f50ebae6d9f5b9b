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
const EACH = 'from range(7) as s(s)';
const MONTHLY = `${EACH}, generate_series(date '2026-01-01', date '2026-06-01', interval 1 month) as m(m)`;
const MONTH = `strftime(m, '%Y-%m')`;
const N = `(s * 7 + month(m) * 3) % 11`;

const ROWS = `
  insert into facts.status_history (subscription_id, shard, org_unit_path, status, valid_from)
    select ${ID}, 0, 'demo/', 'active', date '2025-01-01' + s::integer ${EACH};
  insert into facts.billing (subscription_id, month, arpu, monthly_rent, voice_fee, data_fee, paid_amount, discount)
    select ${ID}, ${MONTH}, 30 + ${N}, 20, ${N}, ${N} / 4, 30, s ${MONTHLY};
  insert into facts.usage by name
    select ${ID} as subscription_id, ${MONTH} as month, 20 + ${N} as voice_out_count, 10 as voice_in_count,
      600 * (1 + ${N}) as voice_out_s, 300 as voice_in_s, 40 + ${N} as local_billed_min, 5 as long_distance_billed_min,
      120 as long_distance_s, 200 as on_net_s, 100 * ${N} as off_net_s, ${N} as sms_out_on_net,
      500.5 * (1 + ${N}) as data_mb, 25 as active_days, s % 2 as rival_service_calls, s % 3 as service_calls,
      ${N} % 4 as dropped_calls ${MONTHLY};
  insert into facts.account_payments (subscription_id, account_id, valid_from, is_primary)
    select ${ID}, ${ID}, date '2025-01-01', true ${EACH};
  insert into facts.account_months (account_id, month, balance, arrears, credit_class, points)
    select ${ID}, ${MONTH}, ${N}, s % 2, 'A', 10 * s ${MONTHLY};
  insert into facts.plans
    (plan_id, name, service, monthly_fee, voice_minutes, data_mb, sms_count, kind, tier, on_sale_from)
    values ('S', 'S', 'mobile', 10, 30, 500, 0, 'mainstream', 1, date '2020-01-01'),
      ('B', 'B', 'mobile', 60, 500, 9000, 50, 'mainstream', 2, date '2020-01-01');
  insert into facts.plan_rates (plan_id, item, rate, valid_from)
    select plan_id, item, 0.1, date '2020-01-01' from facts.plans, (values ('local'), ('data'), ('sms')) as i(item);
  insert into facts.plan_history (subscription_id, plan_id, valid_from, contract_end_on, penalty)
    select ${ID}, if(s % 2 = 0, 'S', 'B'), date '2025-02-01', date '2026-04-30' + 20 * s::integer, 50 ${EACH};
  insert into facts.contacts (contact_id, subscription_id, "at", kind, category, resolved_at, satisfaction)
    select 'K' || s, ${ID}, timestamptz '2026-04-20 10:00:00+08' + to_days(10 * s::integer), 'complaint', 'network',
      timestamptz '2026-04-22 10:00:00+08' + to_days(10 * s::integer), 1 + s % 5 from range(5) as s(s);
  insert into facts.contacts (contact_id, subscription_id, "at", kind, category)
    select 'M' || s, ${ID}, timestamptz '2026-05-11 10:00:00+08', 'enquiry', 'relocation' from range(1, 3) as s(s);
  insert into facts.handset_models (tac, brand, model, price, launched_on, capabilities)
    values ('99000001', 'One', 'X', 999, date '2024-01-01', '4g;5g');
  insert into facts.handset_use (subscription_id, tac, first_seen_on, bundled)
    select ${ID}, '99000001', date '2025-06-01', s % 2 = 0 ${EACH};
  insert into facts.products (product_id, name, category, monthly_fee) values ('V', 'V', 'video', 15);
  insert into facts.product_orders (subscription_id, product_id, ordered_on, fee)
    select ${ID}, 'V', date '2026-02-01' + s::integer, 15 ${EACH};
  insert into facts.product_usage (subscription_id, product_id, month, uses, successes)
    select ${ID}, 'V', ${MONTH}, ${N}, ${N} ${MONTHLY};
  insert into facts.number_history (subscription_id, valid_from, how)
    select ${ID}, date '2025-01-01', if(s = 1, 'port_in', 'new') ${EACH};
  insert into facts.recharges (recharge_id, account_id, subscription_id, "at", amount)
    select 'R' || s, ${ID}, ${ID}, timestamptz '2026-05-05 10:00:00+08', 50 ${EACH};
  insert into facts.events ("at", month, subscription_id, kind, cell_id, peer_service)
    select (m + to_days((d * 3)::integer) + to_hours((d * 5 + s)::integer))::timestamptz, ${MONTH}, ${ID},
      if(d = 4, 'port_query', 'voice_out'), 'CELL' || (d + s + month(m)) % 3, if(d = 5, 'rival_hotline', null)
    ${MONTHLY}, range(8) as d(d);
`;

/**
 * Makes tables `facts.…` as `openFacts` does, with all that views are made of: seven subscriptions from January to June
 * 2026, whose figures differ by subscription and month.
 */
export async function createSyntheticFacts(connection: DuckDBConnection): Promise<void> {
  await connection.run(`set timezone = 'Asia/Shanghai'`);
  await connection.run('create schema facts');
  for (const name of TABLES)
    await connection.run(`create table facts.${name} as ${emptyQuery(contractTableOf(name)!)}`);
  await connection.run('alter table facts.usage add column dropped_calls double');
  await connection.run(ROWS);
}
