import {
  BehaviourChange as ChangeMessage,
  ListChangesResponse,
  type BehaviourChange as Change,
} from '@holdfast/contracts/feature_store/v1/behaviour';
import { z } from 'zod';
import { answerOf } from '../operation/answer.js';
import type { Cell } from '../operation/csv.js';
import { EXPORT_PAGE_ROWS, csvAnswer, formatOf, ndjsonAnswer, pagesFrom } from '../operation/export.js';
import { operationsOf } from '../operation/operation.js';
import {
  Count,
  Id,
  Instant,
  Month,
  NextPageToken,
  OrgUnitPath,
  Probability,
  numberText,
  page,
} from '../operation/wire.js';

const operation = operationsOf('features');

/** A list over many subscriptions may take longer than other requests. */
const DEADLINE_MS = 120_000;

const Measure = z.enum(['voice', 'data', 'on_net_share', 'active_days', 'rival_calls', 'bill', 'recharge']);
const Direction = z.enum(['up', 'down']);

const BehaviourChange = z
  .strictObject({
    subscriptionId: Id,
    orgUnit: OrgUnitPath,
    measure: Measure,
    direction: Direction,
    value: z.number().describe('In the month: minutes, MB, share, days, calls, or money'),
    usual: z.number().describe('Median of its six months before'),
    relativeChange: z.number().describe('Beyond that of the same plan and region, 0.5 for half more'),
    score: z.number().describe('Change of the logarithm ÷ its usual deviation'),
    sinceMonth: Month.describe('First of at most three consecutive months beyond the threshold'),
  })
  .meta({ id: 'BehaviourChange' });

const ComparedMeasure = z
  .strictObject({
    measure: Measure,
    compared: Count,
    changed: Count,
    threshold: z.number().nullable().describe('Absolute score from which on a change is listed'),
    alarmShare: Probability.describe('Share beyond the threshold in the two months before, by which it is chosen'),
  })
  .meta({ id: 'ComparedMeasure' });

const BehaviourChanges = z
  .strictObject({
    changes: z.array(BehaviourChange),
    month: Month,
    measures: z.array(ComparedMeasure),
    ruleVersion: z.number().int().describe('Change of the parameter `changes.rule`; 1 is the default'),
    asOf: Instant,
    nextPageToken: NextPageToken,
  })
  .meta({ id: 'BehaviourChanges' });

const changeJson = answerOf(BehaviourChange, ChangeMessage);
const listJson = answerOf(BehaviourChanges, ListChangesResponse);

const listChanges = operation('GET /api/v1/changes', {
  summary: 'Subscriptions whose behaviour changed, by how much and since when',
  description:
    'Each measure of a month against the own six months before and against the subscriptions of the same plan and region, ' +
    'so that a holiday or a new tariff is not a change. The threshold is chosen by the share of alarms (parameter ' +
    '`changes.rule` of feature-store). As JSON a page at a time; as CSV or NDJSON all of them, streamed.',
  scope: 'features:read',
  limitClass: 'bulk',
  audited: true,
  raises: [
    'facts.needsTable',
    'month.malformed',
    'changes.invalid',
    'pageToken.invalid',
    'reads.tooMany',
    'reads.cancelled',
  ],
  query: z.strictObject({
    month: Month.or(z.literal('')).default('').describe('Default: the last closed month'),
    city: z.string().max(200).optional().describe('Unit below the operator, or a whole path `demo/shenyang/`'),
    measure: Measure.optional(),
    direction: Direction.optional(),
    minScore: numberText(z.number().min(0).max(1e6)).default(0).describe('Least absolute score'),
    format: z.enum(['json', 'csv', 'ndjson']).optional().describe('Wins over the Accept header'),
    ...page(1_000),
  }),
  response: BehaviourChanges,
  formats: ['application/json', 'text/csv', 'application/x-ndjson'],
  line: BehaviourChange,
  async handle({ call, query, request, services, operator }) {
    const format = formatOf(query.format, request);
    const { month, measure = '', direction = '', minScore: scoreMin, city } = query;
    const orgUnitPath = city === undefined ? '' : operator.orgUnitPathOf(city);
    const pageSize = format === 'json' ? query.pageSize : EXPORT_PAGE_ROWS;
    const pageOf = (pageToken: string) =>
      services.behaviour.listChanges(
        { ...call, deadlineAtMs: Date.now() + DEADLINE_MS },
        { month, orgUnitPath, measure, direction, scoreMin, pageSize, pageToken },
      );
    const first = await pageOf(query.pageToken);
    const { language } = call.caller;
    if (format === 'json') return listJson(first, language);
    const pages = pagesFrom(first, pageOf);
    if (format === 'ndjson')
      return ndjsonAnswer(pages, ({ changes }) => changes.map((change) => changeJson(change, language)));
    return csvAnswer(Object.keys(CSV), pages, ({ changes }) =>
      changes.map((change) => Object.values(CSV).map((cell) => cell(change))),
    );
  },
  subjects: ({ changes }) => changes.map(({ subscriptionId }) => subscriptionId),
  example: {
    query: { measure: 'data', pageSize: '1' },
    response: {
      changes: [
        {
          ...{ subscriptionId: '1b9d6bcd-bbfd-5b2d-9b5d-ab8dfbbd4bed', orgUnit: 'demo/shenyang/', measure: 'data' },
          ...{ direction: 'down', value: 40, usual: 8200, relativeChange: -0.98, score: -9.1, sinceMonth: '2026-08' },
        },
      ],
      month: '2026-09',
      measures: [{ measure: 'data', compared: 4103, changed: 52, threshold: 4.4, alarmShare: 0.01 }],
      ruleVersion: 1,
      asOf: '2026-10-03T02:00:05.000Z',
      nextPageToken: '9f0c1f6e3a545c55.1',
    },
  },
});

/** Columns of the CSV with their cells. */
const CSV: Readonly<Record<string, (change: Change) => Cell>> = {
  subscriptionId: ({ subscriptionId }) => subscriptionId,
  orgUnit: ({ orgUnitPath }) => orgUnitPath,
  measure: ({ measure }) => measure,
  direction: ({ direction }) => direction,
  value: ({ value }) => value,
  usual: ({ usual }) => usual,
  relativeChange: ({ relativeChange }) => relativeChange,
  score: ({ score }) => score,
  sinceMonth: ({ sinceMonth }) => sinceMonth,
};

/** Changes of behaviour. */
export const behaviourChangeOperations = [listChanges];
