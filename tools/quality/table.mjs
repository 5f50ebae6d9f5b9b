import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';

import { columnBatches } from '../../services/feature-store/dist/engine/column-batches.js';
import { Engine } from '../../services/feature-store/dist/engine/engine.js';
import { parseMapping } from '../../services/feature-store/dist/table/mapping.js';
import { readTable } from '../../services/feature-store/dist/table/read-table.js';
import { featuresOf } from '../../services/feature-store/dist/lake/catalogue.js';
import { rowColumns } from '../../services/feature-store/dist/lake/stored-rows.js';
import { modelNotices } from '../../services/churn-scoring/dist/model/notices.js';
import { churnScoringParameters } from '../../services/churn-scoring/dist/parameters.js';
import { isPanel, partsOf } from '../../services/churn-scoring/dist/table/batch-table.js';
import { capacityOf } from '../../services/churn-scoring/dist/training/capacity.js';
import { train } from '../../services/churn-scoring/dist/training/train.js';
import { kindRows } from '../../services/churn-scoring/dist/training/kind-rows.js';
import { TrainingRowCollector } from '../../services/churn-scoring/dist/training/training-rows.js';

export const usage =
  'npm run quality -- table --data FILE --mapping FILE [--seed N] [--repeats N] [--natural-prevalence P]';
const trainingRowsMax = 2_000_000;
const folds = 5;
/** Default of the parameter `model.judgedMonths`. */
const judgedMonthsMax = churnScoringParameters['model.judgedMonths'].default;

/** Where `npm run` was called: paths are meant from there. */
const startedIn = process.env['INIT_CWD'] ?? process.cwd();
let phaseShown = '';

/**
 * How well the model that users get does on a table, measured on rows that it has not seen. The code path is the users':
 * the import's reader and checks, the training's rows, validation and fit; without the servers between them.
 * @param {string[]} words  of the command line
 */
export async function tableQuality(words) {
  return measure(readGiven(words));
}

/** @param {string[]} words */
function readGiven(words) {
  const { values } = parseArgs({
    args: words,
    options: {
      data: { type: 'string' },
      mapping: { type: 'string' },
      seed: { type: 'string', default: '1' },
      repeats: { type: 'string', default: '3' },
      'natural-prevalence': { type: 'string' },
    },
  });
  const { data, mapping } = values;
  if (data === undefined || mapping === undefined) throw new Error(usage);
  for (const [option, file] of Object.entries({ data, mapping })) {
    if (!fs.existsSync(path.resolve(startedIn, file))) throw new Error(`--${option}: there is no file ${file}`);
  }
  return {
    dataFile: path.resolve(startedIn, data),
    mappingFile: path.resolve(startedIn, mapping),
    seed: positiveInteger('seed', values.seed),
    repeats: positiveInteger('repeats', values.repeats),
    naturalPrevalence: shareOrNull('natural-prevalence', values['natural-prevalence']),
  };
}

/** @param {string} option  @param {string} text */
function positiveInteger(option, text) {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1) throw new Error(`--${option} takes a whole number from 1, not ${text}`);
  return number;
}

/** @param {string} option  @param {string | undefined} text */
function shareOrNull(option, text) {
  if (text === undefined) return null;
  const number = Number(text);
  if (!(number > 0 && number < 1)) throw new Error(`--${option} takes a share between 0 and 1, not ${text}`);
  return number;
}

/**
 * The rows of a file as the service would train on them.
 * @param {{ dataFile: string, mappingFile: string, seed: number, repeats: number, naturalPrevalence: number | null }} given
 */
export async function readTraining({ dataFile, mappingFile, ...options }) {
  const mapping = parseMapping(fs.readFileSync(mappingFile, 'utf8'));
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'holdfast-quality-'));
  const engine = await Engine.openScratch(folder, { memoryMax: '1GB', threads: os.availableParallelism() });
  try {
    const table = await readTable(engine, () => fs.createReadStream(dataFile), mapping, {
      operator: 'demo',
      asOf: typeof mapping.asOf === 'string' ? mapping.asOf : new Date().toISOString().slice(0, 7),
      timeZone: process.env['HOLDFAST_TIME_ZONE'] ?? 'Asia/Shanghai',
    });
    sayTable(mapping.table, table);
    return { table: mapping.table, ...(await trainingInput(engine, table, options)) };
  } finally {
    await engine.close();
  }
}

/** @param {Parameters<typeof readTraining>[0]} given */
async function measure(given) {
  const { table, input, rows } = await readTraining(given);
  const startedAt = process.cpuUsage();
  const { validation, excluded, method } = await train(input, { onProgress: sayProgress });
  const { user, system } = process.cpuUsage(startedAt);
  sayModel(method, excluded, validation);
  for (const { textEn } of modelNotices(validation)) console.log(`note: ${textEn}`);
  return {
    quality: table,
    ...figuresOf(validation),
    rows: validation.rows,
    positives: validation.positives,
    lastMonth: validation.lastMonth,
    notices: modelNotices(validation).map(({ textEn }) => textEn),
    rowsRead: rows,
    method,
    cpuSeconds: Math.round((user + system) / 1e6),
  };
}

/**
 * The rows of the import as training takes them.
 * @param {import('../../services/feature-store/dist/engine/engine.js').Engine} engine
 * @param {import('../../services/feature-store/dist/table/read-table.js').CheckedTable} table
 * @param {{ seed: number, repeats: number, naturalPrevalence: number | null }} options
 */
