import {
  PredictRowsResponse,
  Run as RunMessage,
  Score as ScoreMessage,
  Selection as SelectionMessage,
  SubscriptionPrediction,
  type PredictRow,
} from '@holdfast/contracts/churn_scoring/v1/scoring';
import { z } from 'zod';
import { STARTS_JOB, jobExample } from '../jobs/job.js';
import { sources } from '../operation/answer.js';
import { Notice } from '../operation/notice.js';
import { answers, operationsOf } from '../operation/operation.js';
import {
  ChurnCause,
  Count,
  Id,
  Instant,
  ModelKind,
  Money,
  Month,
  Probability,
  Quadrant,
  RunId,
  TableName,
  numberText,
  runIdOf,
} from '../operation/wire.js';
import { EFFICIENCY_EXAMPLE, EfficiencySource } from './retention-effect.js';
import { Horizon, Reasons, SCORE_EXAMPLE, Score } from './score.js';

const operation = operationsOf('churn');
const cny = (amount: string) => ({ amount, currency: 'CNY' });

const Kind = ModelKind.default('status');

const scoreTable = operation('POST /api/v1/scores', {
  summary: 'Score every subscription of a table with its champion',
  description:
    'Another request with the same table and model returns the first job. With the kind status, the other kinds that have ' +
    'a champion of the table are scored and published at the same time; the result of the job names their runs.',
  scope: 'score:run',
  raises: [
    'table.unknown',
    'table.versionUnknown',
    'score.monthUnknown',
    'model.noChampion',
    'model.damaged',
    'model.otherVersion',
    'score.columnsMissing',
    'score.columnsRetyped',
  ],
  ...STARTS_JOB,
  idempotencyKey: 'optional',
  body: z.strictObject({
    kind: Kind,
    table: TableName,
    version: z.string().max(64).default('').describe('Empty for the newest'),
    month: Month.or(z.literal('')).default('').describe('Empty for the last month, where the table has several'),
  }),
  handle: ({ call, body, services }) => services.scoring.scoreTable(call, body),
  example: {
    body: { table: 'demo' },
    response: jobExample('churn-scoring.01936a42-3e10-7d31-8c21-5e4b3f6c9d56', 'score-table', 'scoring'),
  },
});

const readScore = operation('GET /api/v1/subscriptions/{subscriptionId}/churn', {
  summary: 'How likely a subscriber is to leave, and why',
  scope: 'churn:read',
  raises: ['score.unknown'],
  params: z.strictObject({ subscriptionId: Id }),
  query: z.strictObject({ kind: Kind }),
  ...answers(Score, ScoreMessage),
  handle: ({ call, params, query, services }) => services.scoring.getScore(call, { ...params, ...query }),
  example: { params: { subscriptionId: SCORE_EXAMPLE.subscriptionId }, response: SCORE_EXAMPLE },
});

