import type { Timing as TimingMessage } from '@holdfast/contracts/churn_scoring/v1/scoring';
import type { Money } from '@holdfast/contracts/platform/v1/money';
import { monthlyHazards } from '@holdfast/learning/horizon-hazards';
import { addMonths } from '@holdfast/platform/calendar';
import { toMinor } from '@holdfast/platform/money';
import type { InForce } from '@holdfast/platform/parameters';
import type { churnScoringParameters } from '../parameters.js';
import { timingOf } from './best-moment.js';
import type { RunRow } from './runs.js';

export type TimingRuleInForce = InForce<(typeof churnScoringParameters)['timing.rule']['default']>;

interface ScoredRow {
  readonly probability: number;
  /** numeric, as text. */
  readonly value: string | null;
  readonly contract_months: number | null;
}

/**
 * When to contact a scored subscription; undefined where the run has no months or horizons, or the row no value. Computed
 * when it is read: it follows from the score, the lines of its model and the rule.
 * @param withMoments whether each month of the horizon is in the answer
 */
export function timingMessage(
  row: ScoredRow,
  run: Pick<RunRow, 'month' | 'horizons' | 'contact_cost' | 'currency' | 'gap_months'>,
  { value: rule, version }: TimingRuleInForce,
  withMoments: boolean,
): TimingMessage | undefined {
  const { horizons, month, currency } = run;
  if (horizons === null || horizons.reason === 'horizon.noDates' || month === '' || row.value === null)
    return undefined;
  const { contract_months: contractMonths } = row;
  const boundMonths = contractMonths === null ? null : Math.max(0, contractMonths - run.gap_months);
  const hazards = monthlyHazards(row.probability, horizons.lines);
  const input = { hazards, monthlyValue: Number(row.value), contactCost: Number(run.contact_cost), boundMonths };
  const { moments, best, tooEarly, tooLate, offerCostMax } = timingOf(input, rule);
  const money = (amount: number): Money => ({ minor: toMinor(amount, currency), currency });
  const known = (amount: number | undefined): Money | undefined => (amount === undefined ? undefined : money(amount));
  const monthAfter = (months: number): string => addMonths(month, months + 1);
  return {
    ...{ bestMonth: best === undefined ? '' : monthAfter(best), bestAfterMonths: best },
    ...{ net: known(best === undefined ? undefined : moments[best]!.net), tooEarly: known(tooEarly) },
    ...{ tooLate: known(tooLate), offerCostMax: money(offerCostMax) },
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
