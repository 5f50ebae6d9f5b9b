import type { HorizonProbability, Score as ScoreMessage } from '@holdfast/contracts/churn_scoring/v1/scoring';
import { CHANGE_LEVERS } from '@holdfast/platform/terms';
import { z } from 'zod';
import { LEVERS, LEVER_TEXTS } from '@holdfast/platform/levers';
import type { Language } from '@holdfast/platform/errors';
import { sources } from '../operation/answer.js';
import { EFFICIENCY_EXAMPLE, EfficiencySource } from './retention-effect.js';
import { AdopterSegment, SEGMENT_EXAMPLE } from './segment.js';
import {
  CauseBranch,
  ChurnCause,
  Count,
  Id,
  Instant,
  Lever,
  ModelKind,
  Money,
  Month,
  OtherCause,
  Probability,
  Quadrant,
  TableName,
  OrgUnitPath,
  computedMoneyJson,
} from '../operation/wire.js';

const Reason = z
  .strictObject({
    column: z.string(),
    contribution: z.number().describe('TreeSHAP, log-odds'),
    value: z.union([z.number(), z.string()]).nullable(),
    type: z.enum(['number', 'category', 'flag', 'date']).describe('date: days since 1970-01-01'),
    comparison: z
      .strictObject({
        kind: z
          .enum(['churnShare', 'churnShareOfBand'])
          .describe(
            'churnShare: of those with this value; churnShareOfBand: of those whose number or date is in the band',
          ),
        figure: z.number().describe('Churn share of the group'),
        against: z.number().describe('Churn share of all rows'),
        from: z.number().nullable().describe('Least value of the band; null: open'),
        to: z.number().nullable().describe('Value that the band ends before; null: open'),
      })
      .nullable(),
  })
  .meta({ id: 'Reason' });

const Evidence = z
  .strictObject({
    column: z.string(),
    contribution: z.number().describe('Of all columns of the fact beyond the comparison group, log-odds'),
    value: z.union([z.number(), z.string()]).nullable(),
    usual: z.union([z.number(), z.string()]).nullable().describe('Median, or most frequent, of the comparison group'),
    type: z.enum(['number', 'category', 'flag', 'date']),
    sinceMonths: Count.nullable().describe(
      'Months since it has been beyond the usual, at most 3; null where not known',
    ),
    element: z
      .string()
      .nullable()
      .describe(
        'Of the taxonomy of churn that it shows, such as perUnitPrice or callQuality; null where it shows none',
      ),
  })
  .meta({ id: 'CauseEvidence' });

const Cause = z
  .strictObject({
    cause: ChurnCause,
    contribution: z.number().describe('What its columns add together beyond the comparison group, log-odds'),
    columns: z.array(z.string()).describe('Those that raise the probability, strongest first'),
    controllable: z.boolean().describe('False where no campaign can change it'),
    probability: Probability.describe('That this is the cause, if the subscriber churns'),
    branch: CauseBranch,
    group: z.string().describe('Within the branch, such as `price`'),
    evidence: z.array(Evidence).describe('Each fact once, strongest first; empty without any'),
    named: z
      .boolean()
      .describe('Whether it may be shown: it has its own evidence and is at least as probable as among all churners'),
  })
  .meta({ id: 'Cause' });

const OtherCauseOf = z
  .strictObject({
    cause: OtherCause,
    probability: Probability.describe('That this is the cause, if the subscriber churns'),
    branch: CauseBranch,
    group: z.string(),
    controllable: z.boolean(),
  })
  .meta({ id: 'OtherCauseOfScore' });

const Change = z
  .strictObject({
    levers: z.array(z.enum(CHANGE_LEVERS)),
    columns: z.array(
      z.strictObject({
        column: z.string(),
        type: z.enum(['number', 'category', 'flag', 'date']),
        value: z.union([z.number(), z.string()]).nullable(),
        to: z.union([z.number(), z.string()]).nullable(),
      }),
    ),
    probability: Probability.describe('By the model, with these values; not a measured effect'),
  })
  .meta({ id: 'Change' });

