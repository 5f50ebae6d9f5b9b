import path from 'node:path';
import { Worker } from 'node:worker_threads';
import { Inject, Injectable } from '@nestjs/common';
import type {
  ChurnForecast,
  ForecastChurnRequest,
  ForecastService,
} from '@holdfast/contracts/feature_store/v1/forecast';
import { addMonths, monthNumber } from '@holdfast/platform/calendar';
import { orgUnitFilter, type Caller } from '@holdfast/platform/caller';
import { Clock } from '@holdfast/platform/clock';
import { failure } from '@holdfast/platform/errors';
import type { Call, Rpc } from '@holdfast/platform/grpc';
import { Parameters } from '@holdfast/platform/parameters';
import { scoped } from '@holdfast/platform/scoped';
import { CONFIG } from '@holdfast/platform/service';
import type { FeatureStoreConfig } from '../config.js';
import { Lanes } from '../engine/lanes.js';
import { Extracts, closedMonthsOf, type LoadedExtract } from '../facts/extracts.js';
import { Facts, needsTable } from '../facts/facts.js';
import { pathConditions } from '../facts/row-conditions.js';
import { statusMonths } from '../facts/status-months.js';
import type { FeatureStoreParameters } from '../parameters.js';
import type { ForecastInput, KindForecast } from './churn-forecast.js';
import { forecastAnswer } from './forecast-answer.js';
import { churnerCounts } from './churner-counts.js';
import { FORECAST_KINDS, unitTree, type ForecastKind, type ChurnerCount, type UnitNode } from './unit-tree.js';

const MONTHS_AHEAD_MAX = 6;
const LEVELS_MAX = 5;
/** Months of history that are read. */
const HISTORY_MAX = 36;
/** Months of statuses that one statement holds, as in the other reports. */
const MONTHS_OF_STATEMENT = 12;
/** A unit costs some milliseconds for each origin of the backtest. */
const UNITS_MAX = 200;

const rangeInvalid = failure('invalid', 'forecast.rangeInvalid', {
  en: 'A forecast is of 1 to {months} months, by 1 to {levels} levels, and of the kinds {kinds}.',
  'zh-CN': '预测范围为 1 至 {months} 个月、1 至 {levels} 级，类型为 {kinds}。',
});
const unitsTooMany = failure('invalid', 'forecast.unitsTooMany', {
  en: 'These are {units} org units; at most {max} are forecast at a time. Choose fewer levels, or an org unit.',
  'zh-CN': '共 {units} 个组织单元，一次最多预测 {max} 个。请减少级数或指定组织单元。',
});

/** Forecasts of counts. Everything is computed when it is called, in a separate thread. */
@Injectable()
export class ForecastRpc {
  constructor(
    @Inject(CONFIG) private readonly config: FeatureStoreConfig,
    private readonly facts: Facts,
    private readonly extracts: Extracts,
    private readonly lanes: Lanes,
    private readonly parameters: Parameters<FeatureStoreParameters>,
    private readonly clock: Clock,
  ) {}

  readonly handlers: Rpc<ForecastService> = {
    forecastChurn: scoped('evaluation:read', (call, request) => this.forecast(call, request)),
  };

  private async forecast(call: Call, request: ForecastChurnRequest): Promise<ChurnForecast> {
    const { monthsAhead: horizon, levels } = request;
    const kinds = FORECAST_KINDS.filter((kind) => request.kind === '' || request.kind === kind);
    const isRange = horizon >= 1 && horizon <= MONTHS_AHEAD_MAX && levels >= 1 && levels <= LEVELS_MAX;
    if (!isRange || kinds.length === 0)
      throw rangeInvalid({ months: MONTHS_AHEAD_MAX, levels: LEVELS_MAX, kinds: FORECAST_KINDS.join(', ') });
    const extracts = await this.extracts.loaded();
    if (!extracts.some(({ tables }) => tables.some(({ table }) => table === 'status_history')))
      throw needsTable({ table: 'status_history' });
    const asOf = new Date(Math.max(this.clock.now().getTime(), extracts.at(-1)!.extractedAt.getTime()));
    const { value: annotated, version: causesVersion } = await this.parameters.inForce('forecast.causes');
    const { nodes, rows, firstMonth } = await this.history(call, request, { extracts, asOf });
    if (nodes.length > UNITS_MAX) throw unitsTooMany({ units: nodes.length, max: UNITS_MAX });
    const causes = annotated.filter(({ orgUnit }) => concerns(orgUnit, rows));
    const input = { nodes, rows, firstMonth, horizon, kinds: kinds satisfies ForecastKind[], causes };
    const forecasts = nodes.length === 0 ? [] : await this.inThread(input, call.signal);
    return { ...forecastAnswer(input, forecasts, levels), asOf, causesVersion };
  }

