/**
 * Batch probabilities by boosted trees, rows a second on one core, against XGBoost's `inplace_predict` with the very
 * same trees: the peer trains them, and they are read from its JSON. Equality to 1e-6 comes first.
 *
 *   npm run bench -- churn-scoring [--tiny] [--without-peer] [--pairs 5] [--rows 1000000]
 */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';

import { binCountOf, binRows, defaultBinning, fitBinning } from '@holdfast/learning/binning';
import { BoostingRun } from '@holdfast/learning/boosting-run';
import { ensembleLogits } from '@holdfast/learning/ensemble-logits';
import { BoostedTrees } from '@holdfast/learning/gradient-boosting';
import { logitOf, probabilityOf } from '@holdfast/learning/logistic';
import { allRows, labelsOf } from '@holdfast/learning/table';

import { comparableGrowth } from './support/growth.mjs';
import { numericTable, rowMajor } from './support/numeric-table.mjs';
import { PythonPeer, readDoubles } from './support/peer.mjs';
import { median, medianRatio } from './support/statistics.mjs';

/** @typedef {import('@holdfast/learning/table').Table} Table */

const goal = { fromFloats: 6, fromBins: 10 };
const differenceMax = 1e-6;

/** @param {readonly string[]} args */
export async function run(args) {
  const { values: options } = parseArgs({
    args: [...args],
    options: {
      tiny: { type: 'boolean', default: false },
      'without-peer': { type: 'boolean', default: false },
      pairs: { type: 'string' },
      rows: { type: 'string' },
    },
  });
  const pairs = Number(options.pairs ?? (options.tiny ? 1 : 5));
  const rowCount = Number(options.rows ?? (options.tiny ? 5_000 : 1_000_000));
  const features = options.tiny ? 10 : 50;
  const setting = { trees: options.tiny ? 5 : 100, leaves: 31, rate: 0.1, bins: 250 };
  const { table, labels } = numericTable(options.tiny ? 4_000 : 250_000, features, 1);
  const all = allRows(labels.length);
  const [training, test] = [all.subarray(0, labels.length * 0.8), all.subarray(labels.length * 0.8)];
  // the test rows over and over, as the peer repeats them
  const rows = Uint32Array.from({ length: rowCount }, (_, at) => test[at % test.length] ?? 0);

  if (options['without-peer']) {
    const model = trainOurs(table, labels, training, setting);
    const ours = { fromFloats: [timeFromFloats(model, table, rows)], fromBins: [timeFromBins(model, table, rows)] };
    return { ratio: null, goal, ours: ratesOf(ours, rowCount), peer: {}, n: 1 };
  }

  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'holdfast-bench-'));
  const peer = new PythonPeer('xgboost_peer.py', 'python3-xgboost');
  try {
    const modelFile = path.join(folder, 'model.json');
    fs.writeFileSync(path.join(folder, 'train.f32'), rowMajor(table, training));
    fs.writeFileSync(path.join(folder, 'train.u8'), labelsOf(labels, training));
    fs.writeFileSync(path.join(folder, 'test.f32'), rowMajor(table, test));
    await peer.ask({ do: 'train', folder, features, threads: 1, model: modelFile, ...setting });
    const model = modelOfXgboost(JSON.parse(fs.readFileSync(modelFile, 'utf8')), table);
    const difference = greatestDifference(model.predict(table, test), path.join(folder, 'predictions.f64'));
    console.log(`greatest difference of probabilities: ${difference.toExponential(1)}`);
    if (!(difference <= differenceMax)) throw new Error(`the predictions differ by ${difference}: times do not count`);

    const ours = { fromFloats: /** @type {number[]} */ ([]), fromBins: /** @type {number[]} */ ([]) };
    const peerSeconds = /** @type {number[]} */ ([]);
    for (let pair = 1; pair <= pairs; pair += 1) {
      const seconds = timeFromFloats(model, table, rows);
      ours.fromFloats.push(seconds);
      ours.fromBins.push(timeFromBins(model, table, rows));
      const { cpu } = await peer.ask({ do: 'predict', folder, features, rows: rowCount, model: modelFile });
      peerSeconds.push(cpu);
      console.log(`pair ${pair} of ${pairs}: ours ${seconds.toFixed(2)} s, the peer ${cpu.toFixed(2)} s`);
    }
    const ratio = {
      fromFloats: medianRatio(peerSeconds, ours.fromFloats),
      fromBins: medianRatio(peerSeconds, ours.fromBins),
    };
    const peerRate = { rowsPerSecond: Math.round(rowCount / median(peerSeconds)) };
    return { ratio, goal, ours: ratesOf(ours, rowCount), peer: peerRate, n: pairs, greatestDifference: difference };
  } finally {
    peer.close();
    fs.rmSync(folder, { recursive: true });
  }
}

