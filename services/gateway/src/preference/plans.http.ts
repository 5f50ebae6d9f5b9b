import {
  ListPlansResponse,
  PlanFit as PlanFitMessage,
  PlanSimulation,
} from '@holdfast/contracts/preference_recommendation/v1/plan_fit';
import { failure } from '@holdfast/platform/errors';
import { z } from 'zod';
import { answerOf, sources } from '../operation/answer.js';
import { answers, operationsOf } from '../operation/operation.js';
import { Id, Money, Month, OrgUnitPath } from '../operation/wire.js';

const operation = operationsOf('preference');

export const PlanId = z.string().min(1).max(64).describe('As the operator writes it');
export const Principle = z.enum(['no_plan', 'tier_down', 'tier_up', 'migrate']);

const PlanOffer = z
  .strictObject({
    planId: PlanId,
    name: z.string(),
    bill: Money.nullable().describe('Of all the months'),
    saving: Money.nullable().describe('A month; negative if it would cost more'),
    savingLow: Money.nullable().describe('Lower end of its 95 % interval; null from a single month'),
    savingHigh: Money.nullable(),
    monthlyBills: z.array(Money).describe('In the order of the months'),
  })
  .meta({ id: 'PlanOffer' });

const PlanFit = z
  .strictObject({
    subscriptionId: Id,
    runId: Id.nullable().describe('Null for a rehearsal'),
    months: z.array(Month).describe('Months that were billed'),
    presentPlanId: PlanId.nullable(),
    presentBill: Money.nullable().describe('By the written formula, each month on the plan held at its end'),
    presentPlanBill: Money.nullable().describe('On the plan held now; savings are against it'),
    advised: PlanOffer.nullable().describe('Null for "no better plan"'),
    advisedFrom: z.iso.date().nullable().describe('From when on the advice pays, after a commitment; null for now'),
    others: z.array(PlanOffer).describe('The next best, cheapest first'),
    principle: Principle.nullable(),
    reason: z
      .enum(['cheapest_already', 'saving_too_small', 'saving_uncertain', 'committed', 'double_zero', 'not_billable'])
      .nullable()
      .describe('Why no plan is better'),
    method: z.enum(['events', 'usage']).describe('What the bills were worked out from'),
    orgUnit: OrgUnitPath,
  })
  .meta({ id: 'PlanFit' });
const cny = (amount: string) => ({ amount, currency: 'CNY' });

const OFFER_EXAMPLE: z.output<typeof PlanOffer> = {
  planId: 'P039',
  name: '畅享套餐39元',
  bill: cny('167.47'),
  saving: cny('13.18'),
  savingLow: cny('2.10'),
  savingHigh: cny('24.26'),
  monthlyBills: [cny('55.10'), cny('60.20'), cny('52.17')],
};

export const PLAN_FIT_EXAMPLE: z.output<typeof PlanFit> = {
  subscriptionId: '1b9d6bcd-bbfd-5b2d-9b5d-ab8dfbbd4bed',
  runId: '01936a42-3e10-7d31-8c21-5e4b3f6c9d56',
  months: ['2026-07', '2026-08', '2026-09'],
  presentPlanId: 'F069',
  presentBill: cny('207.00'),
  presentPlanBill: cny('207.00'),
  advised: OFFER_EXAMPLE,
  advisedFrom: null,
  others: [],
  principle: 'migrate',
  reason: null,
  method: 'events',
  orgUnit: 'demo/shenyang/',
};

const planFitJson = answerOf(PlanFit, PlanFitMessage);

const fitUnknown = failure('notFound', 'planFit.unknown', {
  en: 'Nothing is recommended for this subscription yet.',
  'zh-CN': '尚无该用户的推荐结果。',
});

