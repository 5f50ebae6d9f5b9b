import type { Campaign, Effect, Estimate, Extract, HouseholdRun, Model } from '@holdfast/client/gen/operations';
import type { Language, ResponseOf } from '@holdfast/client/rest-client';
import { CAUSE_TEXTS } from '@holdfast/platform/terms';
import type { Summary } from './summary.js';
import { moneyText, percentText } from './text.js';

type Capacity = NonNullable<Model['validation']>['capacity'];
type CauseValidation = NonNullable<NonNullable<Model['validation']>['causes']>;
type PlanFitRun = ResponseOf<'GET /api/v1/plan-fit-runs/{runId}'>;

/**
 * The result of an operator's month: that of a table, and what only an extract provides. A text `list:NAME` replaces a
 * long list.
 */
export interface MonthSummary extends Summary {
  extract: Pick<Extract, 'extractId' | 'sequence' | 'from' | 'to'>;
  /** Last closed month: the one that was scored. */
  month: string;
  /** At risk by the first named of the seven reasons. */
  causes: Record<string, number>;
  /** Null without a model of leaving involuntarily. Summaries stored by former releases have none. */
  arrears?: ArrearsSummary | null;
  /** Null without a model of value loss. Summaries stored by former releases have none. */
  valueLoss?: ValueLossSummary | null;
  /** At risk without one; null where no column maps to a reason. Summaries stored by former releases have none. */
  withoutClearReason?: number | null;
  planFit: PlanFitSummary | null;
  households: HouseholdSummary | null;
  campaign: CampaignSummary | null;
  /** Of the operator's past campaign, offers together minus control group: change of the churn rate. */
  effect: (Effect & { campaignId: string; months: string[] }) | null;
  pastCampaign: {
    campaignId: string;
    name: string;
    arms: { arm: string; subscribers: number; churned: number }[];
  } | null;
  /** Past campaigns without randomisation, whose effect cannot be estimated. */
  notJudged: { campaignId: string; name: string; why: Record<Language, string> }[];
  rejects: string;
  reasons: string;
}

/** Churn for arrears, fraud or death. */
export interface ArrearsSummary {
  /** In the list of arrears from this probability on. */
  atRisk: number;
  probabilityMin: number;
  /** Those of them who are for that reason in no list of retention. */
  notRetained: number;
  auc: Estimate | null;
  /** Summaries stored by former releases have none. */
  capacity?: Capacity;
}

/** Subscriptions whose bills of the next two months will be below the line. */
export interface ValueLossSummary {
  atRisk: number;
  probabilityMin: number;
  /** Summaries stored by former releases have none. */
  capacity?: Capacity;
  averagePrecision: number | null;
  lift10: number | null;
  /** What ranking by the drop of the bill reaches on the same rows. */
  baseline: { averagePrecision: number; lift10: number } | null;
}

export interface PlanFitSummary extends Pick<
  PlanFitRun,
  'runId' | 'subscriptions' | 'advised' | 'byPrinciple' | 'saving' | 'notBillable' | 'unbillablePlans'
> {
  recommendations: string;
}

export interface HouseholdSummary extends Pick<HouseholdRun, 'runId' | 'members' | 'bySize' | 'pairs' | 'unavailable'> {
  count: number;
  households: string;
  rules: string;
}

type AssignedArm = Campaign['assignedArms'][number];

export interface CampaignSummary extends Pick<Campaign, 'campaignId' | 'state'> {
  name: string;
  arms: (Pick<AssignedArm, 'arm' | 'units' | 'propensity' | 'meanProbability'> & { subscribers: number })[];
  /** Month in which its outcomes are due. */
  outcomesDue: string | null;
}

type BaselineFigures = Record<'ap' | 'ratio' | 'baselineAp' | 'lift' | 'baselineLift', string>;

