import {
  ChurnForecast as ForecastMessage,
  type ForecastCount as CountMessage,
} from '@holdfast/contracts/feature_store/v1/forecast';
import type { Language } from '@holdfast/platform/errors';
import { z } from 'zod';
import { answerOf, sources } from '../operation/answer.js';
import type { Cell } from '../operation/csv.js';
import { csvAnswer, formatOf } from '../operation/export.js';
import { operationsOf } from '../operation/operation.js';
import { Count, Instant, Month, OrgUnitPath, Probability, numberText } from '../operation/wire.js';

const operation = operationsOf('evaluation');

/** A report over many subscriptions may take longer than other requests. */
const DEADLINE_MS = 120_000;

const Kind = z.enum(['all', 'voluntary', 'involuntary']);
const Unit = OrgUnitPath.nullable().describe('Null for all of the region');

/** Empty where nothing is missing. */
function reasonOf(
  { reasonEn, reasonZhCn }: { reasonEn: string; reasonZhCn: string },
  language: Language,
): string | null {
  return (language === 'en' ? reasonEn : reasonZhCn) || null;
}

const ForecastCount = z
  .strictObject({
    kind: Kind,
    orgUnit: Unit,
    month: Month,
    monthsAhead: z.number().int(),
    stock: z.number().nullable().describe('At risk, expected at the end of the month before; null in totals'),
    expected: z.number(),
    median: z.number(),
    low80: z.number(),
    high80: z.number().describe('In the interval with a probability of 80 %'),
    low95: z.number(),
    high95: z.number().describe('In the interval with a probability of 95 %'),
  })
  .meta({ id: 'ForecastCount' });

const CountedChurn = z
  .strictObject({
    orgUnit: Unit,
    month: Month,
    stock: Count.describe('At risk at the end of the month before'),
    voluntary: Count.describe('Of these, churned in the month'),
    involuntary: Count.describe('Of these, churned because of arrears, fraud or death'),
  })
  .meta({ id: 'CountedChurn' });

const ForecastBacktest = z
  .strictObject({
    kind: Kind,
    isByUnit: z.boolean().describe('Whether the counts are those of the units; else that of the region'),
    monthsAhead: z.number().int(),
    judged: Count,
    coverage80: Probability.nullable().describe('Share of counts within the interval of 80 %'),
    coverage95: Probability.nullable(),
    scaledErrorOfLast: z.number().nullable().describe('Mean absolute error ÷ that of the last known count'),
    scaledErrorOfYear: z.number().nullable().describe('Mean absolute error ÷ that of the same month a year before'),
    reason: z.string().nullable().describe('Why nothing is judged'),
  })
  .meta({ id: 'ForecastBacktest' })
  .register(sources, { from: { reason: reasonOf }, without: ['reasonEn', 'reasonZhCn'] });

const CauseEffect = z
  .strictObject({
    kind: Kind,
    cause: z.string(),
    fromMonth: Month.nullable(),
    toMonth: Month.nullable(),
    orgUnit: Unit,
    effect: z.number().nullable().describe('Relative change of the number of churners, 0.2 for a fifth more'),
    basis: z.enum(['estimated', 'given', 'unknown']),
  })
  .meta({ id: 'CauseEffect' });

const ChurnForecast = z
  .strictObject({
    counts: z.array(ForecastCount),
    totals: z.array(ForecastCount).describe('All months together'),
    history: z.array(CountedChurn),
    backtest: z.array(ForecastBacktest).describe('Forecasts of earlier months, made without the later ones'),
    causes: z.array(CauseEffect),
    causesVersion: z.number().int().describe('Change of the parameter `forecast.causes`; 1 is the default'),
    reason: z.string().nullable().describe('Why there is no forecast'),
    asOf: Instant,
  })
  .meta({ id: 'ChurnForecast' })
  .register(sources, { from: { reason: reasonOf }, without: ['reasonEn', 'reasonZhCn'] });

const forecastJson = answerOf(ChurnForecast, ForecastMessage);

