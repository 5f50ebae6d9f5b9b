/**
 * Writes examples/extract, an operator's extract that is small enough to read: 30 subscriptions, six months, no chance.
 * docs/extract.md describes its tables. The files are committed; after a change:
 *
 *   node examples/generate-extract.mjs
 */
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';

const MONTHS = ['2026-01', '2026-02', '2026-03', '2026-04', '2026-05', '2026-06'];
const SUBSCRIPTIONS = 30;
/** The first six customers have two subscriptions each. */
const CUSTOMERS = 24;

const PLANS = [
  { id: 'P39', fee: 39, minutes: 100, data: 3_000, tier: 1 },
  { id: 'P59', fee: 59, minutes: 300, data: 10_000, tier: 2 },
  { id: 'P99', fee: 99, minutes: 800, data: 30_000, tier: 3 },
];
/** CNY per minute beyond the plan, and per MB. */
const RATES = { voice: 0.15, data: 0.03 };

/** Months of the cancellation, with its reason, by subscription. @type {Readonly<Record<number, [string, string]>>} */
const CANCELLED = { 7: ['2026-04', 'price'], 15: ['2026-05', 'competitor'], 22: ['2026-06', 'move'] };

/** @param {string} prefix  @param {number} number */
const id = (prefix, number) => `${prefix}${String(number).padStart(3, '0')}`;
/** @param {number} number  of a subscription */
const customerOf = (number) => (number <= CUSTOMERS ? number : number - CUSTOMERS);
/** @param {number} number  of a subscription */
const planOf = (number) => /** @type {typeof PLANS[number]} */ (PLANS[number % PLANS.length]);
const numbers = (/** @type {number} */ count) => Array.from({ length: count }, (_, at) => at + 1);

/** Months in which a subscription is active. @param {number} number */
const activeMonths = (number) => MONTHS.filter((month) => month <= (CANCELLED[number]?.[0] ?? '9999'));

/** @param {number} number  of a subscription  @param {number} at  place of the month */
function useOf(number, at) {
  const { minutes, data, tier } = planOf(number);
  // Percent of the units in the plan: for some the plan is too small, for others too large.
  const level = 30 + ((number * 17 + at * 3) % (tier === 1 ? 150 : 75));
  const [localMinutes, dataMb] = [Math.round((minutes * level) / 100), Math.round((data * level) / 100)];
  return { localMinutes, dataMb, calls: Math.round(localMinutes / 2), messages: (number + at) % 12 };
}

/** @param {number} number  @param {number} at */
function billOf(number, at) {
  const { fee, minutes, data } = planOf(number);
  const { localMinutes, dataMb } = useOf(number, at);
  const voiceFee = Math.max(0, localMinutes - minutes) * RATES.voice;
  const dataFee = Math.max(0, dataMb - data) * RATES.data;
  return { fee, voiceFee, dataFee, arpu: fee + voiceFee + dataFee };
}

const money = (/** @type {number} */ amount) => amount.toFixed(2);

