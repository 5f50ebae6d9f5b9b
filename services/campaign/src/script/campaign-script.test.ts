import { Reasons, type Reason } from '@holdfast/contracts/churn_scoring/v1/scoring';
import { PlanFit } from '@holdfast/contracts/preference_recommendation/v1/plan_fit';
import type { Language } from '@holdfast/platform/errors';
import { newId } from '@holdfast/platform/identity';
import { planFor } from '../plan/campaigns.fixture.js';
import { displayWidth } from './plain-text.js';
import type { CampaignFacts, ScriptFacts } from './script-facts.js';
import { composeScript } from './script.rpc.js';

const cny = (minor: number) => ({ minor, currency: 'CNY' });
const [fitted, discount] = planFor('subscriber-months').arms as [CampaignFacts['arm'], CampaignFacts['arm']];
const fitRun = newId();

const better = PlanFit.fromPartial({
  runId: fitRun,
  months: ['2026-07', '2026-08', '2026-09'],
  presentPlanId: 'P-188',
  presentBill: cny(56_400),
  principle: 'tier_down',
  method: 'events',
  advised: {
    planId: 'P-88',
    name: 'Everyday 88',
    bill: cny(27_150),
    saving: cny(9_750),
    savingLow: cny(9_000),
    savingHigh: cny(10_500),
  },
  others: [{ planId: 'P-118', name: 'Everyday 118', saving: cny(7_000) }],
});
const none = PlanFit.fromPartial({ ...better, advised: undefined, principle: '', reason: 'cheapest_already' });

function factsOf(campaign: Partial<CampaignFacts> = {}, reasons: Partial<Reasons> = {}): ScriptFacts {
  return {
    campaign: {
      campaignId: newId(),
      name: 'Stay with us',
      channel: 'call',
      contactCost: undefined,
      arm: fitted,
      planFit: better,
      household: { householdId: newId(), size: 3, role: 'head' },
      householdRun: { runId: newId(), month: '2026-09' },
      ...campaign,
    },
    table: 'subscriber-months',
    subscriptionId: newId(),
    probability: 0.4,
    valueMinor: 18_800,
    priority: 30,
    quadrant: 'C',
    orgUnitPath: 'demo/沈阳/',
    orgUnitNames: undefined,
    reasons: { ...Reasons.fromPartial({}), ...reasons },
    rank: 2,
    items: 40,
    queue: newId(),
    runId: newId(),
    runPublishedAt: new Date('2026-10-03T01:00:00Z'),
    builtAt: new Date('2026-10-03T02:00:00Z'),
    efficiencyBasis: 'value-cost',
    atRiskProbabilityMin: 0.2,
    contactCostMinor: 250,
    currency: 'CNY',
    modelId: newId(),
    modelName: 'subscriber-months-5c01d2aa',
    tableVersion: '0123456789abcdef',
    tableAsOf: new Date('2026-09-30T00:00:00Z'),
    valueColumn: 'arpu',
    orgUnitColumn: 'unit',
    columnLabels: { overage_3m: { en: 'overage in three months', 'zh-CN': '三个月超套费用' } },
  };
}

function linesOf(facts: ScriptFacts, key: string, language: Language = 'en'): string[] | undefined {
  const { sections } = composeScript(facts, 'call', language);
  return sections.find((section) => section.key === key)?.lines.map(({ text }) => text);
}

