import { failure, type FieldFailure } from '@holdfast/platform/errors';
import { z } from 'zod';

/** The parts of a request that are checked. A pointer starts with them: `/query/pageSize`, `/body/rows/0/outcome`. */
export type Part = 'path' | 'query' | 'body';

const invalidRequest = failure('invalid', 'request.invalid', {
  en: 'The request does not fit this operation; see errors.',
  'zh-CN': '请求不符合此操作的要求，详见 errors。',
});

const english = z.locales.en().localeError;
const chinese = z.locales.zhCN().localeError;

/**
 * The checked and converted value of one part of a request.
 * @throws invalid, with a field failure for each thing that is wrong; no value of the input is repeated
 */
export function checked<S extends z.ZodType>(part: Part, schema: S, value: unknown): z.output<S> {
  const result = schema.safeParse(value, { error: english });
  if (result.success) return result.data;
  // Parsed a second time for the other language's texts; the issues come in the same order.
  const translated = schema.safeParse(value, { error: chinese });
  const chineseIssues = translated.error?.issues ?? [];
  const fields = result.error.issues.flatMap((issue, i) =>
    fieldFailures(part, issue, chineseIssues[i]?.message ?? issue.message),
  );
  throw invalidRequest({}, { fields });
}

function fieldFailures(part: Part, issue: z.core.$ZodIssue, chineseText: string): FieldFailure[] {
  const text = { en: issue.message, 'zh-CN': chineseText };
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      pointer: pointerOf(part, [...issue.path, key]),
      key: `${part}.unknown`,
      text: { en: `There is no ${part} field "${key}".`, 'zh-CN': `没有名为“${key}”的字段。` },
    }));
  }
  return [{ pointer: pointerOf(part, issue.path), key: `${part}.${issue.code}`, text }];
}

/** JSON pointer (RFC 6901) below the part. */
function pointerOf(part: Part, path: readonly PropertyKey[]): string {
  const segments = path.map((segment) => String(segment).replaceAll('~', '~0').replaceAll('/', '~1'));
  return ['', part, ...segments].join('/');
}
