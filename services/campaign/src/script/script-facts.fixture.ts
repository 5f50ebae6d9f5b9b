import { Reasons } from '@holdfast/contracts/churn_scoring/v1/scoring';
import { PlanFit } from '@holdfast/contracts/preference_recommendation/v1/plan_fit';
import { newId } from '@holdfast/platform/identity';
import { planFor } from '../plan/campaigns.fixture.js';
import type { CampaignFacts, ScriptFacts } from './script-facts.js';

const cny = (minor: number) => ({ minor, currency: 'CNY' });
export const [fitted, discount] = planFor('subscriber-months').arms as [CampaignFacts['arm'], CampaignFacts['arm']];
export const fitRun = newId();

export const better = PlanFit.fromPartial({
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
export const none = PlanFit.fromPartial({ ...better, advised: undefined, principle: '', reason: 'cheapest_already' });

/** Facts of a script of a campaign; parts of it changed. */
export function factsOf(campaign: Partial<CampaignFacts> = {}, reasons: Partial<Reasons> = {}): ScriptFacts {
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
    involuntaryProbability: undefined,
    levers: [],
    timing: undefined,
    segment: undefined,
  };
}
