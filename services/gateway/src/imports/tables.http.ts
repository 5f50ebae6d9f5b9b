import { Controller } from '@nestjs/common';
import type { Table } from '@holdfast/contracts/feature_store/v1/lake';
import { z } from 'zod';
import { ServiceClients } from '../service-clients.js';
import { Operation, operation, type HandlerInput } from '../operation/operation.js';
import { Count, Instant, TableName, instantJson, wordOf } from '../operation/wire.js';

const ImportedTable = z
  .strictObject({
    table: TableName,
    version: z.string(),
    rows: Count,
    months: z.array(z.string()).describe('`YYYY-MM`'),
    columns: z.array(
      z.strictObject({
        name: z.string(),
        role: z.string().describe('key, label, value, month, org_unit, split, feature, excluded, personal'),
        type: z.string().nullable().describe('number, category, flag, date; of features'),
        missing: Count,
        distinct: Count.describe('Distinct values among those present'),
        isEstimate: z.boolean().describe('Whether `distinct` is an estimate: of numbers and dates beyond 200,000 rows'),
        label: z
          .strictObject({ en: z.string().nullable(), 'zh-CN': z.string().nullable() })
          .describe('Label from the mapping; null if it has none'),
      }),
    ),
    currency: z.string().nullable(),
    loadedAt: Instant,
    hasSplit: z.boolean(),
    labelledRows: Count.describe('0: the table has no label, and no model can learn from it'),
    positiveRows: Count,
  })
  .meta({ id: 'Table' });

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

const listTables = operation({
  method: 'GET',
  path: '/api/v1/tables',
  group: 'imports',
  summary: 'The tables, newest version of each',
  scope: 'ingest:read',
  response: z.strictObject({ tables: z.array(ImportedTable) }),
  example: { response: { tables: [TABLE_EXAMPLE] } },
});

const readTable = operation({
  method: 'GET',
  path: '/api/v1/tables/{table}',
  group: 'imports',
  summary: 'One table with its columns',
  scope: 'ingest:read',
  params: z.strictObject({ table: TableName }),
  query: z.strictObject({ version: z.string().max(64).default('').describe('Empty for the newest') }),
  response: ImportedTable,
  example: { params: { table: 'demo' }, response: TABLE_EXAMPLE },
});

/** The tables of the lake. */
@Controller()
export class TablesHttp {
  constructor(private readonly services: ServiceClients) {}

  @Operation(listTables)
  async list({ call }: HandlerInput<typeof listTables>) {
    const { tables } = await this.services.tables.listTables(call, {});
    return { tables: tables.map(tableJson) };
  }

  @Operation(readTable)
  async read({ call, params, query }: HandlerInput<typeof readTable>) {
    return tableJson(await this.services.tables.getTable(call, { ...params, ...query }));
  }
}

function tableJson(table: Table): z.output<typeof ImportedTable> {
  return {
    table: table.table,
    version: table.version,
    rows: table.rows,
    months: table.months,
    columns: table.columns.map(({ name, role, type, missing, distinct, isEstimate, labelEn, labelZhCn }) => {
      const typeWord = wordOf(type, 'FEATURE_TYPE_');
      return {
        name,
        role: wordOf(role, 'COLUMN_ROLE_'),
        type: typeWord === 'unspecified' ? null : typeWord,
        missing,
        distinct,
        isEstimate,
        label: { en: labelEn || null, 'zh-CN': labelZhCn || null },
      };
    }),
    currency: table.currency || null,
    loadedAt: instantJson(table.loadedAt!),
    hasSplit: table.hasSplit,
    labelledRows: table.labelledRows,
    positiveRows: table.positiveRows,
  };
}
