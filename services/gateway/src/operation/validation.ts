import { failure, type FieldFailure, type Texts } from '@holdfast/platform/errors';
import { z } from 'zod';

/** The parts of a request that are checked. A pointer starts with them: `/query/pageSize`, `/body/rows/0/outcome`. */
export type Part = 'path' | 'query' | 'body';

const invalidRequest = failure('invalid', 'request.invalid', {
  en: 'The request does not fit this operation; see errors.',
  'zh-CN': '请求不符合此操作的要求，详见 errors。',
});

/** Deepest nesting of an input; what is declared here needs four levels. */
const DEPTH_MAX = 32;

/** More than the failures of any input that has the fields of its alternative. */
const UNKNOWN_FIELD_DISTANCE = 1_000_000;

type UnionIssue = z.core.$ZodIssueInvalidUnion;

const UNSTORABLE: Texts = {
  en: 'Text with a NUL character or half of a surrogate pair cannot be stored.',
  'zh-CN': '文本含有无法存储的字符（NUL 或不完整的代理对）。',
};
const TOO_DEEP: Texts = { en: 'This is nested too deeply.', 'zh-CN': '嵌套层数过多。' };

const english = z.locales.en().localeError;
const chinese = z.locales.zhCN().localeError;

/**
 * The checked and converted value of one part of a request.
 * @throws invalid, with a field failure for each thing that is wrong; no value of the input is repeated
 */
export function checked<S extends z.ZodType>(part: Part, schema: S, value: unknown): z.output<S> {
  const unfit = unfitIn(part, value, []);
  if (unfit !== undefined) throw invalidRequest({}, { fields: [unfit] });
  const result = schema.safeParse(value, { error: english });
  if (result.success) return result.data;
  // Parsed a second time for the other language's texts; the issues come in the same order.
  const translated = schema.safeParse(value, { error: chinese });
  const chineseIssues = translated.error?.issues ?? [];
  const fields = result.error.issues.flatMap((issue, i) => fieldFailures(part, issue, chineseIssues[i] ?? issue));
  throw invalidRequest({}, { fields });
}

/**
 * The first thing in an input that no schema looks for and no service can take: PostgreSQL refuses such texts, and
 * schemas, which call themselves for every level, run out of stack.
 */
function unfitIn(part: Part, value: unknown, path: readonly string[]): FieldFailure | undefined {
  const unfit = (kind: string, text: Texts): FieldFailure => {
    return { pointer: pointerOf(part, path), key: `${part}.${kind}`, text };
  };
  if (typeof value === 'string') return isStorable(value) ? undefined : unfit('unstorable', UNSTORABLE);
  if (typeof value !== 'object' || value === null) return undefined;
  if (path.length === DEPTH_MAX) return unfit('tooDeep', TOO_DEEP);
  for (const [key, inner] of Object.entries(value)) {
    const found = isStorable(key) ? unfitIn(part, inner, [...path, key]) : unfit('unstorable', UNSTORABLE);
    if (found !== undefined) return found;
  }
  return undefined;
}

function isStorable(text: string): boolean {
  return !text.includes('\0') && !/\p{Surrogate}/u.test(text);
}

function fieldFailures(part: Part, issue: z.core.$ZodIssue, chineseIssue: z.core.$ZodIssue): FieldFailure[] {
  const text = { en: issue.message, 'zh-CN': chineseIssue.message };
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      pointer: pointerOf(part, [...issue.path, key]),
      key: `${part}.unknown`,
      text: { en: `There is no ${part} field "${key}".`, 'zh-CN': `没有名为“${key}”的字段。` },
    }));
  }
  if (issue.code === 'invalid_union') return unionFailures(part, issue, chineseIssue);
  return [{ pointer: pointerOf(part, issue.path), key: `${part}.${issue.code}`, text }];
}

/**
 * The failures of the alternative that the input is meant for: the one with the fewest unknown fields, then with the
 * fewest failures. If several are equally near, one failure that names them all.
 */
function unionFailures(part: Part, issue: UnionIssue, chineseIssue: z.core.$ZodIssue): FieldFailure[] {
  const chineseErrors = chineseIssue.code === 'invalid_union' ? chineseIssue.errors : issue.errors;
  const alternatives = issue.errors.map((issues, i) => ({
    distance: distanceOf(issues),
    failures: issues.flatMap((inner, k) => {
      const path = [...issue.path, ...inner.path];
      const chineseInner = chineseErrors[i]?.[k] ?? inner;
      return fieldFailures(part, { ...inner, path } as z.core.$ZodIssue, chineseInner);
    }),
  }));
  const nearest = Math.min(...alternatives.map(({ distance }) => distance));
  const meant = alternatives.filter(({ distance }) => distance === nearest).map(({ failures }) => failures);
  const pointer = pointerOf(part, issue.path);
  const areWhole = meant.every(([first]) => first?.pointer === pointer);
  if (meant.length === 1 || !areWhole) return meant[0] ?? [];
  const texts = meant.map(([first]) => first!.text);
  const text = {
    en: texts.map(({ en }) => en).join('; or: '),
    'zh-CN': texts.map((each) => each['zh-CN']).join('；或：'),
  };
  return [{ pointer, key: `${part}.${issue.code}`, text }];
}

/** Unknown fields show another alternative, however many values of this one are wrong. */
function distanceOf(issues: readonly z.core.$ZodIssue[]): number {
  const unknown = issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys' && issue.path.length === 0 ? issue.keys : [],
  );
  return unknown.length * UNKNOWN_FIELD_DISTANCE + issues.length;
}

/** JSON pointer (RFC 6901) below the part. */
function pointerOf(part: Part, path: readonly PropertyKey[]): string {
  const segments = path.map((segment) => String(segment).replaceAll('~', '~0').replaceAll('/', '~1'));
  return ['', part, ...segments].join('/');
}
