import { ListTablesResponse, Table as TableMessage } from '@holdfast/contracts/feature_store/v1/lake';
import { z } from 'zod';
import { sources } from '../operation/answer.js';
import { answers, operationsOf } from '../operation/operation.js';
import { Count, Instant, TableName } from '../operation/wire.js';

const operation = operationsOf('imports');

const Column = z
  .strictObject({
    name: z.string(),
    role: z.enum(['key', 'label', 'value', 'month', 'orgUnit', 'split', 'feature', 'excluded', 'personal']),
    type: z.enum(['number', 'category', 'flag', 'date']).nullable().describe('Of features'),
    missing: Count,
    distinct: Count.describe('Distinct values among those present'),
    monotone: z
      .enum(['', 'increasing', 'decreasing'])
      .describe('How churn may follow it: as it rises, no model lowers (or raises) the probability; empty if free'),
    isEstimate: z.boolean().describe('Whether `distinct` is an estimate: of numbers and dates beyond 200,000 rows'),
    label: z
      .strictObject({ en: z.string().nullable(), 'zh-CN': z.string().nullable() })
      .describe('Label from the mapping; null if it has none'),
  })
  .register(sources, { without: ['excluded', 'reason'] });

const ImportedTable = z
  .strictObject({
    table: TableName,
    version: z.string(),
    rows: Count,
    months: z.array(z.string()).describe('`YYYY-MM`'),
    columns: z.array(Column),
    currency: z.string().nullable(),
    loadedAt: Instant,
    hasSplit: z.boolean(),
    labelledRows: Count.describe('0: the table has no label, and no model can learn from it'),
    positiveRows: Count,
  })
  .meta({ id: 'Table' })
  .register(sources, { without: ['labelLeadMonths', 'origin'] });

const TABLE_EXAMPLE: z.output<typeof ImportedTable> = {
  table: 'demo',
  version: '4be1f0c2d9a80317',
  rows: 2994,
  months: ['2026-10'],
  columns: [
    {
      name: 'tenure_months',
      role: 'feature',
      type: 'number',
      missing: 0,
      distinct: 72,
      monotone: '',
      isEstimate: false,
      label: { en: 'months on net', 'zh-CN': '在网月数' },
    },
  ],
  currency: 'CNY',
  loadedAt: '2026-11-03T02:00:04.000Z',
  hasSplit: false,
  labelledRows: 2994,
  positiveRows: 701,
};

const listTables = operation('GET /api/v1/tables', {
  summary: 'The tables, newest version of each',
  scope: 'ingest:read',
  ...answers(z.strictObject({ tables: z.array(ImportedTable) }), ListTablesResponse),
  handle: ({ call, services }) => services.tables.listTables(call, {}),
  example: { response: { tables: [TABLE_EXAMPLE] } },
});

const readTable = operation('GET /api/v1/tables/{table}', {
  summary: 'One table with its columns',
  scope: 'ingest:read',
  raises: ['table.unknown', 'table.versionUnknown'],
  params: z.strictObject({ table: TableName }),
  query: z.strictObject({ version: z.string().max(64).default('').describe('Empty for the newest') }),
  ...answers(ImportedTable, TableMessage),
  handle: ({ call, params, query, services }) => services.tables.getTable(call, { ...params, ...query }),
  example: { params: { table: 'demo' }, response: TABLE_EXAMPLE },
});

/** The tables of the lake. */
export const tableOperations = [listTables, readTable];
