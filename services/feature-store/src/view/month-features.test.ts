import path from 'node:path';
import fc from 'fast-check';
import { sharedEngine } from '../engine/engine.fixture.js';
import { pointInTimeOf } from './point-in-time.js';
import { readDefinition } from './definition.js';
import { computeMonth, lackOf, sixDecimals, type Availability } from './month-features.js';
import { SYNTHETIC_FACTS, createSyntheticFacts, subscriptionUuid } from './synthetic-facts.fixture.js';

const definition = readDefinition('subscriber-months', path.join(__dirname, '../../views'));
const rule = { suspendedDaysMin: 7, cancelCounts: true };
const pointInTime = pointInTimeOf('2026-05', 'Asia/Shanghai', 5, new Date('2026-07-02T00:00:00+08:00'));

const shared = sharedEngine(({ connection }) => createSyntheticFacts(connection));

type Row = Record<string, unknown>;

async function may(availability: Availability = SYNTHETIC_FACTS): Promise<Map<string, Row>> {
  await computeMonth(shared.engine.connection, definition, pointInTime, { rule, availability });
  const rows = await shared.engine.rows<Row>('select * from month_features');
  return new Map(rows.map((row) => [String(row['subscription_id'] as string), row]));
}

/** Does something to the facts, looks, and undoes it. */
async function after(statements: readonly string[]): Promise<Map<string, Row>> {
  await shared.engine.run('begin');
  try {
    for (const statement of statements) await shared.engine.run(statement);
    return await may();
  } finally {
    await shared.engine.run('rollback');
  }
}

test('nearly every feature has a value for a subscription, if all tables are present', async () => {
  const rows = [...(await may()).values()];
  expect(rows).toHaveLength(7);
  const names = definition.features.map(({ name }) => name);
  const empty = names.filter((name) => rows.every((row) => row[name] === null));
  // No subscription here was suspended, roamed, or changed the plan; the bills have no such parts.
  const expected = /^(roaming|rent_mean|sms_fee|vas_fee|long_distance_fee|months_since_suspension|plan_fee_change)/;
  expect(empty.filter((name) => !expected.test(name))).toEqual([]);
});

test('what lacks its table has no value, and the others have theirs', async () => {
  const tables = new Set([...SYNTHETIC_FACTS.tables].filter((table) => table !== 'contacts'));
  const row = (await may({ ...SYNTHETIC_FACTS, tables })).get(subscriptionUuid(0))!;
  const whole = (await may()).get(subscriptionUuid(0))!;
  const ofContacts = definition.features.filter(({ needs }) => needs.includes('contacts'));
  const lacking = ofContacts.map((feature) => lackOf(feature, { ...SYNTHETIC_FACTS, tables }));
  expect(new Set(lacking)).toEqual(new Set(['contacts']));
  const names = new Set(ofContacts.map(({ name }) => name));
  const expected = Object.entries(whole).map(([name, value]) => [name, names.has(name) ? null : value] as const);
  expect(row).toEqual(Object.fromEntries(expected));
});

test('features of a table whose months have not come yet have no value, not even their default', async () => {
  const firstMonths = new Map([...SYNTHETIC_FACTS.firstMonths, ['contacts', '2026-04'] as const]);
  const row = (await may({ ...SYNTHETIC_FACTS, firstMonths })).get(subscriptionUuid(6))!;
  expect([row['complaints_3m'], (await may()).get(subscriptionUuid(6))!['complaints_3m']]).toEqual([null, 0]);
});

test('the value of a month is that month’s, by the clocks of the operator', async () => {
  const row = (await may()).get(subscriptionUuid(2))!;
  // 2 × 7 + 5 × 3 = 29, modulo 11: 7; a month earlier 4, then 1.
  const windows = ['arpu_cny_m0', 'arpu_cny_m1', 'arpu_cny_m2', 'arpu_mean_3m_cny'];
  expect(windows.map((name) => row[name])).toEqual([37, 34, 31, 34]);
  expect(row['contract_months_left']).toBe(1);
  const lastMinute = `insert into facts.contacts (contact_id, subscription_id, "at", kind) values
    ('L', '${subscriptionUuid(2)}', timestamptz '2026-05-31 23:59:59+08', 'complaint'),
    ('M', '${subscriptionUuid(2)}', timestamptz '2026-06-01 00:00:00+08', 'complaint')`;
  expect((await after([lastMinute])).get(subscriptionUuid(2))!['complaints_m0']).toBe(Number(row['complaints_m0']) + 1);
});

