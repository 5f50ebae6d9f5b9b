import { HttpException } from '@nestjs/common';
import { asFailure, failure, type Failure } from '@holdfast/platform/errors';

const routeUnknown = failure('notFound', 'route.unknown', {
  en: 'There is nothing at this address.',
  'zh-CN': '此地址不存在。',
});
const bodyTooLarge = failure('tooLarge', 'body.tooLarge', {
  en: 'The body is larger than this operation takes.',
  'zh-CN': '请求体超过此操作允许的大小。',
});
/** Statuses by key of a failure, more specific than its kind. A request that no parser takes has one of two. */
const STATUSES_OF_KEY = new Map([
  ['body.contentTypeUnsupported', [415]],
  ['ifMatch.missing', [428]],
  ['request.tooSlow', [408]],
  ['request.unparsable', [400, 431]],
]);

/** Statuses of a failure whose kind has another; undefined for all others. */
export function statusOfKey(key: string): readonly number[] | undefined {
  return STATUSES_OF_KEY.get(key);
}

/** Sent as 428. */
export const ifMatchMissing = failure('precondition', 'ifMatch.missing', {
  en: 'This operation needs the header If-Match with the ETag of what is changed.',
  'zh-CN': '此操作需要请求头 If-Match，其值为所修改对象的 ETag。',
});
/** Sent as 415. */
export const contentTypeUnsupported = failure('invalid', 'body.contentTypeUnsupported', {
  en: 'This operation does not take this content type.',
  'zh-CN': '此操作不支持该内容类型。',
});
const bodyMalformed = failure('invalid', 'body.malformed', {
  en: 'The body cannot be read: it is truncated or does not match its content type.',
  'zh-CN': '无法读取请求体：内容不完整，或与其类型不符。',
});
const requestMalformed = failure('invalid', 'request.malformed', {
  en: 'The request cannot be read.',
  'zh-CN': '无法解析该请求。',
});
/** Never sent; it keeps a broken connection out of the log of our failures. */
export const clientGone = failure('invalid', 'request.brokenOff', {
  en: 'The connection ended before the request did.',
  'zh-CN': '请求未发送完毕，连接已断开。',
});
const shuttingDown = failure('unavailable', 'gateway.stopping', {
  en: 'The system is stopping. Try again.',
  'zh-CN': '系统正在停止，请重试。',
});

/** A thrown error, ours or the web framework's, with its status if the kind has none. */
interface TransportFailure {
  failure: Failure;
  status?: number;
}

/**
 * The web framework's own errors carry a status and a text; the text may quote the input, so only the
 * status is looked at.
 */
export function transportFailure(thrown: unknown): TransportFailure {
  const status = frameworkStatus(thrown);
  switch (status) {
    case undefined: {
      const known = asFailure(thrown);
      const [own] = statusOfKey(known.key) ?? [];
      return { failure: known, ...(own === undefined ? {} : { status: own }) };
    }
    case 400:
      return { failure: (isBodyError(thrown) ? bodyMalformed : requestMalformed)({}, { cause: thrown }) };
    case 404:
    case 414: // a value in the path that is longer than any
      return { failure: routeUnknown() };
    case 413:
      return { failure: bodyTooLarge() };
    case 415:
      return { failure: contentTypeUnsupported(), status };
    case 503:
      return { failure: shuttingDown({}, { retryAfterSeconds: 1 }) };
    default:
      if (status >= 500) return { failure: asFailure(thrown) };
      return { failure: requestMalformed({}, { cause: thrown }), status };
  }
}

function frameworkStatus(thrown: unknown): number | undefined {
  if (thrown instanceof HttpException) return thrown.getStatus();
  if (!(thrown instanceof Error)) return undefined;
  const { statusCode, code } = thrown as Error & { statusCode?: unknown; code?: unknown };
  if (typeof statusCode !== 'number') return undefined;
  if (typeof code === 'string' && code.startsWith('FST_')) return statusCode;
  return thrown instanceof SyntaxError ? 400 : undefined;
}

function isBodyError(thrown: unknown): boolean {
  const code = thrown instanceof Error ? (thrown as Error & { code?: string }).code : undefined;
  return thrown instanceof SyntaxError || (code?.startsWith('FST_ERR_CTP') ?? false);
}