const Run = z
  .strictObject({
    runId: Id,
    kind: ModelKind,
    table: TableName,
    tableVersion: z.string(),
    month: Month.nullable().describe('Null where the table has a single snapshot'),
    modelId: Id,
    rows: Count,
    atRisk: z.strictObject({
      count: Count,
      probabilityMin: Probability,
      byReason: z.array(z.strictObject({ column: z.string(), count: Count })).describe('Most first'),
      byCause: z
        .array(z.strictObject({ cause: ChurnCause, count: Count }))
        .describe('By the first named of the seven reasons, most frequent first; empty if no column maps to a reason'),
      withoutClearReason: Count.nullable().describe('Without a named reason; null if no column maps to a reason'),
    }),
    byQuadrant: z.partialRecord(Quadrant, Count),
    involuntary: Count.describe('Rows that leave involuntarily: neither at risk nor in a quadrant'),
    silent: Count.describe('Rows with a silent month'),
    publishedAt: Instant.nullable(),
    efficiencyBasis: z.string().describe('As in efficiencySource'),
    efficiencySource: EfficiencySource.nullable().describe(
      'What efficiencies and quadrants are computed from; null in runs of former releases',
    ),
    contactCost: Money.nullable().describe('Of one contact'),
    quadrantLimits: z
      .strictObject({
        probabilityMin: Probability,
        efficiencyMin: z.number().nullable().describe('Null with a limit of value'),
        valueMin: Money.nullable().describe('Of a month (`quadrant.valueMin`); null with a limit of efficiency'),
      })
      .nullable()
      .describe('Where high begins'),
    meanProbability: Probability.nullable().describe('Of all rows; null before the run is published'),
    realised: z
      .strictObject({ month: Month, share: Probability })
      .nullable()
      .describe('What happened in the last month whose labels are known, to compare the mean with'),
    notices: z.array(Notice),
  })
  .register(sources, {
    from: {
      atRisk: { count: 'atRisk', probabilityMin: 'atRiskProbabilityMin' },
      realised: ({ realised, realisedMonth }: RunMessage) =>
        realised === undefined ? null : { month: realisedMonth, share: realised },
    },
    without: ['realisedMonth'],
  });

const readRun = operation('GET /api/v1/churn-runs/{runId}', {
  summary: 'How many are at risk in a run of scores, by quadrant, first reason and first of the seven reasons',
  scope: 'churn:read',
  raises: ['run.unknown', 'run.gone'],
  params: z.strictObject({ runId: RunId.describe('UUID, or `latest` for the newest of the table') }),
  query: z.strictObject({
    table: TableName.or(z.literal('')).default('').describe('With `latest`: of this table'),
    kind: Kind.describe('With `latest`: of this kind'),
  }),
  ...answers(Run, RunMessage),
  handle: ({ call, params, query, services }) => services.scoring.getRun(call, { ...query, runId: runIdOf(params) }),
  example: {
    params: { runId: 'latest' },
    query: { table: 'demo' },
    response: {
      runId: SCORE_EXAMPLE.runId,
      kind: 'status',
      table: 'demo',
      tableVersion: '4be1f0c2d9a80317',
      month: null,
      modelId: SCORE_EXAMPLE.model.modelId,
      rows: 2994,
      atRisk: {
        count: 412,
        probabilityMin: 0.5,
        byReason: [{ column: 'complaints_90d', count: 131 }],
        byCause: [{ cause: 'service', count: 140 }],
        withoutClearReason: 97,
      },
      byQuadrant: { A: 1500, B: 1082, C: 290, D: 112 },
      involuntary: 10,
      silent: 44,
      publishedAt: '2026-11-03T02:01:12.000Z',
      efficiencyBasis: 'uplift-value-cost',
      efficiencySource: EFFICIENCY_EXAMPLE,
      contactCost: cny('2.00'),
      quadrantLimits: { probabilityMin: 0.5, efficiencyMin: 0.74, valueMin: null },
      meanProbability: 0.231,
      realised: null,
      notices: [],
    },
  },
});

const SelectedContacts = z
  .strictObject({
    contacts: Count,
    net: Money.nullable().describe('gain − cost'),
    cost: Money.nullable().describe('Of contacts and offers'),
    gain: Money.nullable().describe('Margin kept'),
  })
  .meta({ id: 'SelectedContacts' });
const Selection = z
  .strictObject({
    runId: Id,
    month: Month.nullable().describe('Null where the table has a single snapshot'),
    best: SelectedContacts.nullable().describe('The contacts with the highest net'),
    atRisk: SelectedContacts.nullable().describe('All at or above the probability of risk'),
    all: SelectedContacts.nullable(),
    breakEven: SelectedContacts.nullable().describe('All with a net above 0; with one more contact the net falls'),
    lastNet: Money.nullable().describe('Of the last one of the best'),
    withoutValue: Count.describe('Rows without a value; they are in none'),
    contactCost: Money.nullable(),
    offerCost: Money.nullable().describe('Of one offer that is taken'),
    takeUp: Probability.describe('Share of those contacted that take it'),
    saveRate: Probability.describe('Share of those about to leave that a contact keeps'),
    saveRateBasis: z.enum(['assumed', 'measured']),
    ruleVersion: Count.describe('Of the parameter `timing.rule`'),
    text: z.string(),
  })
  .meta({ id: 'Selection' });

