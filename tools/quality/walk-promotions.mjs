import fs from 'node:fs';
import v8 from 'node:v8';

import { logLossOfLogit, logitOf } from '@holdfast/learning/logistic';
import { precisionAtShare, rankOutcomes } from '@holdfast/learning/metrics';
import { Table } from '@holdfast/learning/table';
import { monthText } from '@holdfast/platform/calendar';
import { decodeModelFile } from '../../services/churn-scoring/dist/model/model-file.js';
import { verdictOn } from '../../services/churn-scoring/dist/model/verdict.js';
import { championOf } from '../../services/churn-scoring/dist/training/champion-comparison.js';
import { TRAINING_VERSION, train } from '../../services/churn-scoring/dist/training/train.js';
import { gainInAuc, meanOf } from './paired-gain.mjs';

/**
 * @typedef {import('../../services/churn-scoring/dist/training/training-input.js').TrainingInput} TrainingInput
 * @typedef {import('../../services/churn-scoring/dist/training/champion-comparison.js').Champion} Champion
 * @typedef {import('../../services/churn-scoring/dist/model/verdict.js').Opponent} Opponent
 * @typedef {import('./paired-gain.mjs').Gain} Gain
 */

/**
 * A model of one month.
 * @typedef {Pick<import('../../services/churn-scoring/dist/training/training-input.js').TrainingResult,
 *   'bytes' | 'method' | 'validation' | 'comparison'>} Trained
 */

/**
 * A trained model and the champion of its month, on the rows that the model would be the first to score.
 * @typedef {object} Decision
 * @property {string} month  that has just ended; its rows are judged
 * @property {boolean} promoted
 * @property {string} key  why, see `verdictOn`
 * @property {string} method  of the model
 * @property {number | undefined} difference  AUC of the model minus that of the champion, as the rule compared them
 * @property {number} churners  of the judged rows
 * @property {Gain} auc  model minus champion
 * @property {Gain} logLoss  champion minus model
 * @property {number} precision  at capacity, model minus champion
 */

/**
 * An operator's months, one after the other, as the service takes them: at the end of each a model is trained on the
 * rows whose label is known then, and replaces the champion if the promotion rule accepts it. Both then score the rows
 * of that month, whose labels come later, and are judged by them. The first champion is that of the first month with as
 * many judged months as the product requires, so that no decision is about a model of too few.
 *
 * Of one recorded input: an earlier month is its rows up to that month. They are as they were then, since features are
 * computed as of the end of each month, and a label, once known, does not change.
 * @param {TrainingInput} recorded
 * @param {import('../../services/churn-scoring/dist/model/verdict.js').PromotionRule} rule
 * @param {{ keep: string, onTrained?: (month: string) => void }} context  keep: start of the names of
 *   files with trained models, which are not trained again
 * @returns {Promise<Decision[]>}
 */
export async function walkPromotions(recorded, rule, { keep, onTrained = () => undefined }) {
  const { forward, labels, capacity = { share: 0.02 } } = recorded;
  if (forward === undefined) throw new Error('the recorded training is of no months');
  const table = new Table(recorded.data);
  const { months } = forward;
  /** @type {Parameters<typeof championOf>[0] | undefined} */
  let champion;
  /** @type {Decision[]} */
  const decisions = [];
  for (const month of walkedMonths(forward)) {
    const id = monthText(month);
    const file = `${keep}.${id}.${champion?.id ?? 'first'}`;
    const trained = await trainedAt(recorded, month, champion && championOf(champion), file, () => onTrained(id));
    const { bytes, method, validation, comparison } = trained;
    if (champion === undefined) {
      if (verdictOn(validation, { kind: 'none' }, rule, undefined).promoted) champion = { id, bytes, validation };
      continue;
    }
    /** @type {Opponent} */
    const opponent =
      comparison === undefined ? { kind: 'informed', championId: champion.id } : { kind: 'compared', comparison };
    const verdict = verdictOn(validation, opponent, rule, champion.id);
    const rows = rowsWhere(months, (each) => each === month);
    const outcomes = Uint8Array.from(rows, (row) => labels[row] ?? 0);
    const own = predictedBy(bytes, table, rows);
    const others = predictedBy(champion.bytes, table, rows);
    decisions.push({
      month: id,
      promoted: verdict.promoted,
      key: verdict.key,
      method,
      difference: comparison?.difference?.mean,
      ...judged(own, others, outcomes, capacity.share),
    });
    if (verdict.promoted) champion = { id, bytes, validation };
  }
  return decisions;
}

