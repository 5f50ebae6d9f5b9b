import fs from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import v8 from 'node:v8';

import { churnScoringParameters } from '../../services/churn-scoring/dist/parameters.js';
import { promotionRule } from '../../services/churn-scoring/dist/model/verdict.js';
import { lowerBound, oneSidedP, pooled, upperBound } from './paired-gain.mjs';
import { recordMonth } from './recorded-month.mjs';
import { makeScratch } from './scratch.mjs';
import { walkPromotions } from './walk-promotions.mjs';

export const usage =
  'npm run quality -- promotions [--seeds 1,2,…] [--subscribers N] [--months N] [--keep FOLDER] ' +
  '[--difference-min D] [--figure mean|low]';

/**
 * @typedef {import('./walk-promotions.mjs').Decision} Decision
 * @typedef {import('./paired-gain.mjs').Gain} Gain
 */

/** Where `npm run` was called: paths are meant from there. */
const startedIn = process.env['INIT_CWD'] ?? process.cwd();
const seedsByDefault = Array.from({ length: 20 }, (_, at) => at + 1).join(',');

/**
 * Whether models that the promotion rule accepts are better than the champions that they replace, on the month that they
 * score first. Simulated operators, one for each seed: the month of each runs through the system until the rows of its
 * training are known, and its earlier months are walked forward on them, with the service's training, comparison and rule.
 * The folder of `--keep` has these rows and the trained models, so that a call that was stopped goes on, and another rule
 * takes seconds.
 * @param {string[]} words  of the command line
 */
export async function promotionsQuality(words) {
  const { seeds, subscribers, months, keep, rule } = await readGiven(words);
  const folder = makeScratch(keep);
  /** @type {Map<string, Decision[]>} */
  const bySeed = new Map();
  try {
    for (const seed of seeds) {
      const file = await recordMonth(seed, { subscribers, months, keep: folder });
      const onTrained = (/** @type {string} */ month) => process.stderr.write(`operator ${seed}, trained ${month}\n`);
      const decisions = await walkPromotions(v8.deserialize(fs.readFileSync(file)), rule, { keep: file, onTrained });
      bySeed.set(seed, decisions);
      for (const line of operatorLines(seed, decisions)) console.log(line);
    }
  } finally {
    if (keep === undefined) fs.rmSync(folder, { recursive: true, force: true });
  }
  const all = [...bySeed.values()].flat();
  const promoted = summaryOf(all.filter((each) => each.promoted));
  const declined = summaryOf(all.filter((each) => !each.promoted));
  for (const line of totalLines('promotions', promoted)) console.log(line);
  for (const line of totalLines('models that were not promoted', declined)) console.log(line);
  return {
    quality: 'promotions',
    ...{ subscribers, months, rule, promoted, declined },
    operators: Object.fromEntries([...bySeed].map(([seed, decisions]) => [seed, decisions])),
  };
}

/** @param {string[]} words */
async function readGiven(words) {
  const { values } = parseArgs({
    args: words,
    options: {
      seeds: { type: 'string', default: seedsByDefault },
      subscribers: { type: 'string', default: '3000' },
      months: { type: 'string', default: '18' },
      keep: { type: 'string' },
      'difference-min': { type: 'string' },
      figure: { type: 'string' },
    },
  });
  /** @param {string} text */
  const wholeNumber = (text) => {
    const number = Number(text);
    if (!Number.isInteger(number) || number < 1) throw new Error(`"${text}" is not a whole number from 1.\n${usage}`);
    return number;
  };
  /** @type {Record<string, unknown>} */
  const given = {
    'promotion.differenceMin': values['difference-min'] === undefined ? undefined : Number(values['difference-min']),
    'promotion.figure': values.figure,
  };
  const rule = await promotionRule({
    get: async (name) => {
      const { schema, default: usual } = churnScoringParameters[name];
      return /** @type {any} */ (given[name] === undefined ? usual : schema.parse(given[name]));
    },
  });
  return {
    seeds: values.seeds.split(',').map((seed) => String(wholeNumber(seed))),
    subscribers: wholeNumber(values.subscribers),
    months: wholeNumber(values.months),
    keep: values.keep === undefined ? undefined : path.resolve(startedIn, values.keep),
    rule,
  };
}

/**
 * Of some decisions together. Months count by their churners, as the judged months of a validation do.
 * @param {readonly Decision[]} decisions
 */
function summaryOf(decisions) {
  const judged = decisions.filter(({ auc }) => !Number.isNaN(auc.gain));
  const auc = pooled(judged.map((each) => ({ ...each.auc, weight: each.churners })));
  const logLoss = pooled(judged.map((each) => ({ ...each.logLoss, weight: 1 })));
  return {
    models: judged.length,
    churners: judged.reduce((sum, { churners }) => sum + churners, 0),
    gained: judged.filter(({ auc: { gain } }) => gain > 0).length,
    lost: judged.filter((each) => upperBound(each.auc) < 0).length,
    auc: { ...auc, low: lowerBound(auc), p: oneSidedP(auc) },
    logLoss: { ...logLoss, low: lowerBound(logLoss), p: oneSidedP(logLoss) },
    precision: judged.reduce((sum, { precision }) => sum + precision, 0) / judged.length,
  };
}

/** @param {string} seed  @param {readonly Decision[]} decisions */
function operatorLines(seed, decisions) {
  const promotions = decisions.filter(({ promoted }) => promoted);
  const lines = decisions.map(
    ({ month, promoted, method, difference, churners, auc, logLoss, precision }) =>
      `  ${month}  ${promoted ? 'promoted' : 'declined'}  by ${signed(difference ?? Number.NaN, 4)}; then on ${churners} ` +
      `churners AUC ${signed(auc.gain, 4)} (p ${oneSidedP(auc).toFixed(2)}), log loss ${signed(logLoss.gain, 6)} ` +
      `(p ${oneSidedP(logLoss).toFixed(2)}), precision ${signed(precision, 3)}; ${method}`,
  );
  if (promotions.length === 0) return [`operator ${seed}: no promotion`, ...lines];
  const { auc, gained, models } = summaryOf(promotions);
  const head =
    `operator ${seed}: ${models} promotions, ${gained} gained; ` + `AUC ${signed(auc.gain, 4)} (p ${auc.p.toFixed(2)})`;
  return [head, ...lines];
}

/** @param {string} what  @param {ReturnType<typeof summaryOf>} summary */
function totalLines(what, { models, churners, gained, lost, auc, logLoss, precision }) {
  if (models === 0) return [`${what}: none`];
  return [
    `${what}: ${models}, on ${churners} churners; ${gained} ranked better than the champion, ${lost} worse beyond chance (one-sided 5 %)`,
    `  AUC ${signed(auc.gain, 5)}, at least ${signed(auc.low, 5)} (one-sided 95 %), p ${auc.p.toFixed(3)}`,
    `  log loss lower by ${signed(logLoss.gain, 6)}, at least ${signed(logLoss.low, 6)}, p ${logLoss.p.toFixed(3)}`,
    `  precision at capacity ${signed(precision, 4)}`,
  ];
}

/** @param {number} value  @param {number} digits */
function signed(value, digits) {
  return `${value >= 0 ? '+' : ''}${value.toFixed(digits)}`;
}
