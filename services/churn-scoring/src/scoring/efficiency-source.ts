import { Inject, Injectable } from '@nestjs/common';
import { EfficiencySource } from '@holdfast/contracts/churn_scoring/v1/scoring';
import {
  ResultServiceDefinition,
  type ResultService,
  type RetentionEffect,
} from '@holdfast/contracts/evaluation/v1/results';
import { systemCaller, type OrgUnitFilter } from '@holdfast/platform/caller';
import { asFailure, fill, isRetryable, type Texts } from '@holdfast/platform/errors';
import type { Rpc } from '@holdfast/platform/grpc';
import { log } from '@holdfast/platform/log';
import { z } from 'zod';

/** Value of a month ÷ cost of one contact: the stated fallback of RD-13. */
export const VALUE_COST = 'value-cost';
const UPLIFT_VALUE_COST = 'uplift-value-cost';
/** Scores do not wait longer for a figure that they can do without. */
const DEADLINE_MS = 5_000;

const TEXTS = {
  measured: {
    en: 'Measured in {campaigns} campaigns with control groups: {points} points fewer churn per contact (± {margin}).',
    'zh-CN': '在 {campaigns} 个设有对照组的活动中实测：每次接触使流失率降低 {points} 个百分点（±{margin}）。',
  },
  'effect.uncertain': {
    en: 'Assumed the same for all: measured in {campaigns} campaigns with control groups were {points} points fewer churn per contact (± {margin}), which may be chance.',
    'zh-CN':
      '假定对所有用户相同：在 {campaigns} 个设有对照组的活动中实测，每次接触使流失率降低 {points} 个百分点（±{margin}），可能出于偶然。',
  },
  'effect.none': {
    en: 'Assumed the same for all: no closed campaign with a control group has enough customers to measure the effect of a contact.',
    'zh-CN': '假定对所有用户相同：尚无设有对照组且用户数足够的已结束活动，无法实测接触效果。',
  },
  'effect.unavailable': {
    en: 'Assumed the same for all: the measured effect of contacts could not be read.',
    'zh-CN': '假定对所有用户相同：无法读取实测的接触效果。',
  },
} as const satisfies Record<string, Texts>;

const uplifts = z.strictObject({
  pooled: z.number().min(0),
  /** Org unit, and what a contact keeps in it. */
  byUnit: z.array(z.tuple([z.string(), z.number().min(0)])),
});

/** Parts of what a run is computed from, as texts, since parameters of jobs are scalars. */
interface Efficiency {
  /** JSON of `uplifts`; empty where none is used. */
  readonly uplifts: string;
  /** JSON of an EfficiencySource. */
  readonly efficiencySource: string;
}

/** What the retention efficiency is computed from: effects that evaluation measured, or the fallback (RD-13). */
@Injectable()
export class EfficiencySources {
  private readonly log = log('scoring');

  constructor(@Inject(ResultServiceDefinition.fullName) private readonly results: Rpc<ResultService>) {}

  /** As of now. Scoring does not depend on evaluation: where it cannot be reached, the fallback counts. */
  async current(): Promise<Efficiency> {
    const call = { caller: systemCaller('churn-scoring'), deadlineAtMs: Date.now() + DEADLINE_MS };
    try {
      return efficiencyOf(await this.results.getRetentionEffect(call, {}));
    } catch (thrown) {
      const failure = asFailure(thrown);
      if (!isRetryable(failure.kind)) throw thrown;
      this.log.warn({ reason: failure.key }, 'effect of contacts not read');
      return efficiencyOf(undefined);
    }
  }
}

/**
 * A measured effect counts where its 95 % interval is above 0; an effect that may be chance would turn the order of a list
 * by noise. Regions have their own, shrunk towards all, at least 0. @param effect undefined if it could not be read
 */
export function efficiencyOf(effect: RetentionEffect | undefined): Efficiency {
  const saved = effect?.saved;
  const reason =
    effect === undefined
      ? 'effect.unavailable'
      : saved === undefined
        ? 'effect.none'
        : saved.low > 0
          ? ''
          : 'effect.uncertain';
  const texts = TEXTS[reason === '' ? 'measured' : reason];
  const params = {
    campaigns: effect?.campaigns ?? 0,
    points: ((saved?.estimate ?? 0) * 100).toFixed(1),
    margin: (((saved?.high ?? 0) - (saved?.low ?? 0)) * 50).toFixed(1),
  };
  const source: EfficiencySource = {
    ...{ basis: reason === '' ? UPLIFT_VALUE_COST : VALUE_COST, reason, effect },
    ...{ textEn: fill(texts.en, params), textZhCn: fill(texts['zh-CN'], params) },
  };
  const regions = (effect?.groups ?? []).filter(({ dimension }) => dimension === 'region');
  const stored: z.output<typeof uplifts> = {
    pooled: saved?.estimate ?? 0,
    byUnit: regions.map(({ name, shrunk }) => [name, Math.max(0, shrunk!.estimate)]),
  };
  return { uplifts: reason === '' ? JSON.stringify(stored) : '', efficiencySource: JSON.stringify(source) };
}

/** Effect of a contact by org unit: that of the smallest unit with a separate effect, else the pooled one; 1 without any. */
export function upliftByUnit(stored: string): (orgUnitPath: string) => number {
  if (stored === '') return () => 1;
  const { pooled, byUnit } = uplifts.parse(JSON.parse(stored));
  const smallestFirst = [...byUnit].sort(([left], [right]) => right.length - left.length);
  const found = new Map<string, number>();
  return (path) => {
    let uplift = found.get(path);
    if (uplift === undefined) {
      uplift = smallestFirst.find(([unit]) => path.startsWith(unit))?.[1] ?? pooled;
      found.set(path, uplift);
    }
    return uplift;
  };
}

/** Of a run, with the groups of the caller's region; undefined in runs of former releases. */
export function efficiencySourceFor(
  { efficiency_source: stored }: { efficiency_source: object | null },
  units: OrgUnitFilter,
): EfficiencySource | undefined {
  if (stored === null) return undefined;
  const source = EfficiencySource.fromPartial(stored);
  if (source.effect === undefined) return source;
  const groups = source.effect.groups.filter(
    ({ dimension, name }) => dimension !== 'region' || units.some((unit) => name.startsWith(unit)),
  );
  return { ...source, effect: { ...source.effect, groups } };
}
