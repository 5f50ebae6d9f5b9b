import type {
  ArmResult,
  CampaignResults,
  Effect,
  ResultNotice,
  ChannelCount,
} from '@holdfast/contracts/evaluation/v1/results';
import { chiSquareTail, pearsonStatistic } from '@holdfast/learning/chi-square';
import { detectableEffect, plannedStandardError, powerAt } from '@holdfast/learning/power';
import { CONTROL } from '@holdfast/platform/control-group';
import { monthText } from '@holdfast/platform/calendar';
import { moneyOf } from '@holdfast/platform/money';
import type { AssignmentNote } from '../assignment/group-names.js';
import type { Due } from './due.js';
import type { EffectEstimate, EffectEstimates } from './effects.js';
import type { ArmFigures } from './figures.js';
import type { GroupSize, RandomisationCheck } from './randomisation-check.js';
import { noticeOf } from './notices.js';

const SIGNIFICANCE = 0.05;
const POWER = 0.8;
/** Below it, uneven losses of the groups are a notice. */
const LOSS_P_VALUE_MIN = 0.001;
/** Assumed correlation of churn within a unit. Conservative: 0.01 in the simulated operator's trial. */
const CORRELATION = 0.05;

export interface CampaignRow {
  id: string;
  origin: 'extract' | 'holdfast';
  name: string;
  started_on: string;
  randomisation_unit: 'subscription' | 'household';
  clustered: boolean;
  unplaced: string;
  in_several_groups: string;
  assignment_notes: readonly AssignmentNote[];
  effect_goal: number | null;
  mean_probability: number | null;
  org_unit_path: string;
  /** As approved; null for a past campaign. */
  follow_months: number | null;
}

interface ResultInput {
  campaign: CampaignRow;
  followMonths: number;
  due: Due;
  sizes: readonly GroupSize[];
  randomisation: RandomisationCheck;
  arms: readonly ArmFigures[];
  channels: ChannelCount[];
  /** Undefined before outcomes are available, and without a comparison. */
  effects: EffectEstimates | undefined;
  meanUnitSize: number;
  currency: string;
}

/** The results without the time of their computation. */
export function campaignResults(input: ResultInput): CampaignResults {
  const { campaign, followMonths, due, randomisation, arms, effects } = input;
  const isRandomisedByUnit = campaign.randomisation_unit === 'household' || campaign.clustered;
  const effectOf = (estimate: EffectEstimate): Effect => effectMessage(estimate, isRandomisedByUnit);
  return {
    campaignId: campaign.id,
    origin: campaign.origin,
    name: campaign.name,
    startedOn: campaign.started_on,
    followMonths,
    outcomeMonths: due.outcomeMonths.map(monthText),
    state: due.state,
    dueMonth: monthText(due.outcomeMonths.at(-1)!),
    arms: arms.map((arm) => armMessage(arm, input)),
    effect: effects === undefined ? undefined : effectOf(effects.offers),
    effects: [...(effects?.arms ?? [])].map(([arm, each]) => ({ arm, effect: effectOf(each), pValue: each.pValue })),
    sampleRatio: randomisation.sampleRatio,
    power: powerOf(input),
    randomised: randomisation.isRandomised ? 'yes' : 'no',
    notices: noticesOf(input),
    computedAt: undefined,
    notJudged: arms.reduce(
      (sum, arm) => sum + lostMembers(arm),
      Number(campaign.unplaced) + Number(campaign.in_several_groups),
    ),
    channels: input.channels,
    randomisationUnit: isRandomisedByUnit ? 'household' : 'subscription',
    orgUnitPath: campaign.org_unit_path,
  };
}

function effectMessage({ estimate, low, high, strata, isRough }: EffectEstimate, isRandomisedByUnit: boolean): Effect {
  const method = [
    strata > 1 ? `difference in means within ${strata} strata` : 'difference in means',
    isRough ? 'Neyman variance, at least that of Agresti and Caffo' : 'Neyman variance',
    ...(isRandomisedByUnit ? ['clustered by household'] : []),
  ];
  return { estimate, low, high, perThousand: -estimate * 1_000, method: method.join(', ') };
}

function armMessage(arm: ArmFigures, { due, currency }: ResultInput): ArmResult {
  const isAvailable = due.availableMonths.length > 0;
  return {
    arm: arm.arm,
    subscriptions: isAvailable ? arm.evaluated : arm.assigned,
    churned: isAvailable ? arm.churned : undefined,
    touched: arm.touched,
    accepted: arm.accepted,
    meanArpu: moneyOf(arm.meanArpuMinor, currency),
    cost: moneyOf(arm.costMinor, currency),
    offerCost: moneyOf(arm.offerCostMinor, currency),
    notJudged: lostMembers(arm),
  };
}

