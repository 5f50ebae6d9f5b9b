import type {
  CauseEffect,
  ChurnForecast,
  CountedChurn,
  ForecastBacktest,
  ForecastCount,
} from '@holdfast/contracts/feature_store/v1/forecast';
import type { CountBacktest } from '@holdfast/learning/count-backtest';
import { COUNTED_MONTHS_MIN, type CountInterval } from '@holdfast/learning/count-forecast';
import { monthText } from '@holdfast/platform/calendar';
import { fill, type Texts } from '@holdfast/platform/errors';
import { countedMonths, type ForecastInput, type KindForecast } from './churn-forecast.js';
import type { ForecastKind, UnitNode } from './unit-tree.js';

const FESTIVAL: Texts = { en: 'Spring Festival', 'zh-CN': '春节' };
const REASONS = {
  'forecast.fewMonths': {
    en: 'A forecast needs {needed} months with known churners; there are {months}.',
    'zh-CN': '预测需要 {needed} 个流失数已知的账期，现有 {months} 个。',
  },
  'forecast.notJudged': {
    en: 'The months at hand are too few to judge forecasts of {months} months ahead.',
    'zh-CN': '现有账期过少，无法验证提前 {months} 个月的预测。',
  },
} as const satisfies Record<string, Texts>;
const NO_REASON = { reason: '', reasonEn: '', reasonZhCn: '' };

/** Counts, history, backtest and effects as messages: of the region and of the units at a level. */
export function forecastAnswer(
  input: ForecastInput,
  forecasts: readonly KindForecast[],
  levels: number,
): Omit<ChurnForecast, 'asOf' | 'causesVersion'> {
  const { nodes, firstMonth } = input;
  const shown = [...nodes.keys()].filter((node) => node === 0 || nodes[node]!.level === levels);
  const last = firstMonth + (nodes[0]?.counts.all.length ?? 0) - 1;
  const months = countedMonths(nodes);
  const counts = forecasts.flatMap(({ kind, units }) =>
    shown.flatMap((node) =>
      units[node]!.months.map(({ exposure, ...interval }, after) =>
        countMessage(kind, nodes[node]!, last, after + 1, interval, exposure),
      ),
    ),
  );
  const totals = forecasts.flatMap(({ kind, units }) =>
    shown.map((node) => countMessage(kind, nodes[node]!, last, input.horizon, units[node]!.total)),
  );
  return {
    ...{ counts, totals },
    history: shown.flatMap((node) => historyOf(nodes[node]!, firstMonth)),
    backtest: forecasts.flatMap(({ kind, backtest: { whole, parts } }) => [
      ...whole.map((figures) => backtestMessage(kind, false, figures)),
      ...parts.map((figures) => backtestMessage(kind, true, figures)),
    ]),
    causes: forecasts.flatMap((forecast) => causeMessages(input, forecast)),
    ...(forecasts.length === 0 ? reasonOf('forecast.fewMonths', { needed: COUNTED_MONTHS_MIN, months }) : NO_REASON),
  };
}

function countMessage(
  kind: ForecastKind,
  { orgUnitPath }: UnitNode,
  last: number,
  monthsAhead: number,
  { mean: expected, ...interval }: CountInterval,
  stock?: number,
): ForecastCount {
  return { kind, orgUnitPath, month: monthText(last + monthsAhead), monthsAhead, stock, expected, ...interval };
}

function historyOf({ orgUnitPath, stock, counts }: UnitNode, firstMonth: number): CountedChurn[] {
  return [...counts.all.keys()]
    .filter((month) => !Number.isNaN(counts.all[month]!))
    .map((month) => ({
      ...{ orgUnitPath, month: monthText(firstMonth + month), stock: stock[month]! },
      ...{ voluntary: counts.voluntary[month]!, involuntary: counts.involuntary[month]! },
    }));
}

function backtestMessage(kind: ForecastKind, isByUnit: boolean, figures: CountBacktest): ForecastBacktest {
  const { monthsAhead, judged } = figures;
  return {
    ...{ kind, isByUnit, monthsAhead, judged },
    ...{ coverage80: known(figures.coverage80), coverage95: known(figures.coverage95) },
    ...{ scaledErrorOfLast: known(figures.scaledErrorOfLast), scaledErrorOfYear: known(figures.scaledErrorOfYear) },
    ...(judged === 0 ? reasonOf('forecast.notJudged', { months: monthsAhead }) : NO_REASON),
  };
}

/** Effects on the unit that is nearest to the org unit of the cause, or on the region. */
function causeMessages({ nodes, causes }: ForecastInput, { kind, units }: KindForecast): CauseEffect[] {
  const festival = { ...FESTIVAL, from: '', to: '', orgUnit: undefined, effect: undefined };
  return [festival, ...causes].map((cause, at) => {
    const { orgUnit } = cause;
    const inside = nodes.findIndex(({ orgUnitPath }) => orgUnit !== undefined && orgUnitPath.startsWith(orgUnit));
    const around = nodes.findLastIndex(({ orgUnitPath }) => orgUnit?.startsWith(orgUnitPath) === true);
    const { effects, isEstimated } = units[inside >= 0 ? inside : Math.max(0, around)]!;
    const given = cause.effect === undefined ? 'unknown' : 'given';
    return {
      ...{ kind, causeEn: cause.en, causeZhCn: cause['zh-CN'], fromMonth: cause.from, toMonth: cause.to },
      ...{ orgUnitPath: orgUnit ?? '', effect: known(Math.expm1(effects[at]!)) },
      basis: isEstimated[at] ? 'estimated' : given,
    };
  });
}

function reasonOf(key: keyof typeof REASONS, facts: Record<string, number>) {
  const { en, 'zh-CN': zhCn } = REASONS[key];
  return { reason: key, reasonEn: fill(en, facts), reasonZhCn: fill(zhCn, facts) };
}

function known(figure: number): number | undefined {
  return Number.isFinite(figure) ? figure : undefined;
}
