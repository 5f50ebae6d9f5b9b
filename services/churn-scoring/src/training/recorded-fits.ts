import type { FitContext, Learner } from '@holdfast/learning/learner';
import { logitOf, probabilityOf } from '@holdfast/learning/logistic';
import type { ServedModel } from '@holdfast/learning/served-model';
import type { Table } from '@holdfast/learning/table';
import type { Fitted, OutOfFold } from './horizons.js';

/** Remembers what came of each fit, each model as it would be served. */
export class RecordedFits implements Learner<ServedModel> {
  readonly name: string;
  readonly isElsewhere: boolean;
  /** Fits that have ended. */
  ended = 0;
  private readonly byRows = new Map<Uint32Array, Fitted>();

  /** @param shift of the log-odds towards the population that models are served to; null for none */
  constructor(
    private readonly learner: Learner<ServedModel>,
    private readonly shift: number | null,
  ) {
    this.name = learner.name;
    this.isElsewhere = learner.isElsewhere === true;
  }

  async fit(table: Table, labels: Uint8Array, rows: Uint32Array, context: FitContext): Promise<ServedModel> {
    let outOfFold: OutOfFold | undefined;
    const fitted = await this.learner.fit(table, labels, rows, {
      ...context,
      onOutOfFold: (training, logits) => (outOfFold = { rows: training, logits }),
    });
    this.ended += 1;
    const { trainingRate } = fitted.parts;
    // Not the population's rate itself: a month with fewer churners has fewer there, too.
    const model = this.shift === null ? fitted : fitted.servedAt(probabilityOf(logitOf(trainingRate) + this.shift));
    this.byRows.set(rows, { model, outOfFold });
    return model;
  }

  /** What was fitted on these rows: the array that was given, not an equal one. */
  of(rows: Uint32Array): Fitted {
    return this.find(rows)!;
  }

  /** The same; undefined where nothing was. */
  find(rows: Uint32Array): Fitted | undefined {
    return this.byRows.get(rows);
  }
}
