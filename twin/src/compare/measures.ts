import { monthNumber } from '@holdfast/platform/calendar';
import { CAUSES } from '../hazard/causes.js';
import { REACTION_MONTHS } from '../hazard/life-state.js';
import { judged, percentText, shown, type Judgement } from './judgement.js';
import { oracleAuc } from './oracle.js';
import type { Reasons, Recommendations, Rejects, Report } from './report-format.js';
import type { Truth } from './truth-reader.js';

/** Fixed before the first measurement. */
const GOALS = {
  aucBelowBayesMax: 0.05,
  valueGainMin: 1.5,
  reasonGainMin: 0.1,
  billExcessMax: 0.005,
  falseSavingMax: 0.01,
  halfWidthMax: 0.04,
} as const;

const REASONS_LOOKED_AT = 3;
/** The causes that are churn reasons (CS-11); arrears and chance are not. */
const REASON_CAUSES = CAUSES.filter((cause) => cause !== 'arrears' && cause !== 'other');

/** Rejected and duplicate rows per table, compared with the injected ones. */
export function judgeImports(imports: NonNullable<Report['imports']>, { injectedErrors }: Truth): Judgement[] {
  return imports.flatMap(({ table, rejected, duplicates }) => {
    const injected = injectedErrors.filter((row) => row['table'] === table);
    if (injected.length === 0) return [];
    const [expectedRejected, expectedDuplicates] = ['rejected', 'duplicate'].map(
      (expected) => injected.filter((row) => row['expected'] === expected).length,
    );
    const value = `${rejected} rejected, ${duplicates} duplicates`;
    const isMet = rejected === expectedRejected && duplicates === expectedDuplicates;
    return [judged('import', table, value, `${expectedRejected} and ${expectedDuplicates}`, isMet)];
  });
}

export function judgeRejects(rejects: Rejects, { injectedErrors }: Truth): Judgement[] {
  const injected = new Set(
    injectedErrors.filter((row) => row['expected'] === 'rejected').map(({ file, line }) => `${file}:${line}`),
  );
  const found = new Set(rejects.map(({ file, line }) => `${file}:${line}`));
  const missed = [...injected].filter((row) => !found.has(row)).length;
  const wrong = [...found].filter((row) => !injected.has(row)).length;
  const value = `${missed} errors not rejected, ${wrong} good rows rejected`;
  return [judged('import', 'single rejects', value, '0 and 0', missed === 0 && wrong === 0)];
}

/**
 * A model of retention (kind `status`) is compared with the voluntary hazards on its judged months, because churn
 * in arrears counts as staying; another report with the Bayes AUC of all churn.
 */
export function judgeModel(model: NonNullable<Report['model']>, truth: Truth): Judgement[] {
  const { summary } = truth;
  const { auc, kind, judgedMonths = [] } = model;
  if (summary.bayesAuc === undefined) return [shown('model', 'AUC', auc.mean.toFixed(3))];
  const oracle = oracleAuc(truth, judgedMonths, kind === 'status');
  const isOfMonths = kind === 'status' && oracle !== undefined;
  const best = isOfMonths ? oracle : summary.bayesAuc.allMonths.observable.expected;
  const least = best - GOALS.aucBelowBayesMax;
  const name = isOfMonths ? 'voluntary hazards' : 'Bayes AUC';
  const goal = `≥ ${least.toFixed(3)} (${name} ${best.toFixed(3)} - ${GOALS.aucBelowBayesMax})`;
  return [
    judged('model', 'AUC forward in time', auc.mean.toFixed(3), goal, auc.mean >= least),
    ...(oracle === undefined
      ? []
      : [shown('model', 'AUC of the observable hazards in the judged months', oracle.toFixed(3))]),
  ];
}

/** How much better value loss is predicted than by ranking by the drop of the bill alone. */
export function judgeValueLoss({ averagePrecision, baseline }: NonNullable<Report['valueLoss']>): Judgement[] {
  if (averagePrecision === null || baseline === null) return [];
  const gain = averagePrecision / baseline.averagePrecision;
  const value = `${averagePrecision.toFixed(3)} (${baseline.averagePrecision.toFixed(3)}), ${gain.toFixed(2)} times`;
  const goal = `≥ ${GOALS.valueGainMin} times`;
  return [
    judged('value loss', 'average precision against the drop of the bill', value, goal, gain >= GOALS.valueGainMin),
  ];
}

/**
 * For churners with a visible cause: share with the cause among the first three reported reasons, compared with naming
 * the three most frequent causes for all.
 */
