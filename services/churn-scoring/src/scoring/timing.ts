import type { Timing as TimingMessage } from '@holdfast/contracts/churn_scoring/v1/scoring';
import type { Money } from '@holdfast/contracts/platform/v1/money';
import { monthlyHazards } from '@holdfast/learning/horizon-hazards';
import { addMonths } from '@holdfast/platform/calendar';
import { moneyOfMajor, toMajor, toMinor } from '@holdfast/platform/money';
import type { InForce } from '@holdfast/platform/parameters';
import type { churnScoringParameters } from '../parameters.js';
import { briefTiming, timingOf, type TimingInput } from './best-moment.js';
import type { RunRow } from './runs.js';

export type TimingRuleInForce = InForce<(typeof churnScoringParameters)['timing.rule']['default']>;

interface ScoredRow {
  readonly probability: number;
  /** numeric, as text. */
  readonly value: string | null;
  readonly contract_months: number | null;
}

type RunFacts = Pick<RunRow, 'month' | 'horizons' | 'contact_cost' | 'currency' | 'gap_months'>;

/** A score before it is stored. */
interface NewRow {
  readonly probability: number;
  readonly value: number | null;
  readonly contractMonths: number | null;
}

/** Moment of the rule of a run: answers about it stay. */
export function ruleOfRun({
  timing_at: stored,
  published_at: published,
}: Pick<RunRow, 'timing_at' | 'published_at'>): Date {
  return stored ?? published;
}

function hasMonths({ horizons, month }: Pick<RunRow, 'month' | 'horizons'>): boolean {
  return horizons !== null && horizons.reason !== 'horizon.noDates' && month !== '';
}

/** Without horizons only the first month is known. */
function inputOf(
  { probability, value, contractMonths }: NewRow & { readonly value: number },
  run: RunFacts,
): TimingInput {
  const boundMonths = contractMonths === null ? null : Math.max(0, contractMonths - run.gap_months);
  const hazards = monthlyHazards(probability, hasMonths(run) ? run.horizons!.lines : []);
  return { hazards, monthlyValue: value, contactCost: Number(run.contact_cost), boundMonths };
}

/** What a score stores of it, so that lists are filtered and selections compared in SQL. */
export function storedTiming(
  row: NewRow,
  run: RunFacts,
  { value: rule }: TimingRuleInForce,
): { netNow: number | null; bestAfterMonths: number | null } {
  if (row.value === null) return { netNow: null, bestAfterMonths: null };
  const { netNow, best } = briefTiming(inputOf({ ...row, value: row.value }, run), rule);
  return {
    netNow: toMajor(toMinor(netNow, run.currency), run.currency),
    bestAfterMonths: hasMonths(run) ? best : null,
  };
}

/** What lists are filtered by; `none` if no contact pays. */
export const TIMINGS = ['now', 'later', 'none'] as const;

/** One of TIMINGS in SQL, of `score s`; NULL where it is not known. */
export const TIMING_SQL = `case when s.best_after_months < 0 then 'none' when s.best_after_months = 0 then 'now'
    when s.best_after_months > 0 then 'later' end`;

/**
 * When to contact a scored subscription; undefined where the run has no months or horizons, or the row no value. Computed
 * when it is read: it follows from the score, the lines of its model and the rule.
 * @param withMoments whether each month of the horizon is in the answer
 */
export function timingMessage(
  row: ScoredRow,
  run: RunFacts,
  { value: rule, version }: TimingRuleInForce,
  withMoments: boolean,
): TimingMessage | undefined {
  const { month, currency } = run;
  if (!hasMonths(run) || row.value === null) return undefined;
  const { contract_months: contractMonths, probability } = row;
  const known = { probability, value: Number(row.value), contractMonths };
  const { moments, best, tooEarly, tooLate, offerCostMax } = timingOf(inputOf(known, run), rule);
  const money = (amount: number): Money => moneyOfMajor(amount, currency);
  const moneyIf = (amount: number | undefined): Money | undefined => (amount === undefined ? undefined : money(amount));
  const monthAfter = (months: number): string => addMonths(month, months + 1);
  return {
    ...{ bestMonth: best === undefined ? '' : monthAfter(best), bestAfterMonths: best },
    ...{ net: moneyIf(best === undefined ? undefined : moments[best]!.net), tooEarly: moneyIf(tooEarly) },
    ...{ tooLate: moneyIf(tooLate), offerCostMax: money(offerCostMax) },
    contractEndsMonth: contractMonths === null ? '' : addMonths(month, contractMonths),
    ...{ saveRate: rule.saveRate, saveRateBasis: rule.saveRateBasis, ruleVersion: version },
    moments: withMoments
      ? moments.map(({ afterMonths, net, gain, cost, lost }) => ({
          ...{ afterMonths, month: monthAfter(afterMonths), net: money(net), gain: money(gain) },
          ...{ cost: money(cost), lost: money(lost) },
        }))
      : [],
  };
}
