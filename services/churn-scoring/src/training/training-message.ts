import { CannotLearnError, type CannotLearnReason } from '@holdfast/learning/learner';
import type { TrainingInput, TrainingResult, TrainingsProgress } from './training-input.js';

/** What the training thread is started with. */
export interface TrainingTask {
  readonly inputs: readonly TrainingInput[];
  /** Threads that compute; with one it is the training thread itself. */
  readonly threads: number;
}

/** Errors lose their class on the way, so their data are fields. */
export type FailureMessage =
  | {
      readonly kind: 'cannotLearn';
      readonly reason: CannotLearnReason;
      readonly message: string;
      readonly facts: Readonly<Record<string, number>>;
    }
  | { readonly kind: 'failed'; readonly stack: string };

/** Messages of the training thread; `input` is the place of the one that has ended. */
export type TrainingMessage =
  | { readonly kind: 'progress'; readonly now: TrainingsProgress }
  | { readonly kind: 'done'; readonly input: number; readonly result: TrainingResult }
  | { readonly kind: 'notTrained'; readonly input: number; readonly failure: FailureMessage };

/** Messages of a thread that computes units. */
export type UnitMessage =
  | { readonly kind: 'progress'; readonly fraction: number }
  | { readonly kind: 'done'; readonly result: unknown }
  | FailureMessage;

export function failureMessage(thrown: unknown): FailureMessage {
  if (thrown instanceof CannotLearnError)
    return { kind: 'cannotLearn', reason: thrown.reason, message: thrown.message, facts: thrown.facts };
  return { kind: 'failed', stack: thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown) };
}

/** The error of a message, with the stack of the thread in which it was thrown. */
export function errorOf(failure: FailureMessage): Error {
  if (failure.kind === 'cannotLearn') return new CannotLearnError(failure.reason, failure.message, failure.facts);
  const error = new Error(failure.stack.split('\n', 1)[0]);
  error.stack = failure.stack;
  return error;
}
