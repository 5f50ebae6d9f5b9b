import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';

import { freePort } from '../launch/ports.mjs';
import { makeScratch } from './scratch.mjs';

export const usage = 'npm run quality -- operator [--seeds 7,8,9,10,11] [--subscribers N] [--months N] [--keep FOLDER]';

/** @typedef {{ part: string, measure: string, value: string, goal: string, verdict: string }} Judgement */

const repository = path.resolve(import.meta.dirname, '../..');

/**
 * The whole month of simulated operators, one for each seed: each is written by the twin, run through the system as
 * `npm start` runs it, and judged by the truth that no service has seen.
 * @param {string[]} words  of the command line
 */
export async function operatorQuality(words) {
  const { seeds, subscribers, months, keep } = readGiven(words);
  const folder = makeScratch(keep);
  /** @type {Map<number, Judgement[]>} */
  const bySeed = new Map();
  try {
    for (const seed of seeds) {
      console.log(`seed ${seed}: ${subscribers} subscribers, ${months} months`);
      bySeed.set(seed, await judged(path.join(folder, String(seed)), { seed, subscribers, months }));
    }
  } finally {
    if (keep === undefined) fs.rmSync(folder, { recursive: true, force: true });
  }
  for (const line of tableLines(bySeed)) console.log(line);
  return { quality: 'operator', subscribers, months, seeds: Object.fromEntries(bySeed) };
}

/** @param {string[]} words */
function readGiven(words) {
  const { values } = parseArgs({
    args: words,
    options: {
      seeds: { type: 'string', default: '7,8,9,10,11' },
      subscribers: { type: 'string', default: '5000' },
      months: { type: 'string', default: '18' },
      keep: { type: 'string' },
    },
  });
  const wholeNumber = (/** @type {string} */ text) => {
    const number = Number(text);
    if (!Number.isInteger(number) || number < 1) throw new Error(`"${text}" is not a whole number from 1.\n${usage}`);
    return number;
  };
  return {
    seeds: values.seeds.split(',').map(wholeNumber),
    subscribers: wholeNumber(values.subscribers),
    months: wholeNumber(values.months),
    keep: values.keep,
  };
}

/**
 * @param {string} folder
 * @param {{ seed: number, subscribers: number, months: number }} size
 * @returns {Promise<Judgement[]>}
 */
async function judged(folder, { seed, subscribers, months }) {
  fs.mkdirSync(folder, { recursive: true, mode: 0o711 });
  const operator = path.join(folder, 'operator');
  const home = path.join(folder, 'home');
  const report = path.join(folder, 'report.json');
  const twin = path.join(repository, 'twin/dist/main.js');
  const size = ['--subscribers', String(subscribers), '--months', String(months), '--seed', String(seed)];
  await run([twin, 'create', ...size, '--out', operator]);
  const port = String(await freePort());
  const start = path.join(repository, 'tools/start.mjs');
  const options = ['--once', '--port', port, '--extract', path.join(operator, 'extract'), '--report', report];
  await run([start, ...options], { HOLDFAST_HOME: home });
  return JSON.parse(await run([twin, 'compare', operator, '--report', report, '--json']));
}

/**
 * Runs a program of the repository and returns its output; its progress is shown.
 * @param {string[]} words
 * @param {NodeJS.ProcessEnv} [environment]
 */
async function run(words, environment = {}) {
  const child = spawn(process.execPath, words, {
    cwd: repository,
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (/** @type {string} */ text) => (output += text));
  const [code] = await once(child, 'close');
  if (code !== 0 && code !== 1) throw new Error(`${path.basename(words[0] ?? '')} ended with ${code}`);
  if (code === 1 && !output.trimStart().startsWith('[')) throw new Error(`${words.join(' ')} failed:\n${output}`);
  return output;
}

/** A row for each measure, a column for each seed. @param {Map<number, Judgement[]>} bySeed */
function tableLines(bySeed) {
  /** @type {Map<string, Map<number, Judgement>>} */
  const byMeasure = new Map();
  for (const [seed, judgements] of bySeed) {
    for (const judgement of judgements) {
      const name = `${judgement.part}: ${judgement.measure}`;
      byMeasure.set(name, (byMeasure.get(name) ?? new Map()).set(seed, judgement));
    }
  }
  return [...byMeasure].flatMap(([name, found]) => [
    name,
    ...[...found].map(
      ([seed, { value, goal, verdict }]) => `  seed ${seed}  ${verdict.padEnd(6)}  ${value}${goal && `  (${goal})`}`,
    ),
  ]);
}
