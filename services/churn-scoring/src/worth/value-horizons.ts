import type { ValueHazards, ValueHorizon } from '@holdfast/contracts/churn_scoring/v1/worth';
import { monthlyHazards } from '@holdfast/learning/horizon-hazards';
import { fill } from '@holdfast/platform/errors';
import { HORIZONS, horizonReason, type StoredHorizons } from '../model/horizon.js';
import type { WorthSettings } from './worth-settings.js';

type Lines = StoredHorizons['lines'];

/** Near, mid and long term (CS-20); beyond them up to the last month of the future value. */
const TERMS: Readonly<Record<(typeof HORIZONS)[number], string>> = { 1: 'near', 2: 'mid', 3: 'mid', 6: 'long' };

const TEXTS = {
  constant: {
    en: 'The probability of the first month is taken as the chance to leave in every month: {reason}',
    'zh-CN': '以首月流失概率作为各月的流失概率：{reason}',
  },
  hazards: {
    en: 'Each of the first {months} months has its own chance to leave; later ones have that of month {months}.',
    'zh-CN': '前 {months} 个月各有其流失概率，此后沿用第 {months} 个月的概率。',
  },
} as const;
const NO_HORIZONS = { en: 'the model has no horizons.', 'zh-CN': '该模型没有预测期。' } as const;

/** Lines of a model of the months from the second on; none for a model without horizons. */
export function hazardLines(stored: StoredHorizons | null): Lines {
  return stored === null || stored.reason === 'horizon.noDates' ? [] : stored.lines;
}

/** What future values are computed with, for people. @param months whose own hazard was used */
export function valueHazards(months: number, stored: StoredHorizons | null): ValueHazards {
  if (months > 1) {
    const { en, 'zh-CN': zhCn } = TEXTS.hazards;
    return { months, basis: 'hazards', textEn: fill(en, { months }), textZhCn: fill(zhCn, { months }) };
  }
  const why = stored?.reason ? horizonReason(stored.reason, 2) : undefined;
  return {
    ...{ months, basis: 'constant' },
    textEn: fill(TEXTS.constant.en, { reason: why?.reasonEn ?? NO_HORIZONS.en }),
    textZhCn: fill(TEXTS.constant['zh-CN'], { reason: why?.reasonZhCn ?? NO_HORIZONS['zh-CN'] }),
  };
}

/**
 * Value of a subscription within each horizon and within all months: Σ_{t ≤ h} margin × Π_{k ≤ t} (1 − hazard k) ÷ (1 + d)^t,
 * the hazards of months without a line being the last known one; and the margin that departures take from it.
 * @param margin minor units per month @param lines of the months from the second on that the run was computed with
 */
export function valueHorizons(
  { margin, probability }: { readonly margin: number; readonly probability: number },
  lines: Lines,
  { months, annualDiscount }: WorthSettings['future'],
  currency: string,
): ValueHorizon[] {
  const hazards = monthlyHazards(probability, lines);
  const discount = Math.pow(1 + annualDiscount, -1 / 12);
  const found: ValueHorizon[] = [];
  let [there, factor, expected, certain] = [1, 1, 0, 0];
  for (let month = 1; month <= months; month += 1) {
    there *= 1 - (hazards[month - 1] ?? hazards.at(-1)!);
    factor *= discount;
    expected += there * factor;
    certain += factor;
    const horizon = HORIZONS.find((each) => each === month);
    if (horizon === undefined && month !== months) continue;
    found.push({
      ...{ term: horizon === undefined ? 'beyond' : TERMS[horizon], months: month, probability: 1 - there },
      value: { minor: Math.round(margin * expected), currency },
      loss: { minor: Math.max(0, Math.round(margin * (certain - expected))), currency },
      basis: hazards.length === 1 ? 'constant' : month <= hazards.length ? 'hazards' : 'last-hazard',
    });
  }
  return found;
}
