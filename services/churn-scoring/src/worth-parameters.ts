import { parameter } from '@holdfast/platform/parameters';
import { z } from 'zod';

const share = z.number().min(0).max(1);
const isOne = (sum: number): boolean => Math.abs(sum - 1) < 1e-9;

/** What worth is computed from; each run keeps the values with their versions. */
export const worthParameters = {
  'worth.weights': parameter(
    z
      .strictObject({
        ...{
          revenue: share,
          costToServe: share,
          interconnect: share,
          creditRisk: share,
          contacts: share,
          usage: share,
        },
        future: share,
      })
      .refine((weights) => isOne(Object.values(weights).reduce((sum, weight) => sum + weight, 0)), 'must sum to 1'),
    {
      ...{ revenue: 0.25, costToServe: 0.1, interconnect: 0.05, creditRisk: 0.15, contacts: 0.05, usage: 0.1 },
      future: 0.3,
    },
    'Weights of the components of the customer value; they sum to 1. Components without facts are named, and the others keep their proportions.',
  ),
  'worth.weightStep': parameter(
    z.number().gt(0).max(0.5),
    0.05,
    'By how much each weight is changed to show how sensitive a grade is to it; the others change in proportion.',
  ),
  'worth.future': parameter(
    z.strictObject({ months: z.number().int().min(1).max(120), annualDiscount: z.number().min(0).max(1) }),
    { months: 24, annualDiscount: 0.1 },
    'Months and annual discount rate of the future value: the margin of a month times the chance that the subscription still exists.',
  ),
  'worth.grades': parameter(
    z
      .strictObject({ A: share, B: share, C: share })
      .refine(({ A, B, C }) => A <= B && B <= C, 'must not fall from A to C'),
    { A: 0.2, B: 0.5, C: 0.8 },
    "Grade of a value: up to which share of the region's subscriptions may be better; D is the rest.",
  ),
  'worth.spendingPower': parameter(
    z.strictObject({ high: share, medium: share }).refine(({ high, medium }) => medium <= high, 'medium must be lower'),
    { high: 0.8, medium: 0.3 },
    "Spending power is high, or medium, from this rank of the mean bill among the region's subscriptions on.",
  ),
  'worth.potential': parameter(
    z.strictObject({ riseMin: z.number().gt(0), usageMin: share }),
    { riseMin: 0.2, usageMin: 0.8 },
    'A subscription below mid/high-end has potential if it is quasi-mid/high-end, if its bill rose by riseMin and is in the upper half, or if the rank of its use is usageMin.',
  ),
  'worth.change': parameter(
    z.strictObject({ ratioMin: z.number().gt(0) }),
    { ratioMin: 0.5 },
    'Behaviour has changed if the bill or the use of the month differs from the mean of the three before by this share.',
  ),
  'worth.lifecycle': parameter(
    z.strictObject({ newMonths: z.number().int().min(1), growthMin: z.number().gt(0), declineMin: z.number().gt(0) }),
    { newMonths: 6, growthMin: 0.1, declineMin: 0.2 },
    'Stages: leaving (at risk), new (fewer months), declining or value-lost, growing, else mature; by the change of the bill.',
  ),
  pareto: parameter(
    z.strictObject({ customerShare: z.number().gt(0).lt(1), lossShare: z.number().gt(0).lt(1) }),
    { customerShare: 0.2, lossShare: 0.8 },
    "The 80/20 rule: the selection is this share of the region's subscriptions with the highest expected loss; lossShare is the share of all expected loss that it should have.",
  ),
  'quadrant.meanings': parameter(
    z.record(z.enum(['A', 'B', 'C', 'D']), z.strictObject({ en: z.string().min(1), 'zh-CN': z.string().min(1) })),
    {
      A: { en: 'Observe: unlikely to leave, little gained by a contact.', 'zh-CN': '观察：流失可能性低，维系效率低。' },
      B: { en: 'Care for: unlikely to leave, a contact pays.', 'zh-CN': '关怀：流失可能性低，维系效率高。' },
      C: { en: 'Retain first: likely to leave, a contact pays.', 'zh-CN': '优先挽留：流失可能性高，维系效率高。' },
      D: { en: 'Low cost only: likely to leave, little gained.', 'zh-CN': '低成本维系：流失可能性高，维系效率低。' },
    },
    'What the quadrants mean to the people who work with lists.',
  ),
};