const WORDS = {
  en: {
    month: 'Month',
    extract: 'extract',
    because: 'first reasons',
    arrears: ({ atRisk, probabilityMin, notRetained, auc }: ArrearsSummary) =>
      `Arrears: ${atRisk} subscribers with a probability of ${percentText(probabilityMin)} or more` +
      `${auc === null ? '' : `, AUC ${auc.mean.toFixed(3)}`}; ${notRetained} in no list of retention`,
    valueLoss: ({ atRisk, probabilityMin }: ValueLossSummary) =>
      `Value loss: ${atRisk} subscribers with a probability of ${percentText(probabilityMin)} or more`,
    comparedWithDrop: ({ ap, ratio, baselineAp, lift, baselineLift }: BaselineFigures) =>
      `  average precision ${ap}, ${ratio} × ranking by the drop of the bill (${baselineAp}); lift ${lift} (${baselineLift})`,
    capacity: (contacts: number, precision: string) => `precision of ${contacts} contacts per month ${precision}`,
    noClearReason: 'no clear one',
    causesAgree: (hits: string, coded: number, constant: string, unclear: string) =>
      `Coded cause among the first three for ${hits} of ${coded} (same three for all: ${constant}); ${unclear} no clear one`,
    planFit: (fit: PlanFitSummary) =>
      `Plans: another one fits ${fit.advised} of ${fit.subscriptions}` +
      (fit.saving === null ? '' : `, saving them ${moneyText(fit.saving)} per month in total`),
    notBillable: (count: number, plans: string) => `  ${count} cannot be billed on their present plan: ${plans}`,
    noPlan: 'no plan',
    households: (found: HouseholdSummary) => `Households: ${found.count} with ${found.members} subscriptions`,
    campaign: (it: CampaignSummary) => `Campaign "${it.name}", ${it.state}; outcomes due in ${it.outcomesDue ?? '?'}`,
    arm: (arm: string) => (arm === 'control' ? 'control group' : arm),
    past: (name: string) => `Past campaign "${name}"`,
    churned: (churned: number, of: number) => `${churned} of ${of} churned`,
    effect: (effect: Effect) =>
      `${effect.perThousand.toFixed(0)} more of a thousand stayed (95 % ${perThousand(-effect.high)} to ` +
      `${perThousand(-effect.low)})`,
    notJudged: (name: string, why: string) => `Past campaign "${name}": ${why}`,
  },
  'zh-CN': {
    month: '账期',
    extract: '数据',
    because: '首要原因',
    arrears: ({ atRisk, probabilityMin, notRetained, auc }: ArrearsSummary) =>
      `欠费离网：${atRisk} 名用户的概率不低于 ${percentText(probabilityMin)}` +
      `${auc === null ? '' : `，AUC ${auc.mean.toFixed(3)}`}；其中 ${notRetained} 名不列入维系名单`,
    valueLoss: ({ atRisk, probabilityMin }: ValueLossSummary) =>
      `价值流失：${atRisk} 名用户的概率不低于 ${percentText(probabilityMin)}`,
    comparedWithDrop: (figures: BaselineFigures) =>
      `  平均精度 ${figures.ap}，为仅按账单降幅排序（${figures.baselineAp}）的 ${figures.ratio} 倍；` +
      `提升度 ${figures.lift}（${figures.baselineLift}）`,
    capacity: (contacts: number, precision: string) => `每月联系 ${contacts} 名时的命中率 ${precision}`,
    noClearReason: '无明确原因',
    causesAgree: (hits: string, coded: number, constant: string, unclear: string) =>
      `${coded} 名有原因代码的离网用户中，${hits} 的原因在前三位（固定三个：${constant}）；${unclear} 无明确原因`,
    planFit: (fit: PlanFitSummary) =>
      `套餐：${fit.subscriptions} 名用户中 ${fit.advised} 名有更合适的套餐` +
      (fit.saving === null ? '' : `，每月合计可省 ${moneyText(fit.saving)}`),
    notBillable: (count: number, plans: string) => `  ${count} 名用户的现有套餐无法计费：${plans}`,
    noPlan: '无套餐',
    households: (found: HouseholdSummary) => `家庭：${found.count} 个，共 ${found.members} 名用户`,
    campaign: (it: CampaignSummary) => `活动“${it.name}”，${it.state}；效果于 ${it.outcomesDue ?? '?'} 可知`,
    arm: (arm: string) => (arm === 'control' ? '对照组' : arm),
    past: (name: string) => `历史活动“${name}”`,
    churned: (churned: number, of: number) => `${of} 名中 ${churned} 名离网`,
    effect: (effect: Effect) =>
      `每千名多留住 ${effect.perThousand.toFixed(0)} 名（95% 区间 ${perThousand(-effect.high)} 至 ` +
      `${perThousand(-effect.low)}）`,
    notJudged: (name: string, why: string) => `历史活动“${name}”：${why}`,
  },
} as const;

function perThousand(share: number): string {
  return (share * 1_000).toFixed(0);
}

/** Precision of a list of as many as the team can contact in a month; nothing where it is unknown. */
export function capacityLines(capacity: Capacity | undefined, language: Language): string[] {
  const precision = capacity?.precision ?? null;
  return precision === null ? [] : [`  ${WORDS[language].capacity(capacity!.contacts, aucText(precision))}`];
}

