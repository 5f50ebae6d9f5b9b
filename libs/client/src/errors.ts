import type { Job, Problem } from './gen/operations.js';

/** What a caller is shown; `token.refused` is the client's own code. */
type Refusal = Pick<Problem, 'detail' | 'errors' | 'traceId'> & { code: Problem['code'] | 'token.refused' };

/** A refusal: a problem document (RFC 9457), unless what answered was not the gateway. */
export class ApiError extends Error {
  override readonly name = 'ApiError';

  constructor(
    readonly status: number,
    readonly problem: Refusal | undefined,
  ) {
    super(problem === undefined ? `The system answered ${status}.` : messageOf(problem));
  }

  /** Message key, the same in every language; empty without a problem document. */
  get code(): string {
    return this.problem?.code ?? '';
  }
}

/** The system was not reachable within the retry window. */
export class UnreachableError extends Error {
  override readonly name = 'UnreachableError';
}

/** What answered is not the REST interface: it sent something else than JSON. */
export class UnexpectedAnswerError extends Error {
  override readonly name = 'UnexpectedAnswerError';
}

/** The JSON of an answer. @throws UnexpectedAnswerError */
export async function jsonOf<T>(answer: Response): Promise<T> {
  try {
    return (await answer.json()) as T;
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    const { origin, pathname } = new URL(answer.url);
    throw new UnexpectedAnswerError(`${origin} answered ${pathname} with something that is not JSON`, { cause });
  }
}

/** A job that did not succeed. */
export class JobFailedError extends Error {
  override readonly name = 'JobFailedError';

  constructor(readonly job: Job) {
    super(job.error === null ? `The job ${job.jobId} was ${job.state}.` : `${job.error.message} (${job.error.code})`);
  }
}

/** The error of an answer with status 400 or more; reads its body. */
export async function apiErrorOf(answer: Response): Promise<ApiError> {
  const isProblem = answer.headers.get('content-type')?.startsWith('application/problem+json') ?? false;
  if (isProblem) return new ApiError(answer.status, await jsonOf<Problem>(answer));
  await answer.body?.cancel();
  return new ApiError(answer.status, undefined);
}

/** Whether the same request may succeed in a moment. */
export function isTransient({ status, code }: ApiError): boolean {
  return [429, 502, 503, 504].includes(status) || code === 'idempotencyKey.inFlight';
}

function messageOf({ detail, errors, code, traceId }: NonNullable<ApiError['problem']>): string {
  const fields = errors.map(({ pointer, message }) => `  ${pointer}: ${message}`);
  const trace = traceId === '' ? '' : `, trace ${traceId}`;
  return [`${detail} (${code}${trace})`, ...fields].join('\n');
}
