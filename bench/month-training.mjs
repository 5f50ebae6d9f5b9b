/**
 * The training of a month, from the rows in memory to the model with its figures, against an earlier build of Holdfast
 * on the same rows, in turn. The rows are those of simulated operators of 5,000 subscribers and 18 months, as
 * `npm start` trains on them: each runs once, with a thread that keeps its input.
 *
 *   npm run bench -- month-training --before FOLDER [--seeds 7,8] [--keep FOLDER] [--pairs 3] [--inputs FILE,FILE]
 *     [--tiny]
 *
 * The folder of `--keep` has the inputs of earlier calls, and gets those that it lacks.
 *
 * FOLDER is a checkout of the earlier build, installed and compiled:
 *   git worktree add FOLDER COMMIT && cd FOLDER && npm ci && npm exec --no -- node tools/bootstrap.cjs
 */
import fs from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import v8 from 'node:v8';
import { Worker } from 'node:worker_threads';

import { numericTable } from './support/numeric-table.mjs';
import { MissingPeer } from './support/peer.mjs';
import { recordMonth, root, threadOf, trainingTask } from '../tools/quality/recorded-month.mjs';
import { mean, median, medianRatio, rounded } from './support/statistics.mjs';

/** @typedef {{ wall: number, cpu: number, auc: number }} Training  wall and processor time in s */

const goal = { wall: 0.25, aucDifference: -0.002 };

/** @param {readonly string[]} args */
export async function run(args) {
  const { values: options } = parseArgs({
    args: [...args],
    options: {
      before: { type: 'string' },
      seeds: { type: 'string', default: '7' },
      inputs: { type: 'string' },
      keep: { type: 'string' },
      pairs: { type: 'string' },
      tiny: { type: 'boolean', default: false },
      'without-peer': { type: 'boolean', default: false },
    },
  });
  const before = options.before === undefined ? undefined : threadOf(path.resolve(options.before));
  if (!options['without-peer'] && (before === undefined || !fs.existsSync(before))) {
    throw new MissingPeer(
      '--before FOLDER names no compiled checkout of an earlier build: see bench/month-training.mjs',
    );
  }
  const pairs = Number(options.pairs ?? (options.tiny ? 1 : 3));
  const inputs = options.tiny
    ? [v8.serialize(tinyInput())]
    : (options.inputs?.split(',') ?? (await recorded(options.seeds.split(','), options.keep))).map((file) =>
        fs.readFileSync(file),
      );

  /** @type {{ ours: Training[], before: Training[] }} */
  const trainings = { ours: [], before: [] };
  const differences = [];
  for (const [at, input] of inputs.entries()) {
    for (let pair = 1; pair <= pairs; pair += 1) {
      const ours = await train(threadOf(root), input);
      trainings.ours.push(ours);
      if (before === undefined) continue;
      const earlier = await train(before, input);
      trainings.before.push(earlier);
      if (pair === 1) differences.push(ours.auc - earlier.auc);
      console.log(
        `operator ${at + 1} of ${inputs.length}, pair ${pair} of ${pairs}: ` +
          `${ours.wall.toFixed(1)} s (CPU ${ours.cpu.toFixed(1)}), before ${earlier.wall.toFixed(1)} s ` +
          `(CPU ${earlier.cpu.toFixed(1)}); AUC ${ours.auc.toFixed(4)} and ${earlier.auc.toFixed(4)}`,
      );
    }
  }
  const ratio =
    before === undefined
      ? null
      : {
          wall: medianRatio(walls(trainings.ours), walls(trainings.before)),
          cpu: medianRatio(cpus(trainings.ours), cpus(trainings.before)),
          aucDifference: Number(mean(differences).toFixed(5)),
        };
  const [ours, peer] = [summary(trainings.ours), before === undefined ? {} : summary(trainings.before)];
  return { ratio, goal, ours, peer, n: pairs, operators: inputs.length };
}

/**
 * One training in separate threads, as the service trains.
 * @param {string} thread  of this build, or of an earlier one, which takes the input itself
 * @param {Uint8Array} input
 * @returns {Promise<Training>}
 */
function train(thread, input) {
  const workerData = thread === threadOf(root) ? trainingTask(v8.deserialize(input)) : v8.deserialize(input);
  const start = performance.now();
  const usedBefore = process.cpuUsage();
  return new Promise((resolve, reject) => {
    const worker = new Worker(thread, { workerData });
    worker.on('error', reject);
    worker.on('message', (message) => {
      if (message.kind === 'progress') return;
      if (message.kind !== 'done') reject(new Error(JSON.stringify(message)));
      else {
        const { user, system } = process.cpuUsage(usedBefore);
        const wall = (performance.now() - start) / 1e3;
        resolve({ wall, cpu: (user + system) / 1e6, auc: message.result.validation.auc.mean });
      }
    });
  });
}

/** @param {readonly string[]} seeds  @param {string | undefined} keep */
async function recorded(seeds, keep) {
  const files = [];
  for (const seed of seeds) files.push(await recordMonth(seed, { keep }));
  return files;
}

/** Numbers of 300 subscriptions in ten months, for the smoke test. */
function tinyInput() {
  const { table, labels } = numericTable(3_000, 6, 1);
  const months = Uint32Array.from(labels, (_, row) => 24_300 + Math.floor(row / 300));
  const subscriptions = Uint32Array.from(labels, (_, row) => row % 300);
  return {
    columns: table.columns.map(({ name }) => ({ name, type: 'number' })),
    data: table.columns,
    labels,
    split: undefined,
    seed: 1,
    folds: 5,
    repeats: 1,
    naturalPrevalence: null,
    forward: { months, subscriptions, lostInGapByMonth: new Map(), leadMonths: 1, judgedMonthsMax: 1 },
  };
}

/** @param {readonly Training[]} trainings */
function walls(trainings) {
  return trainings.map(({ wall }) => wall);
}

/** @param {readonly Training[]} trainings */
function cpus(trainings) {
  return trainings.map(({ cpu }) => cpu);
}

/** @param {readonly Training[]} trainings */
function summary(trainings) {
  return {
    wallSeconds: rounded(median(walls(trainings))),
    cpuSeconds: rounded(median(cpus(trainings))),
    auc: Number(mean(trainings.map(({ auc }) => auc)).toFixed(5)),
  };
}
