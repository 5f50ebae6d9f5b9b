import pino, { type Logger } from 'pino';
import { Failure } from '../errors/errors.js';

let root: Logger | undefined;

/**
 * Starts the process's log: JSON lines on standard output. Nothing personal is ever written: log ids and counts, not
 * rows, and not the parameters of an error. ERROR means that an operator must act.
 */
export function startLog(service: string, level = process.env['HOLDFAST_LOG_LEVEL'] ?? 'info'): Logger {
  root = pino({
    level,
    base: { service },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    serializers: { err: describe },
  });
  return root;
}

export function log(part: string): Logger {
  root ??= startLog('test', process.env['HOLDFAST_LOG_LEVEL'] ?? 'silent');
  return root.child({ part });
}

/** A failure of this system is logged by key; a foreign error by class, code and place: its message may quote data. */
function describe(thrown: unknown): Record<string, unknown> {
  if (thrown instanceof Failure) {
    return {
      kind: thrown.kind,
      key: thrown.key,
      ...(thrown.cause === undefined ? {} : { cause: describe(thrown.cause) }),
    };
  }
  if (!(thrown instanceof Error)) return { type: typeof thrown };
  const { code, table, constraint, routine } = thrown as Error &
    Record<'code' | 'table' | 'constraint' | 'routine', unknown>;
  return {
    type: thrown.constructor.name,
    ...(code === undefined ? {} : { code }),
    ...(table === undefined ? {} : { table }),
    ...(constraint === undefined ? {} : { constraint }),
    ...(routine === undefined ? {} : { routine }),
    at: frames(thrown),
    ...(thrown.cause === undefined ? {} : { cause: describe(thrown.cause) }),
  };
}

/** The stack without its first lines, which repeat the message. */
function frames(error: Error): string[] {
  return (error.stack ?? '')
    .split('\n')
    .filter((line) => /^\s+at /.test(line))
    .slice(0, 8)
    .map((line) => line.trim());
}
