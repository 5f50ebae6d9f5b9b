import fc from 'fast-check';
import { contractTableOf } from '@holdfast/extract-contract/tables';
import { sharedEngine } from '../engine/engine.fixture.js';
import { emptyQuery } from '../facts/as-of.js';
import { adopterSegments, SEGMENT_TABLES, type SegmentRule } from './adopter-segments.js';
import { definitionsFixture } from './definitions.fixture.js';
import { stageTerms } from './rival-offers.js';
import { termsInText, termsOfTexts, type RivalOffer } from './rival-terms.js';

const MONTH = '2026-09';
const TABLES = [
  ...SEGMENT_TABLES,
  'status_history',
  'subscriptions',
  'customers',
  'usage',
  'billing',
  'contacts',
  'surveys',
];
const idOf = (at: number): string => `00000000-0000-5000-8000-${String(at).padStart(12, '0')}`;
/** Of region a; the last five are of region b, where nothing new has enough users. */
const USERS = 50;
const all = Array.from({ length: USERS + 5 }, (_, at) => at);
const unitOf = (at: number): string => (at < USERS ? 'demo/a/x/' : 'demo/b/');
const dayOf = (at: number): string => `date '2026-03-01' + ${at}`;
const rule: SegmentRule = {
  ...definitionsFixture.adopterSegments,
  value: { ...definitionsFixture.adopterSegments.value, usersMin: 20 },
};
const PORTING: RivalOffer = {
  ...{ operator: 'rival_a', offer: 'Port and save', monthlyFee: 40, voiceMinutes: 100, dataMb: 1_000, smsCount: 0 },
  ...{ voiceRate: 0.5, dataRate: 0.01, source: 'Poster in the mall', statedOn: '2026-09-02' },
};

