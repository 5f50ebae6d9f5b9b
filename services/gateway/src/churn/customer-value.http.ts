import { CustomerValue as ValueMessage } from '@holdfast/contracts/churn_scoring/v1/worth';
import { z } from 'zod';
import { answers, operationsOf } from '../operation/operation.js';
import {
  ChurnCause,
  Count,
  Id,
  Instant,
  JsonValue,
  Money,
  Month,
  OrgUnitPath,
  Probability,
  Quadrant,
} from '../operation/wire.js';
import { AdopterSegment, SEGMENT_EXAMPLE } from './segment.js';

const operation = operationsOf('churn');

/** What a subscription of a list or a customer is worth, in words. */
export const Grade = z
  .enum(['A', 'B', 'C', 'D'])
  .describe("By the value index among the region's subscriptions; A is best");
export const ValueGroup = z.enum(['mid_high_end', 'quasi_mid_high_end', 'other']);
export const Potential = z
  .enum(['near_line', 'rising', 'heavy_use'])
  .describe('Why it may become mid/high-end: quasi-mid/high-end, a rising bill, or much use for its bill');
export const Lifecycle = z.enum(['new', 'growing', 'mature', 'declining', 'leaving']);
export const ChurnIndexBasis = z
  .enum(['survey', 'proxy'])
  .describe('proxy: from contacts and calls to rivals, without answers');

export const ValueHorizon = z
  .strictObject({
    term: z.enum(['near', 'mid', 'long', 'beyond']).describe('beyond: all months of the future value'),
    months: z.number().int(),
    probability: Probability.describe('Of leaving within them'),
    value: Money.nullable().describe('Discounted margin of these months by the chance that it still exists'),
    loss: Money.nullable().describe('What departures within these months take from it'),
    basis: z
      .enum(['hazards', 'last-hazard', 'constant'])
      .describe(
        'hazards: each month has its own chance to leave; last-hazard: later ones have the last known one; constant: one for all',
      ),
  })
  .meta({ id: 'ValueHorizon' });
export const ValueHazards = z
  .strictObject({
    months: z.number().int().describe('Months from the first on that each have a chance to leave'),
    basis: z.enum(['hazards', 'constant']),
    text: z.string(),
  })
  .meta({ id: 'ValueHazards' });

const WeightedGrade = z
  .strictObject({ weight: Probability, valueIndex: z.number(), percentile: z.number(), grade: Grade })
  .meta({ id: 'WeightedGrade' });

const SubscriptionValue = z
  .strictObject({
    subscriptionId: Id,
    orgUnit: OrgUnitPath,
    valueIndex: z.number().nullable().describe('Σ weight × rank ÷ Σ weight over the known components'),
    percentile: z.number().nullable().describe("Share of the region's subscriptions with a higher value index"),
    grade: Grade.nullable(),
    components: z.array(
      z.strictObject({
        name: z.string(),
        weight: Probability,
        rank: Probability.nullable().describe(
          "Percent rank among the region's subscriptions, 1 − it of costs; null if unknown",
        ),
        amount: Money.nullable().describe('Per month; of `future`, the future value'),
      }),
    ),
    margin: Money.nullable().describe('Revenue less the known costs, per month'),
    futureValue: Money.nullable().describe('Discounted margin of the coming months by the chance that it still exists'),
    probability: Probability.describe('Of churn, as published'),
    expectedLoss: Money.nullable().describe('Probability × future value'),
    quadrant: Quadrant,
    cause: ChurnCause.nullable(),
    valueGroup: ValueGroup.nullable(),
    inCohort: z.boolean().nullable().describe('Mid/high-end at the start of the cohort'),
    valueLost: z.boolean().nullable(),
    potential: Potential.nullable(),
    inPareto: z.boolean().describe('In the 80/20 selection of its region by expected loss'),
    spendingPower: z.enum(['high', 'medium', 'low']).nullable(),
    customerKind: z.enum(['person', 'group']).nullable(),
    vipLevel: z.string().nullable(),
    managerId: z.string().nullable(),
    creditGrade: Grade.nullable().describe('By arrears of six months: A none; D many, or more than two bills'),
    creditClass: z.string().nullable().describe('As the operator states it'),
    arrearsMonths: Count.nullable(),
    fingerprint: z.record(z.string(), Probability).describe('Shares of the bill, and of seconds to other networks'),
    billChange: z.number().nullable().describe('Bill of the month against the mean of the three before, − 1'),
    usageChange: z.number().nullable(),
    changed: z.boolean().nullable().describe('Whether one of them is beyond `worth.change`'),
    lifecycle: Lifecycle,
    tenureMonths: Count.nullable(),
    churnIndex: Probability.nullable().describe('Σ importance × dissatisfaction × alternatives ÷ Σ importance'),
    churnIndexBasis: ChurnIndexBasis.nullable(),
    churnIndexFactors: JsonValue.describe('The answers to surveys that it is from; null for a proxy'),
    sensitivity: z
      .array(
        z.strictObject({ component: z.string(), lower: WeightedGrade.nullable(), higher: WeightedGrade.nullable() }),
      )
      .describe('The grade with each weight a step lower and higher; requested with `sensitivity=true`'),
    segment: AdopterSegment.nullable(),
    horizons: z
      .array(ValueHorizon)
      .describe('Within 1, 2, 3 and 6 months and within all; empty if the margin is unknown'),
  })
  .meta({ id: 'SubscriptionValue' });