function lostMembers({ matured, evaluated }: ArmFigures): number {
  return matured - evaluated;
}

/** From the outcomes if available, else from the expected churn of the scores. */
function powerOf(input: ResultInput): CampaignResults['power'] {
  const { campaign, followMonths, randomisation, arms, effects, meanUnitSize } = input;
  if (!randomisation.isRandomised) return undefined;
  const error = effects?.offers.standardError ?? plannedError(campaign, followMonths, arms, meanUnitSize);
  if (error === undefined || !(error > 0)) return undefined;
  const goal = campaign.effect_goal;
  return {
    detectableEffect: detectableEffect(error, POWER, SIGNIFICANCE),
    powerAtGoal: goal === null ? undefined : powerAt(goal, error, SIGNIFICANCE),
  };
}

function plannedError(
  { mean_probability: monthly }: CampaignRow,
  followMonths: number,
  arms: readonly ArmFigures[],
  meanUnitSize: number,
): number | undefined {
  if (monthly === null) return undefined;
  const size = (isControl: boolean): number =>
    arms.filter(({ arm }) => (arm === CONTROL) === isControl).reduce((sum, { assigned }) => sum + assigned, 0);
  const designEffect = 1 + (meanUnitSize - 1) * CORRELATION;
  return plannedStandardError(1 - (1 - monthly) ** followMonths, [size(false), size(true)], designEffect);
}

function noticesOf(input: ResultInput): ResultNotice[] {
  const { campaign, due, randomisation, arms, effects, sizes } = input;
  const notices: ResultNotice[] = [];
  const month = monthText(due.outcomeMonths.at(-1)!);
  if (due.state === 'due') notices.push(noticeOf('outcomesDue', { month }));
  if (due.state === 'partial')
    notices.push(noticeOf('partial', { months: due.availableMonths.length, of: due.outcomeMonths.length, month }));
  if (!sizes.some(({ arm }) => arm === CONTROL)) notices.push(noticeOf('noControl'));
  if (randomisation.sampleRatio?.fits === false) {
    notices.push(noticeOf('sampleRatio', { pValue: pValueText(randomisation.sampleRatio.pValue) }));
  } else if (!randomisation.isRandomised) notices.push(noticeOf('notRandomised'));
  if (campaign.clustered) notices.push(noticeOf('clustered'));
  notices.push(...campaign.assignment_notes.map(({ key, params }) => noticeOf(key, params)));
  if (Number(campaign.unplaced) > 0) notices.push(noticeOf('unitsUnknown', { units: campaign.unplaced }));
  const loss = lossPValue(input);
  if (randomisation.isRandomised && loss < LOSS_P_VALUE_MIN)
    notices.push(noticeOf('unevenLoss', { pValue: pValueText(loss) }));
  if (randomisation.isRandomised && due.availableMonths.length > 0 && effects === undefined)
    notices.push(noticeOf('tooFew'));
  if (effects?.offers.isRough === true) notices.push(noticeOf('rough'));
  const touchedControl = arms.find(({ arm }) => arm === CONTROL)?.touched ?? 0;
  if (touchedControl > 0) notices.push(noticeOf('controlTouched', { subscriptions: touchedControl }));
  const [touches, uncosted] = [sumOf(arms, 'touches'), sumOf(arms, 'uncosted')];
  if (uncosted > 0 && uncosted < touches) notices.push(noticeOf('costsMissing', { uncosted, touches }));
  return notices;
}

function sumOf(arms: readonly ArmFigures[], figure: 'touches' | 'uncosted'): number {
  return arms.reduce((sum, arm) => sum + arm[figure], 0);
}

/** P-value of the losses under equal loss rates, corrected for the size of the units. */
function lossPValue({ arms, meanUnitSize }: ResultInput): number {
  const matured = arms.filter((arm) => arm.matured > 0);
  const all = matured.reduce((sum, arm) => sum + arm.matured, 0);
  const lost = matured.reduce((sum, arm) => sum + lostMembers(arm), 0);
  if (lost === 0 || lost === all || matured.length < 2) return 1;
  const statistic = pearsonStatistic(
    matured.flatMap((arm) => [lostMembers(arm), arm.evaluated]),
    matured.flatMap((arm) => [(arm.matured * lost) / all, (arm.matured * (all - lost)) / all]),
  );
  return chiSquareTail(statistic / meanUnitSize, matured.length - 1);
}

function pValueText(pValue: number): string {
  return pValue < 0.0001 ? pValue.toExponential(0) : pValue.toFixed(4);
}