export const Reasons = z
  .strictObject({
    raising: z.array(Reason).describe('Strongest first'),
    lowering: z.array(Reason).describe('Strongest first'),
    baseLogOdds: z.number(),
    causes: z.array(Cause).describe('The seven reasons, most probable first; empty if no column maps to a reason'),
    otherCauses: z
      .array(OtherCauseOf)
      .describe('Causes outside the seven, most probable first; all probabilities of causes add up to 1'),
    comparisonGroup: z
      .strictObject({
        tenureFrom: z.number().nullable().describe('Months; null: open'),
        tenureTo: z.number().nullable().describe('Months that it ends before; null: open'),
        plan: z.string().nullable().describe('Null for all other plans'),
        rows: Count,
      })
      .nullable()
      .describe('Subscriptions of the same tenure and plan; null in scores of former releases, whose causes all count'),
    hasClearReason: z.boolean().describe('Whether any of the seven is named'),
    codedLeavers: Count.describe(
      "Past churners with a reason code that the probabilities of causes come from; 0: from the product's own shares",
    ),
    change: Change.nullable().describe(
      'Of a subscriber at risk: the smallest change by the operator with which the probability would be below that of ' +
        'risk; null if none suffices',
    ),
  })
  .meta({ id: 'Reasons' });

const LeverAdvice = z.strictObject({ lever: Lever, text: z.string() }).meta({ id: 'LeverAdvice' });

function adviceOf({ levers }: ScoreMessage, language: Language): z.output<typeof LeverAdvice>[] {
  return LEVERS.filter((lever) => levers.includes(lever)).map((lever) => ({
    lever,
    text: LEVER_TEXTS[lever][language],
  }));
}

export const Horizon = z
  .strictObject({
    months: z.number().int().describe('After the gap'),
    probability: Probability.nullable().describe('Never falling with the months'),
    reason: z.string().nullable().describe('Why it is null: what the months that the model learned from lack'),
  })
  .register(sources, { from: { reason: reasonOf }, without: ['reasonEn', 'reasonZhCn'] })
  .meta({ id: 'HorizonProbability' });

function reasonOf({ reasonEn, reasonZhCn }: HorizonProbability, language: Language): string | null {
  return (language === 'en' ? reasonEn : reasonZhCn) || null;
}

const Timing = z
  .strictObject({
    bestMonth: Month.nullable().describe('Null if no contact pays'),
    bestAfterMonths: Count.nullable().describe('Months from the first month after the scored one'),
    net: Money.nullable().describe('At the best moment: margin kept less the cost of contact and offer'),
    tooEarly: Money.nullable().describe('What a contact now loses against the best moment'),
    tooLate: Money.nullable().describe('What a contact a month later loses; null where the horizon ends'),
    offerCostMax: Money.nullable().describe('The most that the offer may cost, so that a contact pays'),
    contractEndsMonth: Month.nullable().describe('Last month under contract'),
    saveRate: Probability.describe('Share of those about to leave that a contact keeps'),
    saveRateBasis: z.enum(['assumed', 'measured']),
    ruleVersion: Count.describe('Of the parameter `timing.rule`'),
    moments: z
      .array(
        z.strictObject({
          afterMonths: Count,
          month: Month,
          net: Money.nullable(),
          gain: Money.nullable().describe('Margin kept'),
          cost: Money.nullable().describe('Of contact and offer'),
          lost: Money.nullable().describe('Margin of those that have churned, or decided to, before'),
        }),
      )
      .describe('Each month of the horizon; empty in lists'),
  })
  .meta({ id: 'Timing' });

export const SCORE_SOURCES = {
  from: {
    levers: adviceOf,
    value: ({ value, currency }: ScoreMessage) => computedMoneyJson(value, currency),
    model: { name: 'modelName' },
  },
  without: ['currency'],
};