const compareSelection = operation('GET /api/v1/churn-runs/{runId}/selection', {
  summary: 'Selective against package prevention: what contacting the best, all at risk, or all customers brings',
  description:
    'Expected net of a contact in the first month after the scored one, by the rule and costs of the run (`timing.rule`, ' +
    '`contact.cost`), within the region. Subscriptions that leave involuntarily are in none.',
  scope: 'churn:read',
  raises: ['run.unknown', 'run.gone', 'selection.notComputed'],
  params: z.strictObject({ runId: RunId.describe('UUID, or `latest` for the newest of the table') }),
  query: z.strictObject({
    table: TableName.or(z.literal('')).default('').describe('With `latest`: of this table'),
    contacts: numberText(z.number().int().min(1).max(100_000_000))
      .optional()
      .describe('Of the selective list; by default as many as the team can make in a month'),
  }),
  ...answers(Selection, SelectionMessage),
  handle: ({ call, params, query, services }) =>
    services.scoring.compareSelection(call, {
      ...{ runId: runIdOf(params), table: query.table, contacts: query.contacts ?? 0 },
    }),
  example: {
    params: { runId: 'latest' },
    query: { table: 'subscriber-months', contacts: '71' },
    response: {
      ...{ runId: SCORE_EXAMPLE.runId, month: '2026-09', withoutValue: 3, lastNet: cny('1.12') },
      best: { contacts: 71, net: cny('412.30'), cost: cny('355.00'), gain: cny('767.30') },
      atRisk: { contacts: 355, net: cny('130.20'), cost: cny('1775.00'), gain: cny('1905.20') },
      all: { contacts: 3638, net: cny('-13420.00'), cost: cny('18190.00'), gain: cny('4770.00') },
      breakEven: { contacts: 180, net: cny('498.10'), cost: cny('900.00'), gain: cny('1398.10') },
      ...{ contactCost: cny('2.00'), offerCost: cny('10.00'), takeUp: 0.3, saveRate: 0.1 },
      ...{ saveRateBasis: 'assumed', ruleVersion: 1 },
      text: 'Contacting the 71 subscriptions with the highest net is expected to bring 412.30 CNY, …',
    },
  },
});

const Values = z
  .record(z.string(), z.union([z.number(), z.string(), z.boolean()]).nullable())
  .describe('By column; numbers (also flags and dates) and categories; null for unknown');

const InputRow = z.strictObject({ clientRowId: z.string().max(100).default(''), values: Values });

const Prediction = z
  .strictObject({
    subscriptionId: Id,
    kind: ModelKind,
    probability: Probability.describe('Calibrated'),
    probabilityBefore: Probability.nullable().describe('Without the changes; null where there are none'),
    horizons: z.array(Horizon).describe('As in a score'),
    reasons: Reasons.nullable(),
    model: z.strictObject({ modelId: Id, name: z.string() }),
    table: TableName,
    tableVersion: z.string().describe('That the values came from'),
    missingColumns: z.array(z.string()).describe('Columns of the model without a value'),
    unknownColumns: z.array(z.string()).describe('Columns among the changes that the model does not know'),
    eventAt: Instant.nullable().describe('What moment the values are about'),
    knowledgeTime: Instant.nullable().describe('When they became known'),
    isStale: z.boolean().describe("Whether they are older than the table's newest month"),
  })
  .register(sources, { from: { model: { name: 'modelName' } } });

