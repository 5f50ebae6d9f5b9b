import { monthOf } from '../calendar/calendar.js';
import { weightedAuc } from '../hazard/bayes-auc.js';
import { REACTION_MONTHS } from '../hazard/life-state.js';
import type { Truth } from './truth-reader.js';

/**
 * What whoever knows the observable hazards reaches on the months that a model was judged on, which is free of the luck
 * of who left in them: AUC of each month, weighted by its leavers. Everybody at risk is a row, also those whom a system
 * keeps out.
 * @param judgedMonths months whose rows were judged; who left later by the reaction time is who they are about
 * @returns undefined where nobody left in those months
 */
export function oracleAuc({ departures, hazardsOf }: Truth, judgedMonths: readonly string[]): number | undefined {
  const rowsByMonth = new Map(
    judgedMonths.map((month) => [monthOf(month) + REACTION_MONTHS, [] as [number, number][]]),
  );
  for (const { subscription_id: key, month: text, observable } of hazardsOf()) {
    const month = monthOf(text!);
    const departure = departures.get(key!);
    const hasChurned = departure !== undefined && monthOf(departure['month']!) === month;
    rowsByMonth.get(month)?.push([Number(observable), hasChurned ? 1 : 0]);
  }
  let sum = 0;
  let leavers = 0;
  for (const rows of rowsByMonth.values()) {
    const left = Float64Array.from(rows, ([, label]) => label);
    const leaversOfMonth = left.reduce((total, label) => total + label, 0);
    if (leaversOfMonth === 0) continue;
    sum +=
      leaversOfMonth *
      weightedAuc(
        Float64Array.from(rows, ([score]) => score),
        left,
      );
    leavers += leaversOfMonth;
  }
  return leavers === 0 ? undefined : sum / leavers;
}
