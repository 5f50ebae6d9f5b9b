import { z } from 'zod';
import type { OperationSpec } from '../operation/operation-spec.js';
import { PROBLEM_KINDS, type ProblemCode } from '../operation/problem-codes.js';
import { PROBLEM_TYPE, Problem, statusOfKind } from './problem.js';
import { statusOfKey } from './transport-failure.js';

/** What an operation may answer with one status. */
interface DeclaredAnswer {
  /** Of a success; a failure is described by its codes. */
  description?: string;
  /** Schema of each content type; undefined for one that is no JSON. Empty for an answer without a body. */
  content: Map<string, z.ZodType | undefined>;
  /** Codes of the problem documents. */
  codes: ProblemCode[];
}

const EVERY_REQUEST: readonly ProblemCode[] = [
  ...(['request.invalid', 'request.malformed', 'request.unparsable', 'request.tooSlow'] as const),
  ...(['internal', 'service.failed'] as const),
  ...(['system.unavailable', 'service.unavailable', 'service.hangs', 'gateway.stopping'] as const),
];
const SCOPED: readonly ProblemCode[] = [
  ...(['caller.unauthenticated', 'caller.scopeMissing', 'caller.provinceOnly', 'rate.exceeded'] as const),
  ...(['access.issuerUnavailable', 'audit.unavailable'] as const),
];
const WITH_BODY: readonly ProblemCode[] = ['body.malformed', 'body.tooLarge', 'body.contentTypeUnsupported'];
const WITH_KEY: readonly ProblemCode[] = [
  ...(['idempotencyKey.malformed', 'idempotencyKey.inFlight', 'idempotencyKey.reused'] as const),
];
const LIST: readonly ProblemCode[] = ['pageToken.invalid', 'page.tokenMalformed'];

/** Codes of all problems that an operation can answer with: those of the pipeline around it, then its own. */
function codesOf(operation: OperationSpec): ProblemCode[] {
  const { method, scope, params, idempotencyKey, ifMatch, limitClass, raises = [] } = operation;
  const isList = operation.query instanceof z.ZodObject && 'pageToken' in operation.query.shape;
  return [
    ...EVERY_REQUEST,
    ...(scope === 'open' ? [] : SCOPED),
    ...(scope === 'open' && limitClass !== undefined ? (['rate.exceeded'] as const) : []),
    // A value that is too long, or has a colon in front of an action, makes an address of no operation.
    ...(params === undefined ? [] : (['route.unknown'] as const)),
    // A body that an operation has no use for is read, too.
    ...(method === 'GET' ? [] : WITH_BODY),
    ...(isList ? LIST : []),
    ...(idempotencyKey === undefined ? [] : WITH_KEY),
    ...(idempotencyKey === 'required' ? (['idempotencyKey.missing'] as const) : []),
    ...(ifMatch === 'required' ? (['ifMatch.missing'] as const) : []),
    ...raises,
  ];
}

const known = new WeakMap<OperationSpec, Map<number, DeclaredAnswer>>();

/** All answers of an operation by status. The document describes them, and a test fails on any other. */
export function declaredAnswers(operation: OperationSpec): Map<number, DeclaredAnswer> {
  const answers = known.get(operation) ?? answersOf(operation);
  known.set(operation, answers);
  return answers;
}

function answersOf(operation: OperationSpec): Map<number, DeclaredAnswer> {
  const { status = 200, response, formats = [JSON_TYPE], line = response, also = {}, etag } = operation;
  const answers = new Map<number, DeclaredAnswer>();
  const schemaOf = (type: string): z.ZodType | undefined =>
    type === JSON_TYPE ? response : type === LINES_TYPE ? line : undefined;
  const content = new Map(status === 204 ? [] : formats.map((type) => [type, schemaOf(type)]));
  answers.set(status, { description: status === 204 ? 'Done' : 'Success', content, codes: [] });
  if (etag) answers.set(304, { description: 'Not changed', content: new Map(), codes: [] });
  for (const [code, { description, response: other }] of Object.entries(also)) {
    answers.set(Number(code), { description, content: new Map([[JSON_TYPE, other]]), codes: [] });
  }
  for (const code of codesOf(operation)) {
    for (const failed of statusesOf(code)) {
      const answer = answers.get(failed) ?? { content: new Map<string, z.ZodType>(), codes: [] };
      answer.content.set(PROBLEM_TYPE, Problem);
      answer.codes.push(code);
      answers.set(failed, answer);
    }
  }
  return new Map([...answers].sort(([left], [right]) => left - right));
}

/** Statuses whose codes are not listed by operation: any of those of all services. */
const OF_ALL_SERVICES = new Set([400, 403, 500, 503]);

const JSON_TYPE = 'application/json';
const LINES_TYPE = 'application/x-ndjson';

function statusesOf(code: ProblemCode): readonly number[] {
  return statusOfKey(code) ?? [statusOfKind(PROBLEM_KINDS[code])];
}

/** What is wrong with an answer: it is not declared, or has another shape. Undefined if nothing is. */
export function undeclared(
  operation: OperationSpec,
  answer: { status: number; contentType: string | undefined; body?: string | undefined },
): string | undefined {
  const declared = declaredAnswers(operation).get(answer.status);
  const what = `${operation.method} ${operation.path} answers ${answer.status}`;
  if (declared === undefined) return `${what}, which is not declared`;
  const type = answer.contentType?.split(';', 1)[0];
  if (type === undefined) return declared.content.size === 0 ? undefined : `${what} without a body`;
  if (!declared.content.has(type)) return `${what} as ${type}, which is not declared`;
  const schema = declared.content.get(type);
  if (schema === undefined || answer.body === undefined) return undefined;
  const bodies = type === LINES_TYPE ? answer.body.split('\n').slice(0, -1) : [answer.body];
  for (const body of bodies) {
    const { error } = schema.safeParse(JSON.parse(body));
    if (error !== undefined) return `${what} in another shape: ${z.prettifyError(error)}`;
    const code = (JSON.parse(body) as { code?: ProblemCode }).code;
    if (type === PROBLEM_TYPE && !OF_ALL_SERVICES.has(answer.status) && !declared.codes.includes(code!)) {
      return `${what} with the code ${code}, which is not declared`;
    }
  }
  return undefined;
}
