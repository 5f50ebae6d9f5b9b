import { Controller } from '@nestjs/common';
import type { PlanSimulation } from '@holdfast/contracts/preference_recommendation/v1/plan_fit';
import { failure } from '@holdfast/platform/errors';
import { z } from 'zod';
import { ServiceClients } from '../service-clients.js';
import { Operation, operation, type HandlerInput } from '../operation/operation.js';
import { Id, Money, Month, moneyJson } from '../operation/wire.js';
import { PLAN_FIT_EXAMPLE, PlanFit, PlanId, PlanOffer, offerJson, planFitJson } from './plan-fit.js';

const fitUnknown = failure('notFound', 'planFit.unknown', {
  en: 'Nothing is recommended for this subscription yet.',
  'zh-CN': '尚无该用户的推荐结果。',
});

const listPlans = operation({
  method: 'GET',
  path: '/api/v1/plans',
  group: 'preference',
  summary: 'The plans of the catalogue',
  scope: 'preference:read',
  query: z.strictObject({ onSale: z.enum(['true', 'false']).default('false').describe('Only those on sale now') }),
  response: z.strictObject({
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
  example: {
    query: { onSale: 'true' },
    response: {
      plans: [
        {
          ...{ planId: 'P039', name: '畅享套餐39元', kind: 'mainstream', tier: 2 },
          ...{ monthlyFee: { amount: '39.00', currency: 'CNY' }, voiceMinutes: 100, dataMb: 8_192, smsCount: 20 },
          onSale: true,
        },
      ],
    },
  },
});

const readRecommendations = operation({
  method: 'GET',
  path: '/api/v1/subscriptions/{subscriptionId}/recommendations',
  group: 'preference',
  summary: 'What fits a subscriber better than what there is',
  description: 'From the newest published run; 404 where it has not looked at this subscriber.',
  scope: 'preference:read',
  params: z.strictObject({ subscriptionId: Id }),
  query: z.strictObject({ type: z.enum(['plan']).default('plan') }),
  response: z.strictObject({ plan: PlanFit }),
  example: {
    params: { subscriptionId: PLAN_FIT_EXAMPLE.subscriptionId },
    query: { type: 'plan' },
    response: { plan: PLAN_FIT_EXAMPLE },
  },
});

const simulatePlans = operation({
  method: 'POST',
  path: '/api/v1/plan-simulations',
  group: 'preference',
  summary: "What a subscriber's last months would have cost on plans, to the cent",
  description: 'Computed on request; nothing is stored. `fit` has the better plan, or none.',
  scope: 'preference:read',
  body: z.strictObject({
    subscriptionId: Id,
    planIds: z.array(PlanId).max(100).default([]).describe('Empty for all that anybody can be advised'),
    month: Month.or(z.literal('')).default('').describe('Last month of use; empty for the last closed one'),
  }),
  response: z.strictObject({
    fit: PlanFit,
    plans: z.array(PlanOffer).describe('Cheapest first, without the present plan and those that cannot be billed'),
    bills: z
      .array(
        z.strictObject({
          planId: PlanId,
          month: Month,
          parts: z.array(
            z.strictObject({
              item: z.string().describe('fee, local, long_distance, roaming, data, sms, min_spend'),
              units: z.number().describe('Minutes, MB, messages'),
              included: z.number().describe('Of these, in the plan'),
              charge: Money.nullable(),
            }),
          ),
        }),
      )
      .describe('What the bills are made of, also those of the present plan'),
  }),
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
@Controller()
export class PlansHttp {
  constructor(private readonly services: ServiceClients) {}

  @Operation(listPlans)
  async list({ call, query }: HandlerInput<typeof listPlans>) {
    const { plans } = await this.services.planFits.listPlans(call, { onSale: query.onSale === 'true' });
    return {
      plans: plans.map(({ planId, name, kind, tier, monthlyFee, voiceMinutes, dataMb, smsCount, onSale }) => ({
        ...{ planId, name, kind, onSale },
        tier: tier ?? null,
        monthlyFee: moneyJson(monthlyFee),
        voiceMinutes: voiceMinutes ?? null,
        dataMb: dataMb ?? null,
        smsCount: smsCount ?? null,
      })),
    };
  }

  @Operation(readRecommendations)
  async recommendations({ call, params }: HandlerInput<typeof readRecommendations>) {
    const { fits } = await this.services.planFits.getPlanFits(call, { subscriptionIds: [params.subscriptionId] });
    const fit = fits[0];
    if (fit === undefined) throw fitUnknown();
    return { plan: planFitJson(fit) };
  }

  @Operation(simulatePlans)
  async simulate({ call, body }: HandlerInput<typeof simulatePlans>) {
    return simulationJson(await this.services.planFits.simulatePlans(call, body));
  }
}

function simulationJson({ fit, plans, parts }: PlanSimulation) {
  return {
    fit: planFitJson(fit!),
    plans: plans.map(offerJson),
    bills: parts.map(({ planId, month, parts: ofBill }) => ({
      planId,
      month,
      parts: ofBill.map(({ item, units, included, charge }) => ({ item, units, included, charge: moneyJson(charge) })),
    })),
  };
}
