import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Cause, Reasons, ComparisonKind, Timing, type Reason } from '@holdfast/contracts/churn_scoring/v1/scoring';
import { AdopterSegment } from '@holdfast/contracts/churn_scoring/v1/worth';
import type { Language } from '@holdfast/platform/errors';
import { better, discount, factsOf, none } from './script-facts.fixture.js';
import type { ScriptFacts } from './script-facts.js';
import { composeScript } from './script.rpc.js';

/**
 * Whole scripts as an agent sees them, one file per outcome and language in `golden/`. After an intended change of wording:
 * `UPDATE_GOLDEN=1 npx jest script-text`, then read the difference aloud.
 */
const FOLDER = path.join(__dirname, 'golden');

const share = (figure: number) => ({ kind: ComparisonKind.COMPARISON_KIND_CHURN_SHARE, figure, against: 0.019 });
const band = (figure: number, from?: number, to?: number) => ({
  ...{ kind: ComparisonKind.COMPARISON_KIND_CHURN_SHARE_OF_BAND, figure, against: 0.019 },
  ...(from === undefined ? {} : { from }),
  ...(to === undefined ? {} : { to }),
});
const reason = (
  column: string,
  value: Reason['value'] | number,
  comparison: Reason['comparison'],
  type = 'number',
) => ({
  ...{ column, type, contribution: 0.5, comparison },
  value: typeof value === 'number' ? { $case: 'number' as const, number: value } : value,
});

const REASONS = {
  raising: [
    reason('bill_above_cheapest_m0', Math.log(1.62), band(0.042, Math.log(1.4))),
    reason('contract_ends_now', 1, share(0.11), 'flag'),
    reason('use_change_log', Math.log(0.57), band(0.051, undefined, Math.log(0.8))),
    reason('arpu_cny_m0', 188, band(0.024, 150, 200)),
    reason('plan_id', { $case: 'text', text: 'P-188' }, share(0.038), 'category'),
    reason('unpaid_share_m0', 0.406, band(0.09, 0.25)),
    reason('days_since_complaint', undefined, share(0.017)),
  ],
  lowering: [{ ...reason('handset_bundled', 1, share(0.004), 'flag'), contribution: -0.3 }],
  causes: [
    { cause: 'misfit', contribution: 0.9, columns: ['bill_above_cheapest_m0', 'plan_id'], controllable: true },
    { cause: 'contractEnd', contribution: 0.5, columns: ['contract_ends_now'], controllable: true },
    { cause: 'habit', contribution: 0.4, columns: ['use_change_log'], controllable: false },
    { cause: 'network', contribution: 0.1, columns: [], controllable: false },
  ].map((cause) => Cause.fromPartial(cause)),
};
const LABELS = {
  bill_above_cheapest_m0: {
    en: 'bill above that of the cheapest plan, this month',
    'zh-CN': '当月账单高于最省套餐的幅度',
  },
  use_change_log: { en: 'use against the three months before', 'zh-CN': '总体用量较前三月变化' },
  arpu_cny_m0: { en: 'bill, this month', 'zh-CN': '账单（当月）' },
  plan_id: { en: 'plan', 'zh-CN': '套餐' },
  unpaid_share_m0: { en: "unpaid part of this month's bill", 'zh-CN': '当月账单未缴比例' },
};
const ID = '01936a43-4f10-7e41-9d31-6f5c4a7d0e66';

function stable(campaign: Parameters<typeof factsOf>[0], parts: Partial<ScriptFacts> = {}): ScriptFacts {
  const facts = factsOf({ ...campaign, campaignId: ID, householdRun: { runId: ID, month: '2026-09' } }, REASONS);
  const ids = { subscriptionId: ID, queue: ID, runId: ID, modelId: ID };
  return { ...facts, ...ids, probability: 0.708, columnLabels: LABELS, ...parts };
}

