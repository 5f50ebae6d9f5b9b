import { calibrate, chooseCalibration, priorShift, type Calibration } from './calibration.js';
import { withEachChange, type ChangedColumns } from './changed-rows.js';
import { ChurnModel, type ChurnModelJson } from './churn-model.js';
import { HazardModel } from './discrete-hazard.js';
import { EvidenceModel } from './evidence-regression.js';
import { foldsOf, inOrderOf, rowsWithout } from './folds.js';
import { checkLearnable, partOf, type Classifier, type FitContext, type Learner } from './learner.js';
import { probabilityOf } from './logistic.js';
import type { Explanation, MarginModel } from './margin-model.js';
import { RandomStream } from './random.js';
import { RecurrentModel } from './recurrent-network.js';
import { canonicalRowOrder } from './row-order.js';
import { labelsOf, Table } from './table.js';

/** A model as it scores: calibrated, explained, and served to a population. */
export interface ServedModel extends Classifier {
  readonly parts: {
    /** Source columns, in the order of explanations. */
    readonly columns: readonly string[];
    readonly calibration: Calibration;
    /** Share of positives in the training rows. */
    readonly trainingRate: number;
    /** Share of positives where the model is used, if it is another. */
    readonly servedRate: number | null;
  };
  /** Before calibration: what explanations add up to. */
  logits(table: Table, rows: Uint32Array): Float64Array;
  /** The calibrated probabilities of logits that `logits` or `explain` gave. */
  probabilitiesOf(logits: Float64Array): Float64Array;
  explain(table: Table, rows: Uint32Array): Explanation;
  /** What `predict` gives with other values of some columns. @returns by change and row */
  predictChanged(table: Table, rows: Uint32Array, changes: readonly ChangedColumns[]): Float64Array;
  /** The same model for a population with another share of positives. */
  servedAt(rate: number): ServedModel;
  toJSON(): object;
}

interface CalibratedParts {
  readonly columns: readonly string[];
  readonly margin: MarginModel;
  readonly calibration: Calibration;
  readonly trainingRate: number;
  readonly servedRate: number | null;
}

/** A challenger's model with its calibration. Immutable; equal inputs give equal bits, also after `toJSON` and `fromJSON`. */
class CalibratedModel implements ServedModel {
  constructor(readonly parts: CalibratedParts) {}

  predict(table: Table, rows: Uint32Array): Float64Array {
    return this.probabilitiesOf(this.logits(table, rows));
  }

  logits(table: Table, rows: Uint32Array): Float64Array {
    return this.parts.margin.logits(table, rows);
  }

  probabilitiesOf(logits: Float64Array): Float64Array {
    const { calibration, trainingRate, servedRate } = this.parts;
    const shift = servedRate === null ? 0 : priorShift(trainingRate, servedRate);
    return logits.map((logit) => probabilityOf(calibrate(calibration, logit) + shift));
  }

  explain(table: Table, rows: Uint32Array): Explanation {
    return this.parts.margin.explain(table, rows);
  }

  predictChanged(table: Table, rows: Uint32Array, changes: readonly ChangedColumns[]): Float64Array {
    return withEachChange(table, rows, changes, (changed, all) => this.predict(changed, all));
  }

  servedAt(rate: number): CalibratedModel {
    priorShift(this.parts.trainingRate, rate); // throws on a rate that is none
    return new CalibratedModel({ ...this.parts, servedRate: rate });
  }

  toJSON(): CalibratedModelJson {
    const { margin, calibration, trainingRate, servedRate } = this.parts;
    const { kind } = margin;
    return { format, version, kind, margin: margin.toJSON(), calibration, trainingRate, servedRate };
  }

  /** @throws RangeError where the text was not written by `toJSON` of a version that this one reads */
  static fromJSON({ kind, margin, ...rest }: CalibratedModelJson): CalibratedModel {
    if (rest.format !== format || rest.version !== version) {
      throw new RangeError(`a model of format ${rest.format} ${rest.version} ${kind} cannot be read`);
    }
    const { calibration, trainingRate, servedRate } = rest;
    const model = readMarginModel(kind, margin);
    return new CalibratedModel({ columns: model.columns, margin: model, calibration, trainingRate, servedRate });
  }
}