describe('the script of a campaign', () => {
  it('offers the plan that fits, with what it would have cost and saves, in both languages', () => {
    expect(linesOf(factsOf(), 'offer')).toEqual([
      'A plan that fits.',
      'Fitted plan: Everyday 88.',
      'On this plan, 2026-07, 2026-08, 2026-09 would have cost CN¥271.50 in total.',
      'This saves CN¥97.50 per month (95 % interval: CN¥90.00 to CN¥105.00).',
    ]);
    expect(linesOf(factsOf(), 'offer', 'zh-CN')).toEqual([
      '适合您的套餐。',
      '适配套餐：Everyday 88。',
      '若使用该套餐，2026-07、2026-08、2026-09 合计费用为 ¥271.50。',
      '平均每月节省 ¥97.50（95% 置信区间 ¥90.00 至 ¥105.00）。',
    ]);
    expect(linesOf(factsOf(), 'planFit')).toEqual([
      'The customer uses less than the plan includes: a lower tier fits.',
      'On the current plan, 2026-07, 2026-08, 2026-09 cost CN¥564.00 in total.',
      'Next best: Everyday 118, saves CN¥70.00 per month.',
      'Calculated from call records.',
    ]);
  });

  it('names the run and the plan behind every figure of the fit', () => {
    const { sections } = composeScript(factsOf(), 'call', 'en');
    const ofFit = sections.filter(({ key }) => key === 'offer' || key === 'planFit').flatMap(({ lines }) => lines);
    for (const { valueJson, source } of ofFit) {
      expect(source === undefined).toBe(valueJson === '');
      if (source === undefined) continue;
      expect(source).toMatchObject({ service: 'preference-recommendation', origin: 'plan', version: fitRun });
      expect(source.asOf).toEqual(new Date('2026-09-30T00:00:00Z'));
    }
    expect(ofFit[2]).toMatchObject({ valueJson: '"271.50"', source: { name: 'P-88', column: 'bill' } });
    expect(ofFit[3]).toMatchObject({ valueJson: '"97.50"', source: { name: 'P-88', column: 'saving' } });
    expect(ofFit[5]).toMatchObject({ valueJson: '"564.00"', source: { name: 'P-188', column: 'presentBill' } });
  });

  it('states that no plan is better, promises nothing, and lists alternatives', () => {
    for (const language of ['en', 'zh-CN'] as const) {
      const said = [...linesOf(factsOf({ planFit: none }), 'offer', language)!].join('\n');
      expect(said).not.toContain('Everyday');
      expect(said).not.toMatch(/97\.50|271\.50/);
    }
    expect(linesOf(factsOf({ planFit: none }), 'offer')).toEqual([
      'A plan that fits.',
      'Do not promise a saving: no other plan is certain to save money.',
    ]);
    const lines = linesOf(factsOf({ planFit: none }), 'planFit')!;
    expect(lines[0]).toBe('There is no better plan for this customer. The current plan is already the cheapest.');
    expect(lines.at(-1)).toMatch(/^Be open about this\. Thank the customer/);
    expect(linesOf(factsOf({ planFit: none }), 'planFit', 'zh-CN')![0]).toBe(
      '目前没有更适合该客户的套餐。现有套餐已是最便宜的选择。',
    );
  });

  it.each(['cheapest_already', 'saving_too_small', 'saving_uncertain', 'committed', 'double_zero'])(
    'has words for %s',
    (reason) => {
      const planFit = PlanFit.fromPartial({ ...none, reason });
      const [first] = linesOf(factsOf({ planFit }), 'planFit')!;
      expect(first!.length).toBeGreaterThan('There is no better plan for this customer.'.length + 10);
    },
  );

  it('states that no fit is calculated', () => {
    const facts = factsOf({ planFit: undefined });
    expect(linesOf(facts, 'offer')![1]).toBe(
      'The fitted plan of this customer is not calculated; do not recommend a plan.',
    );
    expect(linesOf(facts, 'planFit')).toHaveLength(2);
  });

  it('has no plan in an arm with another offer', () => {
    const facts = factsOf({ arm: discount });
    expect(linesOf(facts, 'offer')).toEqual(['20 CNY off for three months.', 'Discount loyalty-20.']);
    expect(linesOf(facts, 'planFit')).toBeUndefined();
    expect(composeScript(facts, 'call', 'en').text).not.toContain('Everyday');
  });

  it('contains size and role of the household, and no data of its members', () => {
    expect(linesOf(factsOf(), 'household')).toEqual([
      'This household has 3 subscriptions.',
      'Role in the household: head.',
      'One conversation per household: other members are not contacted for some days.',
    ]);
    expect(linesOf(factsOf(), 'household', 'zh-CN')![1]).toBe('家庭角色：户主。');
    expect(linesOf(factsOf({ household: undefined }), 'household')).toEqual([
      'No household is known for this subscription.',
    ]);
    const unknown = factsOf({ household: undefined, householdRun: undefined });
    expect(linesOf(unknown, 'household')).toBeUndefined();
    expect(linesOf(unknown, 'notAvailable')).toEqual([
      'Household: requires a published run of household-identification.',
    ]);
  });

  it('puts the seven reasons before the columns behind them, and what nothing changes as such', () => {
    const column = (name: string, contribution: number): Reason => ({
      column: name,
      type: 'number',
      contribution,
      value: undefined,
      comparison: undefined,
    });
    const facts = factsOf(
      {},
      {
        raising: [column('overage_3m', 0.9), column('cell_quality', 0.5), column('age', 0.2)],
        causes: [
          { cause: 'misfit', contribution: 1.1, columns: ['overage_3m', 'data_share'], controllable: true },
          { cause: 'network', contribution: 0.5, columns: ['cell_quality'], controllable: false },
        ],
      },
    );
    expect(linesOf(facts, 'reasons')).toEqual([
      'The plan does not fit the usage, according to the data ' + '(Overage in three months; Data share).',
      'Overage in three months is not known.',
      'The network quality is poor in this area, according to the data (Cell quality). ' +
        'An offer cannot change this.',
      'Cell quality is not known.',
      'Age is not known.',
    ]);
    expect(linesOf(facts, 'reasons', 'zh-CN')![0]).toBe(
      '从数据看，套餐与实际使用不匹配（三个月超套费用；Data share）。',
    );
  });

  it('has its sections in order, lines within 120 columns, and a unique revision', () => {
    const facts = factsOf();
    const scripts = (['en', 'zh-CN'] as const).map((language) => composeScript(facts, 'call', language));
    for (const { sections, text } of scripts) {
      expect(sections.map(({ key }) => key)).toEqual([
        ...['churnTendency', 'region', 'arpu', 'behaviour', 'priority', 'reasons'],
        ...['offer', 'planFit', 'household', 'opening'],
      ]);
      for (const line of text.split('\n')) expect(displayWidth(line)).toBeLessThanOrEqual(120);
    }
    expect(linesOf(facts, 'priority')![0]).toBe('Rank 2 of 40 in the campaign “Stay with us”.');
    expect(scripts[0]!.revision).toBe(composeScript(facts, 'call', 'en').revision);
    const other = { ...facts, campaign: { ...facts.campaign!, planFit: none } };
    expect(composeScript(other, 'call', 'en').revision).not.toBe(scripts[0]!.revision);
    const ofTable = composeScript(facts, 'call', 'en').sections.find(({ key }) => key === 'arpu')!.lines[0]!.source;
    expect(ofTable).toMatchObject({ origin: 'table', name: 'subscriber-months' });
  });
});