export const Score = z
  .strictObject({
    subscriptionId: Id,
    kind: ModelKind,
    probability: Probability.describe('Calibrated'),
    value: Money.nullable().describe('A month'),
    efficiency: z
      .number()
      .nullable()
      .describe('By efficiencySource: value ÷ cost of one contact, times the measured effect'),
    priority: z.number(),
    quadrant: Quadrant,
    reasons: Reasons.nullable().describe('Null where they were not computed, see the parameter score.explainedShare'),
    model: z.strictObject({ modelId: Id, name: z.string() }),
    runId: Id,
    table: TableName,
    tableVersion: z.string(),
    scoredAt: Instant.nullable(),
    orgUnit: OrgUnitPath,
    month: Month.nullable().describe('Null where the table has a single snapshot'),
    involuntaryProbability: Probability.nullable().describe(
      'Of the kind status: that the subscription leaves involuntarily in the same month; null without a model of it',
    ),
    isInvoluntary: z
      .boolean()
      .describe('Of the kind status: whether leaving involuntarily is at risk and likelier than leaving otherwise'),
    silentMonths: z
      .number()
      .int()
      .min(0)
      .max(3)
      .nullable()
      .describe('Of the last three months, those without any use; null where use is not known'),
    levers: z
      .array(LeverAdvice)
      .describe('What can be done about arrears, the mildest first; of those at risk to leave involuntarily'),
    horizons: z
      .array(Horizon)
      .describe('That the subscription leaves by the kind within 1, 2, 3 and 6 months; empty for the kind value'),
    segment: AdopterSegment.nullable().describe(
      'Early adopter or mature-stage chooser, the latter with offers of rivals; null in lists, and where no worth is computed',
    ),
    timing: Timing.nullable().describe(
      'Of the kind status: when to contact; null without months, horizons or a value, and for involuntary churn',
    ),
    efficiencySource: EfficiencySource.nullable().describe(
      'What efficiency and quadrant are computed from; null in lists, which have it once, and in runs of former releases',
    ),
  })
  .meta({ id: 'Score' })
  .register(sources, SCORE_SOURCES);

const cny = (amount: string) => ({ amount, currency: 'CNY' });

export const SCORE_EXAMPLE: z.output<typeof Score> = {
  subscriptionId: '1b9d6bcd-bbfd-5b2d-9b5d-ab8dfbbd4bed',
  kind: 'status',
  probability: 0.71,
  value: { amount: '88.00', currency: 'CNY' },
  efficiency: 0.92,
  priority: 0.65,
  quadrant: 'C',
  reasons: {
    raising: [
      {
        column: 'complaints_90d',
        contribution: 0.84,
        value: 3,
        type: 'number',
        comparison: { kind: 'churnShareOfBand', figure: 0.31, against: 0.12, from: 3, to: null },
      },
    ],
    lowering: [],
    baseLogOdds: -1.2,
    causes: [
      {
        cause: 'service',
        contribution: 0.91,
        columns: ['complaints_90d'],
        controllable: true,
        probability: 0.62,
        branch: 'deliberate',
        group: 'quality',
        evidence: [
          {
            column: 'complaints_90d',
            contribution: 0.91,
            value: 3,
            usual: 0,
            type: 'number',
            sinceMonths: null,
            element: null,
          },
        ],
        named: true,
      },
    ],
    otherCauses: [
      { cause: 'arrears', probability: 0.03, branch: 'involuntary', group: 'nonPayment', controllable: false },
    ],
    comparisonGroup: { tenureFrom: 14, tenureTo: 40, plan: null, rows: 173 },
    hasClearReason: true,
    codedLeavers: 482,
    change: {
      levers: ['service'],
      columns: [{ column: 'complaints_90d', type: 'number', value: 3, to: 0 }],
      probability: 0.38,
    },
  },
  model: { modelId: '01936a41-2d10-7a01-9b11-4d3a2f5b8c44', name: 'demo-01936a41' },
  runId: '01936a42-3e10-7d31-8c21-5e4b3f6c9d55',
  table: 'demo',
  tableVersion: '4be1f0c2d9a80317',
  scoredAt: '2026-11-03T02:01:10.000Z',
  orgUnit: 'demo/shenyang/',
  month: null,
  involuntaryProbability: 0.004,
  isInvoluntary: false,
  silentMonths: 0,
  levers: [],
  horizons: [
    { months: 1, probability: 0.71, reason: null },
    { months: 2, probability: 0.84, reason: null },
    { months: 3, probability: 0.9, reason: null },
    { months: 6, probability: null, reason: 'In the months at hand too few churned 6 months after a row.' },
  ],
  segment: SEGMENT_EXAMPLE,
  timing: {
    ...{ bestMonth: '2026-12', bestAfterMonths: 1, net: cny('31.20'), tooEarly: cny('4.10'), tooLate: cny('6.75') },
    ...{ offerCostMax: cny('98.00'), contractEndsMonth: '2026-12', saveRate: 0.1, saveRateBasis: 'assumed' },
    ...{ ruleVersion: 1, moments: [] },
  },
  efficiencySource: EFFICIENCY_EXAMPLE,
};