/** Header and rows by table. @type {Readonly<Record<string, () => (readonly (string | number)[])[]>>} */
const TABLES = {
  org_units: () => [
    ['unit_id', 'level', 'parent_id', 'name'],
    ['EX', 'province', '', 'Example Province'],
    ['NORTH', 'city', 'EX', 'North City'],
    ['SOUTH', 'city', 'EX', 'South City'],
  ],
  holidays: () => [
    ['date', 'kind', 'name'],
    ['2026-01-01', 'holiday', 'New Year'],
    ['2026-05-01', 'holiday', 'Labour Day'],
  ],
  customers: () => [
    ['customer_id', 'kind', 'name', 'gender', 'birth_date', 'address', 'city', 'unit_id', 'contact_phone'].concat(
      'registered_on',
      'marketing_consent',
      'consent_changed_at',
    ),
    ...numbers(CUSTOMERS).map((number) => [
      id('C', number),
      'person',
      `Example Customer ${number}`,
      number % 2 === 0 ? 'f' : 'm',
      `${1960 + number}-0${1 + (number % 9)}-15`,
      `${number} Example Road`,
      number % 2 === 0 ? 'North City' : 'South City',
      number % 2 === 0 ? 'NORTH' : 'SOUTH',
      phoneOf(number),
      `20${10 + (number % 12)}-03-01`,
      number % 8 === 0 ? 'false' : 'true',
      '2025-11-20T10:00:00',
    ]),
  ],
  accounts: () => [
    ['account_id', 'customer_id', 'mode', 'means', 'opened_on', 'kind'],
    ...numbers(CUSTOMERS).map((number) => [
      id('A', number),
      id('C', number),
      number % 3 === 0 ? 'prepaid' : 'postpaid',
      number % 3 === 0 ? 'cash' : 'bank',
      `20${10 + (number % 12)}-03-01`,
      'personal',
    ]),
  ],
  account_payments: () => [
    ['account_id', 'subscription_id', 'valid_from', 'is_primary'],
    ...numbers(SUBSCRIPTIONS).map((number) => [
      id('A', customerOf(number)),
      id('S', number),
      activatedOn(number),
      'true',
    ]),
  ],
  subscriptions: () => [
    [
      'subscription_id',
      'customer_id',
      'account_id',
      'service',
      'network_owner',
      'brand',
      'activated_on',
      'status',
    ].concat('status_changed_on', 'entry_channel', 'unit_id'),
    ...numbers(SUBSCRIPTIONS).map((number) => [
      id('S', number),
      id('C', customerOf(number)),
      id('A', customerOf(number)),
      'mobile',
      'own',
      'Classic',
      activatedOn(number),
      number in CANCELLED ? 'cancelled' : 'active',
      cancelledOn(number) || activatedOn(number),
      number % 4 === 0 ? 'app' : 'hall',
      customerOf(number) % 2 === 0 ? 'NORTH' : 'SOUTH',
    ]),
  ],
  number_history: () => [
    ['msisdn', 'subscription_id', 'valid_from', 'valid_to', 'how'],
    ...numbers(SUBSCRIPTIONS).map((number) => [
      phoneOf(number),
      id('S', number),
      activatedOn(number),
      cancelledOn(number),
      'new',
    ]),
  ],
  status_history: () => [
    ['subscription_id', 'status', 'valid_from', 'valid_to', 'reason_code'],
    ...numbers(SUBSCRIPTIONS).flatMap((number) => [
      [id('S', number), 'active', activatedOn(number), cancelledOn(number), ''],
      ...(number in CANCELLED
        ? [[id('S', number), 'cancelled', cancelledOn(number), '', CANCELLED[number]?.[1] ?? '']]
        : []),
    ]),
  ],
  plans: () => [
    [
      'plan_id',
      'name',
      'service',
      'monthly_fee',
      'voice_minutes',
      'data_mb',
      'sms_count',
      'tier',
      'kind',
      'on_sale_from',
    ],
    ...PLANS.map(({ id: plan, fee, minutes, data, tier }) => [
      plan,
      `Classic ${fee}`,
      'mobile',
      money(fee),
      minutes,
      data,
      50,
      tier,
      'mainstream',
      '2020-01-01',
    ]),
  ],
  plan_rates: () => [
    ['plan_id', 'item', 'direction', 'rate', 'unit', 'rounding', 'valid_from'],
    ...PLANS.flatMap(({ id: plan }) => [
      [plan, 'local', 'out', RATES.voice, 60, 'ceil', '2020-01-01'],
      [plan, 'data', '', RATES.data, 1, 'exact', '2020-01-01'],
      [plan, 'sms', 'out', 0.1, 1, 'ceil', '2020-01-01'],
    ]),
  ],
  plan_history: () => [
    ['subscription_id', 'plan_id', 'valid_from', 'contract_id', 'contract_end_on'],
    ...numbers(SUBSCRIPTIONS).map((number) => [
      id('S', number),
      planOf(number).id,
      activatedOn(number),
      number % 5 === 0 ? id('K', number) : '',
      number % 5 === 0 ? '2026-09-30' : '',
    ]),
  ],
  billing: () => [
    ['subscription_id', 'month', 'arpu', 'voice_fee', 'data_fee', 'monthly_rent', 'discount', 'paid_amount'],
    ...eachMonth((number, at) => {
      const { fee, voiceFee, dataFee, arpu } = billOf(number, at);
      return [money(arpu), money(voiceFee), money(dataFee), money(fee), '0.00', money(arpu)];
    }),
  ],
  usage: () => [
    [
      'subscription_id',
      'month',
      'voice_out_count',
      'voice_out_s',
      'local_out_s',
      'local_billed_min',
      'sms_out_on_net',
    ].concat('data_mb', 'active_days', 'service_calls'),
    ...eachMonth((number, at) => {
      const { localMinutes, dataMb, calls, messages } = useOf(number, at);
      const seconds = localMinutes * 50;
      return [calls, seconds, seconds, localMinutes, messages, dataMb, 20 + ((number + at) % 8), number % 3];
    }),
  ],
  contacts: () => [
    ['contact_id', 'subscription_id', 'at', 'kind', 'category', 'channel', 'resolved_at', 'satisfaction'],
    ['CT1', 'S007', '2026-03-10T09:30:00', 'complaint', 'billing', 'hotline', '2026-03-12T16:00:00', 2],
    ['CT2', 'S015', '2026-04-21T18:05:00', 'complaint', 'network', 'hotline', '', ''],
    ['CT3', 'S003', '2026-05-04T11:15:00', 'enquiry', 'plan', 'hall', '2026-05-04T11:25:00', 5],
    ['CT4', 'S028', '2026-06-18T14:40:00', 'complaint', 'billing', 'app', '', ''],
  ],
  campaigns: () => [
    ['campaign_id', 'name', 'goal', 'starts_on', 'ends_on', 'unit_cost'],
    ['CAMP1', 'Spring call', 'retention', '2026-02-02', '2026-02-13', '2.50'],
  ],
  assignments: () => [
    ['campaign_id', 'unit_id', 'unit_kind', 'arm', 'assigned_at', 'propensity'],
    ...numbers(SUBSCRIPTIONS).map((number) => [
      'CAMP1',
      id('S', number),
      'subscription',
      armOf(number),
      '2026-02-01T09:00:00',
      0.5,
    ]),
  ],
  touches: () => [
    ['touch_id', 'campaign_id', 'subscription_id', 'at', 'channel', 'cost', 'response', 'responded_at'],
    ...numbers(SUBSCRIPTIONS)
      .filter((number) => armOf(number) !== 'control')
      .map((number) => {
        const at = `2026-02-${String(2 + (number % 10)).padStart(2, '0')}T15:00:00`;
        const response = ['accepted', 'declined', 'no_answer'][Math.floor(number / 2) % 3] ?? '';
        return [
          id('T', number),
          'CAMP1',
          id('S', number),
          at,
          'call',
          '2.50',
          response,
          response === 'no_answer' ? '' : at,
        ];
      }),
  ],
};

