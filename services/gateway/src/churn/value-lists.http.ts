import { ListValuesResponse, ListedValue as ValueMessage } from '@holdfast/contracts/churn_scoring/v1/worth';
import { z } from 'zod';
import { KEYS_PERSONAL, KEYS_QUERY, SubscriptionKey, keyedRows, keysFor } from '../customers/subscription-keys.js';
import { answerOf, sources } from '../operation/answer.js';
import type { Cell } from '../operation/csv.js';
import { EXPORT_PAGE_ROWS, csvAnswer, formatOf, ndjsonAnswer, pagesFrom } from '../operation/export.js';
import { operationsOf } from '../operation/operation.js';
import {
  ChurnCause,
  Id,
  Money,
  Month,
  NextPageToken,
  OrgUnitPath,
  Probability,
  Quadrant,
  moneyJson,
  numberText,
  page,
} from '../operation/wire.js';
import { SegmentName } from './segment.js';
import {
  ChurnIndexBasis,
  Grade,
  HAZARDS_EXAMPLE,
  HORIZON_EXAMPLE,
  Lifecycle,
  Potential,
  ValueGroup,
  ValueHazards,
  ValueHorizon,
} from './customer-value.http.js';

const operation = operationsOf('churn');

const ListedValue = z
  .strictObject({
    subscriptionId: Id,
    customerId: Id,
    orgUnit: OrgUnitPath,
    valueGroup: ValueGroup.nullable(),
    potential: Potential.nullable(),
    quadrant: Quadrant,
    cause: ChurnCause.nullable().describe('Strongest of the seven reasons'),
    futureValue: Money.nullable(),
    expectedLoss: Money.nullable(),
    valueIndex: z.number().nullable(),
    grade: Grade.nullable(),
    probability: Probability,
    lifecycle: Lifecycle,
    churnIndex: Probability.nullable(),
    churnIndexBasis: ChurnIndexBasis.nullable(),
    inPareto: z.boolean(),
    managerId: z.string().nullable().describe('Account manager'),
    segment: SegmentName.describe('Early adopter or mature-stage chooser'),
    margin: Money.nullable().describe('Current value: revenue less the known costs, per month'),
    horizons: z.array(ValueHorizon).describe('Within 1, 2, 3 and 6 months and within all'),
    key: SubscriptionKey,
  })
  .meta({ id: 'ListedValue' })
  .register(sources, { from: { key: () => null } });
const ValueList = z.strictObject({
  values: z.array(ListedValue),
  runId: Id,
  month: Month,
  definitions: z.string().describe('Versions of the definitions of value groups'),
  quadrants: z.record(z.string(), z.string()).describe('Meaning of each quadrant, as the operator configured it'),
  nextPageToken: NextPageToken,
  hazards: ValueHazards.nullable().describe('Chances to leave that future values are computed with'),
});
const valueJson = answerOf(ListedValue, ValueMessage);
const listJson = answerOf(ValueList, ListValuesResponse);