const listPlans = operation('GET /api/v1/plans', {
  summary: 'The plans of the catalogue',
  scope: 'preference:read',
  raises: ['extract.none', 'facts.needsTable'],
  query: z.strictObject({ onSale: z.enum(['true', 'false']).default('false').describe('Only those on sale now') }),
  ...answers(
    z.strictObject({
      plans: z.array(
        z.strictObject({
          planId: PlanId,
          name: z.string(),
          kind: z.string(),
          tier: z.number().nullable(),
          monthlyFee: Money.nullable(),
          voiceMinutes: z.number().nullable(),
          dataMb: z.number().nullable(),
          smsCount: z.number().nullable(),
          onSale: z.boolean(),
        }),
      ),
    }),
    ListPlansResponse,
  ),
  handle: ({ call, query, services }) => services.planFits.listPlans(call, { onSale: query.onSale === 'true' }),
  example: {
    query: { onSale: 'true' },
    response: {
      plans: [
        {
          planId: 'P039',
          name: '畅享套餐39元',
          kind: 'mainstream',
          tier: 2,
          monthlyFee: { amount: '39.00', currency: 'CNY' },
          voiceMinutes: 100,
          dataMb: 8_192,
          smsCount: 20,
          onSale: true,
        },
      ],
    },
  },
});

const readRecommendations = operation('GET /api/v1/subscriptions/{subscriptionId}/recommendations', {
  summary: 'What fits a subscriber better than what there is',
  description: 'From the newest published run; 404 where it has not looked at this subscriber.',
  scope: 'preference:read',
  raises: ['planFit.unknown'],
  params: z.strictObject({ subscriptionId: Id }),
  query: z.strictObject({ type: z.enum(['plan']).default('plan') }),
  response: z.strictObject({ plan: PlanFit }),
  async handle({ call, params: { subscriptionId }, services }) {
    const [fit] = (await services.planFits.getPlanFits(call, { subscriptionIds: [subscriptionId] })).fits;
    if (fit === undefined) throw fitUnknown();
    return { plan: planFitJson(fit, call.caller.language) };
  },
  example: {
    params: { subscriptionId: PLAN_FIT_EXAMPLE.subscriptionId },
    query: { type: 'plan' },
    response: { plan: PLAN_FIT_EXAMPLE },
  },
});

const Simulation = z
  .strictObject({
    fit: PlanFit,
    plans: z.array(PlanOffer).describe('Cheapest first, without the present plan and those that cannot be billed'),
    bills: z
      .array(
        z.strictObject({
          planId: PlanId,
          month: Month,
          parts: z.array(
            z.strictObject({
              item: z.enum(['fee', 'local', 'long_distance', 'roaming', 'data', 'sms', 'min_spend']),
              units: z.number().describe('Minutes, MB, messages'),
              included: z.number().describe('Of these, in the plan'),
              charge: Money.nullable(),
            }),
          ),
        }),
      )
      .describe('What the bills are made of, also those of the present plan'),
  })
  .register(sources, { from: { bills: 'parts' } });

const simulatePlans = operation('POST /api/v1/plan-simulations', {
  summary: "What a subscriber's last months would have cost on plans, to the cent",
  description: 'Computed on request; nothing is stored. `fit` has the better plan, or none.',
  scope: 'preference:read',
  raises: ['subscription.unknown', 'plan.unknown', 'extract.none', 'month.open', 'facts.needsTable', 'plan.tooMany'],
  body: z.strictObject({
    subscriptionId: Id,
    planIds: z.array(PlanId).max(100).default([]).describe('Empty for all that anybody can be advised'),
    month: Month.or(z.literal('')).default('').describe('Last month of use; empty for the last closed one'),
  }),
  ...answers(Simulation, PlanSimulation),
  handle: ({ call, body, services }) => services.planFits.simulatePlans(call, body),
  example: {
    body: { subscriptionId: PLAN_FIT_EXAMPLE.subscriptionId, planIds: ['P039'] },
    response: {
      fit: { ...PLAN_FIT_EXAMPLE, runId: null },
      plans: [PLAN_FIT_EXAMPLE.advised!],
      bills: [
        {
          planId: 'P039',
          month: '2026-09',
          parts: [
            { item: 'fee', units: 1, included: 0, charge: { amount: '39.00', currency: 'CNY' } },
            { item: 'local', units: 187, included: 100, charge: { amount: '13.05', currency: 'CNY' } },
          ],
        },
      ],
    },
  },
});

/** Plans, and which of them fits one subscriber. */
export const planOperations = [listPlans, readRecommendations, simulatePlans];
