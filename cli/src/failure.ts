import { CommanderError } from 'commander';
import { ApiError, JobFailedError, UnreachableError } from '@holdfast/client/errors';
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

/** The message for the user: without a stack unless it is a fault of this program. */
export function messageOf(error: unknown): string {
  if (isInterruption(error)) return 'Interrupted.';
  if (error instanceof ApiError || error instanceof UsageError || error instanceof JobFailedError) return error.message;
  if (error instanceof RefusedError || error instanceof HeldImportError) return error.message;
  if (error instanceof UnreachableError) return `${error.message}. Is the system running (npm start)?`;
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT' && 'path' in error)
    return `There is no file ${String(error.path)}.`;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

function isInterruption(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError';
}
