/**
 * Reasons of rows, rows a second on one core: path-dependent TreeSHAP from float columns, against XGBoost's
 * `pred_contribs` with the very same trees, which the peer trains and saves. Equality to 1e-4 comes first, and that
 * contributions add up to our own logit.
 *
 *   npm run bench -- explain [--tiny] [--without-peer] [--pairs 5] [--rows 20000] [--leaves 31]
 */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';

import { binRows } from '@holdfast/learning/binning';
import { columnExplainer } from '@holdfast/learning/column-explainer';
import { boostedTreesOf } from '@holdfast/learning/imported-trees';
import { allRows, labelsOf } from '@holdfast/learning/table';
import { readXgboost } from '@holdfast/learning/xgboost-model';

import { numericTable, rowMajor } from './support/numeric-table.mjs';
import { trainOurs } from './support/own-trees.mjs';
import { PythonPeer, readDoubles } from './support/peer.mjs';
import { median, medianRatio } from './support/statistics.mjs';

/** @typedef {import('@holdfast/learning/table').Table} Table */
/** @typedef {import('@holdfast/learning/gradient-boosting').BoostedTrees} BoostedTrees */

const goal = 4;
const differenceMax = { contributions: 1e-4, sums: 1e-9 };

/** @param {readonly string[]} args */
export async function run(args) {
  const { values: options } = parseArgs({
    args: [...args],
    options: {
      tiny: { type: 'boolean', default: false },
      'without-peer': { type: 'boolean', default: false },
      pairs: { type: 'string' },
      rows: { type: 'string' },
      leaves: { type: 'string' },
    },
  });
  const pairs = Number(options.pairs ?? (options.tiny ? 1 : 5));
  const rowCount = Number(options.rows ?? (options.tiny ? 500 : 20_000));
  const features = options.tiny ? 10 : 50;
  const setting = { trees: options.tiny ? 5 : 100, leaves: Number(options.leaves ?? 31), rate: 0.1, bins: 250 };
  const trainingCount = options.tiny ? 3_000 : 200_000;
  const { table, labels } = numericTable(trainingCount + rowCount, features, 1);
  const all = allRows(labels.length);
  const [training, test] = [all.subarray(0, trainingCount), all.subarray(trainingCount)];

  if (options['without-peer']) {
    const model = trainOurs(table, labels, training, setting);
    checkSums(model, table, test);
    const { first, seconds } = timeOurs(model, table, test);
    return { ratio: null, goal, ours: { ...ratesOf([seconds], rowCount), firstRowMs: first }, peer: {}, n: 1 };
  }

  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'holdfast-bench-'));
  const peer = new PythonPeer('xgboost_peer.py', 'python3-xgboost');
  try {
    const modelFile = path.join(folder, 'model.json');
    fs.writeFileSync(path.join(folder, 'train.f32'), rowMajor(table, training));
    fs.writeFileSync(path.join(folder, 'train.u8'), labelsOf(labels, training));
    fs.writeFileSync(path.join(folder, 'test.f32'), rowMajor(table, test));
    await peer.ask({ do: 'train', folder, features, threads: 1, model: modelFile, ...setting });
    const model = boostedTreesOf(readXgboost(fs.readFileSync(modelFile, 'utf8')), (name) => {
      return table.columns[Number(name.slice(1))]?.name ?? '';
    });
    const sums = checkSums(model, table, test);
    const ours = /** @type {number[]} */ ([]);
    const firstRows = /** @type {number[]} */ ([]);
    const peerSeconds = /** @type {number[]} */ ([]);
    let difference = 0;
    for (let pair = 1; pair <= pairs; pair += 1) {
      const { first, seconds } = timeOurs(model, table, test);
      ours.push(seconds);
      firstRows.push(first);
      const { cpu } = await peer.ask({ do: 'explain', folder, features, model: modelFile });
      peerSeconds.push(cpu);
      console.log(`pair ${pair} of ${pairs}: ours ${seconds.toFixed(3)} s, the peer ${cpu.toFixed(2)} s`);
      if (pair > 1) continue;
      difference = greatestDifference(model, table, test, readDoubles(path.join(folder, 'contributions.f64')));
      console.log(`greatest difference of contributions: ${difference.toExponential(1)}`);
      if (!(difference <= differenceMax.contributions)) throw new Error(`the contributions differ by ${difference}`);
    }
    return {
      ratio: medianRatio(peerSeconds, ours),
      goal,
      ours: { ...ratesOf(ours, rowCount), firstRowMs: median(firstRows) },
      peer: ratesOf(peerSeconds, rowCount),
      n: pairs,
      greatestDifference: difference,
      greatestDifferenceOfSums: sums,
    };
  } finally {
    peer.close();
    fs.rmSync(folder, { recursive: true });
  }
}

/** @param {BoostedTrees} model @param {Table} table */
function explainerOf(model, table) {
  return columnExplainer(
    model,
    table.columns.map(({ name }) => name),
  );
}

/**
 * Seconds of CPU from float columns to contributions, by an explainer that has explained nothing before: its
 * preparation counts. Milliseconds of CPU of another one for a single row.
 * @param {BoostedTrees} model
 * @param {Table} table
 * @param {Uint32Array} rows
 */
function timeOurs(model, table, rows) {
  const [first, seconds] = [rows.subarray(0, 1), rows].map((some) => {
    const start = process.cpuUsage();
    explainerOf(model, table).explain(binRows(model.features, table, some), some.length);
    const used = process.cpuUsage(start);
    return (used.user + used.system) / 1e6;
  });
  return { first: Number((1_000 * (first ?? 0)).toFixed(1)), seconds: seconds ?? 0 };
}

/**
 * The greatest difference between a logit and the base with a row's contributions.
 * @param {BoostedTrees} model
 * @param {Table} table
 * @param {Uint32Array} rows
 */
function checkSums(model, table, rows) {
  const width = table.columns.length;
  const { base, contributions } = explainerOf(model, table).explain(binRows(model.features, table, rows), rows.length);
  const greatest = model.logits(table, rows).reduce((most, logit, row) => {
    const sum = contributions.subarray(row * width, (row + 1) * width).reduce((total, each) => total + each, base);
    return Math.max(most, Math.abs(sum - logit));
  }, 0);
  if (!(greatest <= differenceMax.sums)) throw new Error(`contributions differ from the logit by ${greatest}`);
  return greatest;
}

/**
 * @param {BoostedTrees} model
 * @param {Table} table
 * @param {Uint32Array} rows
 * @param {Float64Array} other  by row, one per feature and the base
 */
function greatestDifference(model, table, rows, other) {
  const width = table.columns.length;
  const { base, contributions } = explainerOf(model, table).explain(binRows(model.features, table, rows), rows.length);
  return other.reduce((greatest, value, cell) => {
    const [row, column] = [Math.floor(cell / (width + 1)), cell % (width + 1)];
    const own = column === width ? base : (contributions[row * width + column] ?? Number.NaN);
    return Math.max(greatest, Math.abs(own - value));
  }, 0);
}

/** @param {number[]} seconds @param {number} rowCount */
function ratesOf(seconds, rowCount) {
  return { rowsPerSecond: Math.round(rowCount / median(seconds)) };
}