const shared = sharedEngine(async (engine) => {
  await engine.run('create schema facts');
  for (const name of TABLES) await engine.run(`create table facts.${name} as ${emptyQuery(contractTableOf(name)!)}`);
  const insert = (table: string, columns: string, rows: readonly string[]) =>
    engine.run(`insert into facts.${table} (${columns}) values ${rows.map((row) => `(${row})`).join(', ')}`);
  // Subscriber 49 is new; all others joined years ago.
  await insert(
    'subscriptions',
    'subscription_id, customer_id, account_id, service, activated_on, org_unit_path',
    all.map(
      (at) =>
        `'${idOf(at)}', '${idOf(900 + at)}', '${idOf(500 + at)}', 'mobile', date '${at === 49 ? 2026 : 2020}-02-15', '${unitOf(at)}'`,
    ),
  );
  // One that left before is in neither count.
  await insert('subscriptions', 'subscription_id, service, activated_on, org_unit_path', [
    `'${idOf(800)}', 'mobile', date '2019-01-01', 'demo/a/'`,
  ]);
  await insert('status_history', 'subscription_id, status, valid_from', [
    `'${idOf(800)}', 'cancelled', date '2025-01-01'`,
  ]);
  await insert(
    'customers',
    'customer_id, kind, district',
    all.map((at) => `'${idOf(900 + at)}', 'person', '${at % 2 === 0 ? 'North' : 'South'}'`),
  );
  // A model and a product that came out within the history; OLD is from before it, SMART is of the new generation.
  await insert('handset_models', 'tac, brand, model, launched_on, capabilities', [
    `'OLD', 'Aurora', 'A1', date '2015-01-01', '4g'`,
    `'SMART', 'Aurora', 'A5', date '2026-02-20', '4g;5g;nfc'`,
  ]);
  await insert('products', 'product_id, name, category, launched_on', [
    `'M5', 'Music 5', 'music', date '2018-01-01'`,
    `'V10', 'Video 10', 'video', date '2026-04-01'`,
  ]);
  await insert('handset_use', 'subscription_id, tac, first_seen_on, org_unit_path', [
    ...all.map((at) => `'${idOf(at)}', 'OLD', date '2020-03-01', '${unitOf(at)}'`),
    ...all.map((at) => `'${idOf(at)}', 'SMART', ${dayOf(at)}, '${unitOf(at)}'`),
  ]);
  // Subscriber 4 has it from a campaign; 7 ordered it on the day of 3.
  await insert('product_orders', 'subscription_id, product_id, ordered_on, campaign_id, org_unit_path', [
    `'${idOf(20)}', 'M5', date '2020-05-01', null, '${unitOf(20)}'`,
    ...all.slice(0, USERS).map((at) => {
      const day = at === 7 ? 3 : at;
      return `'${idOf(at)}', 'V10', date '2026-05-01' + ${day}, ${at === 4 ? "'CAMP1'" : 'null'}, '${unitOf(at)}'`;
    }),
  ]);
  await insert(
    'plan_history',
    'subscription_id, plan_id, valid_from, valid_to, contract_id, contract_end_on, penalty, entry_campaign_id',
    [
      `'${idOf(0)}', 'P1', date '2025-01-01', null, 'K1', date '2026-12-31', 100, null`,
      `'${idOf(1)}', 'P1', date '2024-01-01', null, 'K2', date '2026-06-30', 100, null`,
      ...[30, 31].flatMap((at) => [
        `'${idOf(at)}', 'P1', date '2020-02-15', date '2026-06-01', null, null, null, null`,
        `'${idOf(at)}', 'P2', date '2026-06-01', null, null, null, null, ${at === 31 ? "'CAMP1'" : 'null'}`,
      ]),
    ],
  );
  await insert(
    'usage',
    'subscription_id, month, local_billed_min, long_distance_billed_min, data_mb, rival_service_calls',
    [
      ...['2026-08', MONTH].flatMap((month) =>
        [30, 31, 32].map(
          (at) => `'${idOf(at)}', '${month}', 90, 30, 3000, ${at === 32 && month === MONTH ? 5 : at === 32 ? 0 : 1}`,
        ),
      ),
      `'${idOf(33)}', '2026-03', 90, 30, 3000, 9`,
    ],
  );
  await insert(
    'billing',
    'subscription_id, month, arpu, vas_fee',
    ['2026-08', MONTH].flatMap((month) => [30, 31, 32].map((at) => `'${idOf(at)}', '${month}', 90, 10`)),
  );
  await insert('contacts', 'subscription_id, month, "at", kind, category', [
    `'${idOf(32)}', '${MONTH}', timestamptz '2026-09-05 00:00:00+00', 'enquiry', 'plan'`,
    `'${idOf(34)}', '${MONTH}', timestamptz '2026-09-05 00:00:00+00', 'complaint', 'plan'`,
    `'${idOf(34)}', '${MONTH}', timestamptz '2026-09-06 00:00:00+00', 'enquiry', 'network'`,
  ]);
  await insert('market_months', 'district, month, operator, offers', [
    `'North', '${MONTH}', 'own', 'Own offer 1 CNY'`,
    `'North', '${MONTH}', 'rival_a', 'Port and save; 59 CNY for 10 GB'`,
    `'North', '${MONTH}', 'rival_b', 'Half price'`,
    `'South', '${MONTH}', 'rival_a', '99元 60GB 300分钟'`,
    `'South', '2026-08', 'rival_b', '9 CNY for 100 GB'`,
  ]);
  await stageTerms(engine.connection, MONTH, [PORTING], 'rival_terms');
});

const values = `(select * from (values ${all
  .map((at) => `('${idOf(at)}'::uuid, ${at % 7}, '${unitOf(at)}', false)`)
  .join(', ')}) as t(subscription_id, shard, org_unit_path, cancelled))`;

interface Segment {
  segment: string;
  reasons: string[];
  facts: Record<string, unknown> | undefined;
}
async function segmentsOf(
  changed: Partial<SegmentRule['value']> = {},
  without: readonly string[] = [],
): Promise<Segment[]> {
  const asked = { ...rule, value: { ...rule.value, ...changed } };
  const sql = adopterSegments(values, MONTH, asked, 'rival_terms', (table) => !without.includes(table));
  const rows = await shared.engine.rows<Record<string, string | null>>(
    `select * from (${sql}) order by subscription_id`,
  );
  return rows.map(({ segment, segment_reasons: reasons, segment_facts: facts }) => ({
    segment: segment!,
    reasons: reasons === '' ? [] : reasons!.split(','),
    facts: facts === null ? undefined : (JSON.parse(facts!) as Record<string, unknown>),
  }));
}
const places = (segments: readonly Segment[], wanted: string): number[] =>
  segments.flatMap(({ segment }, at) => (segment === wanted ? [at] : []));

