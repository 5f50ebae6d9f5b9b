import { Injectable } from '@nestjs/common';
import type {
  CountDisconnectsRequest,
  Disconnects,
  FindKeyUnitsRequest,
  FindKeyUnitsResponse,
  KeyUnit,
  StockService,
} from '@holdfast/contracts/feature_store/v1/stock';
import { addMonths, checkedMonth } from '@holdfast/platform/calendar';
import { orgUnitFilter, type Caller } from '@holdfast/platform/caller';
import { Clock } from '@holdfast/platform/clock';
import { failure } from '@holdfast/platform/errors';
import type { Call, Rpc } from '@holdfast/platform/grpc';
import { Parameters } from '@holdfast/platform/parameters';
import { scoped } from '@holdfast/platform/scoped';
import { Lanes } from '../engine/lanes.js';
import { Extracts, closedMonthsOf, tablesOf, type LoadedExtract } from '../facts/extracts.js';
import { Facts, needsTable } from '../facts/facts.js';
import { pathConditions } from '../facts/row-conditions.js';
import { statusMonths } from '../facts/status-months.js';
import type { FeatureStoreParameters } from '../parameters.js';
import { DISCONNECT_CLASSES, KEY_UNITS, disconnectCounts, keyUnitFigures } from './stock-sql.js';

const MONTHS_MAX = 12;
const LEVELS_MAX = 5;

const rangeInvalid = failure('invalid', 'stock.rangeInvalid', {
  en: 'The months must be closed and in their order, at most {months}, and the levels 1 to {levels}.',
  'zh-CN': '月份须已关账并按先后顺序，最多 {months} 个；级数为 1 至 {levels}。',
});
const unitInvalid = failure('invalid', 'stock.unitInvalid', {
  en: 'Units are by {known}.',
  'zh-CN': '只能按以下单元统计：{known}。',
});

type Row = Record<string, unknown>;

/** Reports on the stock of subscriptions. Everything is computed when it is called, so nothing can be outdated. */
@Injectable()
export class StockRpc {
  constructor(
    private readonly facts: Facts,
    private readonly extracts: Extracts,
    private readonly lanes: Lanes,
    private readonly parameters: Parameters<FeatureStoreParameters>,
    private readonly clock: Clock,
  ) {}

  readonly handlers: Rpc<StockService> = {
    countDisconnects: scoped('evaluation:read', async (call, request) => ({
      disconnects: (await this.disconnects(call, request)).map(disconnectsOf),
    })),
    findKeyUnits: scoped('evaluation:read', (call, request) => this.keyUnits(call, request)),
  };

  private async disconnects(call: Call, request: CountDisconnectsRequest): Promise<Row[]> {
    const extracts = await this.with(['status_history']);
    const last = closedMonthsOf(extracts).at(-1);
    if (last === undefined) return [];
    const to = request.toMonth === '' ? last : checkedMonth(request.toMonth);
    const from = request.fromMonth === '' ? to : checkedMonth(request.fromMonth);
    const { levels } = request;
    const isRange = from <= to && to <= last && to <= addMonths(from, MONTHS_MAX - 1);
    if (!isRange || levels < 1 || levels > LEVELS_MAX) throw rangeInvalid({ months: MONTHS_MAX, levels: LEVELS_MAX });
    const status = await this.status({ from, to }, false);
    const sql = disconnectCounts(status, levels, regionOf(call.caller, request.orgUnitPath));
    return this.query(call, extracts, sql, { tables: ['status_history'], fromMonth: from, toMonth: to });
  }

  private async keyUnits(call: Call, request: FindKeyUnitsRequest): Promise<FindKeyUnitsResponse> {
    const by = request.by as keyof typeof KEY_UNITS;
    if (!Object.hasOwn(KEY_UNITS, by)) throw unitInvalid({ known: Object.keys(KEY_UNITS).join(', ') });
    const tables = ['status_history', 'billing', 'subscriptions', 'customers'];
    const extracts = await this.with(tables);
    const last = closedMonthsOf(extracts).at(-1) ?? '';
    const month = request.month === '' ? last : checkedMonth(request.month);
    const { lagMonths: lag } = request;
    if (month === '' || month > last || lag < 1 || lag > MONTHS_MAX)
      throw rangeInvalid({ months: MONTHS_MAX, levels: LEVELS_MAX });
    const months = { from: addMonths(month, -lag), to: month };
    const status = await this.status(months, true);
    const where = regionOf(call.caller, request.orgUnitPath);
    const sql = keyUnitFigures(status, { stockMonth: months.from, month, by }, where);
    const rows = await this.query(call, extracts, sql, { tables, fromMonth: months.from, toMonth: month });
    return { ...unitsOf(rows), stockMonth: months.from, month, asOf: this.asOf(extracts) };
  }