const marginReaders: Readonly<Record<string, ((json: object) => MarginModel) | undefined>> = {
  'weight-of-evidence': (json) => EvidenceModel.fromJSON(json as ReturnType<EvidenceModel['toJSON']>),
  network: (json) => RecurrentModel.fromJSON(json as ReturnType<RecurrentModel['toJSON']>),
  survival: (json) => HazardModel.fromJSON(json as ReturnType<HazardModel['toJSON']>),
};

/** Reads what `toJSON` of a challenger's model wrote. @throws RangeError where this version does not read the kind */
export function readMarginModel(kind: string, json: object): MarginModel {
  const read = marginReaders[kind];
  if (read === undefined) throw new RangeError(`a model of the kind ${kind} cannot be read`);
  return read(json);
}

/**
 * Cross-fits a learner inside the training rows for its calibration, then fits it on all of them. The result depends on
 * the seed and on what the rows and columns hold, not on their order.
 */
export class CalibratedLearner implements Learner<CalibratedModel> {
  readonly name: string;

  constructor(
    private readonly learner: Learner<MarginModel>,
    private readonly innerFolds = 3,
  ) {
    this.name = learner.name;
  }

  async fit(table: Table, labels: Uint8Array, rows: Uint32Array, context: FitContext): Promise<CalibratedModel> {
    checkLearnable(table, labels, rows, 2);
    const sorted = table.inNameOrder();
    const training = canonicalRowOrder(sorted, labels, rows);
    const trainingLabels = labelsOf(labels, training);
    const foldCount = Math.min(this.innerFolds, training.length);
    const folds = foldsOf(labels, training, foldCount, new RandomStream(context.seed, 0xf01d), context.groups);
    const logits = await this.crossFit(sorted, labels, training, folds, partOf(context, 0, 0.75));
    const calibration = chooseCalibration(logits, trainingLabels, new RandomStream(context.seed, 0xca11));
    context.onOutOfFold?.(
      training,
      logits.map((logit) => calibrate(calibration, logit)),
    );
    const margin = await this.learner.fit(sorted, labels, training, partOf(context, 0.75, 1));
    const trainingRate = trainingLabels.reduce((sum, label) => sum + label, 0) / training.length;
    return new CalibratedModel({ columns: margin.columns, margin, calibration, trainingRate, servedRate: null });
  }

  /** A logit for each of `rows` by a model that did not see its fold. */
  private async crossFit(
    table: Table,
    labels: Uint8Array,
    rows: Uint32Array,
    folds: readonly Uint32Array[],
    context: FitContext,
  ): Promise<Float64Array> {
    const byFold: Float64Array[] = [];
    for (const [at, heldOut] of folds.entries()) {
      const part = partOf(context, at / folds.length, (at + 1) / folds.length);
      byFold.push((await this.learner.fit(table, labels, rowsWithout(rows, heldOut), part)).logits(table, heldOut));
    }
    return inOrderOf(rows, folds, byFold);
  }
}

const format = 'holdfast-calibrated-model';
const version = 1;

interface CalibratedModelJson {
  readonly format: string;
  readonly version: number;
  /** Of `margin`. */
  readonly kind: string;
  readonly margin: object;
  readonly calibration: Calibration;
  readonly trainingRate: number;
  readonly servedRate: number | null;
}

/** What `toJSON` of a served model gives; its format names the model. */
export interface ServedModelJson {
  readonly format: string;
}

/** Reads what `toJSON` of any served model wrote. @throws RangeError where this version does not read it */
export function readServedModel(json: ServedModelJson): ServedModel {
  return json.format === format
    ? CalibratedModel.fromJSON(json as CalibratedModelJson)
    : ChurnModel.fromJSON(json as ChurnModelJson);
}
