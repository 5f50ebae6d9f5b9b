import { train } from './train.js';
import type { TrainingInput, TrainingProgress, TrainingResult, TrainingsProgress } from './training-input.js';
import { TrainingUnits, type UnitPool } from './training-units.js';

interface TrainingsContext {
  readonly signal: AbortSignal;
  readonly onProgress: (now: TrainingsProgress) => void;
}

/**
 * Trains on several inputs at once, whose units share a pool. One that fails stops no other. Progress is that of all
 * together, and its phase that of the first one that has not ended.
 */
export function trainAll(
  inputs: readonly TrainingInput[],
  pool: UnitPool,
  { signal, onProgress }: TrainingsContext,
): Promise<TrainingResult>[] {
  const fractions = new Float64Array(inputs.length);
  const phases = inputs.map(() => '');
  const ended = inputs.map(() => false);
  const report = (): void => {
    const input = Math.max(0, ended.indexOf(false));
    const fraction = fractions.reduce((sum, each) => sum + each, 0) / inputs.length;
    onProgress({ input, phase: phases[input]!, fraction });
  };
  return inputs.map(async (input, at) => {
    // What else was requested for an input that failed is of no use.
    const failed = new AbortController();
    const units = new TrainingUnits(pool, at, AbortSignal.any([signal, failed.signal]));
    try {
      const onOwnProgress = ({ phase, fraction }: TrainingProgress): void => {
        [phases[at], fractions[at]] = [phase, fraction];
        report();
      };
      return await train(input, { onProgress: onOwnProgress, units });
    } catch (thrown) {
      failed.abort(thrown);
      throw thrown;
    } finally {
      [ended[at], fractions[at]] = [true, 1];
      report();
    }
  });
}