const listValues = operation('GET /api/v1/value-lists', {
  summary: 'Potential mid/high-end subscriptions and other value groups, for account managers',
  description:
    'By month, city, quadrant, reason, grade, value and manager, in the requested order (GW-03), of the newest run of ' +
    'scoring; a list of a day has the values of the last closed month. As JSON a page at a time; as CSV or NDJSON all of ' +
    'them, streamed.',
  scope: 'value:read',
  raises: ['value.monthUnknown', 'value.listInvalid', 'personal.reasonMissing'],
  personalData: KEYS_PERSONAL,
  audited: true,
  query: z.strictObject({
    month: Month.or(z.literal('')).default('').describe('Empty for the newest'),
    group: z
      .enum(['potential', 'mid_high_end', 'quasi_mid_high_end', 'value_lost', 'all'])
      .default('potential')
      .describe('potential: not mid/high-end, and close to it, rising or with much use'),
    city: z.string().max(200).optional().describe('Unit below the operator, or a whole path `demo/shenyang/`'),
    quadrant: Quadrant.optional(),
    cause: ChurnCause.optional().describe('Strongest of the seven reasons'),
    grade: Grade.optional(),
    manager: z.string().max(100).default('').describe('Staff id of the account manager'),
    segment: SegmentName.optional().describe('Early adopters or mature-stage choosers'),
    minValue: numberText(z.number().min(0).max(1e9)).optional().describe('Least future value, in the currency'),
    pareto: z.enum(['true', 'false']).default('false').describe('Only the 80/20 selection by expected loss'),
    sort: z.enum(['-value', '-loss', '-probability', '-index']).default('-value'),
    format: z.enum(['json', 'csv', 'ndjson']).optional().describe('Wins over the Accept header'),
    ...KEYS_QUERY,
    ...page(1_000),
  }),
  response: ValueList,
  formats: ['application/json', 'text/csv', 'application/x-ndjson'],
  line: ListedValue,
  async handle({ call, query, request, services, operator }) {
    const format = formatOf(query.format, request);
    const pageOf = (pageToken: string) =>
      services.worth.listValues(call, {
        ...{ month: query.month, group: query.group === 'all' ? '' : query.group, sort: query.sort, pageToken },
        orgUnitPath: query.city === undefined ? '' : operator.orgUnitPathOf(query.city),
        ...{ quadrant: query.quadrant ?? '', cause: query.cause ?? '', grade: query.grade ?? '' },
        segment: query.segment ?? '',
        ...{ managerId: query.manager, paretoOnly: query.pareto === 'true' },
        valueMin: query.minValue === undefined ? undefined : Math.round(query.minValue * 100),
        pageSize: format === 'json' ? query.pageSize : EXPORT_PAGE_ROWS,
      });
    const addKeys = keysFor(query.keys, { call, request, services });
    const { language } = call.caller;
    const first = await pageOf(query.pageToken);
    if (format === 'json') {
      const list = listJson(first, language);
      return { ...list, values: await addKeys(list.values) };
    }
    const parts = keyedRows(pagesFrom(first, pageOf), ({ values }) => values, addKeys);
    if (format === 'ndjson') {
      return ndjsonAnswer(parts, (values) =>
        values.map((value) => ({ ...valueJson(value, language), key: value.key })),
      );
    }
    const withKeys = query.keys === 'true';
    return csvAnswer(withKeys ? [...Object.keys(CSV), 'key'] : Object.keys(CSV), parts, (values) =>
      values.map((value) => [...Object.values(CSV).map((cell) => cell(value)), ...(withKeys ? [value.key] : [])]),
    );
  },
  subjects: ({ values }) => values.map(({ subscriptionId }) => subscriptionId),
  example: {
    query: { group: 'potential', manager: 'ST7', pageSize: '5' },
    response: {
      values: [
        {
          ...{ subscriptionId: '1b9d6bcd-bbfd-5b2d-9b5d-ab8dfbbd4bed', orgUnit: 'demo/shenyang/', quadrant: 'C' },
          ...{ customerId: '5f0c1f6e-3a54-5c55-8e2c-6d9a1c3b7e01', valueGroup: 'quasi_mid_high_end' },
          ...{ potential: 'near_line', cause: 'misfit', futureValue: { amount: '1102.50', currency: 'CNY' } },
          ...{ expectedLoss: { amount: '88.20', currency: 'CNY' }, valueIndex: 0.55, grade: 'B', probability: 0.08 },
          ...{ lifecycle: 'growing', churnIndex: 0.07, churnIndexBasis: 'proxy', inPareto: true, managerId: 'ST7' },
          ...{ segment: 'mature_chooser', margin: { amount: '61.20', currency: 'CNY' }, horizons: [HORIZON_EXAMPLE] },
          key: null,
        },
      ],
      ...{ runId: '01936a44-5a10-7f51-8e41-7a6d5b8e1f77', month: '2026-09' },
      definitions: 'midHighEnd=1;quasiMidHighEnd=1;cohort=1;valueLost=1',
      quadrants: { C: 'Retain first: likely to leave, a contact pays.' },
      ...{ nextPageToken: null, hazards: HAZARDS_EXAMPLE },
    },
  },
});

/** Columns of the CSV with their cells. */
const CSV: Readonly<Record<string, (value: ValueMessage) => Cell>> = {
  subscriptionId: (value) => value.subscriptionId,
  customerId: (value) => value.customerId,
  orgUnit: (value) => value.orgUnitPath,
  valueGroup: (value) => value.valueGroup,
  potential: (value) => value.potential,
  quadrant: (value) => value.quadrant,
  cause: (value) => value.cause,
  futureValue: (value) => moneyJson(value.futureValue)?.amount,
  expectedLoss: (value) => moneyJson(value.expectedLoss)?.amount,
  currency: (value) => value.futureValue?.currency,
  valueIndex: (value) => value.valueIndex,
  grade: (value) => value.grade,
  probability: (value) => value.probability,
  lifecycle: (value) => value.lifecycle,
  churnIndex: (value) => value.churnIndex,
  churnIndexBasis: (value) => value.churnIndexBasis,
  inPareto: (value) => value.inPareto,
  managerId: (value) => value.managerId,
  segment: (value) => value.segment,
  margin: ({ margin }) => moneyJson(margin)?.amount,
  ...Object.fromEntries(
    [1, 2, 3, 6].map((months) => [`value${months}m`, (value: ValueMessage) => within(value, months)]),
  ),
  hazardBasis: ({ horizons }) => horizons.at(-1)?.basis,
};

/** Value within so many months. */
function within({ horizons }: ValueMessage, months: number): Cell {
  return moneyJson(horizons.find((horizon) => horizon.months === months)?.value)?.amount;
}

/** Lists by value. */
export const valueListOperations = [listValues];
