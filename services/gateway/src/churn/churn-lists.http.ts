import { ListScoresResponse, Score as ScoreMessage } from '@holdfast/contracts/churn_scoring/v1/scoring';
import { namedCauses } from '@holdfast/platform/terms';
import { z } from 'zod';
import { KEYS_PERSONAL, KEYS_QUERY, SubscriptionKey, keyedRows, keysFor } from '../customers/subscription-keys.js';
import { answerOf, sources } from '../operation/answer.js';
import type { Cell } from '../operation/csv.js';
import { EXPORT_PAGE_ROWS, csvAnswer, formatOf, ndjsonAnswer, pagesFrom } from '../operation/export.js';
import { operationsOf } from '../operation/operation.js';
import {
  ModelKind,
  NextPageToken,
  Quadrant,
  TableName,
  computedMoneyJson,
  instantJson,
  moneyJson,
  numberText,
  page,
} from '../operation/wire.js';
import { EFFICIENCY_EXAMPLE, EfficiencySource } from './retention-effect.js';
import { SCORE_EXAMPLE, SCORE_SOURCES, Score } from './score.js';

const operation = operationsOf('churn');

const ListedScore = Score.extend({ key: SubscriptionKey })
  .meta({ id: 'ListedScore' })
  .register(sources, { ...SCORE_SOURCES, from: { ...SCORE_SOURCES.from, key: () => null } });
const ScoreList = z.strictObject({
  runId: z.string(),
  scores: z.array(ListedScore),
  nextPageToken: NextPageToken,
  efficiencySource: EfficiencySource.nullable().describe('What efficiencies and quadrants are computed from'),
});
const scoreJson = answerOf(ListedScore, ScoreMessage);
const listJson = answerOf(ScoreList, ListScoresResponse);

const listChurn = operation('GET /api/v1/churn-lists', {
  summary: 'Subscriptions at risk, in the requested order',
  description:
    'As JSON a page at a time; as CSV or NDJSON all of them, streamed. A list of the kind status is one of retention: ' +
    'subscriptions that leave involuntarily are in it on request only. Those of the kind involuntary have the levers ' +
    'for arrears.',
  scope: 'churn:read',
  raises: ['run.unknown', 'run.gone', 'table.unknown', 'personal.reasonMissing'],
  personalData: KEYS_PERSONAL,
  audited: true,
  query: z.strictObject({
    table: TableName.or(z.literal('')).default('').describe('Empty for the table scored last'),
    runId: z.uuid().or(z.literal('')).default('').describe('Empty for the newest of the table'),
    kind: ModelKind.default('status').describe('Of the newest run; a run that is named has its kind'),
    quadrant: Quadrant.optional(),
    involuntary: z
      .enum(['exclude', 'include', 'only'])
      .default('exclude')
      .describe('Subscriptions that leave involuntarily (isInvoluntary)'),
    silent: z
      .enum(['true', 'false'])
      .optional()
      .describe('Only those with a silent month (true) or without one (false)'),
    timing: z
      .enum(['now', 'later', 'none'])
      .optional()
      .describe('Only those whose best moment to contact is this month, a later one, or none because no contact pays'),
    city: z
      .string()
      .max(200)
      .optional()
      .describe('Unit below the operator, such as `shenyang`, or a whole path `demo/shenyang/`'),
    minProbability: numberText(z.number().min(0).max(1)).optional(),
    sort: z.enum(['-priority', '-probability', '-value']).default('-priority'),
    format: z.enum(['json', 'csv', 'ndjson']).optional().describe('Wins over the Accept header'),
    ...KEYS_QUERY,
    ...page(1_000),
  }),
  response: ScoreList,
  formats: ['application/json', 'text/csv', 'application/x-ndjson'],
  line: ListedScore,
  async handle({ call, query, request, services, operator }) {
    const format = formatOf(query.format, request);
    const pageOf = (runId: string, pageToken: string) =>
      services.scoring.listScores(call, {
        runId,
        table: query.table,
        kind: query.kind,
        involuntary: query.involuntary,
        timing: query.timing ?? '',
        silent: query.silent === undefined ? undefined : query.silent === 'true',
        quadrant: query.quadrant ?? '',
        sort: query.sort,
        probabilityMin: query.minProbability,
        orgUnitPath: query.city === undefined ? '' : operator.orgUnitPathOf(query.city),
        pageSize: format === 'json' ? query.pageSize : EXPORT_PAGE_ROWS,
        pageToken,
      });
    const addKeys = keysFor(query.keys, { call, request, services });
    const { language } = call.caller;
    const first = await pageOf(query.runId, query.pageToken);
    if (format === 'json') {
      const list = listJson(first, language);
      return { ...list, scores: await addKeys(list.scores) };
    }
    // Later pages name the run, so that a run published meanwhile does not mix in.
    const pages = pagesFrom(first, (pageToken) => pageOf(first.runId, pageToken));
    const parts = keyedRows(pages, ({ scores }) => scores, addKeys);
    if (format === 'ndjson') {
      return ndjsonAnswer(parts, (scores) =>
        scores.map((score) => ({ ...scoreJson(score, language), key: score.key })),
      );
    }
    const withKeys = query.keys === 'true';
    return csvAnswer(withKeys ? [...Object.keys(CSV), 'key'] : Object.keys(CSV), parts, (scores) =>
      scores.map((score) => [...CSV_CELLS.map((cell) => cell(score)), ...(withKeys ? [score.key] : [])]),
    );
  },
  subjects: ({ scores }) => scores.map(({ subscriptionId }) => subscriptionId),
  example: {
    query: { table: 'demo', quadrant: 'C', pageSize: '5' },
    response: {
      ...{ runId: SCORE_EXAMPLE.runId, nextPageToken: null, efficiencySource: EFFICIENCY_EXAMPLE },
      scores: [{ ...SCORE_EXAMPLE, efficiencySource: null, key: null }],
    },
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
  causes: (score) =>
    score.reasons &&
    namedCauses(score.reasons)
      .map(({ cause }) => cause)
      .join(';'),
  modelName: (score) => score.modelName,
  table: (score) => score.table,
  tableVersion: (score) => score.tableVersion,
  scoredAt: (score) => instantJson(score.scoredAt),
  orgUnit: (score) => score.orgUnitPath,
  month: (score) => score.month,
  involuntaryProbability: (score) => score.involuntaryProbability,
  isInvoluntary: (score) => String(score.isInvoluntary),
  silentMonths: (score) => score.silentMonths,
  levers: (score) => score.levers.join(';'),
  bestMonth: (score) => score.timing?.bestMonth,
  net: (score) => moneyJson(score.timing?.net)?.amount,
  tooEarly: (score) => moneyJson(score.timing?.tooEarly)?.amount,
  tooLate: (score) => moneyJson(score.timing?.tooLate)?.amount,
};
const CSV_CELLS = Object.values(CSV);

/** The ranked list. */
export const churnListOperations = [listChurn];
