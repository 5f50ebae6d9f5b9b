import type { ColumnBatch } from '@holdfast/contracts/platform/v1/columns';
import { FitRun } from '@holdfast/contracts/preference_recommendation/v1/plan_fit';
import { readCategoryTexts, readNumbers, readUuids } from '@holdfast/platform/columns';
import { moneyOf } from '@holdfast/platform/money';
import { z } from 'zod';
import { KEYS_PERSONAL, KEYS_QUERY, SubscriptionKey, keyedRows, keysFor } from '../customers/subscription-keys.js';
import { STARTS_JOB, jobExample } from '../jobs/job.js';
import { ndjsonAnswer } from '../operation/export.js';
import { answers, operationsOf } from '../operation/operation.js';
import {
  Count,
  Id,
  Instant,
  Money,
  Month,
  OrgUnitPath,
  RunId,
  moneyJson,
  runIdOf,
  type MoneyJson,
} from '../operation/wire.js';
import { PLAN_FIT_EXAMPLE, PlanId, Principle } from './plans.http.js';

const operation = operationsOf('preference');

const fitPlans = operation('POST /api/v1/plan-fits', {
  summary: 'Work out for every subscriber which plan fits',
  description:
    'Another request for the same month and extract returns the first job. A closed month starts it as well.',
  scope: 'preference:run',
  raises: ['extract.none', 'month.open', 'facts.needsTable'],
  ...STARTS_JOB,
  idempotencyKey: 'optional',
  body: z.strictObject({ month: Month.or(z.literal('')).default('').describe('Empty for the last closed one') }),
  handle: ({ call, body, services }) => services.planFits.fitPlans(call, body),
  example: {
    body: { month: '2026-09' },
    response: jobExample('preference-recommendation.01936a42-3e10-7d31-8c21-5e4b3f6c9d56', 'fit-plans', 'fitting'),
  },
});

const UNBILLABLE = [
  ...['plan_unreadable', 'no_rate', 'no_bill'],
  ...['incoming', 'network', 'time_band', 'steps', 'call_cap', 'rounding', 'rates_differ'].map((it) => `totals_${it}`),
];

const UnbillablePlan = z
  .strictObject({
    planId: PlanId.nullable().describe('Null for subscriptions without a plan'),
    name: z.string().nullable(),
    reason: z
      .enum(UNBILLABLE)
      .describe(
        '`plan_unreadable`: not in the catalogue, or a rate cannot be read; `no_rate`: for something that was used; ' +
          '`no_bill`: no plan and no billed amount; `totals_…`: the rates depend on what monthly totals lack, so that call ' +
          'records are needed',
      ),
    subscriptions: Count,
  })
  .meta({ id: 'UnbillablePlan' });

const readRun = operation('GET /api/v1/plan-fit-runs/{runId}', {
  summary: 'How many a run advises another plan, by principle, and what they would save',
  scope: 'preference:read',
  raises: ['fitRun.unknown', 'fitRun.gone'],
  params: z.strictObject({ runId: RunId }),
  ...answers(
    z.strictObject({
      runId: Id,
      month: Month,
      subscriptions: Count,
      advised: Count,
      doubleZero: Count.describe('Neither usage nor a bill: excluded'),
      byPrinciple: z.partialRecord(Principle, Count),
      saving: Money.nullable().describe('A month, over those advised'),
      publishedAt: Instant.nullable(),
      notBillable: Count.describe('Without advice because their months cannot be billed on their present plan'),
      unbillablePlans: z.array(UnbillablePlan).describe('Their plans, those of most subscriptions first'),
    }),
    FitRun,
  ),
  handle: ({ call, params, services }) => services.planFits.getFitRun(call, { runId: runIdOf(params) }),
  example: {
    params: { runId: 'latest' },
    response: {
      runId: PLAN_FIT_EXAMPLE.runId!,
      month: '2026-09',
      subscriptions: 3956,
      advised: 2192,
      doubleZero: 3,
      byPrinciple: { no_plan: 0, tier_down: 821, tier_up: 751, migrate: 620 },
      saving: { amount: '43120.10', currency: 'CNY' },
      publishedAt: '2026-10-03T02:01:12.000Z',
      notBillable: 17,
      unbillablePlans: [{ planId: 'P188', name: '畅聊 188', reason: 'totals_network', subscriptions: 17 }],
    },
  },
});

