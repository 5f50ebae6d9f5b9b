import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';

import { OPERATOR_NAME } from '@holdfast/platform/config';

import { lastMonthOf } from './business-time.mjs';
import { StartFailure } from './failure.mjs';

/**
 * What the main job runs on: a plain table with its mapping, or an operator's extract.
 * @typedef {{ kind: 'table', tableFile: string, mappingFile: string, isExample: boolean, asOf?: string | undefined, lastMonth: string | undefined }} TableInput
 * @typedef {{ kind: 'extract', folder: string, operator: string, lastMonth: string, drawnAt: Date }} ExtractInput
 * @typedef {TableInput | ExtractInput} Input
 */

const OPERATOR_RULE = 'must be 1 to 31 characters of a-z, 0-9 and -, and begin with a letter or digit.';
const DEFAULT_OPERATOR = 'demo';

/** @param {unknown} name  @returns {name is string} */
function isOperatorName(name) {
  return typeof name === 'string' && OPERATOR_NAME.test(name);
}

/**
 * The operator whose data the home holds: the one of the extract, else HOLDFAST_OPERATOR, else `demo`. All ids depend on
 * it, so a home holds the data of one operator.
 * @param {import('./home.mjs').Home} home
 * @param {Input} input
 * @param {string | undefined} named  HOLDFAST_OPERATOR
 * @throws {StartFailure} naming both operators where they differ
 */
export function operatorOf(home, input, named) {
  if (named && !isOperatorName(named)) throw new StartFailure(`HOLDFAST_OPERATOR ${OPERATOR_RULE}`);
  const inExtract = input.kind === 'extract' ? input.operator : undefined;
  if (named && inExtract !== undefined && named !== inExtract) {
    throw new StartFailure(
      `The extract is of the operator ${inExtract}, but HOLDFAST_OPERATOR is ${named}. Set it to ${inExtract} or unset it.`,
    );
  }
  const operator = inExtract ?? (named || DEFAULT_OPERATOR);
  const kept = home.readJson('home.json')?.operator;
  if (kept !== undefined && kept !== operator) {
    throw new StartFailure(
      `${home.folder} holds the data of the operator ${kept}, and this input is of the operator ${operator}. ` +
        'Set HOLDFAST_HOME to another folder.',
    );
  }
  if (kept === undefined) home.write('home.json', JSON.stringify({ operator }));
  return operator;
}

/** Size of the demonstration operator: large enough to learn from, small enough for a laptop's coffee break. */
const DEMONSTRATION = { subscribers: 5000, months: 18, seed: 7, workers: 2 };

/** Before anything is made for them. @param {import('./arguments.mjs').Arguments} given */
export function checkGivenFiles({ tableFile, mappingFile, extractFolder, reportFile }) {
  for (const file of [tableFile, mappingFile]) {
    if (file !== undefined && !fs.existsSync(file)) throw new StartFailure(`There is no file ${file}.`);
  }
  if (extractFolder !== undefined && !fs.existsSync(path.join(extractFolder, 'manifest.json'))) {
    throw new StartFailure(`There is no manifest.json in ${extractFolder}: that is no extract.`);
  }
  if (reportFile !== undefined && !fs.existsSync(path.dirname(reportFile))) {
    throw new StartFailure(`The report cannot be written: there is no folder ${path.dirname(reportFile)}.`);
  }
}

/**
 * The requested input, created if missing.
 * @param {string} repository
 * @param {import('./home.mjs').Home} home
 * @param {import('./arguments.mjs').Arguments} given
 * @param {import('./steps.mjs').Steps} steps
 * @returns {Promise<Input>}
 */
export async function inputOf(repository, home, given, steps) {
  if (given.tableFile !== undefined && given.mappingFile !== undefined) {
    return tableInput(given.tableFile, given.mappingFile, { asOf: given.asOf });
  }
  if (given.example)
    return tableInput(await exampleTable(repository, home), exampleMapping(repository), { isExample: true });
  if (given.extractFolder !== undefined) return extractInput(given.extractFolder);
  return extractInput(await demonstrationOperator(repository, home, steps));
}