  /** Counts of churners of the closed months, by org unit. */
  private async history(
    { caller, signal }: Call,
    { orgUnitPath, levels }: ForecastChurnRequest,
    { extracts, asOf }: { extracts: readonly LoadedExtract[]; asOf: Date },
  ): Promise<{ nodes: UnitNode[]; rows: ChurnerCount[]; firstMonth: number }> {
    const closed = closedMonthsOf(extracts).slice(-HISTORY_MAX - 1);
    const [first, last] = [closed[0], closed.at(-1)];
    if (first === undefined || last === undefined || first === last) return { nodes: [], rows: [], firstMonth: 0 };
    const where = regionOf(caller, orgUnitPath);
    const rows: ChurnerCount[] = [];
    for (let from = first; from <= last; from = addMonths(from, MONTHS_OF_STATEMENT)) {
      const to = [addMonths(from, MONTHS_OF_STATEMENT - 1), last].sort()[0]!;
      const sql = churnerCounts(await this.status({ from, to: addMonths(to, 1) }), { from, to }, LEVELS_MAX, where);
      const options = {
        tables: ['status_history'],
        fromMonth: from,
        toMonth: addMonths(to, 1),
        knowledgeTime: asOf,
        extracts,
      };
      const found = await this.lanes.bulk.run(signal, (connection) =>
        this.facts.withFacts(connection, options, async () => {
          try {
            return (await connection.runAndReadAll(sql)).getRowObjectsJS();
          } finally {
            connection.startCleaning();
          }
        }),
      );
      rows.push(...found.map(countOf));
    }
    const months = { first: monthNumber(first) + 1, last: monthNumber(last) };
    const isClosed = new Set(closed.map(monthNumber));
    const known = new Set([...isClosed].filter((month) => isClosed.has(month - 1)));
    // A stock of a month that is not closed counts none.
    const counted = rows.filter(({ month }) => known.has(monthNumber(month)) || monthNumber(month) === months.last + 1);
    const nodes = counted.length === 0 ? [] : unitTree(counted, levels, months, known);
    return { nodes, rows: counted, firstMonth: months.first };
  }

  private async status(months: { from: string; to: string }): Promise<string> {
    const rule = {
      suspendedDaysMin: await this.parameters.get('churn.suspendedDaysMin'),
      cancelCounts: await this.parameters.get('churn.cancelCounts'),
    };
    return statusMonths(months, rule, { usage: false, billing: false });
  }

  private inThread(input: ForecastInput, signal: AbortSignal | undefined): Promise<KindForecast[]> {
    signal?.throwIfAborted();
    const worker = new Worker(path.resolve(this.config.forecastWorker), { workerData: input });
    return new Promise<KindForecast[]>((resolve, reject) => {
      const cancel = (): void => {
        reject(signal!.reason as Error);
        void worker.terminate();
      };
      signal?.addEventListener('abort', cancel, { once: true });
      worker.on('message', resolve);
      worker.on('error', reject);
      worker.on('exit', (code) => {
        signal?.removeEventListener('abort', cancel);
        reject(new Error(`the thread of the forecast ended early (${code})`)); // does nothing once there is a result
      });
    });
  }
}

/** The caller's region, and within an org unit if one is given. */
function regionOf(caller: Caller, orgUnitPath: string): string[] {
  const own = orgUnitPath === '' ? [] : pathConditions([orgUnitPath], 'org_unit_path');
  return [...pathConditions(orgUnitFilter(caller), 'org_unit_path'), ...own];
}

function concerns(orgUnit: string | undefined, rows: readonly ChurnerCount[]): boolean {
  return orgUnit === undefined || rows.some(({ orgUnitPath }) => orgUnitPath.startsWith(orgUnit));
}

function countOf(row: Record<string, unknown>): ChurnerCount {
  const of = (name: string): number => Number(row[name]);
  return {
    ...{ month: String(row['month']), orgUnitPath: String(row['org_unit_path']), stock: of('stock') },
    ...{ voluntary: of('voluntary'), involuntary: of('involuntary') },
  };
}
