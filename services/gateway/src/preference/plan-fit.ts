import { z } from 'zod';
import { Id, Money, Month, OrgUnitPath } from '../operation/wire.js';

export const PlanId = z.string().min(1).max(64).describe('As the operator writes it');
export const Principle = z.enum(['no_plan', 'tier_down', 'tier_up', 'migrate']);

export const PlanOffer = z
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

export const PlanFit = z
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
