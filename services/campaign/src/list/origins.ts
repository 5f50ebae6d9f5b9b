import { Inject, Injectable } from '@nestjs/common';
import { ModelServiceDefinition, type ModelService } from '@holdfast/contracts/churn_scoring/v1/model';
import { ScoringServiceDefinition, type Run, type ScoringService } from '@holdfast/contracts/churn_scoring/v1/scoring';
import {
  ColumnRole,
  TableServiceDefinition,
  type Table,
  type TableService,
} from '@holdfast/contracts/feature_store/v1/lake';
import { dateOfDay, lastDayOf } from '@holdfast/platform/calendar';
import type { Texts } from '@holdfast/platform/errors';
import type { Call, Rpc } from '@holdfast/platform/grpc';
import { NO_CURRENCY } from '@holdfast/platform/money';

/** The kind of scores by which customers are retained. */
export const RETENTION = 'status';

/** Labels of a table's columns, by column, in the languages of its mapping. */
export type ColumnLabels = Readonly<Record<string, Partial<Texts>>>;

/** Sources of the figures of a list build, which its scripts cite. */
export interface Origins {
  run: Run;
  runPublishedAt: Date;
  /** Whether the table is a view over full extracts, not a plain table. */
  isView: boolean;
  modelName: string;
  /** ISO 4217; NO_CURRENCY if the table has none. */
  currency: string;
  /** Column with the revenue per month. */
  valueColumn: string | null;
  orgUnitColumn: string | null;
  columnLabels: ColumnLabels;
  /** Month of the scored rows, else the last one of the table; empty where it has none. */
  month: string;
  /** Date that the table's values refer to. */
  tableAsOf: Date;
}

/** Reads the sources of a run from the other services. */
@Injectable()
export class OriginsOfRuns {
  constructor(
    @Inject(ScoringServiceDefinition.fullName) private readonly scoring: Rpc<ScoringService>,
    @Inject(ModelServiceDefinition.fullName) private readonly models: Rpc<ModelService>,
    @Inject(TableServiceDefinition.fullName) private readonly tables: Rpc<TableService>,
  ) {}

  /** @param runId empty for the newest published run of the table */
  async of(call: Call, runId: string, ofTable = ''): Promise<Origins> {
    const run = await this.scoring.getRun(call, { runId, table: ofTable, kind: RETENTION });
    if (run.publishedAt === undefined) throw new Error('The run is not published');
    const [model, table] = await Promise.all([
      this.models.getModel(call, { modelId: run.modelId }),
      this.tables.getTable(call, { table: run.table, version: run.tableVersion }),
    ]);
    return {
      run,
      runPublishedAt: run.publishedAt,
      isView: table.origin === 'view',
      modelName: model.name,
      currency: table.currency || NO_CURRENCY,
      valueColumn: columnInRole(table, ColumnRole.COLUMN_ROLE_VALUE),
      orgUnitColumn: columnInRole(table, ColumnRole.COLUMN_ROLE_ORG_UNIT),
      columnLabels: columnLabelsOf(table),
      month: run.month || (table.months.at(-1) ?? ''),
      tableAsOf: tableAsOf(table, run.month),
    };
  }
}

function columnInRole(table: Table, role: ColumnRole): string | null {
  return table.columns.find((column) => column.role === role)?.name ?? null;
}

function columnLabelsOf({ columns }: Table): ColumnLabels {
  const labelled = columns.filter(({ labelEn, labelZhCn }) => labelEn !== '' || labelZhCn !== '');
  return Object.fromEntries(
    labelled.map(({ name, labelEn, labelZhCn }) => [
      name,
      { ...(labelEn === '' ? {} : { en: labelEn }), ...(labelZhCn === '' ? {} : { 'zh-CN': labelZhCn }) },
    ]),
  );
}

/** The last day of the scored month, else of the table's last month, else the load time. */
function tableAsOf(table: Table, scoredMonth: string): Date {
  const month = scoredMonth || table.months.at(-1);
  if (month !== undefined) return dateOfDay(lastDayOf(month));
  if (table.loadedAt === undefined) throw new Error('The table is not loaded');
  return table.loadedAt;
}
