/**
 * How well the model that users get ranks rows that it has not seen, against gradient boosting of XGBoost and
 * scikit-learn on the same rows: with their defaults, and tuned by a search inside the rows to train on. Plain tables in
 * five folds (or their own split), months of operators forward in time; a seed is one pass over all parts of a set.
 *
 *   npm run bench -- churn-quality [--data FILE --mapping FILE] [--operators 1,2,3] [--inputs FILE,FILE]
 *       [--seeds 5] [--tries 8] [--without-peer] [--tiny]
 *
 * Without options: the tables of ../shared/data that have a mapping in examples/. `--operators` are seeds of the twin,
 * whose month runs first; `--inputs` are inputs of trainings that `support/recording-worker.mjs` has kept.
 */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import v8 from 'node:v8';
import { Worker } from 'node:worker_threads';

import { foldsOf, rowsWithout } from '@holdfast/learning/folds';
import { forwardFolds } from '@holdfast/learning/forward-in-time';
import { areaUnderCurve, averagePrecision, rankOutcomes } from '@holdfast/learning/metrics';
import { RandomStream } from '@holdfast/learning/random';
import { allRows, labelsOf } from '@holdfast/learning/table';

import { readTraining } from '../tools/quality/table.mjs';
import { numericTable } from './support/numeric-table.mjs';
import { PythonPeer, readDoubles } from './support/peer.mjs';
import { recordMonth, root, threadOf, trainingTask } from '../tools/quality/recorded-month.mjs';
import { mean } from './support/statistics.mjs';

/** @typedef {Awaited<ReturnType<typeof readTraining>>['input']} Input */
/** @typedef {{ training: Uint32Array, test: Uint32Array }} Part */
/** @typedef {{ auc: number, averagePrecision: number }} Figures */

const goal = { aucDifference: -0.001 };
const methods = /** @type {const} */ (['xgboost', 'xgboostTuned', 'sklearn', 'sklearnTuned']);
const folds = 5;
const classRowsMin = 20;
const sharedData = path.join(root, '../shared/data');

/** @param {readonly string[]} args */
export async function run(args) {
  const { values: options } = parseArgs({
    args: [...args],
    options: {
      data: { type: 'string' },
      mapping: { type: 'string' },
      operators: { type: 'string' },
      inputs: { type: 'string' },
      seeds: { type: 'string' },
      tries: { type: 'string', default: '8' },
      tiny: { type: 'boolean', default: false },
      'without-peer': { type: 'boolean', default: false },
    },
  });
  const seeds = Number(options.seeds ?? (options.tiny ? 1 : 5));
  const tries = options.tiny ? 1 : Number(options.tries);
  const peer = options['without-peer']
    ? null
    : new PythonPeer('quality_peer.py', 'python3-xgboost python3-sklearn', { OMP_WAIT_POLICY: 'passive' });
  /** @type {Record<string, ReturnType<typeof summaryOf>>} */
  const sets = {};
  try {
    for await (const { name, input } of options.tiny ? tinySet() : setsOf(options)) {
      sets[name] = await measureSet(name, input, peer, seeds, tries);
      console.log(JSON.stringify({ set: name, ...sets[name] }));
    }
  } finally {
    peer?.close();
  }
  const differences = Object.values(sets).map(({ aucDifference }) => aucDifference?.mean ?? Number.NaN);
  const ratio = peer === null ? null : { aucDifference: Number(Math.min(...differences).toFixed(5)) };
  if (!options.tiny && ratio !== null && ratio.aucDifference < goal.aucDifference) process.exitCode = 1;
  return { ratio, goal, sets, n: seeds };
}