const household = { householdId: ID, size: 3, role: 'head' };
const offer = (of: typeof better) => ({ household, planFit: { ...of, runId: ID } });
const OF_TABLE = Reasons.fromPartial({
  raising: [
    reason('tenure', 2, band(0.47, undefined, 6)),
    reason('contract', { $case: 'text', text: 'Month-to-month' }, share(0.43), 'category'),
    reason('online_security', { $case: 'text', text: 'No' }, share(0.42), 'category'),
    reason('monthly_bill', 95.1, band(0.33, 80)),
  ],
  lowering: [{ ...reason('auto_pay', 1, share(0.004), 'flag'), contribution: -0.3 }],
});
const cny = (minor: number) => ({ minor, currency: 'CNY' });
const TABLE = {
  campaign: undefined,
  table: 'my-operator',
  queue: 'my-operator',
  orgUnitPath: 'demo/',
  valueMinor: undefined,
  valueColumn: 'monthly_bill',
  reasons: OF_TABLE,
};

const OUTCOMES: Record<string, ScriptFacts> = {
  'a plan that saves money': stable(offer(better)),
  'no better plan': stable(offer(none)),
  'a discount': stable({ household: undefined, arm: { ...discount, cost: { minor: 6000, currency: 'CNY' } } }),
  'a plain table': stable({}, TABLE),
  'an early adopter to contact later': stable(offer(better), {
    timing: Timing.fromPartial({
      ...{ bestMonth: '2026-12', bestAfterMonths: 2, net: cny(3_120), tooEarly: cny(410), tooLate: cny(675) },
      ...{ offerCostMax: cny(9_800), contractEndsMonth: '2026-12', saveRate: 0.1, saveRateBasis: 'assumed' },
    }),
    segment: AdopterSegment.fromPartial({
      ...{ segment: 'early_adopter', eligibleOn: '2027-01-01' },
      agreement: { planId: 'P-188', contractId: 'K1', endsOn: '2026-12-31' },
    }),
  }),
  'a chooser that compares offers': stable(offer(none), {
    timing: Timing.fromPartial({ offerCostMax: cny(320), saveRate: 0.12, saveRateBasis: 'measured' }),
    segment: AdopterSegment.fromPartial({
      segment: 'mature_chooser',
      offers: [
        {
          ...{ rival: 'rival_a', offer: '59元 60GB', source: 'market_months', statedOn: '2026-09', atLeast: true },
          ...{ cost: cny(5_900), difference: cny(-2_100) },
        },
      ],
    }),
  }),
};

describe.each(Object.entries(OUTCOMES))('the script for %s', (outcome, facts) => {
  it.each<Language>(['en', 'zh-CN'])('in %s is as approved', (language) => {
    const { text } = composeScript(facts, 'call', language);
    const file = path.join(FOLDER, `${outcome.replaceAll(' ', '-')}.${language}.txt`);
    if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(file, text);
    expect(text).toBe(readFileSync(file, 'utf8'));
  });

  it.each<Language>(['en', 'zh-CN'])(
    'in %s has nothing that only a program can read, but in its sources',
    (language) => {
      const { sections } = composeScript(facts, 'call', language);
      const spoken = sections.flatMap(({ title, lines }) => [title, ...lines.map(({ text }) => text)]).join('\n');
      expect(spoken).not.toMatch(/[a-z0-9]+_[a-z0-9]+|\b(true|false|null|undefined|NaN)\b/i);
      expect(spoken).not.toMatch(
        /[0-9a-f]{8}-[0-9a-f]{4}|P-\d+|loyalty-|value-cost|my-operator|subscriber-months|\d{4}-\d{2}\b/,
      );
      const amounts = spoken.match(/\d+\.\d{2}\b(?! ?%)/g) ?? [];
      const withCurrency = spoken.match(language === 'en' ? /\d+\.\d{2} CNY/g : /\d+\.\d{2} 元/g) ?? [];
      expect(withCurrency).toHaveLength(amounts.length);
    },
  );
});