/**
 * Seconds of CPU from float columns to probabilities.
 * @param {BoostedTrees} model
 * @param {Table} table
 * @param {Uint32Array} rows
 */
function timeFromFloats(model, table, rows) {
  const start = process.cpuUsage();
  model.predict(table, rows);
  return secondsSince(start);
}

/**
 * The same from columns that are binned already.
 * @param {BoostedTrees} model
 * @param {Table} table
 * @param {Uint32Array} rows
 */
function timeFromBins(model, table, rows) {
  const bins = binRows(model.features, table, rows);
  const start = process.cpuUsage();
  ensembleLogits(model.ensemble, bins, rows.length).map(probabilityOf);
  return secondsSince(start);
}

/** @param {NodeJS.CpuUsage} start */
function secondsSince(start) {
  const used = process.cpuUsage(start);
  return (used.user + used.system) / 1e6;
}

/**
 * @param {Record<string, number[]>} seconds
 * @param {number} rowCount
 */
function ratesOf(seconds, rowCount) {
  return Object.fromEntries(
    Object.entries(seconds).map(([from, each]) => [`${from}RowsPerSecond`, Math.round(rowCount / median(each))]),
  );
}

/**
 * @param {Float64Array} own
 * @param {string} file
 */
function greatestDifference(own, file) {
  const other = readDoubles(file);
  return own.reduce((greatest, probability, row) => {
    return Math.max(greatest, Math.abs(probability - (other[row] ?? Number.NaN)));
  }, 0);
}

/**
 * A tree as XGBoost 1.7 saves it: one entry per node, thresholds and leaf values in the same array.
 * @typedef {{
 *   left_children: number[], right_children: number[], split_indices: number[], split_conditions: number[],
 *   default_left: (boolean | number)[], sum_hessian: number[],
 * }} XgboostTree
 */

/**
 * XGBoost sends a row left where its value is below the threshold, we where it is at most the cut: the cut is the
 * next lower number in 32 bits.
 * @param {{ learner: { gradient_booster: { model: { trees: XgboostTree[] } },
 *                      learner_model_param: { base_score: string } } }} json
 * @param {Table} table
 */
function modelOfXgboost({ learner }, table) {
  const sources = learner.gradient_booster.model.trees.map((tree) => ({
    tree,
    nodes: tree.left_children.map((left, node) => ({
      inner: left >= 0,
      feature: tree.split_indices[node] ?? -1,
      condition: tree.split_conditions[node] ?? Number.NaN,
    })),
  }));
  const nodes = sources.flatMap((source) => source.nodes.filter(({ inner }) => inner));
  const cutsByFeature = table.columns.map((_, at) => {
    const cuts = nodes.filter(({ feature }) => feature === at).map(({ condition }) => nextLower(condition));
    return [...new Set(cuts)].sort((left, right) => left - right);
  });
  const features = table.columns.map(({ name }, at) => {
    return { kind: /** @type {const} */ ('number'), column: name, cuts: cutsByFeature[at] ?? [] };
  });
  const trees = sources.map(({ tree, nodes: own }) => ({
    feature: Int32Array.from(own, ({ inner, feature }) => (inner ? feature : -1)),
    splitBin: Uint8Array.from(own, ({ inner, feature, condition }) => {
      return inner ? 1 + (cutsByFeature[feature]?.indexOf(nextLower(condition)) ?? -1) : 0;
    }),
    missingLeft: Uint8Array.from(tree.default_left, Number),
    left: Int32Array.from(tree.left_children),
    right: Int32Array.from(tree.right_children),
    value: Float64Array.from(own, ({ inner, condition }) => (inner ? 0 : Math.fround(condition))),
    cover: Float64Array.from(tree.sum_hessian),
  }));
  return new BoostedTrees(features, { base: logitOf(Number(learner.learner_model_param.base_score)), trees });
}

/**
 * The next lower number in 32 bits.
 * @param {number} value
 */
function nextLower(value) {
  const view = new DataView(new ArrayBuffer(4));
  view.setFloat32(0, value);
  if (view.getFloat32(0) === 0) return -1.401298464324817e-45; // zero has no sign to count down from
  view.setInt32(0, view.getInt32(0) + (value > 0 ? -1 : 1));
  return view.getFloat32(0);
}

/**
 * @param {Table} table
 * @param {Uint8Array} labels
 * @param {Uint32Array} training
 * @param {{ trees: number, leaves: number, rate: number }} setting
 */
function trainOurs(table, labels, training, setting) {
  const { features, trainingBins } = fitBinning(table, labels, training, 1, defaultBinning);
  const growth = comparableGrowth(setting);
  const boosting = new BoostingRun(trainingBins, features.map(binCountOf), labelsOf(labels, training), growth, 1);
  const trees = Array.from({ length: setting.trees }, () => boosting.grow());
  return new BoostedTrees(features, { base: boosting.base, trees });
}
