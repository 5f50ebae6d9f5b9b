import { z } from 'zod';
import { type Parameters, parameter } from '@holdfast/platform/parameters';
import { CHALLENGERS } from './model/challenger.js';
import { CONTACTED_TREATMENTS } from './model/contacted.js';
import { HORIZON_MAX } from './model/horizon.js';
import { worthParameters } from './worth-parameters.js';

const share = z.number().gt(0).lt(1);
const texts = z.strictObject({ en: z.string().min(1), 'zh-CN': z.string().min(1) });

/** What an operator may set without a new release; each run keeps the values that it was computed with. */
export const churnScoringParameters = {
  ...worthParameters,
  'contact.cost': parameter(
    z.number().gt(0),
    2,
    "Cost of one contact, in the table's currency: efficiency is the value of a month divided by it, times the measured effect of a contact.",
  ),
  'contact.capacityPerMonth': parameter(
    z.number().int().min(1).nullable(),
    null,
    'Subscribers that the team can contact in a month: models are judged by the precision of a list of this length; null for contact.capacityShare.',
  ),
  'contact.capacityShare': parameter(
    share,
    0.02,
    "Without contact.capacityPerMonth: the share of a month's subscriptions that the team can contact.",
  ),
  'risk.probabilityMin': parameter(
    share,
    0.5,
    'At risk is who has at least this probability, or risk.liftMin times the average one, whichever is lower.',
  ),
  'risk.liftMin': parameter(
    z.number().gt(1),
    2,
    "At risk is who has at least this multiple of the model's prevalence.",
  ),
  'quadrant.probabilityMin': parameter(
    share.nullable(),
    null,
    'A probability is high from here on; null for the at-risk probability of the run.',
  ),
  'quadrant.efficiencyMin': parameter(
    z.number().gte(0).nullable(),
    null,
    'An efficiency is high from here on, in the unit of efficiencySource; null for the median of the run.',
  ),
  'quadrant.valueMin': parameter(
    z.number().gte(0).nullable(),
    null,
    "An efficiency is high where the value of a month, in the table's currency, is at least this; null for quadrant.efficiencyMin.",
  ),
  'drift.limits': parameter(
    z
      .strictObject({ moderate: z.number().gt(0), strong: z.number().gt(0) })
      .refine(({ moderate, strong }) => moderate <= strong, 'moderate must not be above strong'),
    { moderate: 0.1, strong: 0.25 },
    'Population stability index from which on a column or the scores of a run have moved moderately, or strongly, from the training of their model.',
  ),
  'timing.rule': parameter(
    z
      .strictObject({
        saveRate: z.number().min(0).max(1),
        saveRateBasis: z.enum(['assumed', 'measured']),
        effectMonths: z.number().int().min(1).max(HORIZON_MAX),
        retainedMonths: z.number().int().min(1).max(60),
        marginShare: z.number().gt(0).max(1),
        annualDiscount: z.number().min(0).max(1),
        offerCost: z.number().min(0).max(1e6),
        takeUp: z.number().gt(0).max(1),
        boundFactor: z.number().min(0.01).max(1),
        noticeMonths: z.number().int().min(0).max(3),
      })
      .refine(({ saveRate, takeUp }) => saveRate <= takeUp, 'takeUp must not be below saveRate'),
    {
      ...{ saveRate: 0.1, saveRateBasis: 'assumed' as 'assumed' | 'measured', effectMonths: 3, retainedMonths: 12 },
      ...{ marginShare: 0.5, annualDiscount: 0.1, offerCost: 10, takeUp: 0.3, boundFactor: 0.3, noticeMonths: 1 },
    },
    "When to contact: share of those about to leave that a contact keeps (assumed until it is measured), months in which it works, months that a kept subscription stays, margin of the value, discount, cost of an offer in the table's currency, share who take it, chance to leave while a contract binds against after it, and months of notice before its end.",
  ),
  'score.explainedShare': parameter(
    z.number().gt(0).lte(1),
    1,
    'Share of the subscriptions, by tenths, whose reasons are computed: those with the highest probabilities, and all at risk. A large operator that needs no reasons of the others scores several times as fast with 0.1.',
  ),
  'score.runsKept': parameter(z.number().int().min(1).max(100), 3, 'Published runs that are kept of each table.'),
  'training.policy': parameter(
    z.enum(['monthly', 'never']),
    'monthly',
    'monthly: a table that arrives with a month that no model of it has learned from is trained on; never: on request only.',
  ),
  'training.challengers': parameter(
    z.array(z.enum(CHALLENGERS)),
    ['weight-of-evidence', 'survival'],
    'Methods that a model of the kind status is judged against, on the same rows; one that is better beyond the interval serves.',
  ),
  'training.contactedRows': parameter(
    z.enum(CONTACTED_TREATMENTS),
    'keep',
    'What models of the kind status do with training rows whose subscription a campaign contacted before their label: keep them; exclude them; weight the others, so that they stand for them. The validation shows what that changes.',
  ),
  'scoring.policy': parameter(
    z.enum(['always', 'never']),
    'always',
    'always: the last month of a table that arrives is scored by its champion; never: on request only.',
  ),
  'promotion.policy': parameter(
    z.enum(['by-rule', 'by-hand']),
    'by-rule',
    'by-rule: a trained model replaces the champion if it is not worse on the same rows; by-hand: on request only.',
  ),
  'promotion.differenceMin': parameter(
    z.number().gte(-1).lte(1),
    0,
    'By rule, the AUC of a trained model minus that of the champion, on the same rows, must be at least this.',
  ),
  'promotion.figure': parameter(
    z.enum(['mean', 'low']),
    'mean',
    'What promotion.differenceMin is compared with: the difference itself, or the lower end of its 95 % interval.',
  ),
  'model.businessGoals': parameter(
    z.strictObject({ status: texts, involuntary: texts, value: texts }),
    {
      status: {
        en: 'Contact the subscribers who are likely to leave before they do, as many as the team can reach, and keep them.',
        'zh-CN': '在用户离网之前，于团队可联系的范围内找出最可能流失者并予以挽留。',
      },
      involuntary: {
        en: 'Find the subscribers who are likely to be cut off for arrears, so that they pay or get instalments in time.',
        'zh-CN': '找出可能因欠费被动离网的用户，及时催缴或办理分期。',
      },
      value: {
        en: 'Find the subscribers whose bills will fall below the line, so that a better plan keeps their value.',
        'zh-CN': '找出账单将降至价值线以下的用户，以更合适的套餐保持其价值。',
      },
    },
    'What the models of each kind are for; their cards show the value of the time of training.',
  ),
  'model.judgedMonths': parameter(
    z.number().int().min(1).max(12),
    4,
    'Of a table with months: how many of the last labelled ones a model is judged on, each by what was known before it.',
  ),
  'model.naturalPrevalence': parameter(
    z.record(z.string(), share),
    {},
    'Natural churn share by table, for enriched tables; a request may override it.',
  ),
};

export type ChurnScoringParameters = Parameters<typeof churnScoringParameters>;
