import { backtestCounts, type CountBacktest } from '@holdfast/learning/count-backtest';
import {
  COUNTED_MONTHS_MIN,
  forecastCounts,
  type CountHistory,
  type Regressor,
  type UnitForecast,
} from '@holdfast/learning/count-forecast';
import { daysInMonth, monthNumber } from '@holdfast/platform/calendar';
import type { ForecastCause } from './forecast-causes.js';
import { springFestivalShare } from './lunar-new-year.js';
import type { ForecastKind, ChurnerCount, UnitNode } from './unit-tree.js';

/** What a forecast is computed from; crosses into its thread. */
export interface ForecastInput {
  readonly nodes: readonly UnitNode[];
  readonly rows: readonly ChurnerCount[];
  /** First month of the history, see `monthNumber`. */
  readonly firstMonth: number;
  readonly horizon: number;
  readonly kinds: readonly ForecastKind[];
  readonly causes: readonly ForecastCause[];
}

/** The forecast of a kind; undefined with too few months. */
export interface KindForecast {
  readonly kind: ForecastKind;
  /** By node. */
  readonly units: readonly UnitForecast[];
  readonly backtest: { readonly whole: readonly CountBacktest[]; readonly parts: readonly CountBacktest[] };
}

const DRAWS = 2_000;
const SEED = 18;
const MEAN_MONTH_DAYS = 365.25 / 12;
/** Prior deviations of effects on the log rate: the festival changes it by some tens of percent, an annotated cause by any factor. */
const FESTIVAL_DEVIATION = 0.3;
const CAUSE_DEVIATION = 1.5;

/** Forecasts of each kind, with their backtests; empty with too few months. */
export function forecastChurn(input: ForecastInput): KindForecast[] {
  if (countedMonths(input.nodes) < COUNTED_MONTHS_MIN) return [];
  const regressors = regressorsOf(input);
  return input.kinds.map((kind) => {
    const history = historyOf(input, kind, regressors);
    return {
      kind,
      units: forecastCounts(history, input.horizon, { draws: DRAWS, seed: SEED }),
      backtest: backtestCounts(history, input.horizon, SEED),
    };
  });
}

/** Months of the history whose churners are known. */
export function countedMonths(nodes: readonly UnitNode[]): number {
  const [whole] = nodes;
  if (whole === undefined) return 0;
  return whole.counts.all.filter((count, month) => !Number.isNaN(count) && whole.stock[month]! > 0).length;
}

function historyOf(
  { nodes, firstMonth, horizon }: ForecastInput,
  kind: ForecastKind,
  regressors: Regressor[],
): CountHistory {
  const months = nodes[0]!.counts.all.length + horizon;
  return {
    units: nodes.map(({ parent, counts, stock }) => ({ parent, counts: counts[kind], exposures: stock })),
    regressors,
    logLengths: Float64Array.from({ length: months }, (_, month) =>
      Math.log(daysInMonth(firstMonth + month) / MEAN_MONTH_DAYS),
    ),
  };
}

/** The Spring Festival, then the causes in their order. */
function regressorsOf({ nodes, rows, firstMonth, horizon, causes }: ForecastInput): Regressor[] {
  const months = nodes[0]!.counts.all.length + horizon;
  const festival = Float64Array.from({ length: months }, (_, month) => springFestivalShare(firstMonth + month));
  const stocks = stockByLeaf(rows, firstMonth, months);
  return [
    { mean: 0, deviation: FESTIVAL_DEVIATION, isGiven: false, values: nodes.map(() => festival) },
    ...causes.map(({ from, to, orgUnit, effect }) => {
      const [first, last] = [monthNumber(from) - firstMonth, monthNumber(to) - firstMonth];
      const values = nodes.map((node) =>
        Float64Array.from({ length: months }, (_, month) =>
          month < first || month > last ? 0 : affectedShare(node, orgUnit, stocks, month),
        ),
      );
      return { mean: Math.log1p(effect ?? 0), deviation: CAUSE_DEVIATION, isGiven: true, values };
    }),
  ];
}

/** Share of the stock of a unit that belongs to the org unit of a cause; later months have the last known one. */
function affectedShare(
  { orgUnitPath, leaves, stock }: UnitNode,
  orgUnit: string | undefined,
  stocks: ReadonlyMap<string, Float64Array>,
  month: number,
): number {
  if (orgUnit === undefined || (orgUnitPath !== '' && orgUnitPath.startsWith(orgUnit))) return 1;
  const at = Math.min(month, stock.length - 1);
  let affected = 0;
  for (const leaf of leaves) if (leaf.startsWith(orgUnit)) affected += stocks.get(leaf)![at]!;
  return affected > 0 ? affected / stock[at]! : 0;
}

function stockByLeaf(rows: readonly ChurnerCount[], firstMonth: number, months: number): Map<string, Float64Array> {
  const stocks = new Map<string, Float64Array>();
  for (const { month, orgUnitPath, stock } of rows) {
    const ofLeaf = stocks.get(orgUnitPath) ?? new Float64Array(months);
    stocks.set(orgUnitPath, ofLeaf);
    ofLeaf[monthNumber(month) - firstMonth]! += stock;
  }
  return stocks;
}
