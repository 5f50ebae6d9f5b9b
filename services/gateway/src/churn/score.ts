import type { Score as ScoreMessage } from '@holdfast/contracts/churn_scoring/v1/scoring';
import { z } from 'zod';
import { sources } from '../operation/answer.js';
import {
  ChurnCause,
  Id,
  Instant,
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

export const SCORE_SOURCES = {
  from: {
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
};