export function judgeReasons(reasons: Reasons, { departures, keyOf }: Truth): Judgement[] {
  const causes: string[] = [];
  let hits = 0;
  for (const { subscriptionId, month, reasons: named } of reasons) {
    const departure = departures.get(keyOf(subscriptionId));
    const cause = departure?.['cause'];
    if (departure?.['is_visible'] !== 'true' || !REASON_CAUSES.some((each) => each === cause)) continue;
    const isBefore = month === undefined || monthNumber(month) + REACTION_MONTHS === monthNumber(departure['month']!);
    if (!isBefore) continue;
    causes.push(cause!);
    if (named.slice(0, REASONS_LOOKED_AT).includes(cause!)) hits += 1;
  }
  const counts = REASON_CAUSES.map((cause) => causes.filter((each) => each === cause).length);
  counts.sort((left, right) => right - left);
  const commonest = counts.slice(0, REASONS_LOOKED_AT).reduce((sum, count) => sum + count, 0) / causes.length;
  const share = hits / causes.length;
  const value = `${percentText(share)} of ${causes.length}; the three most frequent ${percentText(commonest)}`;
  const isMet = share >= commonest + GOALS.reasonGainMin;
  return [judged('reasons', 'true cause among the first three', value, `10 points above`, isMet)];
}

/** Recommended plans at their true cost, and reported bills compared with true ones. */
export function judgePlanFit(recommendations: Recommendations, { planBills, keyOf }: Truth): Judgement[] {
  let best = 0;
  let recommended = 0;
  let recommendedCount = 0;
  let falseSavings = 0;
  let bills = 0;
  let wrongBills = 0;
  let compared = 0;
  for (const { subscriptionId, planId, presentBill, recommendedBill } of recommendations) {
    const truth = planBills.get(keyOf(subscriptionId));
    if (truth === undefined) continue;
    const present = Number(truth['present_bill']);
    const current = currentPlanBill(truth);
    const isStay = planId === null || planId === truth['present_plan'];
    const recommendedCost = isStay ? current : Number(truth[`bill_${planId}`]);
    if (Number.isNaN(recommendedCost)) continue;
    compared += 1;
    best += Math.min(current, Number(truth['best_bill']));
    recommended += recommendedCost;
    if (!isStay) recommendedCount += 1;
    if (!isStay && recommendedCost >= current) falseSavings += 1;
    for (const [reported, actual] of [
      [presentBill, present],
      [recommendedBill, isStay ? present : recommendedCost],
    ] as const) {
      if (reported === undefined) continue;
      bills += 1;
      if (Math.round(reported * 100) !== Math.round(actual * 100)) wrongBills += 1;
    }
  }
  const excess = recommended / best - 1;
  const falseShare = recommendedCount === 0 ? 0 : falseSavings / recommendedCount;
  const atMost = (measure: string, share: number, most: number): Judgement =>
    judged('plan fit', measure, percentText(share, 2), `≤ ${percentText(most)}`, share <= most);
  return [
    shown('plan fit', 'subscriptions judged', `${compared}, another plan for ${recommendedCount}`),
    atMost('bill above the best', excess, GOALS.billExcessMax),
    atMost('false savings', falseShare, GOALS.falseSavingMax),
    judged('plan fit', 'bills equal to the cent', `${bills - wrongBills} of ${bills}`, 'all', wrongBills === 0),
  ];
}

/**
 * Cost of the months on the current plan, which differs from the actual bills if the plan changed within the months. A
 * closed plan has only the actual bills.
 */
function currentPlanBill(truth: Record<string, string>): number {
  return Number(truth[`bill_${truth['present_plan']}`] ?? truth['present_bill']);
}

export function judgeArms({ arms }: NonNullable<Report['pastCampaign']>, { summary }: Truth): Judgement[] {
  return arms.map(({ arm, subscribers, churned }) => {
    const actual = summary.campaign?.churn[arm]?.realised;
    const all = actual === undefined ? '' : `; with all in this arm ${percentText(actual, 2)}`;
    const value = `${churned} of ${subscribers}, ${percentText(churned / subscribers, 2)}${all}`;
    return shown('campaign', `churn in ${arm}`, value);
  });
}

export function judgeEffect({ estimate, low, high }: NonNullable<Report['effect']>, { summary }: Truth): Judgement[] {
  const value = `${percentText(estimate, 2)} (${percentText(low, 2)} to ${percentText(high, 2)})`;
  const actual = summary.campaign?.effect['offers']?.realised;
  if (actual === undefined) return [shown('campaign', 'effect of the offers', value)];
  const halfWidth = (high - low) / 2;
  const isCovered = low <= actual && actual <= high;
  const isNarrow = halfWidth <= GOALS.halfWidthMax;
  const widthGoal = `≤ ${percentText(GOALS.halfWidthMax)}`;
  return [
    judged('campaign', 'effect of the offers', value, `covers ${percentText(actual, 2)}`, isCovered),
    judged('campaign', 'half-width of its interval', percentText(halfWidth, 2), widthGoal, isNarrow),
  ];
}
