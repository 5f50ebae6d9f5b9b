import { Cause, type Reason } from '@holdfast/contracts/churn_scoring/v1/scoring';
import { PlanFit } from '@holdfast/contracts/preference_recommendation/v1/plan_fit';
import type { Language } from '@holdfast/platform/errors';
import { displayWidth } from './plain-text.js';
import { discount, factsOf, fitRun, none } from './script-facts.fixture.js';
import type { ScriptFacts } from './script-facts.js';
import { composeScript } from './script.rpc.js';

function linesOf(facts: ScriptFacts, key: string, language: Language = 'en'): string[] | undefined {
  const { sections } = composeScript(facts, 'call', language);
  return sections.find((section) => section.key === key)?.lines.map(({ text }) => text);
}

describe('the script of a campaign', () => {
  it('offers the plan that fits, with what it would have cost and saves, in both languages', () => {
    expect(linesOf(factsOf(), 'offer')).toEqual([
      'A plan that fits.',
      'Fitted plan: Everyday 88.',
      'On this plan, July to September 2026 would have cost 271.50 CNY in total.',
      'This saves 97.50 CNY per month (95 % interval: 90.00 CNY to 105.00 CNY).',
    ]);
    expect(linesOf(factsOf(), 'offer', 'zh-CN')).toEqual([
      '适合您的套餐。',
      '适配套餐：Everyday 88。',
      '若使用该套餐，2026年7月至9月合计费用为 271.50 元。',
      '平均每月节省 97.50 元（95% 置信区间 90.00 元–105.00 元）。',
    ]);
    expect(linesOf(factsOf(), 'planFit')).toEqual([
      'The customer uses less than the plan includes: a lower tier fits.',
      'On the current plan, July to September 2026 cost 564.00 CNY in total.',
      'Next best: Everyday 118, saves 70.00 CNY per month.',
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
    expect(linesOf(facts, 'offer')![0]).toBe(
      'The fitted plan of this customer is not calculated; do not recommend a plan.',
    );
    expect(linesOf(facts, 'planFit')).toHaveLength(2);
  });

  it('has no plan in an arm with another offer', () => {
    const facts = factsOf({ arm: discount });
    expect(linesOf(facts, 'offer')).toEqual(['20 CNY off for three months.']);
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
    expect(linesOf(unknown, 'notAvailable')).toEqual(['Household: households have not been identified yet.']);
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
          Cause.fromPartial({ cause: 'misfit', columns: ['overage_3m', 'data_share'], controllable: true }),
          Cause.fromPartial({ cause: 'network', columns: ['cell_quality'], controllable: false }),
        ],
      },
    );
    expect(linesOf(facts, 'reasons')).toEqual([
      'The plan does not fit the usage.',
      'Overage in three months: not known.',
      'The network quality is poor in this area. An offer cannot change this.',
      'Cell quality: not known.',
      'Age: not known.',
    ]);
    expect(linesOf(facts, 'reasons', 'zh-CN')).toEqual([
      '套餐与实际使用不匹配。',
      '三个月超套费用：未知。',
      '客户所在区域网络质量不佳。优惠无法改变此原因。',
      'Cell quality：未知。',
      'Age：未知。',
    ]);
  });

  it('shows named causes alone, with their probability and what is usual; no clear reason is shown as such', () => {
    const usage = { $case: 'number', number: 380 } as const;
    const fact = { column: 'overage_3m', type: 'number', value: usage, contribution: 0.8, sinceMonths: 3 };
    const misfit = { cause: 'misfit', columns: ['overage_3m'], controllable: true, probability: 0.6 };
    const reasons = {
      raising: [{ column: 'overage_3m', type: 'number', contribution: 0.9, value: usage, comparison: undefined }],
      causes: [
        Cause.fromPartial({ cause: 'rival', probability: 0.3, columns: ['rival_calls'] }),
        Cause.fromPartial({
          ...misfit,
          named: true,
          evidence: [{ ...fact, usual: { $case: 'usualNumber', usualNumber: 20 } }],
        }),
      ],
      comparisonGroup: { tenureFrom: 12, tenureTo: undefined, plan: 'P1', rows: 100 },
      hasClearReason: true,
      change: { levers: ['plan'], columns: [], probability: 0.04 },
    };
    expect(linesOf(factsOf({}, reasons), 'reasons')).toEqual([
      'The plan does not fit the usage (60 % of such churners).',
      'Overage in three months: 380; usual for this tenure and plan: 20; for 3 months.',
      'What would have to change: the plan. With the usual one, the probability would be 4 %.',
    ]);
    expect(linesOf(factsOf({}, reasons), 'reasons', 'zh-CN')).toEqual([
      '套餐与实际使用不匹配（此类离网用户中占 60%）。',
      '三个月超套费用：380；同网龄同套餐用户通常为 20；已持续 3 个月。',
      '需改变：套餐。若与同类用户一致，离网概率为 4%。',
    ]);
    const unclear = {
      ...reasons,
      causes: [Cause.fromPartial(misfit)],
      hasClearReason: false,
      raising: [],
      change: undefined,
    };
    expect(linesOf(factsOf({}, unclear), 'reasons')).toEqual([
      'No clear reason: nothing distinguishes this customer from others of the same tenure and plan.',
    ]);
  });

  it('has the three strongest reasons, each with its strongest column, and up to three reasons to stay', () => {
    const number = (name: string, value: number): Reason => ({
      ...{ column: name, type: 'number', contribution: 1, comparison: undefined },
      value: { $case: 'number', number: value },
    });
    const names = ['plan_fee_cny', 'contract_months_left', 'complaints_3m', 'calls_m0', 'rival_calls', 'age'];
    const causes = ['misfit', 'contractEnd', 'service', 'habit'].map((cause, at) =>
      Cause.fromPartial({
        ...{ cause, contribution: 1 - at / 10, controllable: true },
        columns: at === 0 ? ['plan_fee_cny', 'rival_calls'] : [names[at]!],
      }),
    );
    const stay = [1, 2, 3, 4].map((at) => number(`stay_${at}`, at));
    const facts = factsOf({}, { raising: names.map((name, at) => number(name, at + 1)), causes, lowering: stay });
    expect(linesOf(facts, 'reasons')).toEqual([
      'The plan does not fit the usage.',
      'Plan fee cny: 1.00 CNY.',
      'A contract or benefit ends soon.',
      'Contract months left: 2.',
      'The customer has had problems with the service.',
      'Complaints 3m: 3.',
    ]);
    expect(linesOf(facts, 'behaviour')).toEqual([
      ...['Calls m0: 4.', 'Rival calls: 5.', 'Age: 6.'],
      ...['Reason to stay: Stay 1: 1.', 'Reason to stay: Stay 2: 2.', 'Reason to stay: Stay 3: 3.'],
    ]);
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
