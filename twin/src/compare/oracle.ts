import { monthNumber } from '@holdfast/platform/calendar';
import { pooledAuc } from '../hazard/bayes-auc.js';
import { CAUSES } from '../hazard/causes.js';
import { REACTION_MONTHS } from '../hazard/life-state.js';
import type { Truth } from './truth-reader.js';

const VOLUNTARY = CAUSES.filter((cause) => cause !== 'arrears');

/**
 * AUC of the observable hazards on the months that a model was judged on: the mean over months, weighted by churners,
 * without the random outcomes of other months. All subscriptions at risk count, also those that a system excludes.
 * @param isVoluntary of the voluntary causes alone: churn in arrears counts as staying, as for a model of retention
 * @param judgedMonths months of the judged rows; their churn is later by the reaction time
 * @returns undefined without churn in those months
 */
export function oracleAuc(
  { departures, hazardsOf }: Truth,
  judgedMonths: readonly string[],
  isVoluntary = false,
): number | undefined {
  const rowsByMonth = new Map(
    judgedMonths.map((month) => [
      monthNumber(month) + REACTION_MONTHS,
      { scores: [] as number[], labels: [] as number[] },
    ]),
  );
  for (const hazard of hazardsOf()) {
    const { subscription_id: key, month: text, observable } = hazard;
    const month = monthNumber(text!);
    const rows = rowsByMonth.get(month);
    const departure = departures.get(key!);
    const isCounted = departure !== undefined && !(isVoluntary && departure['cause'] === 'arrears');
    const hasChurned = isCounted && monthNumber(departure['month']!) === month;
    const voluntary = VOLUNTARY.reduce((sum, cause) => sum + Number(hazard[cause]), 0);
    rows?.scores.push(isVoluntary ? voluntary : Number(observable));
    rows?.labels.push(hasChurned ? 1 : 0);
  }
  return pooledAuc(rowsByMonth.values());
}
