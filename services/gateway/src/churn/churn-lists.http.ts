import { ListScoresResponse, Score as ScoreMessage } from '@holdfast/contracts/churn_scoring/v1/scoring';
import { z } from 'zod';
import { answerOf } from '../operation/answer.js';
import type { Cell } from '../operation/csv.js';
import { EXPORT_PAGE_ROWS, csvAnswer, formatOf, ndjsonAnswer, pagesFrom } from '../operation/export.js';
import { answers, operationsOf } from '../operation/operation.js';
import {
  NextPageToken,
  Quadrant,
  TableName,
  computedMoneyJson,
  instantJson,
  numberText,
  page,
} from '../operation/wire.js';
import { SCORE_EXAMPLE, Score } from './score.js';

const operation = operationsOf('churn');

const scoreJson = answerOf(Score, ScoreMessage);

const listChurn = operation('GET /api/v1/churn-lists', {
  summary: 'Subscriptions at risk, in the requested order',
  description: 'As JSON a page at a time; as CSV or NDJSON all of them, streamed.',
  scope: 'churn:read',
  raises: ['run.unknown', 'run.gone', 'table.unknown'],
  audited: true,
  query: z.strictObject({
    table: TableName.or(z.literal('')).default('').describe('Empty for the table scored last'),
    runId: z.uuid().or(z.literal('')).default('').describe('Empty for the newest of the table'),
    quadrant: Quadrant.optional(),
    city: z
      .string()
      .max(200)
      .optional()
      .describe('Unit below the operator, such as `shenyang`, or a whole path `demo/shenyang/`'),
    minProbability: numberText(z.number().min(0).max(1)).optional(),
    sort: z.enum(['-priority', '-probability', '-value']).default('-priority'),
    format: z.enum(['json', 'csv', 'ndjson']).optional().describe('Wins over the Accept header'),
    ...page(1_000),
  }),
  ...answers(
    z.strictObject({ runId: z.string(), scores: z.array(Score), nextPageToken: NextPageToken }),
    ListScoresResponse,
  ),
  formats: ['application/json', 'text/csv', 'application/x-ndjson'],
  line: Score,
  async handle({ call, query, request, services, operator }) {
    const format = formatOf(query.format, request);
    const pageOf = (runId: string, pageToken: string) =>
      services.scoring.listScores(call, {
        runId,
        table: query.table,
        quadrant: query.quadrant ?? '',
        sort: query.sort,
        probabilityMin: query.minProbability,
        orgUnitPath: query.city === undefined ? '' : operator.orgUnitPathOf(query.city),
        pageSize: format === 'json' ? query.pageSize : EXPORT_PAGE_ROWS,
        pageToken,
      });
    const first = await pageOf(query.runId, query.pageToken);
    if (format === 'json') return first;
    // Later pages name the run, so that a run published meanwhile does not mix in.
    const pages = pagesFrom(first, (pageToken) => pageOf(first.runId, pageToken));
    if (format === 'csv') {
      return csvAnswer(Object.keys(CSV), pages, ({ scores }) =>
        scores.map((score) => CSV_CELLS.map((cell) => cell(score))),
      );
    }
    return ndjsonAnswer(pages, ({ scores }) => scores.map((score) => scoreJson(score, call.caller.language)));
  },
  subjects: ({ scores }) => scores.map(({ subscriptionId }) => subscriptionId),
  example: {
    query: { table: 'demo', quadrant: 'C', pageSize: '5' },
    response: { runId: SCORE_EXAMPLE.runId, scores: [SCORE_EXAMPLE], nextPageToken: null },
  },
});

/** Columns of the CSV with their cells. */
const CSV: Readonly<Record<string, (score: ScoreMessage) => Cell>> = {
  subscriptionId: (score) => score.subscriptionId,
  probability: (score) => score.probability,
  value: (score) => computedMoneyJson(score.value, score.currency)?.amount,
  currency: (score) => (score.value === undefined ? undefined : score.currency),
  efficiency: (score) => score.efficiency,
  priority: (score) => score.priority,
  quadrant: (score) => score.quadrant,
  firstReason: (score) => score.reasons?.raising[0]?.column,
  causes: (score) => score.reasons?.causes.map(({ cause }) => cause).join(';'),
  modelName: (score) => score.modelName,
  table: (score) => score.table,
  tableVersion: (score) => score.tableVersion,
  scoredAt: (score) => instantJson(score.scoredAt),
  orgUnit: (score) => score.orgUnitPath,
  month: (score) => score.month,
};
const CSV_CELLS = Object.values(CSV);

/** The ranked list. */
export const churnListOperations = [listChurn];
