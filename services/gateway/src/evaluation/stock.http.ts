import { CountDisconnectsResponse, FindKeyUnitsResponse } from '@holdfast/contracts/feature_store/v1/stock';
import { z } from 'zod';
import { answers, operationsOf } from '../operation/operation.js';
import { Count, Instant, Month, OrgUnitPath, Probability, numberText } from '../operation/wire.js';

const operation = operationsOf('evaluation');

/** A report over many subscriptions may take longer than other requests. */
const DEADLINE_MS = 120_000;
const RAISES = [
  'facts.needsTable',
  'month.malformed',
  'stock.rangeInvalid',
  'reads.tooMany',
  'reads.cancelled',
] as const;
const City = z.string().max(200).optional().describe('Unit below the operator, or a whole path `demo/shenyang/`');

const Disconnects = z
  .strictObject({
    month: Month,
    orgUnit: OrgUnitPath,
    total: Count,
    arrears: Count.describe('Ended by the operator'),
    fraud: Count.describe('Ended by the operator'),
    request: Count.describe('At the request of the customer: relocation, leaving the network, other'),
    relocation: Count,
    leaveNetwork: Count.describe('competitive, dissatisfied, internalTransfer and demandReduction'),
    competitive: Count.describe('To a competitor, or with the number to another operator'),
    dissatisfied: Count.describe('Price, device, coverage or service'),
    internalTransfer: Count,
    demandReduction: Count,
    other: Count,
    unknown: Count.describe('Without a stated reason'),
  })
  .meta({ id: 'Disconnects' });

const readDisconnects = operation('GET /api/v1/reports/disconnects', {
  summary: 'Cancelled subscriptions by month, city and stated reason',
  description: 'total = arrears + fraud + request + unknown, within the region of the caller.',
  scope: 'evaluation:read',
  limitClass: 'bulk',
  raises: RAISES,
  query: z.strictObject({
    fromMonth: Month.or(z.literal('')).default('').describe('Default: `toMonth`'),
    toMonth: Month.or(z.literal('')).default('').describe('Default: the last closed month'),
    city: City,
    levels: numberText(z.number().int().min(1).max(5)).default(1).describe('Levels below the operator; 1 is by city'),
  }),
  ...answers(z.strictObject({ disconnects: z.array(Disconnects) }), CountDisconnectsResponse),
  handle: ({ call, query: { city, ...query }, services, operator }) =>
    services.stock.countDisconnects(
      { ...call, deadlineAtMs: Date.now() + DEADLINE_MS },
      { ...query, orgUnitPath: city === undefined ? '' : operator.orgUnitPathOf(city) },
    ),
  example: {
    query: { toMonth: '2026-09' },
    response: {
      disconnects: [
        {
          ...{ month: '2026-09', orgUnit: 'demo/shenyang/', total: 100, arrears: 44, fraud: 1, request: 55 },
          ...{ relocation: 20, leaveNetwork: 31, competitive: 18, dissatisfied: 7, internalTransfer: 2 },
          ...{ demandReduction: 4, other: 4, unknown: 0 },
        },
      ],
    },
  },
});

const KeyUnit = z
  .strictObject({
    unit: z.string().describe('Kind of connection; `business`, `key` or `public`; or an org unit'),
    subscriptions: Count.describe('In service with a bill in the month of the stock'),
    lost: Count.describe('Of these, not in service any more'),
    unbilled: Count.describe('Of these, without a known bill; they do not count for the retention'),
    revenueShare: Probability,
    retention: z.number().nullable().describe('Their bills of the month ÷ those of the month of the stock'),
    isFocus: z.boolean().describe('Share at least the mean one, retention below that of all'),
  })
  .meta({ id: 'KeyUnit' });

const readKeyUnits = operation('GET /api/v1/reports/key-units', {
  summary: 'Products, customer groups or areas by share of revenue and retention',
  description: 'The two axes are shown apart and never multiplied; the focus is a high share with a low retention.',
  scope: 'evaluation:read',
  limitClass: 'bulk',
  raises: [...RAISES, 'stock.unitInvalid'],
  query: z.strictObject({
    by: z.enum(['product', 'group', 'area']).default('product'),
    month: Month.or(z.literal('')).default('').describe('Default: the last closed month'),
    lagMonths: numberText(z.number().int().min(1).max(12)).default(1).describe('Months before it of the stock'),
    city: City,
  }),
  ...answers(
    z.strictObject({
      units: z.array(KeyUnit),
      stockMonth: Month,
      month: Month,
      retention: z.number().nullable(),
      asOf: Instant,
    }),
    FindKeyUnitsResponse,
  ),
  handle: ({ call, query: { city, ...query }, services, operator }) =>
    services.stock.findKeyUnits(
      { ...call, deadlineAtMs: Date.now() + DEADLINE_MS },
      { ...query, orgUnitPath: city === undefined ? '' : operator.orgUnitPathOf(city) },
    ),
  example: {
    query: { by: 'product' },
    response: {
      units: [
        {
          unit: 'mobile',
          subscriptions: 4103,
          lost: 61,
          unbilled: 0,
          revenueShare: 0.91,
          retention: 0.968,
          isFocus: true,
        },
      ],
      ...{ stockMonth: '2026-08', month: '2026-09', retention: 0.971, asOf: '2026-10-03T02:00:05.000Z' },
    },
  },
});

/** Reports on the stock of subscriptions. */
export const stockOperations = [readDisconnects, readKeyUnits];