async function trainingInput(engine, table, { seed, repeats, naturalPrevalence }) {
  const features = featuresOf(table);
  const columns = features.map(({ name, type }) => ({ name, type }));
  const hasSplit = table.columns.some(({ role }) => role === 'split');
  const isOfMonths = isPanel(table);
  const request = { columns: columns.map(({ name }) => name), withLabel: true, withSplit: hasSplit, withValue: false };
  const collector = new TrainingRowCollector(columns, ['status'], { hasSplit, isPanel: isOfMonths }, trainingRowsMax);
  const rows = `from ${table.accepted.name} ${isOfMonths ? '' : 'where is_last'}`;
  const batches = columnBatches(engine.connection, rowColumns(table, features, request), rows);
  for await (const batch of batches) collector.add(partsOf(batch, /** @type {never} */ (request)));
  const collected = collector.finish();
  const { columns: data, split } = collected;
  const { labels, panel } = kindRows(collected, 'status');
  const forward = panel && { ...panel, leadMonths: table.labelLeadMonths, judgedMonthsMax };
  const given = { trainingHash: collected.hash, columns, data, labels, split, forward };
  const capacity = capacityOf(
    null,
    churnScoringParameters['contact.capacityShare'].default,
    rowsOfMonth(panel, labels),
  );
  const input = { ...given, seed, folds, repeats, naturalPrevalence, capacity };
  return { input, rows: labels.length };
}

/**
 * Mean number of rows of a month with labels.
 * @param {{ months: Uint32Array } | undefined} panel  @param {Uint8Array} labels
 */
function rowsOfMonth(panel, labels) {
  return Math.round(labels.length / (panel === undefined ? 1 : new Set(panel.months).size));
}

/** @param {string} name  @param {import('../../services/feature-store/dist/table/read-table.js').CheckedTable} table */
function sayTable(name, { counts, labelledRows, positiveRows, notices }) {
  const { read, accepted, rejected, duplicates } = counts;
  console.log(`${name}: ${read} rows read, ${accepted} accepted, ${rejected} rejected, ${duplicates} duplicates`);
  console.log(`${labelledRows} rows with a label, ${positiveRows} of them positive`);
  for (const { text } of notices) console.log(`note: ${text.en}`);
}

/** @param {{ phase: string, fraction: number }} now */
function sayProgress({ phase, fraction }) {
  if (phase === phaseShown) return;
  phaseShown = phase;
  console.log(`${String(Math.round(100 * fraction)).padStart(3)} %  ${phase}`);
}

/**
 * @param {string} method
 * @param {readonly { column: string, reason: string }[]} excluded
 * @param {import('@holdfast/contracts/churn_scoring/v1/model').Validation} validation
 */
function sayModel(method, excluded, validation) {
  console.log(`\n${method}; ${validation.scheme}, ${validation.rows} rows judged`);
  for (const { column, reason } of excluded) console.log(`excluded: ${column} (${reason})`);
  for (const [figure, estimate] of Object.entries(figuresOf(validation))) {
    if (estimate === undefined) console.log(`${figure.padEnd(26)} not available`);
    else if (typeof estimate === 'number') console.log(`${figure.padEnd(26)} ${estimate.toFixed(4)}`);
    else console.log(`${figure.padEnd(26)} ${spanOf(estimate)}`);
  }
  if (validation.lastMonth !== undefined) console.log(lastMonthLine(validation.lastMonth));
  console.log('predicted → observed, ten bins of equal count:');
  console.log(validation.bins.map(({ predicted, observed }) => `${share(predicted)} → ${share(observed)}`).join('   '));
}

/** @param {import('@holdfast/contracts/churn_scoring/v1/model').Validation} validation */
function figuresOf(validation) {
  const { auc, capacity, averagePrecision, lift10, brier, calibrationError } = validation;
  const estimates = {
    auc,
    precisionAtCapacity: capacity?.precision,
    averagePrecision,
    lift10,
    brier,
    calibrationError,
  };
  return {
    ...estimates,
    rate: validation.rate,
    meanPrediction: validation.meanPrediction,
    calibrationErrorIdealMean: validation.calibrationErrorIdealMean,
    calibrationErrorIdealP95: validation.calibrationErrorIdealP95,
    calibrationSlope: validation.calibrationSlope,
    logLoss: validation.logLoss,
  };
}

/** @param {import('@holdfast/contracts/churn_scoring/v1/model').Estimate} estimate */
function spanOf({ mean, low, high }) {
  return `${mean.toFixed(4)} (95 %: ${low?.toFixed(4) ?? '–'} to ${high?.toFixed(4) ?? '–'})`;
}

/** @param {import('@holdfast/contracts/churn_scoring/v1/model').LastMonth} lastMonth */
function lastMonthLine({ month, rows, positives, realised, meanPrediction, auc, precisionAtCapacity, isForward }) {
  const how = isForward ? 'forward in time' : 'by folds';
  const said = `${month} (${how}): ${positives} of ${rows} left`;
  const shares = [realised, meanPrediction].map((part) =>
    part === undefined ? 'unknown' : `${(100 * part).toFixed(2)} %`,
  );
  return `${said}, ${shares[0]}; mean prediction ${shares[1]}; AUC ${auc === undefined ? 'unknown' : spanOf(auc)}, precision at capacity ${precisionAtCapacity === undefined ? 'unknown' : spanOf(precisionAtCapacity)}`;
}

/** @param {number} part */
function share(part) {
  return `${(100 * part).toFixed(1)} %`;
}
