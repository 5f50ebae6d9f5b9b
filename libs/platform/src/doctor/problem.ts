/** Codes of Node for certificates that do not pass. */
const TLS_CODES = /^(?:CERT_|ERR_TLS_|ERR_SSL_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|EPROTO$|HOSTNAME_MISMATCH|INVALID_CA)/;
const TLS_MESSAGES = /certificate|does not support SSL|TLS|SSL|hostname.*altnames/i;

const CAUSES_MAX = 5;

/** What went wrong, in a line without addresses that may have a password. */
export function problemOf(thrown: unknown): string {
  const all = causesOf(thrown);
  const { code, message } = all.at(-1) ?? {};
  const text = (typeof message === 'string' ? message : String(thrown))
    .split('\n')[0]!
    .replaceAll(/\/\/[^/\s@]*@/g, '//');
  return typeof code === 'string' && !text.includes(code) ? `${text}, ${code}` : text;
}

/** Whether a connection failed because of a certificate, or of no TLS at all. */
export function isTlsProblem(thrown: unknown): boolean {
  const matches = (text: unknown, pattern: RegExp): boolean => typeof text === 'string' && pattern.test(text);
  return causesOf(thrown).some(({ code, message }) => matches(code, TLS_CODES) || matches(message, TLS_MESSAGES));
}

interface Cause {
  code?: unknown;
  message?: unknown;
  cause?: unknown;
  errors?: unknown;
}

/** An error and what caused it. */
function causesOf(thrown: unknown, left = CAUSES_MAX): Cause[] {
  if (typeof thrown !== 'object' || thrown === null || left === 0) return [];
  const { cause, errors } = thrown as Cause;
  const inner = cause ?? (Array.isArray(errors) ? (errors[0] as unknown) : undefined);
  return [thrown as Cause, ...causesOf(inner, left - 1)];
}