/**
 * Months whose rows have labels, from the first one at whose end enough earlier ones do.
 * @param {NonNullable<TrainingInput['forward']>} forward
 */
function walkedMonths({ months, leadMonths, judgedMonthsMax }) {
  const all = [...new Set(months)].sort((left, right) => left - right);
  // A judged month needs one to learn from whose label was known at its end.
  return all.slice(judgedMonthsMax + 2 * leadMonths - 1);
}

/**
 * The model that the service trains at the end of a month, compared with the champion of that time.
 * @param {TrainingInput} recorded  @param {number} month  @param {Champion | undefined} champion
 * @param {string} file  that keeps it  @param {() => void} onTrained
 * @returns {Promise<Trained>}
 */
async function trainedAt(recorded, month, champion, file, onTrained) {
  const kept = `${file}.v${TRAINING_VERSION}`;
  if (fs.existsSync(kept)) return v8.deserialize(fs.readFileSync(kept));
  const input = { ...knownAt(recorded, month), champion };
  const { bytes, method, validation, comparison } = await train(input, { onProgress: () => undefined });
  const trained = { bytes, method, validation, comparison };
  fs.writeFileSync(`${kept}.part`, v8.serialize(trained));
  fs.renameSync(`${kept}.part`, kept);
  onTrained();
  return trained;
}

/**
 * What a training at the end of a month has of the recorded one. Horizons, causes and what contacted rows change are
 * computed after the fits and change no prediction, so that they are not computed.
 * @param {TrainingInput} recorded  @param {number} month  @returns {TrainingInput}
 */
function knownAt(recorded, month) {
  const { forward, contacted, contactedRows = 'keep' } = recorded;
  if (forward === undefined) throw new Error('the recorded training is of no months');
  const { months, leadMonths, lostInGapByMonth } = forward;
  return {
    ...recorded,
    rows: rowsWhere(months, (each) => each + leadMonths <= month),
    forward: { ...forward, lostInGapByMonth: new Map([...lostInGapByMonth].filter(([each]) => each < month)) },
    contacted: contactedRows === 'keep' ? undefined : contacted,
    departures: undefined,
    leaveReasons: undefined,
  };
}

/** @param {Uint8Array} bytes  a model file  @param {Table} table  @param {Uint32Array} rows */
function predictedBy(bytes, table, rows) {
  return decodeModelFile(bytes).model.predict(table, rows);
}

/**
 * @param {Float64Array} own  of the model  @param {Float64Array} others  of the champion
 * @param {Uint8Array} outcomes  @param {number} capacityShare
 */
function judged(own, others, outcomes, capacityShare) {
  const lossOf = (/** @type {Float64Array} */ predicted) =>
    Array.from(predicted, (each, row) => logLossOfLogit(logitOf(each), outcomes[row] ?? 0));
  const losses = lossOf(own);
  const precisionOf = (/** @type {Float64Array} */ predicted) =>
    precisionAtShare(rankOutcomes(predicted, outcomes), capacityShare);
  return {
    churners: outcomes.reduce((sum, label) => sum + label, 0),
    auc: gainInAuc(own, others, outcomes),
    logLoss: meanOf(lossOf(others).map((loss, row) => loss - (losses[row] ?? 0))),
    precision: precisionOf(own) - precisionOf(others),
  };
}

/** @param {Uint32Array} months  by row  @param {(month: number) => boolean} is */
function rowsWhere(months, is) {
  return Uint32Array.from(months.keys()).filter((row) => is(months[row] ?? 0));
}