/** @param {{ data?: string, mapping?: string, operators?: string, inputs?: string }} options */
async function* setsOf({ data, mapping, operators, inputs }) {
  const startedIn = process.env['INIT_CWD'] ?? process.cwd();
  const given = { seed: 1, repeats: 1, naturalPrevalence: null };
  if (data !== undefined && mapping !== undefined) {
    const files = { dataFile: path.resolve(startedIn, data), mappingFile: path.resolve(startedIn, mapping) };
    const { table, input } = await readTraining({ ...files, ...given });
    yield { name: table, input };
  } else if (operators === undefined && inputs === undefined) {
    for (const name of ['ibm-telco', 's-mobile']) {
      const dataFile = path.join(sharedData, `${name}.csv.gz`);
      const mappingFile = path.join(root, 'examples', `${name}.mapping.yaml`);
      if (fs.existsSync(dataFile))
        yield { name, input: (await readTraining({ dataFile, mappingFile, ...given })).input };
      else console.log(`${name} is skipped: there is no ${dataFile} (--data FILE --mapping FILE)`);
    }
  }
  for (const seed of operators?.split(',') ?? [])
    yield { name: `operator ${seed}`, input: recorded(await recordMonth(seed)) };
  for (const file of inputs?.split(',') ?? [])
    yield { name: path.basename(file), input: recorded(path.resolve(startedIn, file)) };
}

/** @param {string} file  @returns {Input} */
function recorded(file) {
  return v8.deserialize(fs.readFileSync(file));
}

/** For the smoke test. */
function* tinySet() {
  const { table, labels } = numericTable(400, 4, 1);
  const columns = table.columns.map(({ name }) => ({ name, type: /** @type {const} */ ('number') }));
  const plain = { trainingHash: '', columns, data: table.columns, labels, split: undefined, forward: undefined };
  yield {
    name: 'synthetic',
    input: /** @type {Input} */ ({ ...plain, seed: 1, folds, repeats: 1, naturalPrevalence: null }),
  };
}

/**
 * @param {string} name
 * @param {Input} input
 * @param {PythonPeer | null} peer
 * @param {number} seeds
 * @param {number} tries
 */
async function measureSet(name, input, peer, seeds, tries) {
  /** @type {Record<string, Figures>[]} one entry per seed */
  const bySeed = [];
  for (let seed = 1; seed <= seeds; seed += 1) {
    /** @type {Record<string, Figures>[]} */
    const byPart = [];
    for (const part of partsOf(input, seed)) {
      const ours = await trainOurs(input, part, seed);
      byPart.push({ ours, ...(peer === null ? {} : await trainPeers(peer, input, part, seed, tries)) });
    }
    const figures = meanFigures(byPart);
    bySeed.push(figures);
    const line = Object.entries(figures).map(([method, { auc }]) => `${method} ${auc.toFixed(4)}`);
    console.log(`${name}, seed ${seed} of ${seeds}: AUC ${line.join(', ')}`);
  }
  return summaryOf(bySeed);
}

/**
 * What is trained on and what is judged: the table's own split, months forward in time, or folds.
 * @param {Input} input
 * @param {number} seed
 * @returns {Part[]}
 */
function partsOf({ split, forward, labels }, seed) {
  if (split !== undefined) {
    const rowsOf = (/** @type {number} */ value) => allRows(labels.length).filter((row) => split[row] === value);
    return [{ training: rowsOf(1), test: rowsOf(0) }];
  }
  if (forward !== undefined) {
    const { leadMonths, judgedMonthsMax } = forward;
    const judged = forwardFolds({ ...forward, labels }, leadMonths, judgedMonthsMax, classRowsMin);
    return judged.map(({ training, judged: test }) => ({ training, test }));
  }
  const rows = allRows(labels.length);
  return foldsOf(labels, rows, folds, new RandomStream(seed)).map((test) => ({
    training: rowsWithout(rows, test),
    test,
  }));
}

/**
 * As the service trains, in its thread, with the part as the table's split.
 * @param {Input} input
 * @param {Part} part
 * @param {number} seed
 * @returns {Promise<Figures>}
 */
function trainOurs(input, { training, test }, seed) {
  const split = new Float64Array(input.labels.length).fill(Number.NaN);
  training.forEach((row) => (split[row] = 1));
  test.forEach((row) => (split[row] = 0));
  const own = { ...input, split, seed, champion: undefined, departures: undefined, hasBaseline: false };
  const workerData = trainingTask(own);
  return new Promise((resolve, reject) => {
    const worker = new Worker(threadOf(root), { workerData });
    worker.on('error', reject);
    worker.on('message', (message) => {
      if (message.kind === 'progress') return;
      if (message.kind !== 'done') return reject(new Error(JSON.stringify(message)));
      const { auc, averagePrecision: precision } = message.result.validation;
      resolve({ auc: auc.mean, averagePrecision: precision.mean });
    });
  });
}

