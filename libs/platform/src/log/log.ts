import pino, { type Logger } from 'pino';
import { Failure } from '../errors/errors.js';
import { errorText } from './error-text.js';
import { LogSink } from './log-sink.js';

let root: Logger | undefined;

/**
 * Starts the log of a process: JSON lines in the file HOLDFAST_LOG_FILE, or on standard output. Nothing personal is ever
 * written: log ids and counts, not rows, and not the parameters of an error. ERROR means that an operator must act.
 */
export function startLog(service: string): Logger {
  const droppedLine = (count: number): string =>
    `${JSON.stringify({ level: 'warn', time: new Date().toISOString(), service, part: 'log', count, msg: 'log lines were dropped' })}\n`;
  const sink = new LogSink({ file: process.env['HOLDFAST_LOG_FILE'], droppedLine });
  process.once('exit', () => sink.flushSync());
  keepRunningOnFullDisk();
  root = logTo(sink, service, process.env['HOLDFAST_LOG_LEVEL'] ?? 'info');
  return root;
}

/** @param sink takes each line, which ends with a line feed */
export function logTo(sink: { write(line: string): void }, service: string, level: string): Logger {
  const options = {
    level,
    base: { service },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    serializers: { err: describe },
  };
  return pino(options, sink);
}

export function log(part: string): Logger {
  root ??= logTo(process.stdout, 'test', process.env['HOLDFAST_LOG_LEVEL'] ?? 'silent');
  return root.child({ part });
}

/** By default a write beyond the limit of file size, or a line for a full disk, ends the process. */
function keepRunningOnFullDisk(): void {
  process.on('SIGXFSZ', () => undefined);
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
}

/** A failure of this system is logged by key; a foreign error by class, code, text without data, and place. */
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
    text: errorText(thrown.message),
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