const readForecast = operation('GET /api/v1/reports/churn-forecast', {
  summary: 'How many subscriptions will churn in the next months, with intervals, by city',
  description:
    'From the monthly counts of those who were at risk and churned, within the region of the caller: level, damped trend, ' +
    'length of the month, Spring Festival, annotated causes (parameter `forecast.causes` of feature-store) and, from two ' +
    'years on, seasons. Units with few churners are shrunken towards their parent; expected counts of the units add up ' +
    'to that of the region. Each kind has a separate forecast, so that `voluntary` and `involuntary` need not add up to ' +
    '`all`. The backtest shows what earlier forecasts were worth. CSV has the counts.',
  scope: 'evaluation:read',
  limitClass: 'bulk',
  raises: ['facts.needsTable', 'forecast.rangeInvalid', 'forecast.unitsTooMany', 'reads.tooMany', 'reads.cancelled'],
  query: z.strictObject({
    monthsAhead: numberText(z.number().int().min(1).max(6)).default(3).describe('After the last closed month'),
    kind: Kind.optional().describe('Default: each of them'),
    city: z.string().max(200).optional().describe('Unit below the operator, or a whole path `demo/shenyang/`'),
    levels: numberText(z.number().int().min(1).max(5)).default(1).describe('Levels below the operator; 1 is by city'),
    format: z.enum(['json', 'csv']).optional().describe('Wins over the Accept header'),
  }),
  response: ChurnForecast,
  formats: ['application/json', 'text/csv'],
  async handle({ call, query, request, services, operator }) {
    const { monthsAhead, levels, kind = '', city } = query;
    const asked = { monthsAhead, levels, kind, orgUnitPath: city === undefined ? '' : operator.orgUnitPathOf(city) };
    const forecast = await services.forecasts.forecastChurn({ ...call, deadlineAtMs: Date.now() + DEADLINE_MS }, asked);
    if (formatOf(query.format, request) !== 'csv') return forecastJson(forecast, call.caller.language);
    return csvAnswer(Object.keys(CSV), once(forecast.counts), (counts) =>
      counts.map((count) => Object.values(CSV).map((cell) => cell(count))),
    );
  },
  example: {
    query: { monthsAhead: '1', kind: 'all' },
    response: {
      counts: [
        {
          ...{ kind: 'all', orgUnit: 'demo/shenyang/', month: '2026-10', monthsAhead: 1, stock: 812, expected: 12.9 },
          ...{ median: 13, low80: 8, high80: 18, low95: 6, high95: 21 },
        },
      ],
      totals: [
        {
          ...{ kind: 'all', orgUnit: 'demo/shenyang/', month: '2026-10', monthsAhead: 1, stock: null, expected: 12.9 },
          ...{ median: 13, low80: 8, high80: 18, low95: 6, high95: 21 },
        },
      ],
      history: [{ orgUnit: 'demo/shenyang/', month: '2026-09', stock: 824, voluntary: 11, involuntary: 2 }],
      backtest: [
        {
          ...{ kind: 'all', isByUnit: true, monthsAhead: 1, judged: 44, coverage80: 0.82, coverage95: 0.95 },
          ...{ scaledErrorOfLast: 0.81, scaledErrorOfYear: 0.79, reason: null },
        },
      ],
      causes: [
        {
          ...{ kind: 'all', cause: 'Spring Festival', fromMonth: null, toMonth: null, orgUnit: null },
          ...{ effect: -0.08, basis: 'estimated' },
        },
      ],
      causesVersion: 1,
      reason: null,
      asOf: '2026-10-03T02:00:05.000Z',
    },
  },
});

/** Columns of the CSV with their cells. */
const CSV: Readonly<Record<string, (count: CountMessage) => Cell>> = {
  kind: ({ kind }) => kind,
  orgUnit: ({ orgUnitPath }) => orgUnitPath,
  month: ({ month }) => month,
  monthsAhead: ({ monthsAhead }) => monthsAhead,
  stock: ({ stock }) => stock,
  expected: ({ expected }) => expected,
  median: ({ median }) => median,
  low80: ({ low80 }) => low80,
  high80: ({ high80 }) => high80,
  low95: ({ low95 }) => low95,
  high95: ({ high95 }) => high95,
};

async function* once<Part>(part: Part): AsyncGenerator<Part> {
  yield part;
}

/** The forecast of churn counts. */
export const churnForecastOperations = [readForecast];