/** Hash of everything that the input's results depend on. @param {Input} input  @param {string} repository */
export async function inputHash(input, repository) {
  const files = input.kind === 'table' ? [input.tableFile, input.mappingFile] : filesBelow(input.folder);
  const hash = createHash('sha256');
  if (input.kind === 'table' && input.asOf !== undefined) hash.update(`${input.asOf}\n`);
  for (const file of [...files, path.join(repository, 'package.json')]) {
    await pipeline(fs.createReadStream(file), async (/** @type {AsyncIterable<Buffer>} */ chunks) => {
      for await (const chunk of chunks) hash.update(chunk);
    });
    hash.update(`\n${path.basename(file)}\n`);
  }
  return hash.digest('hex');
}

/**
 * @param {string} tableFile
 * @param {string} mappingFile
 * @param {{ isExample?: boolean, asOf?: string | undefined }} options
 * @returns {Promise<TableInput>}
 */
async function tableInput(tableFile, mappingFile, { isExample = false, asOf }) {
  const lastMonth = asOf ?? (await lastMonthOf(tableFile, mappingFile));
  return { kind: 'table', tableFile, mappingFile, isExample, asOf, lastMonth };
}

/** @param {string} folder  @returns {ExtractInput} */
function extractInput(folder) {
  const file = path.join(folder, 'manifest.json');
  let operator;
  let lastMonth;
  let extractedAt;
  try {
    ({ operator, to: lastMonth, extractedAt } = JSON.parse(fs.readFileSync(file, 'utf8')));
  } catch (cause) {
    throw new StartFailure(`${file} cannot be read: ${/** @type {Error} */ (cause).message}`, { cause });
  }
  if (!/^\d{4}-(0[1-9]|1[0-2])$/.test(lastMonth)) throw new StartFailure(`${file}: "to" must be a month, YYYY-MM.`);
  if (!isOperatorName(operator)) throw new StartFailure(`${file}: "operator" ${OPERATOR_RULE}`);
  // What is no date is for the import to refuse.
  return { kind: 'extract', folder, operator, lastMonth, drawnAt: new Date(String(extractedAt)) };
}

/** @param {string} repository  @param {import('./home.mjs').Home} home */
async function exampleTable(repository, home) {
  const example = home.file('example.csv');
  if (!fs.existsSync(example)) {
    const { writeExample } = await import(path.join(repository, 'examples/generate.mjs'));
    writeExample(example);
    fs.chmodSync(example, 0o600);
  }
  return example;
}

/** @param {string} repository */
function exampleMapping(repository) {
  return path.join(repository, 'examples/example.mapping.yaml');
}

/**
 * The simulated operator's extract. Its truth is in a folder that no service reads.
 * @param {string} repository
 * @param {import('./home.mjs').Home} home
 * @param {import('./steps.mjs').Steps} steps
 */
async function demonstrationOperator(repository, home, steps) {
  const { create } = await import(path.join(repository, 'twin/dist/create/create.js'));
  const { DEFAULT_SETTINGS } = await import(path.join(repository, 'twin/dist/create/settings.js'));
  const folder = home.subfolder('operator');
  const made = home.readJson('operator.json');
  if (
    made?.settings !== JSON.stringify(DEMONSTRATION) ||
    !fs.existsSync(path.join(folder, 'extract', 'manifest.json'))
  ) {
    fs.rmSync(folder, { recursive: true, force: true });
    await steps.run('demonstration operator', () =>
      create(
        home.subfolder('operator'),
        { ...DEFAULT_SETTINGS, ...DEMONSTRATION },
        {
          workerFile: path.join(repository, 'twin/dist/create/block.worker.js'),
          onProgress: (/** @type {string} */ step, /** @type {number} */ share) => steps.progress(step, share),
        },
      ),
    );
    home.write('operator.json', JSON.stringify({ settings: JSON.stringify(DEMONSTRATION) }));
  }
  return path.join(folder, 'extract');
}

/** @param {string} folder  @returns {string[]}  sorted, so that the hash does not depend on the disk's order */
function filesBelow(folder) {
  return fs
    .readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name))
    .sort();
}
