import { monthNumber } from '@holdfast/platform/calendar';
import { pooledAuc } from '../hazard/bayes-auc.js';
import { REACTION_MONTHS } from '../hazard/life-state.js';
import type { Truth } from './truth-reader.js';

/**
 * AUC of the observable hazards on the months that a model was judged on: the mean over months, weighted by churners,
 * without the random outcomes of other months. All subscriptions at risk count, also those that a system excludes.
 * @param judgedMonths months of the judged rows; their churn is later by the reaction time
 * @returns undefined without churn in those months
 */
export function oracleAuc({ departures, hazardsOf }: Truth, judgedMonths: readonly string[]): number | undefined {
  const rowsByMonth = new Map(
    judgedMonths.map((month) => [
      monthNumber(month) + REACTION_MONTHS,
      { scores: [] as number[], labels: [] as number[] },
    ]),
  );
  for (const { subscription_id: key, month: text, observable } of hazardsOf()) {
    const month = monthNumber(text!);
    const rows = rowsByMonth.get(month);
    const departure = departures.get(key!);
    const hasChurned = departure !== undefined && monthNumber(departure['month']!) === month;
    rows?.scores.push(Number(observable));
    rows?.labels.push(hasChurned ? 1 : 0);
  }
  return pooledAuc(rowsByMonth.values());
}
