import type { Definition } from '@holdfast/contracts/feature_store/v1/value_group';
import type { InForce, Parameters } from '@holdfast/platform/parameters';
import type { FeatureStoreParameters } from '../parameters.js';

/** Definitions of value groups, as parameters of the service (`definition.<name>`), with what they mean for people. */
const MEANINGS = {
  midHighEnd: {
    en: 'Mean bill of the last {months} months at or above {arpuMin}.',
    'zh-CN': '最近 {months} 个月的平均账单不低于 {arpuMin}。',
  },
  quasiMidHighEnd: {
    en: 'Not mid/high-end, and mean bill of the same months at or above {arpuMin}.',
    'zh-CN': '未达中高端，且同期平均账单不低于 {arpuMin}。',
  },
  cohort: {
    en: 'Mid/high-end {lagMonths} months before the month, whatever happened since.',
    'zh-CN': '在当月之前第 {lagMonths} 个月为中高端，此后变化不影响归属。',
  },
  valueLost: {
    en:
      'Of the cohort: each bill of the last {lossMonths} months more than {dropPercent} % below the mean of the ' +
      '{historyMonths} months before them, or cancelled in the month.',
    'zh-CN':
      '基准群体中：最近 {lossMonths} 个月的每月账单均比此前 {historyMonths} 个月均值低 {dropPercent}% 以上，或当月销户。',
  },
  saved: {
    en:
      'In service {afterMonths} months after the month of a contact, and still in the group or a better one; of ' +
      'value-lost members: no longer value-lost.',
    'zh-CN': '接触月之后第 {afterMonths} 个月仍在网，且仍属原价值群或更高；价值流失成员为不再处于价值流失。',
  },
  adopterSegments: {
    en:
      "Early adopter: on {adoptionsMin} days of the last {adoptionMonths} months among the first {earlyShare} of the region's " +
      'users of a new handset, network generation or product with {usersMin} users. Mature-stage chooser: tenure of ' +
      '{tenureMonths} months, in a region that grew by at most {growthMax} within a year, and {signsMin} signs of a ' +
      'choice by own standard within {signMonths} months.',
    'zh-CN':
      '早期采用者：最近 {adoptionMonths} 个月内至少有 {adoptionsMin} 天，位于本区域新机型、新一代网络或新产品（用户数不少于 ' +
      '{usersMin}）用户的前 {earlyShare} 之列。成熟期选择者：在网 {tenureMonths} 个月以上，本区域用户数一年内增长不超过 ' +
      '{growthMax}，且 {signMonths} 个月内至少有 {signsMin} 次按自身标准选择的迹象。',
  },
  churnIndexProxy: {
    en:
      'Without survey answers, dissatisfaction × alternatives: (5 − mean satisfaction) ÷ 4, else complaints of three ' +
      'months ÷ {complaintsMax}; calls to hotlines of rivals ÷ {rivalCallsMax}, at least {alternativesMin}.',
    'zh-CN':
      '无调查答卷时为不满意度 × 可替代性：(5 − 平均满意度) ÷ 4，否则为近三个月投诉数 ÷ {complaintsMax}；' +
      '拨打竞争对手客服次数 ÷ {rivalCallsMax}，且不低于 {alternativesMin}。',
  },
} as const;
type DefinitionName = keyof typeof MEANINGS;
const DEFINITION_NAMES = Object.keys(MEANINGS) as DefinitionName[];

type Value<N extends DefinitionName> = InForce<FeatureStoreParameters[`definition.${N}`]['default']>;
/** The definitions in force at a moment. */
export type Definitions = { readonly [N in DefinitionName]: Value<N> };

export async function definitionsAt(
  parameters: Parameters<FeatureStoreParameters>,
  at: Date | undefined,
): Promise<Definitions> {
  return {
    midHighEnd: await parameters.inForce('definition.midHighEnd', at),
    quasiMidHighEnd: await parameters.inForce('definition.quasiMidHighEnd', at),
    cohort: await parameters.inForce('definition.cohort', at),
    valueLost: await parameters.inForce('definition.valueLost', at),
    saved: await parameters.inForce('definition.saved', at),
    adopterSegments: await parameters.inForce('definition.adopterSegments', at),
    churnIndexProxy: await parameters.inForce('definition.churnIndexProxy', at),
  };
}

/** What a figure names: `midHighEnd=1;quasiMidHighEnd=1;…`, of the definitions that make a status. */
export function versionsText(definitions: Definitions): string {
  const named = ['midHighEnd', 'quasiMidHighEnd', 'cohort', 'valueLost'] as const;
  return named.map((name) => `${name}=${definitions[name].version}`).join(';');
}

export function definitionMessages(definitions: Definitions): Definition[] {
  return DEFINITION_NAMES.map((name) => {
    const { value, version, validFrom, setBy } = definitions[name];
    return {
      ...{ name, parameter: `definition.${name}`, version, valueJson: JSON.stringify(value), validFrom, setBy },
      meaningEn: filled(MEANINGS[name].en, value),
      meaningZhCn: filled(MEANINGS[name]['zh-CN'], value),
    };
  });
}

function filled(text: string, value: Readonly<Record<string, number | readonly string[]>>): string {
  const { dropRatio } = value;
  const dropPercent = typeof dropRatio === 'number' ? Math.round(dropRatio * 10_000) / 100 : undefined;
  const shown: Readonly<Record<string, unknown>> = { ...value, dropPercent };
  return text.replaceAll(/\{(\w+)\}/g, (_, name: string) => String(shown[name]));
}

/** Months before the first that are read to compute the groups of the first. */
export function monthsBack({ midHighEnd, cohort, valueLost }: Definitions): number {
  const { historyMonths, lossMonths } = valueLost.value;
  return Math.max(cohort.value.lagMonths + midHighEnd.value.months - 1, historyMonths + lossMonths - 1);
}
