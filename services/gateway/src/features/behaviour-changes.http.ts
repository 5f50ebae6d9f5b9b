import {
  BehaviourChange as ChangeMessage,
  ListChangesResponse,
  type BehaviourChange as Change,
} from '@holdfast/contracts/feature_store/v1/behaviour';
import type { Language } from '@holdfast/platform/errors';
import { z } from 'zod';
import { STARTS_JOB, jobExample } from '../jobs/job.js';
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

const Measure = z.enum(['voice', 'data', 'on_net_share', 'active_days', 'rival_calls', 'bill', 'recharge']);
const Direction = z.enum(['up', 'down']);

export const BehaviourChange = z
  .strictObject({
    subscriptionId: Id,
    orgUnit: OrgUnitPath,
    measure: Measure,
    direction: Direction,
    value: z.number().describe('In the month: minutes, MB, share, days, calls, or money'),
    usual: z.number().describe('Median of its six months before'),
    relativeChange: z.number().describe('Beyond that of the same plan and region, 0.5 for half more'),
    groupChange: z.number().describe('Of the same plan and region, 0.2 for a fifth more'),
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
    asOf: Instant.describe('Facts were read as known then'),
    runId: Id,
    computedAt: Instant,
    sequence: Count.describe('Of the newest extract that counted'),
    nextPageToken: NextPageToken,
  })
  .meta({ id: 'BehaviourChanges' });

export const changeJson: (change: Change, language: Language) => z.input<typeof BehaviourChange> = answerOf(
  BehaviourChange,
  ChangeMessage,
);
const listJson = answerOf(BehaviourChanges, ListChangesResponse);

const detectChanges = operation('POST /api/v1/changes', {
  summary: 'Compute the changes of behaviour of a month',
  description:
    'A closed month starts it as well. Another request for the same month, extracts and parameters returns the first job. ' +
    'In the newest closed month, each subscription that crosses a threshold causes one event `behaviour-changed`, however ' +
    'often the month is computed.',
  scope: 'model:train',
  raises: ['facts.needsTable', 'changes.monthOpen', 'month.malformed'],
  ...STARTS_JOB,
  idempotencyKey: 'optional',
  body: z.strictObject({ month: Month.or(z.literal('')).default('').describe('Empty for the last closed one') }),
  handle: ({ call, body, services }) => services.behaviour.detectChanges(call, body),
  example: {
    body: { month: '2026-09' },
    response: jobExample('feature-store.01936a42-3e10-7d31-8c21-5e4b3f6c9d56', 'detect-changes', 'comparing data'),
  },
});

const listChanges = operation('GET /api/v1/changes', {
  summary: 'Subscriptions whose behaviour changed, by how much and since when',
  description:
    'Each measure of a month against the own six months before and against the subscriptions of the same plan and region, ' +
    'so that a holiday or a new tariff is not a change. The threshold is chosen by the share of alarms (parameter ' +
    '`changes.rule` of feature-store). Computed once the view of a month exists, or on request; until then the answer is ' +
    '404 `changes.notComputed`. As JSON a page at a time; as CSV or NDJSON all of them, streamed.',
  scope: 'features:read',
  limitClass: 'bulk',
  audited: true,
  raises: ['changes.notComputed', 'month.malformed', 'changes.invalid', 'pageToken.invalid'],
  query: z.strictObject({
    month: Month.or(z.literal('')).default('').describe('Default: the newest that is computed'),
    city: z.string().max(200).optional().describe('Unit below the operator, or a whole path `demo/shenyang/`'),
    subscription: Id.optional(),
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
    const { month, measure = '', direction = '', minScore: scoreMin, city, subscription } = query;
    const orgUnitPath = city === undefined ? '' : operator.orgUnitPathOf(city);
    const subscriptionIds = subscription === undefined ? [] : [subscription];
    const pageSize = format === 'json' ? query.pageSize : EXPORT_PAGE_ROWS;
    const pageOf = (pageToken: string) =>
      services.behaviour.listChanges(call, {
        ...{ month, orgUnitPath, measure, direction, scoreMin, subscriptionIds, pageSize, pageToken },
      });
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
          ...{ direction: 'down', value: 40, usual: 8200, relativeChange: -0.98, groupChange: 0.12 },
          ...{ score: -9.1, sinceMonth: '2026-08' },
        },
      ],
      month: '2026-09',
      measures: [{ measure: 'data', compared: 4103, changed: 52, threshold: 4.4, alarmShare: 0.01 }],
      ruleVersion: 1,
      asOf: '2026-10-03T02:00:05.000Z',
      runId: '9f0c1f6e-3a54-5c55-8e2c-6d9a1c3b7e01',
      computedAt: '2026-10-03T02:01:10.000Z',
      sequence: 7,
      nextPageToken: '9f0c1f6e-3a54-5c55-8e2c-6d9a1c3b7e01:-9.1:1b9d6bcd-bbfd-5b2d-9b5d-ab8dfbbd4bed:data',
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
  groupChange: ({ groupChange }) => groupChange,
  score: ({ score }) => score,
  sinceMonth: ({ sinceMonth }) => sinceMonth,
};

/** Changes of behaviour. */
export const behaviourChangeOperations = [detectChanges, listChanges];
