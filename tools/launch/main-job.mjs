import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';

import { StartFailure } from './failure.mjs';

/** Errors of the command line whose message is an answer of the system: what is wrong with the table or its mapping. */
const ANSWERS = new Set(['ApiError', 'JobFailedError']);

/** @typedef {{ curl?: string[], seconds?: Record<string, number> } & Record<string, unknown>} Summary */

/**
 * The table to run on and its mapping; without a given one the example, which is made when it is not there yet.
 * @param {string} repository
 * @param {import('./home.mjs').Home} home
 * @param {import('./arguments.mjs').Arguments} given
 */
export async function inputFiles(repository, home, { tableFile, mappingFile }) {
  if (tableFile !== undefined && mappingFile !== undefined) return { tableFile, mappingFile };
  const example = home.file('example.csv');
  if (!fs.existsSync(example)) {
    const { writeExample } = await import(path.join(repository, 'examples/generate.mjs'));
    writeExample(example);
    fs.chmodSync(example, 0o600);
  }
  return { tableFile: example, mappingFile: path.join(repository, 'examples/example.mapping.yaml') };
}

/** Before anything is made for them. @param {import('./arguments.mjs').Arguments} given */
export function checkGivenFiles({ tableFile, mappingFile, reportFile }) {
  for (const file of [tableFile, mappingFile]) {
    if (file !== undefined && !fs.existsSync(file)) throw new StartFailure(`There is no file ${file}.`);
  }
  if (reportFile !== undefined && !fs.existsSync(path.dirname(reportFile))) {
    throw new StartFailure(`The report cannot be written: there is no folder ${path.dirname(reportFile)}.`);
  }
}

/**
 * Import, training, scoring, list and script over REST, or what they gave before when nothing has changed since.
 * @param {object} options
 * @param {string} options.repository
 * @param {import('./home.mjs').Home} options.home
 * @param {import('./system.mjs').System} options.system
 * @param {import('./steps.mjs').Steps} options.steps
 * @param {string} options.tableFile
 * @param {string} options.mappingFile
 * @returns {Promise<Summary>}
 */
export async function mainJob({ repository, home, system, steps, tableFile, mappingFile }) {
  const inputs = await hashOf([tableFile, mappingFile, path.join(repository, 'package.json')]);
  /** @type {{ inputs: string, summary: Summary } | undefined} */
  const stored = home.readJson('summary.json');
  if (stored?.inputs === inputs) {
    steps.say('Nothing has changed since the last run; this is what it found.');
    return renewed(stored.summary, system);
  }
  steps.say('Marketing counts as allowed where a customer has said nothing (consent.marketingDefault), for this demonstration.');
  const { runMainJob } = await import(path.join(repository, 'cli/dist/main-job.js'));
  const found = await steps.run('import to script', () =>
    runMainJob({
      baseUrl: system.baseUrl,
      credentials: system.credentials,
      tableFile,
      mappingFile,
      // Nobody in a demonstration has said anything; without this the gate would rightly let nobody be called.
      marketingConsentDefault: true,
      report: (/** @type {{ text: string, fraction?: number }} */ { text, fraction }) => steps.progress(text, fraction),
    }).catch(tellWithoutStack),
  );
  const summary = { ...found, seconds: { ...steps.seconds, ...found.seconds } };
  home.write('summary.json', JSON.stringify({ inputs, summary }, null, 2));
  return summary;
}

/**
 * A summary for one screen.
 * @param {string} repository
 * @param {Summary} summary
 * @param {'en' | 'zh-CN'} language
 * @returns {Promise<string>}
 */
export async function summaryText(repository, summary, language) {
  const { formatSummary } = await import(path.join(repository, 'cli/dist/summary.js'));
  return formatSummary(summary, language);
}

/** @param {unknown} error  @returns {never} */
function tellWithoutStack(error) {
  if (error instanceof Error && ANSWERS.has(error.name)) throw new StartFailure(error.message, { cause: error });
  throw error;
}

/** @param {string[]} files */
async function hashOf(files) {
  const hash = createHash('sha256');
  for (const file of files) {
    await pipeline(fs.createReadStream(file), async (/** @type {AsyncIterable<Buffer>} */ chunks) => {
      for await (const chunk of chunks) hash.update(chunk);
    });
    hash.update(`\n${path.basename(file)}\n`);
  }
  return hash.digest('hex');
}

/**
 * A stored summary whose curl commands work now: with a token of today and the present address.
 * @param {Summary} summary
 * @param {{ baseUrl: string, credentials: { clientId: string, secret: string } }} system
 */
async function renewed(summary, { baseUrl, credentials }) {
  const answer = await fetch(`${baseUrl}/oauth/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: credentials.clientId,
      client_secret: credentials.secret,
    }),
  });
  if (!answer.ok) throw new StartFailure(`The gateway gave no token (${answer.status}).`);
  const { access_token: token } = /** @type {{ access_token: string }} */ (await answer.json());
  return { ...summary, curl: (summary.curl ?? []).map((command) => withAccess(command, baseUrl, token)) };
}

/**
 * @param {string} command
 * @param {string} baseUrl
 * @param {string} token
 */
export function withAccess(command, baseUrl, token) {
  return command
    .replace(/http:\/\/127\.0\.0\.1:\d+/g, baseUrl)
    .replace(/Bearer [\w-]+\.[\w-]+\.[\w-]+/g, `Bearer ${token}`);
}