/** A figure such as an AUC as text, with its interval. */
export function aucText({ mean, low, high }: Estimate): string {
  const interval = low === null || high === null ? '' : ` (${low.toFixed(3)}–${high.toFixed(3)})`;
  return `${mean.toFixed(3)}${interval}`;
}

export function isMonth(summary: Summary): summary is MonthSummary {
  return 'extract' in summary;
}

/** The lines before the imports. */
export function monthHeading({ extract, month }: MonthSummary, language: Language): string[] {
  const word = WORDS[language];
  return [`${word.month} ${month} (${word.extract} ${extract.extractId}, ${extract.from} – ${extract.to})`];
}

/** How well causes agree with the reason codes of churners whose month the models had not seen. */
export function causeValidationText(causes: CauseValidation, language: Language): string {
  const share = (figure: number | null): string => (figure === null ? '–' : `${(100 * figure).toFixed(0)} %`);
  const { codedSeven, amongFirstThree, constantThree, withoutClearReason } = causes;
  const [hits, constant, unclear] = [amongFirstThree, constantThree, withoutClearReason].map(share);
  return WORDS[language].causesAgree(hits!, codedSeven, constant!, unclear!);
}

/** The first named of the seven reasons of those at risk, how many have none, churn in arrears and value loss. */
export function causeLines(
  { causes, withoutClearReason, arrears, valueLoss }: MonthSummary,
  language: Language,
): string[] {
  const word = WORDS[language];
  const named = Object.entries(causes).map(([cause, count]) => `${CAUSE_TEXTS[cause]?.[language] ?? cause} ${count}`);
  const without = withoutClearReason ?? 0;
  const entries = [...(without === 0 ? [] : [`${word.noClearReason} ${without}`]), ...named];
  return [
    ...(entries.length === 0 ? [] : [`  ${word.because}: ${entries.join(', ')}`]),
    ...(arrears === null || arrears === undefined
      ? []
      : [word.arrears(arrears), ...capacityLines(arrears.capacity, language)]),
    ...(valueLoss === null || valueLoss === undefined ? [] : valueLossLines(valueLoss, language)),
  ];
}

function valueLossLines(loss: ValueLossSummary, language: Language): string[] {
  const word = WORDS[language];
  const { averagePrecision, lift10, baseline } = loss;
  const heading = [word.valueLoss(loss), ...capacityLines(loss.capacity, language)];
  if (averagePrecision === null || lift10 === null || baseline === null) return heading;
  const figures = {
    ap: averagePrecision.toFixed(3),
    ratio: (averagePrecision / baseline.averagePrecision).toFixed(2),
    baselineAp: baseline.averagePrecision.toFixed(3),
    lift: lift10.toFixed(1),
    baselineLift: baseline.lift10.toFixed(1),
  };
  return [...heading, word.comparedWithDrop(figures)];
}

/** Names of plans in a line. */
const PLANS_NAMED = 3;

function planFitLines(fit: PlanFitSummary, language: Language): string[] {
  const word = WORDS[language];
  const named = fit.unbillablePlans.map(({ planId, subscriptions }) => `${planId ?? word.noPlan} ${subscriptions}`);
  const plans = named.slice(0, PLANS_NAMED).join(', ') + (named.length > PLANS_NAMED ? ', …' : '');
  return [word.planFit(fit), ...(fit.notBillable === 0 ? [] : [word.notBillable(fit.notBillable, plans)])];
}

/** Plans, households, the campaign and what past ones achieved. */
export function monthLines(summary: MonthSummary, language: Language): string[] {
  const word = WORDS[language];
  const { planFit, households, campaign, pastCampaign, effect, notJudged } = summary;
  const armsOf = (arms: readonly { arm: string; subscribers: number }[]): string =>
    arms.map(({ arm, subscribers }) => `${word.arm(arm)} ${subscribers}`).join(', ');
  return [
    ...(planFit === null ? [] : planFitLines(planFit, language)),
    ...(households === null ? [] : [word.households(households)]),
    ...(campaign === null ? [] : [word.campaign(campaign), `  ${armsOf(campaign.arms)}`]),
    ...(pastCampaign === null
      ? []
      : [
          word.past(pastCampaign.name) + (effect === null ? '' : `: ${word.effect(effect)}`),
          `  ${pastCampaign.arms.map(({ arm, subscribers, churned }) => `${word.arm(arm)} ${word.churned(churned, subscribers)}`).join(', ')}`,
        ]),
    ...notJudged.map(({ name, why }) => word.notJudged(name, why[language])),
  ];
}
