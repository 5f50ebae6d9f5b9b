import type { FitContext, Learner } from '@holdfast/learning/learner';
import type { MarginModel } from '@holdfast/learning/margin-model';
import { readMarginModel, readServedModel, type ServedModel } from '@holdfast/learning/served-model';
import type { Table } from '@holdfast/learning/table';
import type { ChallengerName } from '../model/challenger.js';
import type { ContactedTreatment } from '../model/contacted.js';
import type { LearnerName } from './learners.js';
import type { TrainingUnits } from './training-units.js';

/** A learner whose fits are units of work, which run wherever there is room. */
export class ServedElsewhere implements Learner<ServedModel> {
  readonly isElsewhere = true;

  constructor(
    readonly name: LearnerName,
    private readonly units: TrainingUnits,
    private readonly treatment: ContactedTreatment,
  ) {}

  async fit(_table: Table, _labels: Uint8Array, rows: Uint32Array, context: FitContext): Promise<ServedModel> {
    const { seed, onProgress } = context;
    const { treatment } = this;
    const { model, outOfFold } = await this.units.run('fit', { learner: this.name, rows, seed, treatment }, onProgress);
    if (outOfFold !== undefined) context.onOutOfFold?.(outOfFold.rows, outOfFold.logits);
    return readServedModel(model);
  }
}

/** As `ServedElsewhere`, of a challenger that is only ranked. */
export class ChallengerElsewhere implements Learner<MarginModel> {
  readonly isElsewhere = true;

  constructor(
    readonly name: ChallengerName,
    private readonly units: TrainingUnits,
    private readonly treatment: ContactedTreatment,
  ) {}

  async fit(_table: Table, _labels: Uint8Array, rows: Uint32Array, context: FitContext): Promise<MarginModel> {
    const { seed, onProgress } = context;
    const { treatment } = this;
    const { kind, json } = await this.units.run(
      'fitChallenger',
      { learner: this.name, rows, seed, treatment },
      onProgress,
    );
    return readMarginModel(kind, json);
  }
}