test('nothing that happens after the month changes any feature of it', async () => {
  const before = await may();
  const later = fc.record({
    day: fc.integer({ min: 0, max: 28 }),
    subscription: fc.integer({ min: 0, max: 6 }),
    number: fc.integer({ min: 0, max: 5_000 }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(later, { minLength: 1, maxLength: 5 }), async (facts) => {
      expect(await after(facts.flatMap(statementsAfterMay))).toEqual(before);
    }),
    { numRuns: 8 },
  );
});

/** Every kind of change in June: new rows, and ends of old ones. */
function statementsAfterMay(fact: { day: number; subscription: number; number: number }): string[] {
  const id = `'${subscriptionUuid(fact.subscription)}'::uuid`;
  const day = `(date '2026-06-01' + ${fact.day})`;
  const at = `(${day} + interval 1 hour)::timestamptz`;
  const is = `where subscription_id = ${id}`;
  return [
    `update facts.billing set arpu = ${fact.number}, paid_amount = 0 ${is} and month = '2026-06'`,
    `update facts.usage set voice_out_s = ${fact.number}, data_mb = 0, dropped_calls = 99 ${is} and month = '2026-06'`,
    `update facts.account_months set arrears = ${fact.number} where account_id = ${id} and month = '2026-06'`,
    `update facts.status_history set valid_to = ${day} ${is} and status = 'active'`,
    `insert into facts.status_history (subscription_id, shard, org_unit_path, status, valid_from, reason_code)
       values (${id}, 0, 'demo/', 'cancelled', ${day}, 'competitor')`,
    `update facts.plan_history set valid_to = ${day} ${is} and valid_to is null`,
    `insert into facts.plan_history (subscription_id, plan_id, valid_from, contract_end_on, penalty)
       values (${id}, 'B', ${day}, date '2027-01-31', ${fact.number})`,
    `update facts.account_payments set valid_to = ${day} ${is}`,
    `insert into facts.contacts (contact_id, subscription_id, "at", kind, category)
       values ('F', ${id}, ${at}, 'complaint', 'billing')`,
    `update facts.contacts set resolved_at = ${at}, satisfaction = 1
       ${is} and resolved_at >= timestamptz '2026-06-01 00:00:00+08'`,
    `insert into facts.handset_use (subscription_id, tac, first_seen_on) values (${id}, '99000001', ${day})`,
    `update facts.product_orders set cancelled_on = ${day} ${is}`,
    `insert into facts.product_orders (subscription_id, product_id, ordered_on) values (${id}, 'V', ${day})`,
    `update facts.product_usage set uses = ${fact.number} ${is} and month = '2026-06'`,
    `insert into facts.number_history (subscription_id, valid_from, how) values (${id}, ${day}, 'change')`,
    `insert into facts.recharges (recharge_id, account_id, subscription_id, "at", amount)
       values ('F', ${id}, ${id}, ${at}, 5)`,
    `insert into facts.events ("at", month, subscription_id, kind, cell_id, peer_service)
       values (${at}, '2026-06', ${id}, 'port_query', 'ELSEWHERE', 'rival_hotline')`,
    `insert into facts.plans (plan_id, name, service, monthly_fee, voice_minutes, data_mb, kind, on_sale_from)
       values ('CHEAP${fact.day}', 'C', 'mobile', 1, 9999, 99999, 'mainstream', ${day})`,
  ];
}

test('rows in any order give the same features, bit by bit', async () => {
  // Amounts whose sums differ in their last bits with the order.
  const sql = `update facts.billing set arpu = arpu + 0.13 * month[6:7]::integer, voice_fee = 0.1 * month[6:7]::integer,
     data_fee = 0.07 * month[6:7]::integer`;
  await shared.engine.run(sql);
  await shared.engine.run('update facts.usage set data_mb = data_mb / 7, dropped_calls = dropped_calls / 3');
  const before = await may();
  const tables = [...SYNTHETIC_FACTS.tables].filter((table) => table !== 'subscriptions');
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 1_000_000 }), fc.integer({ min: 1, max: 4 }), async (seed, threads) => {
      await shared.engine.run(`set threads = ${threads}`);
      for (const table of tables) {
        await shared.engine.run(
          `create or replace table facts.${table} as select * from facts.${table} order by hash(rowid + ${seed})`,
        );
      }
      expect(await may()).toEqual(before);
    }),
    { numRuns: 4 },
  );
}, 120_000);

test('the order in which a sum was added up does not show, least of all between two values of six decimals', async () => {
  const rounded = async (value: number): Promise<unknown> => {
    const sql = `select ${sixDecimals('$1::double')} as value`;
    return (await shared.engine.connection.runAndReadAll(sql, [value])).getRowObjectsJS()[0]!['value'];
  };
  const halves = fc.integer({ min: -1_000_000_000, max: 1_000_000_000 }).map((half) => (2 * half + 1) * 5e-7);
  const bits = fc.integer({ min: -8, max: 8 });
  await fc.assert(
    fc.asyncProperty(halves, bits, async (value, last) => {
      expect(await rounded(value * (1 + last * Number.EPSILON))).toBe(await rounded(value));
    }),
    { numRuns: 300 },
  );
});
