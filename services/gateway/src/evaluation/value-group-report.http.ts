import { ValueGroupReport as ReportMessage } from '@holdfast/contracts/evaluation/v1/reports';
import { ValueGroupCount as CountMessage } from '@holdfast/contracts/feature_store/v1/value_group';
import { z } from 'zod';
import { DEFINITION_EXAMPLE, Definition } from '../features/definitions.http.js';
import { answerOf, sources } from '../operation/answer.js';
import type { Cell } from '../operation/csv.js';
import { csvAnswer, formatOf } from '../operation/export.js';
import { operationsOf } from '../operation/operation.js';
import { Count, Instant, Month, OrgUnitPath, numberText } from '../operation/wire.js';

const operation = operationsOf('evaluation');

/** A report over many subscriptions may take longer than other requests. */
const DEADLINE_MS = 120_000;

const ValueGroupCount = z
  .strictObject({
    month: Month,
    orgUnit: OrgUnitPath,
    valueGroup: z.enum(['mid_high_end', 'quasi_mid_high_end', 'value_lost']),
    stock: Count.describe('Members in service at the end of the month'),
    entered: Count.nullable().describe('Null where the month before is not closed'),
    left: Count.nullable().describe('Members of the month before that are none any more'),
    cancelled: Count.nullable().describe('Of those that left, cancelled in the month'),
    meanArpu: z.string().nullable().describe('Mean bill of the month of the members, decimal, in the currency'),
    billed: Count.describe('Members with a bill of the month'),
    contacted: Count.nullable().describe('Members of the month before with a contact in the month'),
    saved: Count.nullable().describe('Of those contacted, saved by the definition `saved`; null until it is known'),
  })
  .meta({ id: 'ValueGroupCount' })
  .register(sources, { from: { meanArpu }, without: ['arpuMinor'] });

function meanArpu({ arpuMinor, billed }: CountMessage): string | null {
  return billed === 0 ? null : (arpuMinor / billed / 100).toFixed(2);
}

const ValueGroupReport = z
  .strictObject({
    counts: z.array(ValueGroupCount),
    definitions: z.array(Definition),
    currency: z.string().describe('ISO 4217'),
    asOf: Instant,
  })
  .meta({ id: 'ValueGroupReport' });

const reportJson = answerOf(ValueGroupReport, ReportMessage);

const readReport = operation('GET /api/v1/reports/value-groups', {
  summary: 'Mid/high-end, quasi-mid/high-end and value-lost subscriptions by month and city',
  description:
    'Members, entries, exits, bills, contacted and saved, within the region of the caller, computed when it is called. ' +
    'Saved is a count; the effect of a contact is measured against a control group only.',
  scope: 'evaluation:read',
  limitClass: 'bulk',
  raises: ['facts.needsTable', 'report.noClosedMonth', 'value.monthsInvalid', 'reads.tooMany', 'reads.cancelled'],
  query: z.strictObject({
    fromMonth: Month.or(z.literal('')).default('').describe('Default: `toMonth`'),
    toMonth: Month.or(z.literal('')).default('').describe('Default: the last closed month; at most 11 after the first'),
    city: z.string().max(200).optional().describe('Unit below the operator, or a whole path `demo/shenyang/`'),
    levels: numberText(z.number().int().min(1).max(5)).default(1).describe('Levels below the operator; 1 is by city'),
    format: z.enum(['json', 'csv']).optional().describe('Wins over the Accept header'),
  }),
  response: ValueGroupReport,
  formats: ['application/json', 'text/csv'],
  async handle({ call, query, request, services, operator }) {
    const { fromMonth, toMonth, levels, city } = query;
    const asked = { fromMonth, toMonth, levels, orgUnitPath: city === undefined ? '' : operator.orgUnitPathOf(city) };
    const report = await services.reports.getValueGroupReport(
      { ...call, deadlineAtMs: Date.now() + DEADLINE_MS },
      asked,
    );
    if (formatOf(query.format, request) !== 'csv') return reportJson(report, call.caller.language);
    const versions = report.definitions.map(({ name, version }) => `${name}=${version}`).join(';');
    return csvAnswer([...Object.keys(CSV), 'currency', 'definitions'], once(report.counts), (counts) =>
      counts.map((count) => [...Object.values(CSV).map((cell) => cell(count)), report.currency, versions]),
    );
  },
  example: {
    query: { toMonth: '2026-09' },
    response: {
      counts: [
        {
          ...{ month: '2026-09', orgUnit: 'demo/shenyang/', valueGroup: 'mid_high_end', stock: 812, entered: 41 },
          ...{ left: 57, cancelled: 12, meanArpu: '109.99', billed: 812, contacted: 120, saved: 104 },
        },
      ],
      definitions: [DEFINITION_EXAMPLE],
      currency: 'CNY',
      asOf: '2026-10-03T02:00:05.000Z',
    },
  },
});

/** Columns of the CSV with their cells. */
const CSV: Readonly<Record<string, (count: CountMessage) => Cell>> = {
  month: ({ month }) => month,
  orgUnit: ({ orgUnitPath }) => orgUnitPath,
  valueGroup: ({ valueGroup }) => valueGroup,
  stock: ({ stock }) => stock,
  entered: ({ entered }) => entered,
  left: ({ left }) => left,
  cancelled: ({ cancelled }) => cancelled,
  meanArpu,
  billed: ({ billed }) => billed,
  contacted: ({ contacted }) => contacted,
  saved: ({ saved }) => saved,
};

async function* once<Part>(part: Part): AsyncGenerator<Part> {
  yield part;
}

/** Reports by month and org unit. */
export const valueGroupReportOperations = [readReport];
