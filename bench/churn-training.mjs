/**
 * Gradient-boosted trees: CPU and wall time of a fit, from float columns to the model, against XGBoost's `hist` with as
 * many trees, leaves and bins and the same rate; the areas under the curve on the same held-out rows come first.
 *
 *   npm run bench -- churn-training [--tiny] [--without-peer] [--pairs 5] [--s-mobile FILE]
 */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import zlib from 'node:zlib';

import { binCountOf, binRows, defaultBinning, fitBinning } from '@holdfast/learning/binning';
import { BinnedMatrix } from '@holdfast/learning/binned-matrix';
import { BoostingRun } from '@holdfast/learning/boosting-run';
import { ensembleLogits } from '@holdfast/learning/ensemble-logits';
import { foldsOf, rowsWithout } from '@holdfast/learning/folds';
import { areaUnderCurve, rankOutcomes } from '@holdfast/learning/metrics';
import { RandomStream } from '@holdfast/learning/random';
import { allRows, labelsOf, Table } from '@holdfast/learning/table';

import { comparableGrowth } from './support/growth.mjs';
import { numericTable, rowMajor } from './support/numeric-table.mjs';
import { PythonPeer, readDoubles } from './support/peer.mjs';
import { mean, median, medianRatio, rounded } from './support/statistics.mjs';

/** @typedef {{ table: Table, labels: Uint8Array }} Data */
/** @typedef {{ cpu: number, wall: number, auc: number }} Fit */

const goal = { cpuOneThread: { madeUp: 0.6, sMobile: 0.9 }, wallTwoThreads: 1, aucDifference: -0.001 };

/** @param {readonly string[]} args */
export async function run(args) {
  const { values: options } = parseArgs({
    args: [...args],
    options: {
      tiny: { type: 'boolean', default: false },
      'without-peer': { type: 'boolean', default: false },
      pairs: { type: 'string' },
      's-mobile': { type: 'string', default: path.join(import.meta.dirname, '../../shared/data/s-mobile.csv.gz') },
    },
  });
  const pairs = Number(options.pairs ?? (options.tiny ? 1 : 5));
  const setting = options.tiny ? { trees: 5, leaves: 31, rate: 0.1 } : { trees: 100, leaves: 31, rate: 0.1 };
  const [rowCount, featureCount] = options.tiny ? [2_000, 10] : [200_000, 50];

  /** @type {Record<string, (seed: number) => Data>} */
  const sets = { madeUp: (seed) => numericTable(rowCount * 1.25, featureCount, seed) };
  if (options.tiny) {
    // the smoke test depends on no file
  } else if (fs.existsSync(options['s-mobile'])) {
    const data = readNumeric(options['s-mobile']);
    sets['sMobile'] = () => data;
  } else {
    console.log(`s-mobile is skipped: there is no ${options['s-mobile']} (--s-mobile FILE)`);
  }

  /** @type {Record<string, Record<string, number>>} */
  const results = {};
  /** @type {Record<string, Record<string, number>>} */
  const ours = {};
  /** @type {Record<string, Record<string, number>>} */
  const peers = {};
  for (const [name, make] of Object.entries(sets)) {
    const rounds = await measure(make, setting, pairs, options['without-peer']);
    ours[name] = summary(rounds.ours);
    if (options['without-peer']) continue;
    peers[name] = { ...prefixed('one', summary(rounds.one)), ...prefixed('two', summary(rounds.two)) };
    const aucDifference = meanOf('auc', rounds.ours) - meanOf('auc', rounds.one);
    results[name] = {
      cpuOneThread: medianRatio(all('cpu', rounds.ours), all('cpu', rounds.one)),
      wallTwoThreads: medianRatio(all('wall', rounds.ours), all('wall', rounds.two)),
      aucDifference: Number(aucDifference.toFixed(5)),
    };
    // a few hundred rows have no information about quality
    if (!options.tiny && aucDifference < goal.aucDifference) {
      console.error(`${name}: our area under the curve is lower by ${-aucDifference}: times do not count`);
      process.exitCode = 1;
    }
  }
  const ratio = options['without-peer'] ? null : results;
  return { ratio, goal, ours, peer: peers, n: pairs, ourThreads: 1 };
}

/**
 * @param {(seed: number) => Data} make
 * @param {{ trees: number, leaves: number, rate: number }} setting
 * @param {number} pairs
 * @param {boolean} withoutPeer
 */
