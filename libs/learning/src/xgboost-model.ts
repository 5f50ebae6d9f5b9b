import { ImportRefused, type ImportedTree, type ImportedTrees } from './imported-trees.js';
import { logitOf } from './logistic.js';

/**
 * Reads the JSON that XGBoost's `save_model` writes (versions 1.3 to 3): a binary classifier of regression trees over
 * numbers, objective `binary:logistic`. All trees of the file count, as in `Booster.predict`.
 *
 * XGBoost rounds values to 32 bits and sends a row left where its value is below the threshold. The threshold here is
 * the greatest double that is rounded to a number below the threshold, so that every value takes the same way.
 *
 * @throws ImportRefused where the file is another one, or a model of another kind
 */
export function readXgboost(text: string): ImportedTrees {
  const { learner } = parsed(text);
  const objective = learner?.objective?.name;
  const { booster, model } = boosterOf(learner);
  if (objective !== 'binary:logistic') refuse(`its objective is ${objective}; only binary:logistic is read`);
  const parameters = learner?.learner_model_param ?? {};
  const featureCount = Number(parameters['num_feature']);
  if (!Number.isInteger(featureCount) || featureCount < 1) refuse('learner_model_param.num_feature is not a count');
  if (Number(parameters['num_target'] ?? 1) > 1) refuse('it has several targets');
  const baseScore = Number((parameters['base_score'] ?? '').replace(/^\[(.*)\]$/, '$1'));
  if (!(baseScore > 0 && baseScore < 1)) refuse(`base_score ${parameters['base_score']} is not a probability`);
  const sources = model?.trees;
  if (booster !== 'gbtree' || !Array.isArray(sources)) refuse(`its booster is ${booster}; only gbtree is read`);
  const names = learner?.feature_names ?? [];
  if (names.length > 0 && names.length !== featureCount)
    refuse(`${names.length} feature_names, ${featureCount} features`);
  return {
    featureNames: names.length > 0 ? names : Array.from({ length: featureCount }, (_, at) => `f${at}`),
    base: logitOf(Math.fround(baseScore)),
    trees: sources.map((tree, at) => treeOf(tree, at, featureCount)),
  };
}

/** What is read of the file. Threshold and leaf values are in one array. */
interface XgboostJson {
  readonly learner?: {
    readonly objective?: { readonly name?: string };
    readonly learner_model_param?: Readonly<Record<string, string>>;
    readonly feature_names?: readonly string[];
    readonly gradient_booster?: {
      readonly name?: string;
      readonly model?: { readonly trees?: readonly XgboostTree[] };
    };
  };
}

interface XgboostTree {
  readonly left_children: readonly number[];
  readonly right_children: readonly number[];
  readonly split_indices: readonly number[];
  readonly split_conditions: readonly number[];
  readonly split_type?: readonly number[];
  readonly default_left: readonly (boolean | number)[];
  readonly sum_hessian: readonly number[];
}

function parsed(text: string): XgboostJson {
  try {
    return JSON.parse(text) as XgboostJson;
  } catch (thrown) {
    refuse(`it is not JSON (${(thrown as Error).message})`);
  }
}

function boosterOf(learner: XgboostJson['learner']): {
  booster: string | undefined;
  model: { readonly trees?: readonly XgboostTree[] } | undefined;
} {
  const booster = learner?.gradient_booster;
  if (booster === undefined) refuse('it has no learner.gradient_booster');
  return { booster: booster.name, model: booster.model };
}

function treeOf(source: XgboostTree, at: number, featureCount: number): ImportedTree {
  const { left_children: left, right_children: right, split_indices: feature, split_conditions: condition } = source;
  const count = left?.length ?? 0;
  const lists = [right, feature, condition, source.default_left, source.sum_hessian];
  if (count === 0 || lists.some((list) => list?.length !== count)) refuse(`tree ${at} has lists of different lengths`);
  if (source.split_type?.some((type) => type !== 0)) refuse(`tree ${at} splits on categories; encode them as numbers`);
  const isInner = left.map((child) => child >= 0);
  isInner.forEach((inner, node) => {
    const children = inner ? [left[node]!, right[node]!] : [];
    // children come after their node, so that no way is endless
    const isSound = children.every((child) => child > node && child < count) && Number.isFinite(condition[node]);
    if (!isSound || (inner && !(feature[node]! >= 0 && feature[node]! < featureCount))) {
      refuse(`node ${node} of tree ${at} is not a node`);
    }
  });
  return {
    feature: Int32Array.from(left, (_, node) => (isInner[node] ? feature[node]! : -1)),
    threshold: Float64Array.from(left, (_, node) => (isInner[node] ? thresholdBelow(condition[node]!) : 0)),
    missingLeft: Uint8Array.from(source.default_left, Number),
    left: Int32Array.from(left),
    right: Int32Array.from(right),
    value: Float64Array.from(left, (_, node) => (isInner[node] ? 0 : Math.fround(condition[node]!))),
    cover: Float64Array.from(source.sum_hessian),
  };
}

/** The greatest double that is below a threshold once both have 32 bits. */
export function thresholdBelow(threshold: number): number {
  const at = Math.fround(threshold);
  const middle = (at + nextLower(at)) / 2; // exact; which of the two it is rounded to depends on the last bit
  return Math.fround(middle) < at ? middle : nextLowerDouble(middle);
}

/** The next lower number in 32 bits. */
function nextLower(value: number): number {
  const view = new DataView(new ArrayBuffer(4));
  view.setFloat32(0, value);
  if (value === 0) return -1.401298464324817e-45; // zero has no sign to count down from
  view.setInt32(0, view.getInt32(0) + (value > 0 ? -1 : 1));
  return view.getFloat32(0);
}

/** The next lower double. */
function nextLowerDouble(value: number): number {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  if (value === 0) return -Number.MIN_VALUE;
  view.setBigInt64(0, view.getBigInt64(0) + (value > 0 ? -1n : 1n));
  return view.getFloat64(0);
}

function refuse(reason: string): never {
  throw new ImportRefused(`The XGBoost model cannot be read: ${reason}.`);
}
