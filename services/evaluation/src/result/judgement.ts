import type { ArmResult, CampaignResults, Effect, ResultNotice } from '@holdfast/contracts/evaluation/v1/results';
import type { ChannelCount } from '@holdfast/contracts/evaluation/v1/results';
import { chiSquareTail, pearsonStatistic } from '@holdfast/learning/chi-square';
import { detectableEffect, plannedStandardError, powerAt } from '@holdfast/learning/power';
import { CONTROL } from '@holdfast/platform/control-group';
import { monthText } from '@holdfast/platform/calendar';
import { moneyOf } from '@holdfast/platform/money';
import type { AssignmentNote } from '../assignment/group-names.js';
import type { Due } from './due.js';
import type { EffectFound, EffectsFound } from './effects.js';
import type { ArmFigures } from './figures.js';
import type { GroupSize, Lot } from './randomisation-check.js';
import { noticeOf } from './notices.js';

const SIGNIFICANCE = 0.05;
const POWER = 0.8;
/** Below it, groups that lost members unevenly are told so. */
const LOSS_P_VALUE_MIN = 0.001;
/** How alike those of a unit are in leaving, before it is known. Generous: in the made-up operator's trial, 0.01. */
const CORRELATION = 0.05;

/** A campaign as it is stored. */
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

/** All that is known about a campaign when it is judged. */
interface Known {
  campaign: CampaignRow;
  followMonths: number;
  due: Due;
  sizes: readonly GroupSize[];
  lot: Lot;
  arms: readonly ArmFigures[];
  channels: ChannelCount[];
  /** Undefined before outcomes are in, and where there is nothing to compare. */
  effects: EffectsFound | undefined;
  meanUnitSize: number;
  currency: string;
}

/** The results as they are told, without the moment at which they were worked out. */
export function judgementOf(known: Known): CampaignResults {
  const { campaign, followMonths, due, lot, arms, effects } = known;
  const isRandomisedByUnit = campaign.randomisation_unit === 'household' || campaign.clustered;
  const effectOf = (found: EffectFound): Effect => effectMessage(found, isRandomisedByUnit);
  return {
    campaignId: campaign.id,
    origin: campaign.origin,
    name: campaign.name,
    startedOn: campaign.started_on,
    followMonths,
    outcomeMonths: due.outcomeMonths.map(monthText),
    state: due.state,
    dueMonth: monthText(due.outcomeMonths.at(-1)!),
    arms: arms.map((arm) => armMessage(arm, known)),
    effect: effects === undefined ? undefined : effectOf(effects.offers),
    effects: [...(effects?.arms ?? [])].map(([arm, found]) => ({ arm, effect: effectOf(found), pValue: found.pValue })),
    sampleRatio: lot.sampleRatio,
    power: powerOf(known),
    randomised: lot.isRandomised ? 'yes' : 'no',
    notices: noticesOf(known),
    computedAt: undefined,
    notJudged: arms.reduce(
      (sum, arm) => sum + notJudged(arm),
      Number(campaign.unplaced) + Number(campaign.in_several_groups),
    ),
    channels: known.channels,
    randomisationUnit: isRandomisedByUnit ? 'household' : 'subscription',
    orgUnitPath: campaign.org_unit_path,
  };
}

function effectMessage({ estimate, low, high, strata, isRough }: EffectFound, isRandomisedByUnit: boolean): Effect {
  const method = [
    strata > 1 ? `difference in means within ${strata} strata` : 'difference in means',
    isRough ? 'Neyman variance, at least that of Agresti and Caffo' : 'Neyman variance',
    ...(isRandomisedByUnit ? ['clustered by household'] : []),
  ];
  return { estimate, low, high, perThousand: -estimate * 1_000, method: method.join(', ') };
}

function armMessage(arm: ArmFigures, { due, currency }: Known): ArmResult {
  const isIn = due.monthsIn.length > 0;
  return {
    arm: arm.arm,
    subscriptions: isIn ? arm.judged : arm.assigned,
    churned: isIn ? arm.churned : undefined,
    touched: arm.touched,
    accepted: arm.accepted,
    meanArpu: moneyOf(arm.meanArpuMinor, currency),
    cost: moneyOf(arm.costMinor, currency),
    offerCost: moneyOf(arm.offerCostMinor, currency),
    notJudged: notJudged(arm),
  };
}

function notJudged({ matured, judged }: ArmFigures): number {
  return matured - judged;
}

/** From the outcomes where they are in, else from what the scores expect. */
function powerOf({ campaign, followMonths, lot, arms, effects, meanUnitSize }: Known): CampaignResults['power'] {
  if (!lot.isRandomised) return undefined;
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

function noticesOf(known: Known): ResultNotice[] {
  const { campaign, due, lot, arms, effects, sizes } = known;
  const notices: ResultNotice[] = [];
  const month = monthText(due.outcomeMonths.at(-1)!);
  if (due.state === 'due') notices.push(noticeOf('outcomesDue', { month }));
  if (due.state === 'partial') {
    notices.push(noticeOf('partial', { months: due.monthsIn.length, of: due.outcomeMonths.length, month }));
  }
  if (!sizes.some(({ arm }) => arm === CONTROL)) notices.push(noticeOf('noControl'));
  if (lot.sampleRatio?.fits === false) {
    notices.push(noticeOf('sampleRatio', { pValue: pValueText(lot.sampleRatio.pValue) }));
  } else if (!lot.isRandomised) {
    notices.push(noticeOf('notRandomised'));
  }
  if (campaign.clustered) notices.push(noticeOf('clustered'));
  notices.push(...campaign.assignment_notes.map(({ key, params }) => noticeOf(key, params)));
  if (Number(campaign.unplaced) > 0) notices.push(noticeOf('unitsUnknown', { units: campaign.unplaced }));
  const loss = lossPValue(known);
  if (lot.isRandomised && loss < LOSS_P_VALUE_MIN) notices.push(noticeOf('unevenLoss', { pValue: pValueText(loss) }));
  if (lot.isRandomised && due.monthsIn.length > 0 && effects === undefined) notices.push(noticeOf('tooFew'));
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

/** Probability of losses as uneven as these by chance, at the size of the units that may have gone together. */
function lossPValue({ arms, meanUnitSize }: Known): number {
  const matured = arms.filter((arm) => arm.matured > 0);
  const all = matured.reduce((sum, arm) => sum + arm.matured, 0);
  const lost = matured.reduce((sum, arm) => sum + notJudged(arm), 0);
  if (lost === 0 || lost === all || matured.length < 2) return 1;
  const statistic = pearsonStatistic(
    matured.flatMap((arm) => [notJudged(arm), arm.judged]),
    matured.flatMap((arm) => [(arm.matured * lost) / all, (arm.matured * (all - lost)) / all]),
  );
  return chiSquareTail(statistic / meanUnitSize, matured.length - 1);
}

function pValueText(pValue: number): string {
  return pValue < 0.0001 ? pValue.toExponential(0) : pValue.toFixed(4);
}
