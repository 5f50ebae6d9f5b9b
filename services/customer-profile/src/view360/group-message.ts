import type { Field, FieldGroup } from '@holdfast/contracts/customer_profile/v1/view360';
import type { Language } from '@holdfast/platform/errors';
import { IDENTITY_KEYS, type FieldSpec, type FieldValue, type GroupSpec } from './field.js';
import type { Known } from './known.js';
import { tableOf, type Figures, type FigureTable } from './monthly-figures.js';
import type { Reason } from './reasons.js';
import type { Sources } from './sources.js';

/** Caller and data of the groups. */
export interface GroupContext {
  sources: Sources;
  figures: Figures;
  /** ISO 4217. */
  currency: string;
  language: Language;
  maySeePersonal: boolean;
}

/** A group as a message; without any source it has one cause. */
export function groupMessage(
  { key, en, zh }: GroupSpec,
  specs: readonly FieldSpec[],
  known: Known,
  context: GroupContext,
): FieldGroup {
  const fields = specs.map((spec) => fieldMessage(spec, known, context));
  const telling = fields.filter((one) => !IDENTITY_KEYS.has(one.key));
  const isEmpty = telling.length > 0 && telling.every(({ unavailable }) => unavailable !== '');
  return {
    ...{ key, labelEn: en, labelZhCn: zh },
    fields: isEmpty ? [] : fields,
    unavailable: isEmpty ? commonest(telling.map(({ unavailable }) => unavailable)) : '',
  };
}

function commonest(texts: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1);
  return [...counts].sort(([, one], [, other]) => other - one)[0]![0];
}

function fieldMessage(spec: FieldSpec, known: Known, context: GroupContext): Field {
  const reason = whyNot(spec, context);
  const value = reason === undefined ? spec.value(known) : undefined;
  const isPersonal = spec.mask !== undefined || spec.coarse !== undefined;
  const isMasked = isPersonal && value !== undefined && !context.maySeePersonal;
  const why = reason ?? (value === undefined ? spec.absent : undefined);
  const doubt = value === undefined ? undefined : spec.doubt?.(known);
  return {
    ...{ key: spec.key, labelEn: spec.en, labelZhCn: spec.zh, source: tableOf(spec.source) },
    value: valueMessage(isMasked ? masked(value, spec, known) : value, context.currency),
    masked: isMasked,
    unavailable: why?.[context.language] ?? '',
    notice: doubt?.[context.language] ?? '',
  };
}

function whyNot({ source }: FieldSpec, { sources, figures }: GroupContext): Reason | undefined {
  return sources.whyNot(tableOf(source)) ?? figures.missing(source as FigureTable);
}

function masked(value: FieldValue, { mask, coarse }: FieldSpec, known: Known): FieldValue | undefined {
  if (coarse !== undefined) return coarse(known);
  return 'text' in value ? { text: mask!(value.text) } : { text: mask!('') };
}

function valueMessage(value: FieldValue | undefined, currency: string): Field['value'] {
  if (value === undefined) return undefined;
  if ('number' in value) return { $case: 'number', number: value.number };
  if ('text' in value) return { $case: 'text', text: value.text };
  if ('flag' in value) return { $case: 'flag', flag: value.flag };
  return { $case: 'money', money: { minor: value.minor, currency } };
}
