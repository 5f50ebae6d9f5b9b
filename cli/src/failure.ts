import { CommanderError } from 'commander';
import { ApiError, JobFailedError, UnexpectedAnswerError, UnreachableError } from '@holdfast/client/errors';
import { RefusedError, UsageError } from './connection.js';
import { HeldImportError } from './month/held-import.js';

/** 0 fine, 1 refused or failed, 2 used wrongly, 3 not reachable, 130 interrupted. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  if (error instanceof UsageError) return 2;
  if (error instanceof UnreachableError) return 3;
  if (isInterruption(error)) return 130;
  return 1;
}

/** What went wrong and what to do, without a stack: a fault of this program shows its own with HOLDFAST_DEBUG=1. */
export function messageOf(error: unknown): string {
  if (isInterruption(error)) return 'Interrupted.';
  // Commander has printed the help that this is about.
  if (error instanceof CommanderError) return error.code === 'commander.help' ? '' : inOneLine(error.message);
  if (error instanceof ApiError) return `${error.message}${HINTS[error.code] ?? ''}`;
  if (error instanceof UsageError || error instanceof JobFailedError) return error.message;
  if (error instanceof RefusedError || error instanceof HeldImportError) return error.message;
  if (error instanceof UnexpectedAnswerError) return `${error.message}. Is it the address of Holdfast (--url)?`;
  if (error instanceof UnreachableError)
    return `${error.message}. Is the system running (npm start), and on that port (--url, HOLDFAST_PORT)?`;
  if (!(error instanceof Error)) return String(error);
  return fileMessageOf(error) ?? faultMessageOf(error);
}

const HINTS: Readonly<Record<string, string>> = {
  'personal.reasonMissing': ' Give the reason with --reason.',
  'token.refused': ' Set HOLDFAST_HOME to the home of that system, or give --client-id and --client-secret-file.',
};

const FILE_ERRORS: Readonly<Record<string, string>> = {
  ENOENT: 'There is no file or folder',
  EACCES: 'The present user may not read',
  EPERM: 'The present user may not read',
  EISDIR: 'A file is needed, and this is a folder:',
  ENOTDIR: 'A folder is needed, and this is a file:',
};

function fileMessageOf(error: Error): string | undefined {
  const { code, path } = error as NodeJS.ErrnoException;
  const text = FILE_ERRORS[code ?? ''];
  return text === undefined ? undefined : `${text} ${path ?? ''}`.trim() + '.';
}

function faultMessageOf(error: Error): string {
  if (process.env['HOLDFAST_DEBUG'] === '1') return error.stack ?? error.message;
  return `${inOneLine(error.message)} (HOLDFAST_DEBUG=1 shows where)`;
}

function inOneLine(text: string): string {
  return text.trim().replace(/\s*\n\s*/g, ' ');
}

function isInterruption(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError';
}
