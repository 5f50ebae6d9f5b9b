import path from 'node:path';

import { RestClient } from '@holdfast/client/rest-client';

import { StartFailure } from './failure.mjs';
import { inputHash } from './input.mjs';

const OUTAGE_SECONDS_MAX = 24 * 3_600;
/** Errors of the command line whose message is an answer of the system: what is wrong with the input. */
const ANSWERS = new Set(['ApiError', 'JobFailedError', 'HeldImportError']);

/** @typedef {{ curl?: string[], seconds?: Record<string, number> } & Record<string, unknown>} Summary */

/**
 * The main job over REST, or what it gave before when nothing has changed since: a table from import to script, or the
 * month of an operator from extract to effect.
 * @param {object} options
 * @param {string} options.repository
 * @param {import('./home.mjs').Home} options.home
 * @param {import('./system.mjs').System} options.system
 * @param {import('./steps.mjs').Steps} options.steps
 * @param {import('./input.mjs').Input} options.input
 * @param {boolean} [options.confirm]  publishes an import that is held back
 * @returns {Promise<Summary>}  `list:NAME` stands for a long list, which is in `lists/NAME.json` of the home
 */
export async function mainJob({ repository, home, system, steps, input, confirm = false }) {
  const inputs = await inputHash(input, repository);
  /** @type {{ inputs: string, summary: Summary } | undefined} */
  const stored = home.readJson('summary.json');
  if (stored?.inputs === inputs) {
    steps.say('Nothing has changed since the last run; this is what it found.');
    return renewed(stored.summary, system);
  }
  const found = await (
    input.kind === 'table'
      ? tableJob({ repository, system, steps, input, confirm })
      : monthJob({ repository, home, system, steps, input, confirm })
  ).catch(tellWithoutStack);
  const summary = { ...found, seconds: { ...steps.seconds, ...found.seconds } };
  home.write('summary.json', JSON.stringify({ inputs, summary }));
  return summary;
}

/**
 * @typedef {object} JobContext
 * @property {string} repository
 * @property {import('./system.mjs').System} system
 * @property {import('./steps.mjs').Steps} steps
 * @property {boolean} confirm
 */

/**
 * @param {JobContext & { input: import('./input.mjs').TableInput }} context
 * @returns {Promise<Summary>}
 */
async function tableJob({ repository, system, steps, input, confirm }) {
  if (input.isExample) {
    steps.say('Marketing is allowed for customers without a decision (consent.marketingDefault): they are synthetic.');
  }
  const { runMainJob } = await import(path.join(repository, 'cli/dist/month/main-job.js'));
  return steps.run('import to script', () =>
    runMainJob({
      baseUrl: system.baseUrl,
      credentials: system.credentials('console'),
      tableFile: input.tableFile,
      mappingFile: input.mappingFile,
      asOf: input.asOf,
      confirm,
      // The example has no consents; without this no customer may be called. For people it stays the operator's decision.
      ...(input.isExample ? { marketingConsentDefault: true } : {}),
      report: progressOf(steps),
    }),
  );
}

/**
 * @param {JobContext & { home: import('./home.mjs').Home, input: import('./input.mjs').ExtractInput }} context
 * @returns {Promise<Summary>}
 */
async function monthJob({ repository, home, system, steps, input, confirm }) {
  const { runOperatorMonth } = await import(path.join(repository, 'cli/dist/month/operator-month.js'));
  return runOperatorMonth({
    baseUrl: system.baseUrl,
    credentials: system.credentials('console'),
    // A campaign is approved by another client than its author.
    approver: system.credentials('marketing-lead'),
    folder: input.folder,
    listFolder: home.file('lists'),
    // Its own system comes back after an outage, or the launcher ends.
    retrySeconds: OUTAGE_SECONDS_MAX,
    confirm,
    report: progressOf(steps),
    onStep: (/** @type {string} */ name, /** @type {number} */ seconds) => steps.done(name, seconds),
  });
}

/** @param {import('./steps.mjs').Steps} steps */
function progressOf(steps) {
  return (/** @type {{ text: string, fraction?: number }} */ { text, fraction }) => steps.progress(text, fraction);
}

/**
 * A summary for one screen.
 * @param {string} repository
 * @param {Summary} summary
 * @param {'en' | 'zh-CN'} language
 * @returns {Promise<string>}
 */
export async function summaryText(repository, summary, language) {
  const { formatSummary } = await import(path.join(repository, 'cli/dist/output/format-summary.js'));
  return formatSummary(summary, language);
}

/** @param {unknown} error  @returns {never} */
function tellWithoutStack(error) {
  if (error instanceof Error && ANSWERS.has(error.name)) throw new StartFailure(error.message, { cause: error });
  throw error;
}

/**
 * A stored summary whose curl commands work now: with a token of today and the present address.
 * @param {Summary} summary
 * @param {{ baseUrl: string, credentials: (client: string) => { clientId: string, secret: string } }} system
 */
async function renewed(summary, system) {
  const { baseUrl } = system;
  const credentials = system.credentials('console');
  const token = await new RestClient({ baseUrl, credentials }).accessToken().catch(tellWithoutStack);
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
