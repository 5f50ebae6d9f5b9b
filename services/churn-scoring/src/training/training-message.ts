import { CannotLearnError, type CannotLearnReason } from '@holdfast/learning/learner';
import type { TrainingProgress, TrainingResult } from './train.js';

/** Messages of the training thread; errors lose their class on the way, so their data are fields. */
export type TrainingMessage =
  | { readonly kind: 'progress'; readonly now: TrainingProgress }
  | { readonly kind: 'done'; readonly result: TrainingResult }
  | {
      readonly kind: 'cannotLearn';
      readonly reason: CannotLearnReason;
      readonly message: string;
      readonly facts: Readonly<Record<string, number>>;
    }
  | { readonly kind: 'failed'; readonly stack: string };

export function failureMessage(thrown: unknown): TrainingMessage {
  if (thrown instanceof CannotLearnError)
    return { kind: 'cannotLearn', reason: thrown.reason, message: thrown.message, facts: thrown.facts };
  return { kind: 'failed', stack: thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown) };
}