/**
 * @param {PythonPeer} peer
 * @param {Input} input
 * @param {Part} part
 * @param {number} seed
 * @param {number} tries
 * @returns {Promise<Record<string, Figures>>}
 */
async function trainPeers(peer, { data, labels, forward }, { training, test }, seed, tries) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'holdfast-bench-'));
  try {
    fs.writeFileSync(path.join(folder, 'train.f32'), rowMajor(data, training));
    fs.writeFileSync(path.join(folder, 'train.u8'), labelsOf(labels, training));
    fs.writeFileSync(path.join(folder, 'test.f32'), rowMajor(data, test));
    if (forward !== undefined) {
      const groups = Uint32Array.from(training, (row) => forward.subscriptions[row] ?? 0);
      fs.writeFileSync(path.join(folder, 'train.u32'), groups);
    }
    const categories = data.map((column) => (column.kind === 'category' ? column.categories.length : 0));
    await peer.ask({ folder, features: data.length, categories, grouped: forward !== undefined, seed, tries });
    const outcomes = labelsOf(labels, test);
    return Object.fromEntries(
      methods.map((method) => {
        const ranked = rankOutcomes(readDoubles(path.join(folder, `${method}.f64`)), outcomes);
        return [method, { auc: areaUnderCurve(ranked), averagePrecision: averagePrecision(ranked) }];
      }),
    );
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}

/**
 * Row by row in 32 bits; a category is its code, a missing one NaN.
 * @param {Input['data']} columns
 * @param {Uint32Array} rows
 */
function rowMajor(columns, rows) {
  const matrix = new Float32Array(rows.length * columns.length);
  columns.forEach((column, at) => {
    const values = column.kind === 'number' ? column.values : column.codes;
    const valuesMax = column.kind === 'number' ? Infinity : column.categories.length - 1;
    rows.forEach((row, place) => {
      const value = values[row] ?? Number.NaN;
      matrix[place * columns.length + at] = value > valuesMax ? Number.NaN : value;
    });
  });
  return matrix;
}

/** @param {readonly Record<string, Figures>[]} parts  @returns {Record<string, Figures>} */
function meanFigures(parts) {
  const names = Object.keys(parts[0] ?? {});
  return Object.fromEntries(
    names.map((name) => [
      name,
      {
        auc: mean(parts.map((part) => part[name]?.auc ?? Number.NaN)),
        averagePrecision: mean(parts.map((part) => part[name]?.averagePrecision ?? Number.NaN)),
      },
    ]),
  );
}

/**
 * Means over seeds, and the difference of the area under the curve to the peer with the higher mean, paired by seed.
 * @param {readonly Record<string, Figures>[]} bySeed
 */
function summaryOf(bySeed) {
  const means = meanFigures(bySeed);
  const figures = Object.fromEntries(
    Object.entries(means).map(([name, { auc, averagePrecision: precision }]) => [
      name,
      { auc: Number(auc.toFixed(4)), averagePrecision: Number(precision.toFixed(4)) },
    ]),
  );
  const [best] = methods
    .filter((method) => means[method] !== undefined)
    .sort((left, right) => (means[right]?.auc ?? 0) - (means[left]?.auc ?? 0));
  if (best === undefined) return { figures };
  const differences = bySeed.map((seed) => (seed['ours']?.auc ?? Number.NaN) - (seed[best]?.auc ?? Number.NaN));
  return { figures, best, aucDifference: intervalOf(differences) };
}

/** Mean with its 95 % interval by Student's t over seeds. @param {readonly number[]} values */
function intervalOf(values) {
  const quantiles = [Number.NaN, 12.71, 4.3, 3.18, 2.78, 2.57, 2.45, 2.36, 2.31, 2.26];
  const centre = mean(values);
  const variance = values.reduce((sum, value) => sum + (value - centre) ** 2, 0) / (values.length - 1);
  const half = (quantiles[values.length - 1] ?? 2.23) * Math.sqrt(variance / values.length);
  const [all, low, high] = [centre, centre - half, centre + half].map((value) => Number(value.toFixed(5)));
  return { mean: all ?? Number.NaN, low, high };
}
