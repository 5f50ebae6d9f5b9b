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

import { binRows } from '@holdfast/learning/binning';
import { ensembleLogits } from '@holdfast/learning/ensemble-logits';
import { boostedTreesOf } from '@holdfast/learning/imported-trees';
import { probabilityOf } from '@holdfast/learning/logistic';
import { allRows, labelsOf } from '@holdfast/learning/table';
import { readXgboost } from '@holdfast/learning/xgboost-model';

import { numericTable, rowMajor } from './support/numeric-table.mjs';
import { trainOurs } from './support/own-trees.mjs';
import { PythonPeer, readDoubles } from './support/peer.mjs';
import { median, medianRatio } from './support/statistics.mjs';

/** @typedef {import('@holdfast/learning/table').Table} Table */
/** @typedef {import('@holdfast/learning/gradient-boosting').BoostedTrees} BoostedTrees */

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
    const imported = readXgboost(fs.readFileSync(modelFile, 'utf8'));
    const model = boostedTreesOf(imported, (name) => table.columns[Number(name.slice(1))]?.name ?? '');
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
