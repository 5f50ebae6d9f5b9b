import { Metadata, status, type ServiceError, type StatusObject } from '@grpc/grpc-js';
import { Failure, asFailure, type FailureKind, type FieldFailure, type Texts } from '../errors/errors.js';

/** Trailer that carries a whole failure; a foreign client sees code and English text only. */
const TRAILER = 'holdfast-failure-bin';

interface WireFailure {
  kind: FailureKind;
  key: string;
  text: Texts;
  fields: readonly FieldFailure[];
  retryAfterSeconds?: number;
}

function codeOf(kind: FailureKind): status {
  switch (kind) {
    case 'invalid':
    case 'unprocessable':
    case 'tooLarge':
      return status.INVALID_ARGUMENT;
    case 'unauthenticated':
      return status.UNAUTHENTICATED;
    case 'forbidden':
      return status.PERMISSION_DENIED;
    case 'notFound':
      return status.NOT_FOUND;
    case 'conflict':
      return status.ALREADY_EXISTS;
    case 'precondition':
    case 'gone':
      return status.FAILED_PRECONDITION;
    case 'limited':
      return status.RESOURCE_EXHAUSTED;
    case 'unavailable':
      return status.UNAVAILABLE;
    case 'internal':
      return status.INTERNAL;
  }
}

/** What a server sends for whatever its handler threw. */
export function toStatus(thrown: unknown): Partial<StatusObject> {
  const failure = asFailure(thrown);
  const metadata = new Metadata();
  const wire: WireFailure = {
    kind: failure.kind,
    key: failure.key,
    text: failure.text,
    fields: failure.fields,
    ...(failure.retryAfterSeconds === undefined ? {} : { retryAfterSeconds: failure.retryAfterSeconds }),
  };
  metadata.set(TRAILER, Buffer.from(JSON.stringify(wire)));
  return { code: codeOf(failure.kind), details: failure.text.en, metadata };
}

function kindOf(code: status): FailureKind {
  switch (code) {
    case status.UNAVAILABLE:
    case status.DEADLINE_EXCEEDED:
    case status.ABORTED:
    case status.CANCELLED:
      return 'unavailable';
    case status.UNAUTHENTICATED:
      return 'unauthenticated';
    case status.PERMISSION_DENIED:
      return 'forbidden';
    case status.RESOURCE_EXHAUSTED:
      return 'tooLarge';
    default:
      return 'internal';
  }
}

/** The failure that a client throws: the one the server sent, or that of the connection. */
export function fromStatus(error: ServiceError): Failure {
  const [sent] = error.metadata?.get(TRAILER) ?? [];
  if (Buffer.isBuffer(sent)) {
    const { kind, key, text, fields, retryAfterSeconds } = JSON.parse(sent.toString('utf8')) as WireFailure;
    return new Failure(kind, key, text, {
      fields: [...fields],
      ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
      cause: error,
    });
  }
  const kind = kindOf(error.code);
  return new Failure(
    kind,
    kind === 'unavailable' ? 'service.unavailable' : 'service.failed',
    kind === 'unavailable'
      ? {
          en: 'A part of the system does not answer at the moment. Try again.',
          'zh-CN': '系统的一部分暂时无响应，请重试。',
        }
      : { en: 'A part of the system failed.', 'zh-CN': '系统的一部分出错。' },
    { ...(kind === 'unavailable' ? { retryAfterSeconds: 1 } : {}), cause: error },
  );
}