const CustomerValue = z
  .strictObject({
    customerId: Id,
    month: Month,
    runId: Id,
    grade: Grade.nullable().describe('Best of the subscriptions'),
    margin: Money.nullable(),
    futureValue: Money.nullable(),
    subscriptions: z.array(SubscriptionValue),
    settings: JsonValue.describe('Parameters that it was computed with: value and version by key'),
    definitions: z.string().describe('Versions of the definitions of value groups'),
    missing: z.array(z.string()).describe('Components whose facts the extracts lack; they are not estimated'),
    computedAt: Instant,
    hazards: ValueHazards.nullable().describe('Chances to leave that future values are computed with'),
  })
  .meta({ id: 'CustomerValue' });

export const HORIZON_EXAMPLE = {
  ...{ term: 'mid' as const, months: 3, probability: 0.061, value: { amount: '234.11', currency: 'CNY' } },
  ...{ loss: { amount: '9.24', currency: 'CNY' }, basis: 'hazards' as const },
};
export const HAZARDS_EXAMPLE = {
  ...{ months: 6, basis: 'hazards' as const },
  text: 'Each of the first 6 months has its own chance to leave; later ones have that of month 6.',
};

const cny = (amount: string) => ({ amount, currency: 'CNY' });

const readValue = operation('GET /api/v1/customers/{customerId}/value', {
  summary: 'What a customer is worth: value, churn index, credit, profitability, changes and lifecycle',
  description:
    'Of each subscription that was scored, by the newest run. The id of one of its subscriptions finds the customer as ' +
    'well. Ranks, percentiles and grades are within the region, the org unit below the operator. What is unknown is null.',
  scope: 'value:read',
  raises: ['value.unknown'],
  params: z.strictObject({ customerId: Id }),
  query: z.strictObject({
    sensitivity: z.enum(['true', 'false']).default('false').describe('How the grade changes with each weight'),
  }),
  ...answers(CustomerValue, ValueMessage),
  handle: ({ call, params, query, services }) =>
    services.worth.getCustomerValue(call, { id: params.customerId, withSensitivity: query.sensitivity === 'true' }),
  example: {
    params: { customerId: '5f0c1f6e-3a54-5c55-8e2c-6d9a1c3b7e01' },
    response: {
      ...{ customerId: '5f0c1f6e-3a54-5c55-8e2c-6d9a1c3b7e01', month: '2026-09', grade: 'B' },
      ...{ runId: '01936a44-5a10-7f51-8e41-7a6d5b8e1f77', margin: cny('82.40'), futureValue: cny('1502.11') },
      subscriptions: [
        {
          ...{ subscriptionId: '1b9d6bcd-bbfd-5b2d-9b5d-ab8dfbbd4bed', orgUnit: 'demo/shenyang/', valueIndex: 0.67 },
          ...{ percentile: 0.31, grade: 'B', margin: cny('82.40'), futureValue: cny('1502.11'), probability: 0.021 },
          components: [{ name: 'revenue', weight: 0.25, rank: 0.81, amount: cny('96.30') }],
          ...{ expectedLoss: cny('31.54'), quadrant: 'B', cause: 'misfit', valueGroup: 'mid_high_end', inCohort: true },
          ...{ valueLost: false, potential: null, inPareto: true, spendingPower: 'high', customerKind: 'person' },
          ...{ vipLevel: null, managerId: 'ST7', creditGrade: 'A', creditClass: 'B', arrearsMonths: 0 },
          ...{ fingerprint: { voice: 0.2, data: 0.8 }, billChange: -0.06, usageChange: 0.1, changed: false },
          ...{ lifecycle: 'mature', tenureMonths: 61, churnIndex: 0.12, churnIndexBasis: 'survey' },
          churnIndexFactors: [{ factor: 'coverage', rating: 8, importance: 4, alternatives: 0.5 }],
          sensitivity: [],
          segment: SEGMENT_EXAMPLE,
          horizons: [HORIZON_EXAMPLE],
        },
      ],
      settings: { pareto: { value: { customerShare: 0.2, lossShare: 0.8 }, version: 1 } },
      definitions: 'midHighEnd=1;quasiMidHighEnd=1;cohort=1;valueLost=1',
      missing: ['interconnect'],
      computedAt: '2026-10-03T02:00:05.000Z',
      hazards: HAZARDS_EXAMPLE,
    },
  },
});

/** What a customer is worth. */
export const customerValueOperations = [readValue];