const predictRows = operation('POST /api/v1/scores:predict', {
  summary: 'Probabilities and reasons for rows that are handed over',
  description: "Scored with the table's champion; nothing is stored.",
  scope: 'churn:read',
  raises: [
    'table.unknown',
    'model.noChampion',
    'model.damaged',
    'model.otherVersion',
    'predict.rowsInvalid',
    'predict.tooManyRows',
  ],
  body: z.strictObject({ kind: Kind, table: TableName, rows: z.array(InputRow).min(1).max(1_000) }),
  ...answers(
    z.strictObject({
      modelId: Id,
      rows: z.array(
        z.strictObject({
          clientRowId: z.string(),
          probability: Probability,
          reasons: Reasons.nullable(),
          unknownColumns: z.array(z.string()).describe('Columns that the model does not know'),
        }),
      ),
    }),
    PredictRowsResponse,
  ),
  handle: ({ call, body, services }) =>
    services.scoring.predictRows(call, { ...body, rows: body.rows.map(predictRow) }),
  example: {
    body: { table: 'demo', rows: [{ clientRowId: '1', values: { tenure_months: 3, contract: 'monthly' } }] },
    response: {
      modelId: SCORE_EXAMPLE.model.modelId,
      rows: [{ clientRowId: '1', probability: 0.62, reasons: SCORE_EXAMPLE.reasons, unknownColumns: [] }],
    },
  },
});

const predictSubscription = operation('POST /api/v1/subscriptions/{subscriptionId}/churn:predict', {
  summary: 'How likely a subscriber is to leave now, by the newest feature values',
  description:
    "The table's champion scores the newest values at once, without a run: also after a promotion, or with newer values " +
    'of the caller, such as a complaint of today. Nothing is stored. With changes, `probabilityBefore` is that ' +
    'without them.',
  scope: 'churn:read',
  raises: [
    'table.unknown',
    'model.noChampion',
    'model.damaged',
    'model.otherVersion',
    'predict.valuesUnknown',
    'predict.rowsInvalid',
  ],
  params: z.strictObject({ subscriptionId: Id }),
  body: z.strictObject({ kind: Kind, table: TableName, changes: Values.default({}) }),
  ...answers(Prediction, SubscriptionPrediction),
  handle: ({ call, params, body: { kind, table, changes }, services }) => {
    const { numbers, categories } = predictRow({ clientRowId: '', values: changes });
    const cleared = Object.keys(changes).filter((column) => changes[column] === null);
    return services.scoring.predictSubscription(call, { ...params, kind, table, numbers, categories, cleared });
  },
  example: {
    params: { subscriptionId: SCORE_EXAMPLE.subscriptionId },
    body: { table: 'demo', changes: { complaints_90d: 4 } },
    response: {
      subscriptionId: SCORE_EXAMPLE.subscriptionId,
      kind: 'status',
      probability: 0.71,
      probabilityBefore: 0.42,
      horizons: SCORE_EXAMPLE.horizons,
      reasons: SCORE_EXAMPLE.reasons,
      model: SCORE_EXAMPLE.model,
      table: 'demo',
      tableVersion: '4be1f0c2d9a80317',
      missingColumns: [],
      unknownColumns: [],
      eventAt: '2026-10-31T16:00:00.000Z',
      knowledgeTime: '2026-11-03T02:00:04.000Z',
      isStale: false,
    },
  },
});

/** Which subscribers are at risk, and why. */
export const churnOperations = [scoreTable, readScore, readRun, compareSelection, predictRows, predictSubscription];

function predictRow({ clientRowId, values }: z.output<typeof InputRow>): PredictRow {
  const row: PredictRow = { clientRowId, numbers: {}, categories: {} };
  for (const [column, value] of Object.entries(values)) {
    if (typeof value === 'string') row.categories[column] = value;
    else if (value !== null) row.numbers[column] = Number(value);
  }
  return row;
}
