import type { HorizonProbability, Score as ScoreMessage } from '@holdfast/contracts/churn_scoring/v1/scoring';
import { z } from 'zod';
import { LEVERS, LEVER_TEXTS } from '@holdfast/platform/levers';
import type { Language } from '@holdfast/platform/errors';
import { sources } from '../operation/answer.js';
import {
  ChurnCause,
  Id,
  Instant,
  Lever,
  ModelKind,
  Money,
  Month,
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

const Cause = z
  .strictObject({
    cause: ChurnCause,
    contribution: z.number().describe('What its columns add together beyond the usual, log-odds'),
    columns: z.array(z.string()).describe('Those that raise the probability, strongest first'),
    controllable: z.boolean().describe('False where no campaign can change it'),
  })
  .meta({ id: 'Cause' });

export const Reasons = z
  .strictObject({
    raising: z.array(Reason).describe('Strongest first'),
    lowering: z.array(Reason).describe('Strongest first'),
    baseLogOdds: z.number(),
    causes: z
      .array(Cause)
      .describe('The reasons that apply, of seven, strongest first; empty if no column maps to a reason'),
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
    efficiency: z.number().nullable().describe('Value ÷ cost of one contact'),
    priority: z.number(),
    quadrant: Quadrant,
    reasons: Reasons.nullable(),
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
  })
  .meta({ id: 'Score' })
  .register(sources, SCORE_SOURCES);

export const SCORE_EXAMPLE: z.output<typeof Score> = {
  subscriptionId: '1b9d6bcd-bbfd-5b2d-9b5d-ab8dfbbd4bed',
  kind: 'status',
  probability: 0.71,
  value: { amount: '88.00', currency: 'CNY' },
  efficiency: 29.3,
  priority: 20.8,
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
    causes: [{ cause: 'service', contribution: 0.91, columns: ['complaints_90d'], controllable: true }],
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
};
