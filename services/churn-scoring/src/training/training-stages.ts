import type { TrainingProgress } from './training-input.js';

/** Parts of a training with their shares of its time; those that are validated and judged run at once. */
const SHARES = { validating: 0.7, challengers: 0.1, validatingBest: 0.05, fitting: 0.1, explaining: 0.05 } as const;
export type Stage = keyof typeof SHARES;
const STAGES = Object.keys(SHARES) as Stage[];

/** Adds up the progress of the stages of a training. Its phase is that of the first stage that has not ended. */
export class TrainingStages {
  private readonly done: Record<Stage, number> = {
    ...{ validating: 0, challengers: 0, validatingBest: 0, fitting: 0, explaining: 0 },
  };

  /** @param phaseOf what the training is doing in a stage */
  constructor(
    private readonly phaseOf: (stage: Stage) => string,
    private readonly report: (now: TrainingProgress) => void,
  ) {}

  of(stage: Stage): (done: number) => void {
    return (done) => {
      this.done[stage] = done;
      this.tell();
    };
  }

  /** Without a report: the next one counts the stage. */
  skip(stage: Stage): void {
    this.done[stage] = 1;
  }

  private tell(): void {
    const stage = STAGES.find((each) => this.done[each] < 1) ?? 'explaining';
    const fraction = STAGES.reduce((sum, each) => sum + SHARES[each] * this.done[each], 0);
    this.report({ phase: this.phaseOf(stage), fraction });
  }
}