  private query(
    { signal }: Call,
    extracts: readonly LoadedExtract[],
    sql: string,
    options: { tables: readonly string[]; fromMonth: string; toMonth: string },
  ): Promise<Row[]> {
    const knowledgeTime = this.asOf(extracts);
    return this.lanes.bulk.run(signal, (connection) =>
      this.facts.withFacts(connection, { ...options, knowledgeTime, extracts }, async () => {
        try {
          return (await connection.runAndReadAll(sql)).getRowObjectsJS();
        } finally {
          connection.startCleaning();
        }
      }),
    );
  }

  private async status(months: { from: string; to: string }, billing: boolean): Promise<string> {
    const rule = {
      suspendedDaysMin: await this.parameters.get('churn.suspendedDaysMin'),
      cancelCounts: await this.parameters.get('churn.cancelCounts'),
    };
    return statusMonths(months, rule, { usage: false, billing });
  }

  /** The visible extracts. @throws precondition `facts.needsTable` */
  private async with(tables: readonly string[]): Promise<LoadedExtract[]> {
    const extracts = await this.extracts.loaded();
    const available = tablesOf(extracts);
    const lacking = tables.find((table) => !available.has(table));
    if (lacking !== undefined) throw needsTable({ table: lacking });
    return extracts;
  }

  private asOf(extracts: readonly LoadedExtract[]): Date {
    return new Date(Math.max(this.clock.now().getTime(), extracts.at(-1)!.extractedAt.getTime()));
  }
}

/** The caller's region, and within an org unit if one is given. */
function regionOf(caller: Caller, orgUnitPath: string): string[] {
  const own = orgUnitPath === '' ? [] : pathConditions([orgUnitPath], 'org_unit_path');
  return [...pathConditions(orgUnitFilter(caller), 'org_unit_path'), ...own];
}

function disconnectsOf(row: Row): Disconnects {
  const of = (name: string): number => Number(row[name]);
  const [arrears, fraud, relocation, competitive, dissatisfied, internalTransfer, demandReduction, other] =
    DISCONNECT_CLASSES.map(of) as [number, number, number, number, number, number, number, number];
  const leaveNetwork = competitive + dissatisfied + internalTransfer + demandReduction;
  return {
    ...{ month: String(row['month']), orgUnitPath: String(row['org_unit_path']), total: of('total') },
    ...{ arrears, fraud, request: relocation + leaveNetwork + other, relocation, leaveNetwork, competitive },
    ...{ dissatisfied, internalTransfer, demandReduction, other, unknown: of('unknown') },
  };
}

function unitsOf(rows: readonly Row[]): Pick<FindKeyUnitsResponse, 'units' | 'retention'> {
  const sum = (name: string): number => rows.reduce((total, row) => total + Number(row[name]), 0);
  const [revenue, compared] = [sum('revenue'), sum('compared')];
  const retention = compared === 0 ? undefined : sum('kept') / compared;
  const units = rows.map((row): KeyUnit => {
    const of = (name: string): number => Number(row[name]);
    const own = of('compared') === 0 ? undefined : of('kept') / of('compared');
    const revenueShare = revenue === 0 ? 0 : of('revenue') / revenue;
    const isLow = own !== undefined && retention !== undefined && own < retention;
    return {
      ...{ unit: String(row['unit']), subscriptions: of('subscriptions'), lost: of('lost'), unbilled: of('unbilled') },
      ...{ revenueShare, retention: own, isFocus: isLow && revenueShare >= 1 / rows.length },
    };
  });
  return { units, retention };
}
