import { isOutage } from './outage.js';

/** Languages of the system's texts. */
export type Language = 'zh-CN' | 'en';

/** A text in every language. `{name}` stands for a parameter. */
export type Texts = Readonly<Record<Language, string>>;

/** The closed set of errors that a caller must be able to distinguish. */
export const FAILURE_KINDS = [
  'invalid',
  'unauthenticated',
  'forbidden',
  'notFound',
  'conflict',
  'precondition',
  'gone',
  'tooLarge',
  'unprocessable',
  'limited',
  'unavailable',
  'internal',
] as const;
export type FailureKind = (typeof FAILURE_KINDS)[number];

/** What is wrong with one field of the input. */
export interface FieldFailure {
  /** JSON pointer into the input. */
  pointer: string;
  key: string;
  text: Texts;
}

export type FailureParams = Readonly<Record<string, string | number>>;

type FailureOptions = { fields?: FieldFailure[]; retryAfterSeconds?: number; cause?: unknown };

/**
 * The one error type. It crosses process boundaries whole: kind, key, texts and fields survive gRPC and become the
 * problem document of the REST face. Parameters are shown to callers, so they never carry personal data.
 */
export class Failure extends Error {
  readonly fields: readonly FieldFailure[];
  readonly retryAfterSeconds: number | undefined;

  constructor(
    readonly kind: FailureKind,
    readonly key: string,
    readonly text: Texts,
    options: FailureOptions = {},
  ) {
    super(text.en, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'Failure';
    this.fields = options.fields ?? [];
    this.retryAfterSeconds = options.retryAfterSeconds;
  }
}

/** Whether the same request may succeed later. */
export function isRetryable(kind: FailureKind): boolean {
  return kind === 'unavailable' || kind === 'limited';
}

/** Fills `{name}` in a text. A parameter that is missing stays visible, so that a test sees it. */
export function fill(template: string, params: FailureParams): string {
  return template.replace(/\{(\w+)\}/g, (whole, name: string) => String(params[name] ?? whole));
}

type ParameterNames<T extends string> = T extends `${string}{${infer Name}}${infer Rest}`
  ? Name | ParameterNames<Rest>
  : never;

/** Makes the failures of one key: `const tableUnknown = failure('notFound', 'table.unknown', {…})`. */
export function failure<const En extends string>(kind: FailureKind, key: string, text: { en: En; 'zh-CN': string }) {
  type Params = Record<ParameterNames<En>, string | number>;
  return (
    ...args: keyof Params extends never
      ? [params?: Params, options?: FailureOptions]
      : [params: Params, options?: FailureOptions]
  ): Failure => {
    const params = (args[0] ?? {}) as FailureParams;
    return new Failure(kind, key, { en: fill(text.en, params), 'zh-CN': fill(text['zh-CN'], params) }, args[1]);
  };
}

const internalFailure = failure('internal', 'internal', {
  en: 'Something went wrong on our side. It has been recorded.',
  'zh-CN': '系统内部出错，已记录。',
});

const outage = failure('unavailable', 'system.unavailable', {
  en: 'A part of the system is unavailable at the moment. Try again.',
  'zh-CN': '系统的一部分暂时不可用，请稍后重试。',
});
const OUTAGE_RETRY_SECONDS = 5;

/** Gives any error as a failure: an outage as `unavailable`, the unknown as `internal`, both with the error as cause. */
export function asFailure(thrown: unknown): Failure {
  if (thrown instanceof Failure) return thrown;
  if (isOutage(thrown)) return outage({}, { cause: thrown, retryAfterSeconds: OUTAGE_RETRY_SECONDS });
  return internalFailure({}, { cause: thrown });
}
