import { sharedEngine } from '../engine/engine.fixture.js';
import { statusMonths } from './status-months.js';

const shared = sharedEngine((engine) => engine.run('create schema facts'));

const SUBSCRIPTION = '00000000-0000-5000-8000-000000000001';
const RULE = { suspendedDaysMin: 7, cancelCounts: true };

/** @param spells status, first day, and where known the first day of the next status and the reason; `-` for none */
async function months(spells: readonly string[], rule = RULE, usage = '', billing = '') {
  const text = (cell = '-'): string => (cell === '-' ? 'null' : `'${cell}'`);
  const rows = spells.map((spell) => {
    const [status, from, to, reason] = spell.split(' ');
    return `('${SUBSCRIPTION}'::uuid, 3, 'demo/', ${text(status)}, ${text(reason)}, ${text(from)}::date, ${text(to)}::date)`;
  });
  const { engine } = shared;
  await engine.run(
    `create or replace view facts.status_history as select *
     from (values ${rows.join(', ')}) as t(subscription_id, shard, org_unit_path, status, reason_code, valid_from, valid_to)`,
  );
  for (const [table, source] of Object.entries({ usage: usage || NO_USAGE, billing: billing || NO_BILLING })) {
    const own = `select '${SUBSCRIPTION}'::uuid as subscription_id, * from ${source}`;
    await engine.run(`create or replace view facts.${table} as ${own}`);
  }
  const available = { usage: usage !== '', billing: billing !== '' };
  const relation = statusMonths({ from: '2026-01', to: '2026-04' }, rule, available);
  return engine.rows<Record<string, unknown>>(`select * from ${relation} order by month`);
}

const USAGE_COLUMNS =
  '(month, voice_out_count, voice_in_count, voice_out_s, voice_in_s, sms_out_on_net, sms_out_off_net, sms_in_on_net, sms_in_off_net, mms_count, data_mb)';
const NO_USAGE = `(select '' as month, 0 as voice_out_count where false)`;
const NO_BILLING = `(select '' as month, 0 as arpu where false)`;

test.each([
  ['6 days are not enough', '2026-02-03', '2026-02-09', 6, false, true],
  ['7 days are', '2026-02-03', '2026-02-10', 7, true, false],
  ['the whole month', '2026-02-01', '2026-03-01', 28, true, false],
])('suspended: %s', async (_, from, to, days, churned, atRisk) => {
  const spells = [`active 2025-05-01 ${from}`, `suspended ${from} ${to} arrears`, `active ${to}`];
  const [january, february, march] = await months(spells);
  const steady = { suspended_days: 0n, churned: false, at_risk: true };
  expect(january).toMatchObject({ month: '2026-01', ...steady, reason_code: null });
  expect(february).toMatchObject({ suspended_days: BigInt(days), churned, at_risk: atRisk, reason_code: 'arrears' });
  expect(march).toMatchObject({ month: '2026-03', ...steady });
});

test('days are summed inside the month, and never across its end', async () => {
  const across = await months(['active 2025-05-01 2026-01-26', 'suspended 2026-01-26 2026-02-07', 'active 2026-02-07']);
  expect(across.slice(0, 2)).toMatchObject([
    { month: '2026-01', suspended_days: 6n, churned: false, at_risk: false },
    { month: '2026-02', suspended_days: 6n, churned: false, at_risk: true },
  ]);
  const twice = await months([
    ...['active 2025-05-01 2026-02-02', 'suspended 2026-02-02 2026-02-06', 'active 2026-02-06 2026-02-20'],
    ...['suspended 2026-02-20 2026-02-23', 'active 2026-02-23'],
  ]);
  expect(twice[1]).toMatchObject({ month: '2026-02', suspended_days: 7n, churned: true });
});

test('cancelled on the last day belongs to that month; on the first to the next; nothing comes after', async () => {
  const last = await months(['active 2025-05-01 2026-02-28', 'cancelled 2026-02-28 - price']);
  expect(last).toMatchObject([
    { month: '2026-01', cancelled: false, churned: false, at_risk: true },
    { month: '2026-02', cancelled: true, churned: true, at_risk: false, reason_code: 'price' },
  ]);
  expect(last).toHaveLength(2);
  const first = await months(['active 2025-05-01 2026-03-01', 'cancelled 2026-03-01']);
  expect(first.map(({ month, churned, at_risk: atRisk }) => [month, churned, atRisk])).toEqual([
    ['2026-01', false, true],
    ['2026-02', false, true],
    ['2026-03', true, false],
  ]);
});

test('a cancellation counts only if the rule includes it', async () => {
  const spells = ['active 2025-05-01 2026-02-10', 'cancelled 2026-02-10'];
  const [, february] = await months(spells, { ...RULE, cancelCounts: false });
  expect(february).toMatchObject({ cancelled: true, churned: false, at_risk: false });
});

test('who is suspended at the end of the month is not at risk, however few the days', async () => {
  const [, february] = await months(['active 2025-05-01 2026-02-27', 'suspended 2026-02-27']);
  expect(february).toMatchObject({ suspended_days: 2n, churned: false, at_risk: false });
});

test('silent but active is at risk and not churned; without usage it is unknown', async () => {
  const spells = ['active 2025-05-01'];
  const usage = `(values ('2026-01', 0, 0, 0, 0, 0, 0, 0, 0, null, 0), ('2026-02', 0, 0, 0, 0, 0, 0, 0, 1, null, 0)) as u${USAGE_COLUMNS}`;
  const billing = `(values ('2026-01', 12.50::decimal(18,2))) as b(month, arpu)`;
  const rows = await months(spells, RULE, usage, billing);
  expect(rows).toMatchObject([
    { month: '2026-01', silent: true, churned: false, at_risk: true },
    { month: '2026-02', silent: false },
    { month: '2026-03', silent: null },
    { month: '2026-04', silent: null },
  ]);
  expect(rows.map(({ arpu }) => (arpu === null ? null : Number(arpu)))).toEqual([12.5, null, null, null]);
});

test('who begins within a month has a row from then on; spells that overlap give the later one the day', async () => {
  const rows = await months(['active 2026-02-15 2026-03-20', 'suspended 2026-03-10 2026-03-16', 'active 2026-03-16']);
  expect(rows).toMatchObject([
    { month: '2026-02', at_risk: true },
    { month: '2026-03', suspended_days: 6n, at_risk: true },
    { month: '2026-04', at_risk: true },
  ]);
});