/** Numbers that no network has given out. @param {number} number */
function phoneOf(number) {
  return `1000000${String(number).padStart(4, '0')}`;
}

/** @param {number} number */
function activatedOn(number) {
  return `20${14 + (number % 10)}-0${1 + (number % 9)}-01`;
}

/** @param {number} number */
function cancelledOn(number) {
  const [month] = CANCELLED[number] ?? [];
  return month === undefined ? '' : `${month}-20`;
}

/** @param {number} number */
function armOf(number) {
  return number % 2 === 0 ? 'loyalty-20' : 'control';
}

/** A row per active subscription and month. @param {(number: number, at: number) => (string | number)[]} cellsOf */
function eachMonth(cellsOf) {
  return numbers(SUBSCRIPTIONS).flatMap((number) =>
    activeMonths(number).map((month, at) => [id('S', number), month, ...cellsOf(number, at)]),
  );
}

/** The files of the extract by name. @returns {Record<string, string>} */
export function exampleExtract() {
  /** @type {Record<string, string>} */
  const files = {};
  /** @type {Record<string, { path: string, rows: number, sha256: string }>} */
  const tables = {};
  for (const [table, rowsOf] of Object.entries(TABLES)) {
    const rows = rowsOf();
    const text = rows.map((row) => `${row.join(',')}\n`).join('');
    const name = `${table}.csv`;
    files[name] = text;
    tables[table] = { path: name, rows: rows.length - 1, sha256: createHash('sha256').update(text).digest('hex') };
  }
  const manifest = {
    formatVersion: 1,
    operator: 'example',
    extractId: '2026-06-example',
    sequence: 1,
    complete: true,
    currency: 'CNY',
    timezone: 'Asia/Shanghai',
    from: MONTHS[0],
    to: MONTHS.at(-1),
    extractedAt: '2026-07-02T03:00:00+08:00',
    tables,
  };
  files['manifest.json'] = `${JSON.stringify(manifest, null, 2)}\n`;
  return files;
}

if (process.argv[1] !== undefined && path.basename(process.argv[1]) === 'generate-extract.mjs') {
  const folder = path.join(path.dirname(process.argv[1]), 'extract');
  fs.mkdirSync(folder, { recursive: true });
  for (const [name, text] of Object.entries(exampleExtract())) fs.writeFileSync(path.join(folder, name), text);
}
