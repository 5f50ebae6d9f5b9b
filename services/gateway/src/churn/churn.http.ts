import { Controller } from '@nestjs/common';
import type { PredictRow } from '@holdfast/contracts/churn_scoring/v1/scoring';
import { z } from 'zod';
import { Job, JOB_EXAMPLE, jobJson } from '../jobs/job.js';
import { ServiceClients } from '../service-clients.js';
import { Operation, operation, type HandlerInput } from '../operation/operation.js';
import { Count, Id, Instant, Month, Probability, TableName, instantJson } from '../operation/wire.js';
import { noticeJson } from './models.http.js';
import { Reasons, SCORE_EXAMPLE, Score, reasonsJson, scoreJson } from './score.js';

const Kind = z.enum(['status']).default('status').describe('status: the subscriber churns');

const scoreTable = operation({
  method: 'POST',
  path: '/api/v1/scores',
  group: 'churn',
  summary: 'Score every subscription of a table with its champion',
  description: 'Another request with the same table and model returns the first job.',
  scope: 'score:run',
  limitClass: 'bulk',
  audited: true,
  idempotencyKey: 'optional',
  status: 202,
  body: z.strictObject({
    kind: Kind,
    table: TableName,
    version: z.string().max(64).default('').describe('Empty for the newest'),
    month: Month.or(z.literal('')).default('').describe('Empty for the last month, where the table has several'),
  }),
  response: Job,
  example: {
    body: { table: 'demo' },
    response: {
      ...JOB_EXAMPLE,
      jobId: 'churn-scoring.01936a42-3e10-7d31-8c21-5e4b3f6c9d56',
      kind: 'score-table',
      phase: 'scoring',
    },
  },
});

const readScore = operation({
  method: 'GET',
  path: '/api/v1/subscriptions/{subscriptionId}/churn',
  group: 'churn',
  summary: 'How likely a subscriber is to leave, and why',
  scope: 'churn:read',
  params: z.strictObject({ subscriptionId: Id }),
  query: z.strictObject({ kind: Kind }),
  response: Score,
  example: { params: { subscriptionId: SCORE_EXAMPLE.subscriptionId }, response: SCORE_EXAMPLE },
});

const readRun = operation({
  method: 'GET',
  path: '/api/v1/churn-runs/{runId}',
  group: 'churn',
  summary: 'How many are at risk in a run of scores, by quadrant, first reason and first of the seven reasons',
  scope: 'churn:read',
  params: z.strictObject({
    runId: Id.or(z.literal('latest')).describe('UUID, or `latest` for the newest of the table'),
  }),
  query: z.strictObject({ table: TableName.or(z.literal('')).default('').describe('With `latest`: of this table') }),
  response: z.strictObject({
    runId: Id,
    kind: z.string(),
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
        .array(z.strictObject({ cause: z.string(), count: Count }))
        .describe('By the first of the seven reasons, most frequent first; empty if no column maps to a reason'),
    }),
    byQuadrant: z.record(z.string(), Count),
    publishedAt: Instant.nullable(),
    efficiencyBasis: z.string(),
    meanProbability: Probability.nullable().describe('Of all rows; null before the run is published'),
    realised: z
      .strictObject({ month: Month, share: Probability })
      .nullable()
      .describe('What happened in the last month whose labels are known, to compare the mean with'),
    notices: z.array(z.strictObject({ code: z.string(), message: z.string() })),
  }),
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
      },
      byQuadrant: { A: 1500, B: 1082, C: 300, D: 112 },
      publishedAt: '2026-11-03T02:01:12.000Z',
      efficiencyBasis: 'value-cost',
      meanProbability: 0.231,
      realised: null,
      notices: [],
    },
  },
});

const predictRows = operation({
  method: 'POST',
  path: '/api/v1/scores:predict',
  group: 'churn',
  summary: 'Probabilities and reasons for rows that are handed over',
  description: "Scored with the table's champion; nothing is stored.",
  scope: 'churn:read',
  body: z.strictObject({
    kind: Kind,
    table: TableName,
    rows: z
      .array(
        z.strictObject({
          clientRowId: z.string().max(100).default(''),
          values: z
            .record(z.string(), z.union([z.number(), z.string(), z.boolean()]).nullable())
            .describe('By column; numbers (also flags and dates) and categories; null for unknown'),
        }),
      )
      .min(1)
      .max(1_000),
  }),
  response: z.strictObject({
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
  example: {
    body: { table: 'demo', rows: [{ clientRowId: '1', values: { tenure_months: 3, contract: 'monthly' } }] },
    response: {
      modelId: SCORE_EXAMPLE.model.modelId,
      rows: [{ clientRowId: '1', probability: 0.62, reasons: SCORE_EXAMPLE.reasons, unknownColumns: [] }],
    },
  },
});

/** Who is about to leave, and why. */
@Controller()
export class ChurnHttp {
  constructor(private readonly services: ServiceClients) {}

  @Operation(scoreTable)
  async score({ call, body }: HandlerInput<typeof scoreTable>) {
    return jobJson(await this.services.scoring.scoreTable(call, body), call.caller.language);
  }

  @Operation(readScore)
  async read({ call, params, query }: HandlerInput<typeof readScore>) {
    return scoreJson(await this.services.scoring.getScore(call, { ...params, ...query }));
  }

  @Operation(readRun)
  async run({ call, params, query }: HandlerInput<typeof readRun>) {
    const runId = params.runId === 'latest' ? '' : params.runId;
    const run = await this.services.scoring.getRun(call, { runId, table: query.table });
    return {
      runId: run.runId,
      kind: run.kind,
      table: run.table,
      tableVersion: run.tableVersion,
      month: run.month || null,
      modelId: run.modelId,
      rows: run.rows,
      atRisk: {
        count: run.atRisk,
        probabilityMin: run.atRiskProbabilityMin,
        byReason: run.byReason,
        byCause: run.byCause,
      },
      byQuadrant: run.byQuadrant,
      publishedAt: instantJson(run.publishedAt),
      efficiencyBasis: run.efficiencyBasis,
      meanProbability: run.meanProbability ?? null,
      realised: run.realised === undefined ? null : { month: run.realisedMonth, share: run.realised },
      notices: run.notices.map((notice) => noticeJson(notice, call.caller.language)),
    };
  }

  @Operation(predictRows)
  async predict({ call, body }: HandlerInput<typeof predictRows>) {
    const rows = body.rows.map(({ clientRowId, values }) => predictRow(clientRowId, values));
    const { modelId, rows: predicted } = await this.services.scoring.predictRows(call, { ...body, rows });
    return {
      modelId,
      rows: predicted.map(({ clientRowId, probability, reasons, unknownColumns }) => ({
        clientRowId,
        probability,
        reasons: reasonsJson(reasons),
        unknownColumns,
      })),
    };
  }
}

function predictRow(
  clientRowId: string,
  values: Readonly<Record<string, number | string | boolean | null>>,
): PredictRow {
  const row: PredictRow = { clientRowId, numbers: {}, categories: {} };
  for (const [column, value] of Object.entries(values)) {
    if (typeof value === 'string') row.categories[column] = value;
    else if (value !== null) row.numbers[column] = Number(value);
  }
  return row;
}