test('the first users of new items of the region are early adopters, one day of adoptions counted once', async () => {
  const segments = await segmentsOf();
  // Model and generation came with one handset. Of 50 users each, the first 8; the product has 49 and its first 7.
  expect(places(segments, 'early_adopter')).toEqual([0, 1, 2, 3, 5, 6, 7]);
  expect(segments[7]!.facts!['adoptions']).toEqual([
    ...[
      {
        kind: 'service',
        item: 'V10',
        name: 'Video 10',
        launchedOn: '2026-04-01',
        adoptedOn: '2026-05-04',
        rank: 5,
        users: 49,
      },
    ],
    ...[
      {
        kind: 'generation',
        item: '5g',
        name: '5G',
        launchedOn: '2026-02-20',
        adoptedOn: '2026-03-08',
        rank: 8,
        users: 50,
      },
    ],
    ...[
      {
        kind: 'handset',
        item: 'SMART',
        name: 'Aurora A5',
        launchedOn: '2026-02-20',
        adoptedOn: '2026-03-08',
        rank: 8,
        users: 50,
      },
    ],
  ]);
  expect(places(await segmentsOf({ adoptionsMin: 1 }), 'early_adopter')).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  expect(places(await segmentsOf({ adoptionMonths: 4 }), 'early_adopter')).toEqual([]);
});

test('an early adopter keeps its agreement, and is eligible on the day after its end', async () => {
  const segments = await segmentsOf();
  expect(segments[0]!.facts).toMatchObject({
    agreement: { planId: 'P1', contractId: 'K1', endsOn: '2026-12-31', penalty: 10_000 },
    eligibleOn: '2027-01-01',
  });
  expect(segments[1]!.facts).toMatchObject({ agreement: null, eligibleOn: '2026-10-01' }); // ended in June
  expect(segments[2]!.facts).toMatchObject({ agreement: null, eligibleOn: '2026-10-01' }); // has none
});

test('mature-stage choosers have a long tenure, a settled market and signs of an own choice', async () => {
  const segments = await segmentsOf();
  // Each a change of plan and two months with calls to rivals; calls in one month and an enquiry about plans.
  expect(places(segments, 'mature_chooser')).toEqual([30, 31, 32]);
  expect(segments[30]!.facts).toMatchObject({
    ...{ tenureMonths: 79, growth: expect.closeTo(1 / 49, 9) },
    signs: [
      { kind: 'plan_change', count: 1, last: '2026-06-01' },
      { kind: 'rival_contact', count: 2, last: MONTH },
    ],
  });
  expect(segments[31]!.facts!['signs']).toEqual([{ kind: 'rival_contact', count: 2, last: MONTH }]);
  expect(segments[34]).toEqual({ segment: 'none', reasons: ['few_signs'], facts: undefined });
  expect(segments[33]).toMatchObject({ segment: 'none', reasons: ['few_signs'] }); // seven months ago
  expect(segments[49]).toMatchObject({ segment: 'none', reasons: ['short_tenure'] });
  expect((await segmentsOf({ growthMax: 0.02 }))[30]).toMatchObject({ segment: 'none', reasons: ['growing_market'] });
  expect(places(await segmentsOf({ signsMin: 3 }), 'mature_chooser')).toEqual([30]);
});

test('what the data do not show is unknown, with what is missing', async () => {
  const segments = await segmentsOf();
  expect(segments.slice(USERS).every(({ segment }) => segment === 'unknown')).toBe(true);
  expect(segments.at(-1)!.reasons).toEqual(['no_new_item']);
  const noAdoptions = await segmentsOf({}, ['handset_use', 'product_orders']);
  expect(noAdoptions[40]).toMatchObject({ segment: 'unknown', reasons: ['needs:handset_use', 'needs:product_orders'] });
  const noSigns = await segmentsOf({}, ['plan_history', 'usage', 'contacts', 'surveys']);
  expect(noSigns[40]!.segment).toBe('unknown');
  expect(noSigns[40]!.reasons).toEqual(
    ['plan_history', 'usage', 'contacts', 'surveys'].map((table) => `needs:${table}`),
  );
  expect((await segmentsOf({}, ['surveys']))[34]).toMatchObject({
    segment: 'none',
    reasons: ['few_signs', 'needs:surveys'],
  });
});