async function measure(make, setting, pairs, withoutPeer) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'holdfast-bench-'));
  // threads that spin while they wait would count as work
  const environment = { OMP_WAIT_POLICY: 'passive' };
  const peer = withoutPeer ? null : new PythonPeer('xgboost_peer.py', 'python3-xgboost', environment);
  /** @type {{ ours: Fit[], one: Fit[], two: Fit[] }} */
  const rounds = { ours: [], one: [], two: [] };
  try {
    for (let seed = 1; seed <= pairs; seed += 1) {
      const { table, labels } = make(seed);
      const everyRow = allRows(labels.length);
      const [test] = foldsOf(labels, everyRow, 5, new RandomStream(seed));
      if (!test) throw new Error('no fold');
      const training = rowsWithout(everyRow, test);
      rounds.ours.push(fitOurs(table, labels, training, test, setting, seed));
      if (peer) {
        fs.writeFileSync(path.join(folder, 'train.f32'), rowMajor(table, training));
        fs.writeFileSync(path.join(folder, 'train.u8'), labelsOf(labels, training));
        fs.writeFileSync(path.join(folder, 'test.f32'), rowMajor(table, test));
        for (const [threads, fits] of /** @type {const} */ ([
          [1, rounds.one],
          [2, rounds.two],
        ])) {
          const request = { do: 'train', folder, features: table.columns.length, threads, bins: 256, ...setting };
          const seconds = await peer.ask(request);
          const predictions = readDoubles(path.join(folder, 'predictions.f64'));
          fits.push({ ...seconds, auc: areaUnderCurve(rankOutcomes(predictions, labelsOf(labels, test))) });
        }
      }
      console.log(
        `pair ${seed} of ${pairs}: ours ${rounds.ours.at(-1)?.cpu.toFixed(2)} s of CPU` +
          (peer ? `, the peer ${rounds.one.at(-1)?.cpu.toFixed(2)} s` : ''),
      );
    }
  } finally {
    peer?.close();
    fs.rmSync(folder, { recursive: true });
  }
  return rounds;
}

/**
 * @param {Table} table
 * @param {Uint8Array} labels
 * @param {Uint32Array} training
 * @param {Uint32Array} test
 * @param {{ trees: number, leaves: number, rate: number }} setting
 * @param {number} seed
 * @returns {Fit}
 */
function fitOurs(table, labels, training, test, setting, seed) {
  const growth = comparableGrowth(setting);
  const wall = performance.now();
  const cpu = process.cpuUsage();
  const { features, trainingBins } = fitBinning(table, labels, training, seed, defaultBinning);
  const matrix = new BinnedMatrix(trainingBins, features.map(binCountOf), training.length);
  const boosting = new BoostingRun(matrix, { labels: labelsOf(labels, training) }, growth, seed);
  const trees = Array.from({ length: setting.trees }, () => boosting.grow());
  const used = process.cpuUsage(cpu);
  const seconds = { wall: (performance.now() - wall) / 1e3, cpu: (used.user + used.system) / 1e6 };
  const logits = ensembleLogits({ base: boosting.base, trees }, binRows(features, table, test), test.length);
  return { ...seconds, auc: areaUnderCurve(rankOutcomes(logits, labelsOf(labels, test))) };
}

/** @param {readonly Fit[]} fits */
function summary(fits) {
  return {
    cpuSeconds: rounded(median(all('cpu', fits))),
    wallSeconds: rounded(median(all('wall', fits))),
    auc: Number(meanOf('auc', fits).toFixed(5)),
  };
}

/**
 * @param {keyof Fit} figure
 * @param {readonly Fit[]} fits
 */
function all(figure, fits) {
  return fits.map((fit) => fit[figure]);
}

/**
 * @param {keyof Fit} figure
 * @param {readonly Fit[]} fits
 */
function meanOf(figure, fits) {
  return mean(all(figure, fits));
}

/**
 * @param {string} prefix
 * @param {Record<string, number>} values
 */
function prefixed(prefix, values) {
  const nameOf = (/** @type {string} */ name) => `${prefix}Thread${name.charAt(0).toUpperCase()}${name.slice(1)}`;
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [nameOf(name), value]));
}

/**
 * The real table with every column as a number: both sides get the same codes for words.
 * @param {string} file
 * @returns {Data}
 */
function readNumeric(file) {
  const [head = '', ...lines] = zlib.gunzipSync(fs.readFileSync(file)).toString('utf8').trim().split(/\r?\n/);
  const rows = lines.map((line) => line.split(','));
  const names = head.split(',');
  const labels = Uint8Array.from(rows, (row) => (row[names.indexOf('churn')] === 'yes' ? 1 : 0));
  const left = new Set(['customer', 'churn', 'training', 'representative']);
  const columns = names.flatMap((name, at) => {
    if (left.has(name)) return [];
    const texts = rows.map((row) => row[at] ?? '');
    const isNumber = texts.every((text) => text === '' || Number.isFinite(Number(text)));
    const words = [...new Set(texts)].sort((left, right) => (left < right ? -1 : 1));
    const code = new Map(words.map((word, index) => [word, index]));
    const values = Float64Array.from(texts, (text) => {
      if (text === '' || text === 'NA') return Number.NaN;
      return Math.fround(isNumber ? Number(text) : (code.get(text) ?? Number.NaN));
    });
    return [{ kind: /** @type {const} */ ('number'), name, values }];
  });
  return { table: new Table(columns), labels };
}
