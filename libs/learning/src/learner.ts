import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Table } from './table.js';

/** Additional inputs of a fit. */
export interface FitContext {
  /** Feeds every random choice; equal seeds and rows give equal models. */
  readonly seed: number;
  /** Group of each row, such as its subscription: a group is never on both sides of a split. */
  readonly groups?: Uint32Array;
  /** Month of each row of the table, ascending in time, where rows are of months. */
  readonly months?: Uint32Array;
  /** Ends a running fit with the signal's reason at its next pause. */
  readonly signal?: AbortSignal;
  /** Called with the completed part of the work, from 0 to 1, never decreasing. */
  readonly onProgress?: (done: number) => void;
  /** Called with the training rows and calibrated log-odds that models gave them which had not seen them. */
  readonly onOutOfFold?: (rows: Uint32Array, logits: Float64Array) => void;
}

/** A trained model that gives every row a probability of the positive label. */
export interface Classifier {
  /** @returns probabilities in (0, 1), one per entry of `rows` */
  predict(table: Table, rows: Uint32Array): Float64Array;
}

/**
 * Everything that learns: all preprocessing happens inside `fit` and sees only `rows`, so that one validation path
 * measures every model without leaking.
 */
export interface Learner<Model extends Classifier = Classifier> {
  readonly name: string;
  /** Whether fits run elsewhere, so that several may be begun at once; default false. */
  readonly isElsewhere?: boolean;
  /**
   * @param labels 0 or 1 for every row of the table; only those of `rows` are read
   * @throws CannotLearnError where the rows hold nothing to learn from
   */
  fit(table: Table, labels: Uint8Array, rows: Uint32Array, context: FitContext): Promise<Model>;
}

export type CannotLearnReason = 'noRows' | 'noColumns' | 'oneClass' | 'tooFewOfAClass' | 'tooManyRows';

/** The rows cannot be learned from; `reason` is the cause, `facts` has the counts. */
export class CannotLearnError extends Error {
  constructor(
    readonly reason: CannotLearnReason,
    message: string,
    readonly facts: Readonly<Record<string, number>> = {},
  ) {
    super(message);
    this.name = 'CannotLearnError';
  }
}

/** @throws CannotLearnError unless there are columns and each class has at least `atLeast` of the rows */
export function checkLearnable(table: Table, labels: Uint8Array, rows: Uint32Array, atLeast = 1): void {
  if (table.columns.length === 0) throw new CannotLearnError('noColumns', 'there is no column to learn from');
  if (rows.length === 0) throw new CannotLearnError('noRows', 'there is no row to learn from');
  let positives = 0;
  for (const row of rows) positives += labels[row]!;
  const negatives = rows.length - positives;
  const facts = { rows: rows.length, positives, negatives };
  if (positives === 0 || negatives === 0) {
    const only = positives === 0 ? 'negative' : 'positive';
    const message = `all ${rows.length} rows are ${only}: there are no two classes`;
    throw new CannotLearnError('oneClass', message, facts);
  }
  if (Math.min(positives, negatives) < atLeast) {
    const message = `${positives} positive and ${negatives} negative rows are too few: ${atLeast} of each are needed`;
    throw new CannotLearnError('tooFewOfAClass', message, facts);
  }
}

/** Lets the event loop turn, so that a long fit neither starves its process nor outlives its cancellation. */
export async function pause(context: FitContext): Promise<void> {
  await nextTurn();
  context.signal?.throwIfAborted();
}

/** The same context for a part of the work: progress from `from` to `to`, its own random stream. */
export function partOf(context: FitContext, from: number, to: number, seed = context.seed): FitContext {
  const report = context.onProgress;
  return {
    seed,
    ...(context.groups && { groups: context.groups }),
    ...(context.months && { months: context.months }),
    ...(context.signal && { signal: context.signal }),
    ...(report && { onProgress: (done: number) => report(from + done * (to - from)) }),
  };
}

/**
 * Contexts of parts of the work that may run at once, equal in length: progress is the sum of theirs, so that it never
 * decreases whichever part is ahead.
 */
export function partsAtOnce(context: FitContext, count: number, seedOf?: (part: number) => number): FitContext[] {
  const report = context.onProgress;
  const done = new Float64Array(count);
  return Array.from({ length: count }, (_, part) => ({
    ...partOf(context, 0, 1, seedOf?.(part)),
    ...(report && {
      onProgress: (ofPart: number) => {
        done[part] = ofPart;
        report(done.reduce((sum, each) => sum + each, 0) / count);
      },
    }),
  }));
}

/** The results in their order. Of several that fail, the first in this order is thrown, whichever failed first. */
export async function inOrder<Results extends readonly unknown[]>(
  running: readonly [...{ [At in keyof Results]: Promise<Results[At]> }],
): Promise<Results> {
  const results: unknown[] = [];
  for (const each of running) void Promise.resolve(each).catch(() => undefined); // handled below, or not the first
  for (const each of running) results.push(await each);
  // one result for each promise, which the type of an array does not show
  return results as unknown as Results;
}