const FitLine = z.strictObject({
  subscriptionId: Id,
  presentPlanId: PlanId.nullable(),
  planId: PlanId.nullable().describe('Null for "no better plan"'),
  presentBill: Money.nullable(),
  bill: Money.nullable(),
  saving: Money.nullable(),
  savingLow: Money.nullable(),
  savingHigh: Money.nullable(),
  principle: Principle.nullable(),
  method: z.enum(['events', 'usage']),
  orgUnit: OrgUnitPath,
  key: SubscriptionKey,
});

const readFits = operation('GET /api/v1/plan-fit-runs/{runId}/fits', {
  summary: 'Every fit of a run',
  description: 'NDJSON, one fit a line, by shard and subscriber. Bills are over all months, savings a month.',
  scope: 'preference:read',
  raises: ['fitRun.unknown', 'fitRun.gone', 'personal.reasonMissing'],
  personalData: KEYS_PERSONAL,
  audited: true,
  limitClass: 'bulk',
  params: z.strictObject({ runId: RunId }),
  query: z.strictObject(KEYS_QUERY),
  response: FitLine,
  formats: ['application/x-ndjson'],
  async handle({ call, params, query, request, gone, services }) {
    const { planFits } = services;
    const addKeys = keysFor(query.keys, { call, request, services });
    // Read first, so that an unknown run is a 404 and not a broken stream; then by its id, so that a run published
    // meanwhile is not mixed in.
    const { runId, saving } = await planFits.getFitRun(call, { runId: runIdOf(params) });
    const batches = planFits.readPlanFits({ ...call, signal: gone() }, { runId });
    const currency = saving?.currency ?? '';
    return ndjsonAnswer(
      keyedRows(batches, (batch) => fitsOf(batch, currency), addKeys),
      (fits) => fits,
    );
  },
  example: {
    params: { runId: 'latest' },
    response: {
      subscriptionId: PLAN_FIT_EXAMPLE.subscriptionId,
      presentPlanId: 'F069',
      planId: 'P039',
      principle: 'migrate',
      method: 'events',
      orgUnit: 'demo/shenyang/',
      key: null,
      presentBill: PLAN_FIT_EXAMPLE.presentBill,
      bill: PLAN_FIT_EXAMPLE.advised!.bill,
      saving: PLAN_FIT_EXAMPLE.advised!.saving,
      savingLow: PLAN_FIT_EXAMPLE.advised!.savingLow,
      savingHigh: PLAN_FIT_EXAMPLE.advised!.savingHigh,
    },
  },
});

/** Plan fits of all subscriptions. */
export const planFitOperations = [fitPlans, readRun, readFits];

function fitsOf(batch: ColumnBatch, currency: string) {
  const [plans, presentPlans] = [readCategoryTexts(batch, 'plan_id'), readCategoryTexts(batch, 'present_plan_id')];
  const [principles, methods] = [readCategoryTexts(batch, 'principle'), readCategoryTexts(batch, 'method')];
  const units = readCategoryTexts(batch, 'org_unit_path');
  const money = (name: string): ((row: number) => MoneyJson | null) => {
    const values = readNumbers(batch, name);
    return (row) => moneyJson(moneyOf(values[row], currency));
  };
  const [presentBill, bill, saving] = [money('present_bill'), money('bill'), money('saving')];
  const [savingLow, savingHigh] = [money('saving_low'), money('saving_high')];
  return readUuids(batch, 'subscription_id').map((subscriptionId, row) => ({
    subscriptionId,
    presentPlanId: presentPlans[row] ?? null,
    planId: plans[row] ?? null,
    presentBill: presentBill(row),
    bill: bill(row),
    saving: saving(row),
    savingLow: savingLow(row),
    savingHigh: savingHigh(row),
    principle: principles[row] ?? null,
    method: methods[row],
    orgUnit: units[row] ?? '',
  }));
}
