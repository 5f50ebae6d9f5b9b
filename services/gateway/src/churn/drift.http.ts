import { RunDrift as RunDriftMessage } from '@holdfast/contracts/churn_scoring/v1/drift';
import { z } from 'zod';
import { answers, operationsOf } from '../operation/operation.js';
import { Count, Id, ModelKind, Month, Probability, RunId, TableName, runIdOf } from '../operation/wire.js';

const operation = operationsOf('churn');

const ColumnDrift = z.strictObject({
  column: z.string().nullable().describe('Null for the scores'),
  index: z.number().describe('Population stability index, smoothed, without what chance gives'),
  pValue: Probability.describe('Of an index as large by chance'),
  level: z
    .enum(['none', 'moderate', 'strong'])
    .describe('Counts only where it is no chance, over all columns together'),
  missingShare: Probability,
  referenceMissingShare: Probability.describe('The same at training'),
  usualIndex: z
    .number()
    .describe(
      'Highest index of a single month of the training rows against all of them; a change counts above 3 times it',
    ),
});

const RunDrift = z.strictObject({
  runId: Id,
  modelId: Id,
  kind: ModelKind,
  table: TableName,
  month: Month.nullable(),
  rows: Count.describe('That were counted: all, or a uniform sample of a large run'),
  moderateMin: z.number().describe('`drift.limits` when it was scored'),
  strongMin: z.number(),
  scores: ColumnDrift.nullable().describe('Against the predictions of the training rows by the same model'),
  columns: z.array(ColumnDrift).describe('Highest index first'),
});

const readDrift = operation('GET /api/v1/churn-runs/{runId}/drift', {
  summary: 'How far the inputs and the scores of a run have moved from the training of its model',
  description: 'Over all rows of the run, as the validation of its model.',
  scope: 'model:read',
  raises: ['run.unknown', 'run.gone', 'run.driftUnknown'],
  params: z.strictObject({ runId: RunId.describe('UUID, or `latest` for the newest of the table') }),
  query: z.strictObject({
    table: TableName.or(z.literal('')).default('').describe('With `latest`: of this table'),
    kind: ModelKind.default('status').describe('With `latest`: of this kind'),
  }),
  ...answers(RunDrift, RunDriftMessage),
  handle: ({ call, params, query, services }) =>
    services.drifts.getRunDrift(call, { ...query, runId: runIdOf(params) }),
  example: {
    params: { runId: 'latest' },
    query: { table: 'demo' },
    response: {
      ...{ runId: '01936a41-2d10-7a01-9b11-4d3a2f5b8c50', modelId: '01936a41-2d10-7a01-9b11-4d3a2f5b8c44' },
      ...{ kind: 'status', table: 'demo', month: '2026-09', rows: 5000, moderateMin: 0.1, strongMin: 0.25 },
      scores: {
        ...{ column: null, index: 0.02, pValue: 0.2, level: 'none' as const },
        ...{ missingShare: 0, referenceMissingShare: 0, usualIndex: 0.01 },
      },
      columns: [
        {
          ...{ column: 'data_mb_m0', index: 0.31, pValue: 1e-9, level: 'strong' as const },
          ...{ missingShare: 0.2, referenceMissingShare: 0.01, usualIndex: 0.03 },
        },
      ],
    },
  },
});

/** Drift of runs. */
export const driftOperations = [readDrift];
