import { ImportRefused, type ImportedTree, type ImportedTrees } from './imported-trees.js';

/**
 * Reads the text that LightGBM's `save_model` writes (versions 3 and 4): a binary classifier of trees over numbers,
 * objective `binary`. All trees of the file count.
 *
 * A row goes left where its value is at most the threshold, as doubles. What is missing depends on the node's missing type:
 * `none` takes a missing value as 0; `nan` sends it the default way; `zero` sends it there, and values that are 0 too.
 *
 * @throws ImportRefused where the file is another one, or a model of another kind
 */
export function readLightgbm(text: string): ImportedTrees {
  const [head, ...blocks] = blocksOf(text);
  if (head === undefined || !head.has('tree')) refuse('it does not begin with a line "tree"');
  const objective = head.get('objective') ?? '';
  const [name, ...settings] = objective.split(' ');
  if (name !== 'binary') refuse(`its objective is ${objective}; only binary is read`);
  if (head.has('average_output')) refuse('it is a random forest, whose trees are averaged');
  if (head.get('num_tree_per_iteration') !== '1') refuse('it has several classes');
  const featureNames = (head.get('feature_names') ?? '').split(' ');
  if (featureNames.length !== Number(head.get('max_feature_idx')) + 1) {
    refuse(`${featureNames.length} feature_names, max_feature_idx ${head.get('max_feature_idx')}`);
  }
  const sigmoid = Number(settings.find((each) => each.startsWith('sigmoid:'))?.slice('sigmoid:'.length) ?? 1);
  if (!(sigmoid > 0)) refuse(`its objective is ${objective}`);
  const sizes = (head.get('tree_sizes') ?? '').split(' ').filter((size) => size !== '').length;
  const trees = blocks.filter((block) => block.has('Tree'));
  // a file that ends early has fewer trees than it names
  if (trees.length === 0 || trees.length !== sizes) refuse(`it names ${sizes} trees, and has ${trees.length}`);
  if (!text.includes('end of trees')) refuse('it has no line "end of trees"');
  return { featureNames, base: 0, trees: trees.map((block) => treeOf(block, featureNames.length, sigmoid)) };
}

/** Lines `name=value` up to a blank line; a line without = has the value ''. */
type Block = ReadonlyMap<string, string>;

function blocksOf(text: string): Block[] {
  const [trees = ''] = text.split(/^end of trees/m);
  return trees
    .split(/\r?\n\s*\r?\n/)
    .map(
      (block) =>
        new Map(
          block
            .split(/\r?\n/)
            .filter((line) => line !== '')
            .map(entryOf),
        ),
    )
    .filter((block) => block.size > 0);
}

function entryOf(line: string): [string, string] {
  const at = line.indexOf('=');
  return at < 0 ? [line, ''] : [line.slice(0, at), line.slice(at + 1)];
}

const isCategorical = 1;
const isDefaultLeft = 2;
const missingTypes = ['none', 'zero', 'nan'] as const;

function treeOf(block: Block, featureCount: number, sigmoid: number): ImportedTree {
  const tree = block.get('Tree')!;
  const leafCount = Number(block.get('num_leaves'));
  if (!Number.isInteger(leafCount) || leafCount < 1) refuse(`tree ${tree} has no num_leaves`);
  if (block.get('is_linear') === '1') refuse(`tree ${tree} has linear leaves`);
  const innerCount = leafCount - 1;
  const list = (name: string, length: number): number[] => {
    const numbers = (block.get(name) ?? '').split(' ').filter((each) => each !== '');
    const values = numbers.map((each) => (each === 'inf' ? Number.MAX_VALUE : Number(each)));
    if (values.length !== length || values.some(Number.isNaN))
      refuse(`tree ${tree} has no ${length} numbers of ${name}`);
    return values;
  };
  const feature = list('split_feature', innerCount);
  const threshold = list('threshold', innerCount);
  const decision = list('decision_type', innerCount);
  // leaves come after the inner nodes; the k-th leaf is the child −k − 1
  const childrenOf = (name: string): number[] => {
    return list(name, innerCount).map((child) => (child >= 0 ? child : innerCount - 1 - child));
  };
  const [left, right] = [childrenOf('left_child'), childrenOf('right_child')];
  const missing = decision.map((type) => missingTypes[(type >> 2) & 3]);
  feature.forEach((source, node) => {
    if (decision[node]! & isCategorical) refuse(`tree ${tree} splits on categories; encode them as numbers`);
    const isSound = [left[node]!, right[node]!].every((child) => child > node && child < innerCount + leafCount);
    if (!isSound || missing[node] === undefined || !(source >= 0 && source < featureCount)) {
      refuse(`node ${node} of tree ${tree} is not a node`);
    }
  });
  const value = list('leaf_value', leafCount).map((each) => each * sigmoid);
  const leaves = value.map(() => 0);
  const none = value.map(() => -1);
  return {
    feature: Int32Array.from([...feature, ...none]),
    threshold: Float64Array.from([...threshold, ...leaves]),
    missingLeft: Uint8Array.from(
      [
        ...missing.map((type, node) =>
          type === 'none' ? threshold[node]! >= 0 : (decision[node]! & isDefaultLeft) > 0,
        ),
        ...leaves,
      ].map(Number),
    ),
    zeroIsMissing: Uint8Array.from([...missing.map((type) => (type === 'zero' ? 1 : 0)), ...leaves]),
    left: Int32Array.from([...left, ...none]),
    right: Int32Array.from([...right, ...none]),
    value: Float64Array.from([...feature.map(() => 0), ...value]),
    cover: Float64Array.from(
      innerCount === 0 ? [1] : [...list('internal_count', innerCount), ...list('leaf_count', leafCount)],
    ),
  };
}

function refuse(reason: string): never {
  throw new ImportRefused(`The LightGBM model cannot be read: ${reason}.`);
}
