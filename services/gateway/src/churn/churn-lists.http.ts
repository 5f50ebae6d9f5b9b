import { Readable } from 'node:stream';
import { Controller } from '@nestjs/common';
import type { ListScoresRequest, Score as ScoreMessage } from '@holdfast/contracts/churn_scoring/v1/scoring';
import { z } from 'zod';
import { ServiceClients } from '../service-clients.js';
import { csvLine } from '../operation/csv.js';
import { Answer, Operation, operation, type HandlerInput } from '../operation/operation.js';
import { Operator } from '../operation/operator.js';
import {
  NextPageToken,
  TableName,
  computedMoneyJson,
  instantJson,
  nextPageTokenJson,
  numberText,
  page,
} from '../operation/wire.js';
import { SCORE_EXAMPLE, Score, scoreJson } from './score.js';

const listChurn = operation({
  method: 'GET',
  path: '/api/v1/churn-lists',
  group: 'churn',
  summary: 'Subscriptions at risk, in the requested order',
  description: 'As JSON a page at a time; as CSV or NDJSON all of them, streamed.',
  scope: 'churn:read',
  query: z.strictObject({
    table: TableName.or(z.literal('')).default('').describe('Empty for the table scored last'),
    runId: z.uuid().or(z.literal('')).default('').describe('Empty for the newest of the table'),
    quadrant: z.enum(['A', 'B', 'C', 'D']).optional(),
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
  response: z.strictObject({ runId: z.string(), scores: z.array(Score), nextPageToken: NextPageToken }),
  alsoAs: ['text/csv', 'application/x-ndjson'],
  example: {
    query: { table: 'demo', quadrant: 'C', pageSize: '5' },
    response: { runId: SCORE_EXAMPLE.runId, scores: [SCORE_EXAMPLE], nextPageToken: null },
  },
});

const EXPORT_PAGE_ROWS = 1_000;

const CSV_COLUMNS = [
  'subscriptionId',
  'probability',
  'value',
  'currency',
  'efficiency',
  'priority',
  'quadrant',
  'firstReason',
  'causes',
  'modelName',
  'table',
  'tableVersion',
  'scoredAt',
  'orgUnit',
  'month',
] as const;

/** The ranked list. */
@Controller()
export class ChurnListsHttp {
  constructor(
    private readonly services: ServiceClients,
    private readonly operator: Operator,
  ) {}

  @Operation(listChurn)
  async list({ call, query, request, gone }: HandlerInput<typeof listChurn>) {
    const format = query.format ?? formatOfAccept(request.headers.accept ?? '');
    const asked: ListScoresRequest = {
      runId: query.runId,
      table: query.table,
      probabilityMin: query.minProbability,
      quadrant: query.quadrant ?? '',
      orgUnitPath: query.city === undefined ? '' : this.operator.orgUnitPathOf(query.city),
      sort: query.sort,
      pageSize: format === 'json' ? query.pageSize : EXPORT_PAGE_ROWS,
      pageToken: query.pageToken,
    };
    const first = await this.services.scoring.listScores(call, asked);
    if (format === 'json') {
      return {
        runId: first.runId,
        scores: first.scores.map(scoreJson),
        nextPageToken: nextPageTokenJson(first.nextPageToken),
      };
    }
    const { scoring } = this.services;
    const signal = gone();
    async function* texts(): AsyncIterable<string> {
      if (format === 'csv') yield csvLine(CSV_COLUMNS);
      // Later pages name the run, so that a run published meanwhile does not mix in.
      for (let next = first; ;) {
        yield next.scores.map(format === 'csv' ? csvOf : ndjsonOf).join('');
        if (next.nextPageToken === '' || signal.aborted) return;
        next = await scoring.listScores(call, { ...asked, runId: first.runId, pageToken: next.nextPageToken });
      }
    }
    const contentType = format === 'csv' ? 'text/csv; charset=utf-8' : 'application/x-ndjson';
    return new Answer(Readable.from(texts()), { contentType });
  }
}

export function formatOfAccept(accept: string): 'json' | 'csv' | 'ndjson' {
  if (accept.includes('text/csv')) return 'csv';
  return accept.includes('application/x-ndjson') ? 'ndjson' : 'json';
}

function ndjsonOf(score: ScoreMessage): string {
  return `${JSON.stringify(scoreJson(score))}\n`;
}

function csvOf(score: ScoreMessage): string {
  const money = computedMoneyJson(score.value, score.currency);
  return csvLine([
    score.subscriptionId,
    score.probability,
    money?.amount,
    money?.currency,
    score.efficiency,
    score.priority,
    score.quadrant,
    score.reasons?.raising[0]?.column,
    score.reasons?.causes.map(({ cause }) => cause).join(';'),
    score.modelName,
    score.table,
    score.tableVersion,
    instantJson(score.scoredAt),
    score.orgUnitPath,
    score.month,
  ]);
}