test('the offers of rivals in the district are priced for the own use, the cheapest first', async () => {
  const segments = await segmentsOf();
  // 120 minutes, 3,000 MB and a bill of 80 without services.
  expect(segments[30]!.facts).toMatchObject({
    use: { months: 2, bill: 8_000, minutes: 120, dataMb: 3_000, messages: 0 },
  });
  const [more, less] = [{ difference: -1_000 }, { difference: -2_100 }];
  expect(segments[30]!.facts!['offers']).toEqual([
    // Minutes are not stated, so that the cost may be more.
    {
      rival: 'rival_a',
      offer: '59 CNY for 10 GB',
      source: 'market_months',
      statedOn: MONTH,
      cost: 5_900,
      ...less,
      atLeast: true,
    },
    // 40 + 20 minutes × 0.5 + 2,000 MB × 0.01
    {
      rival: 'rival_a',
      offer: 'Port and save',
      source: PORTING.source,
      statedOn: '2026-09-02',
      cost: 7_000,
      ...more,
      atLeast: false,
    },
    {
      rival: 'rival_b',
      offer: 'Half price',
      source: 'market_months',
      statedOn: MONTH,
      cost: null,
      difference: null,
      atLeast: false,
    },
  ]);
  expect(segments[31]!.facts!['offers']).toMatchObject([
    { offer: '99元 60GB 300分钟', cost: 9_900, difference: 1_900, atLeast: false },
  ]);
});

test('a share of the first users never makes a later user early before an earlier one, nor more of them by a lower share', async () => {
  const shares = [0.02, 0.1, 0.16, 0.3, 0.5];
  const early = await Promise.all(
    shares.map(async (earlyShare) => places(await segmentsOf({ earlyShare, adoptionsMin: 1 }), 'early_adopter')),
  );
  for (const [at, found] of early.entries()) {
    const more = early[at + 1] ?? all;
    expect(found.every((subscriber) => more.includes(subscriber))).toBe(true);
    expect(found.length).toBe(Math.floor(shares[at]! * USERS));
  }
});

describe('terms of an offer', () => {
  const amounts = fc.integer({ min: 1, max: 9_999 });

  test('are read from its text in both languages, in any order', () => {
    const part = fc.tuple(amounts, amounts, amounts, fc.boolean(), fc.shuffledSubarray([0, 1, 2], { minLength: 3 }));
    fc.assert(
      fc.property(part, ([fee, data, minutes, isChinese, order]) => {
        const words = isChinese
          ? [`${fee}元`, `${data}GB`, `${minutes}分钟`]
          : [`${fee} CNY`, `${data} MB`, `${minutes} minutes`];
        const text = order.map((at) => words[at]!).join(' ');
        expect(termsInText(text)).toEqual({
          ...{ monthlyFee: fee, dataMb: isChinese ? data * 1024 : data, voiceMinutes: minutes },
        });
      }),
    );
  });

  test('are never invented: a text without a fee has none', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z 0-9%]{0,40}$/), (text) => {
        fc.pre(!/cny|rmb|yuan/.test(text));
        expect(termsInText(text)).toEqual({});
      }),
    );
    expect(termsInText('孪甲携号转网半价')).toEqual({});
    expect(termsInText('99 CNY for 60 GB')).toEqual({ monthlyFee: 99, dataMb: 61_440 });
  });

  test('are those that the operator states, where it does; each offer once', () => {
    const rows = [
      { operator: 'rival_a', offers: 'Port and save; 59 CNY' },
      { operator: 'rival_a', offers: ' Port and save;;' },
      { operator: 'rival_b', offers: 'Port and save' },
    ];
    expect(termsOfTexts(rows, [PORTING], MONTH)).toEqual([
      PORTING,
      { operator: 'rival_a', offer: '59 CNY', monthlyFee: 59, source: 'market_months', statedOn: MONTH },
      { operator: 'rival_b', offer: 'Port and save', source: 'market_months', statedOn: MONTH },
    ]);
  });
});
