import {
  FAILURE_KINDS,
  isRetryable,
  type Failure,
  type FailureKind,
  type Language,
  type Texts,
} from '@holdfast/platform/errors';
import { z } from 'zod';
import { PROBLEM_KINDS, type ProblemCode } from '../operation/problem-codes.js';

/** Content type of a problem document. */
export const PROBLEM_TYPE = 'application/problem+json';

const typeOf = <Kind extends FailureKind>(kind: Kind) => `urn:holdfast:problem:${kind}` as const;
const Type = z.enum(FAILURE_KINDS.map(typeOf));
const Code = z
  .enum(Object.keys(PROBLEM_KINDS) as [ProblemCode, ...ProblemCode[]])
  .describe('Message key, the same in every language')
  .meta({ id: 'ProblemCode' });

const FieldProblem = z
  .strictObject({
    pointer: z.string().describe('Where: /path, /query or /body, then a JSON pointer'),
    code: z.string(),
    message: z.string(),
  })
  .meta({ id: 'FieldProblem' });

/** An error as REST clients see it (RFC 9457). */
export const Problem = z
  .strictObject({
    type: Type,
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    instance: z.string().describe('Path of the request, without its query'),
    code: Code,
    errors: z.array(FieldProblem),
    traceId: z.string(),
    retryable: z.boolean().describe('Whether the same request may succeed later'),
  })
  .meta({ id: 'Problem' });

/** HTTP status and title of each kind of failure. */
const KINDS: Readonly<Record<FailureKind, Texts & { status: number }>> = {
  invalid: { status: 400, en: 'The request is malformed', 'zh-CN': '请求格式有误' },
  unauthenticated: { status: 401, en: 'Not authenticated', 'zh-CN': '未通过身份验证' },
  forbidden: { status: 403, en: 'Not allowed', 'zh-CN': '没有权限' },
  notFound: { status: 404, en: 'Not found', 'zh-CN': '未找到' },
  conflict: { status: 409, en: 'In conflict with the present state', 'zh-CN': '与当前状态冲突' },
  gone: { status: 410, en: 'No longer there', 'zh-CN': '已不存在' },
  precondition: { status: 412, en: 'A condition is not met', 'zh-CN': '条件不满足' },
  tooLarge: { status: 413, en: 'Too large', 'zh-CN': '内容过大' },
  unprocessable: { status: 422, en: 'Understood, but it makes no sense here', 'zh-CN': '内容无法处理' },
  limited: { status: 429, en: 'Too many requests', 'zh-CN': '请求过于频繁' },
  internal: { status: 500, en: 'Internal error', 'zh-CN': '内部错误' },
  unavailable: { status: 503, en: 'Not available at the moment', 'zh-CN': '暂时不可用' },
};

interface ProblemContext {
  language: Language;
  /** Requested URL without its query. */
  url: string;
  traceId: string;
  /** Status that overrides that of the kind, such as 415. */
  status?: number;
}

/** HTTP status of a kind of failure. */
export function statusOfKind(kind: FailureKind): number {
  return KINDS[kind].status;
}

/** The problem document of a failure: never a stack, and no text but the failure's own. */
export function problemOf(
  failure: Failure,
  { language, url, traceId, status }: ProblemContext,
): z.output<typeof Problem> {
  return {
    type: typeOf(failure.kind),
    title: KINDS[failure.kind][language],
    status: status ?? KINDS[failure.kind].status,
    detail: failure.text[language],
    instance: url.split('?', 1)[0]!,
    code: failure.key as ProblemCode,
    errors: failure.fields.map((field) => ({ pointer: field.pointer, code: field.key, message: field.text[language] })),
    traceId,
    retryable: isRetryable(failure.kind),
  };
}
