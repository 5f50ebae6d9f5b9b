/**
 * Starts the whole system on this machine, runs the main job (the month of an operator, or a plain table from import to
 * script), prints what it found and keeps serving:
 * `npm start -- --help` lists the options; CONTRIBUTING.md lists the files of the home.
 */
import fs from 'node:fs';
import path from 'node:path';

import { readArguments, usage } from './launch/arguments.mjs';
import { businessTimeSetting, describeBusinessTime } from './launch/business-time.mjs';
import { checkDisk } from './launch/disk.mjs';
import { StartFailure } from './launch/failure.mjs';
import { openHome, wantedHome } from './launch/home.mjs';
import { endLeftovers } from './launch/leftovers.mjs';
import { checkGivenFiles, inputOf, operatorOf } from './launch/input.mjs';
import { mainJob, summaryText } from './launch/main-job.mjs';
import { isPortFree, listenerOf } from './launch/ports.mjs';
import { writeReport } from './launch/report.mjs';
import { Steps } from './launch/steps.mjs';
import { System } from './launch/system.mjs';

const repository = path.resolve(import.meta.dirname, '..');
/** A person takes longer to press Ctrl-C again. */
const SAME_SIGNAL_MS = 500;

/** @type {System | undefined} */
let system;
/** @type {Promise<never> | undefined} */
let leaving;
/** When the signal came that made us leave. */
let interruptedAtMs = -Infinity;
/** Where a failure is reported as well. @type {string | undefined} */
let reportFile;

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => interrupted());
process.on('uncaughtException', onFailure);
// Its output may be a file on a full disk.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);

try {
  await main();
} catch (error) {
  await fail(error);
}

async function main() {
  const given = readArguments(process.argv.slice(2), process.env, process.env['INIT_CWD'] ?? process.cwd());
  if (given.help) {
    console.log(usage);
    return;
  }
  reportFile = given.reportFile;
  const steps = new Steps(given);
  checkGivenFiles(given);
  const home = await prepareHome(given, steps);
  await checkPort(given.port);
  const input = await inputOf(repository, home, given, steps);
  const drawnAt = input.kind === 'extract' ? input.drawnAt : undefined;
  const givenNow = process.env['HOLDFAST_NOW'];
  const now = businessTimeSetting(home, input.lastMonth, givenNow, new Date(), drawnAt);
  steps.say(`Business time is ${describeBusinessTime(now)}.`);
  const operator = operatorOf(home, input, process.env['HOLDFAST_OPERATOR']);
  const { port } = given;
  system = new System({
    home,
    repository,
    operator,
    port,
    now,
    isNowGiven: Boolean(givenNow),
    steps,
    environment: process.env,
  });
  await system.start();
  const isDone = await runMainJob({ home, system, steps, given, input });
  if (given.once) return leave(isDone ? 0 : 1);
  process.exitCode = isDone ? 0 : 1;
  console.log(`\nServing at ${system.baseUrl} (API documentation: ${system.baseUrl}/docs). Ctrl-C stops it.`);
  console.log(commandLineHint(system.baseUrl, home.folder));
}

/**
 * By default the command line uses port 8080 and the secrets in .holdfast.
 * @param {string} baseUrl
 * @param {string} homeFolder
 */
function commandLineHint(baseUrl, homeFolder) {
  const isDefault = path.resolve(repository, '.holdfast') === homeFolder;
  const settings = [
    ...(baseUrl.endsWith(':8080') ? [] : [`HOLDFAST_URL=${baseUrl}`]),
    ...(isDefault ? [] : [`HOLDFAST_HOME='${homeFolder}'`]),
  ];
  return `The command line, in another terminal: ${[...settings, './holdfast --help'].join(' ')}`;
}

/** @param {import('./launch/arguments.mjs').Arguments} given  @param {Steps} steps */
async function prepareHome(given, steps) {
  const wanted = wantedHome(process.env, repository, given);
  const home = openHome(wanted, !process.env['HOLDFAST_DATABASE_URL']);
  if (home.folder !== wanted) {
    steps.say(`The data is in ${home.folder}: the database's user cannot enter ${wanted}.`);
  }
  const ended = await endLeftovers(home);
  if (ended.length > 0) steps.say(`Ended what an earlier start had left running: ${ended.join(', ')}.`);
  checkDisk(home.folder);
  return home;
}

/** @param {number} port */
async function checkPort(port) {
  if (await isPortFree(port)) return;
  throw new StartFailure(
    `Port ${port} is in use by ${listenerOf(port) ?? 'another program'}; choose another with --port or HOLDFAST_PORT.`,
  );
}

/**
 * @param {{ home: import('./launch/home.mjs').Home, system: System, steps: Steps,
 *   given: import('./launch/arguments.mjs').Arguments, input: import('./launch/input.mjs').Input }} context
 * @returns {Promise<boolean>}  whether there is a summary; when not, the system still serves, so that one can look
 */
async function runMainJob({ home, system: running, steps, given, input }) {
  try {
    const summary = await mainJob({ ...{ repository, home, system: running, steps, input, confirm: given.confirm } });
    console.log(await summaryText(repository, summary, given.language));
    if (given.reportFile !== undefined) writeReport(given.reportFile, summary, home.file('lists'));
    return true;
  } catch (error) {
    if (leaving !== undefined) return leaving;
    reportFailure(error);
    console.error(`\nThe main job failed: ${messageOf(error)}\nThe services' logs: ${home.file('logs')}`);
    return false;
  }
}

/** Writes what failed into the report, if one was asked for. @param {unknown} error */
function reportFailure(error) {
  if (reportFile === undefined || !fs.existsSync(path.dirname(reportFile))) return;
  const held = heldImport(error);
  const message = error instanceof Error ? error.message : String(error);
  writeReport(reportFile, { failed: { message }, ...(held === undefined ? {} : { held }) });
}

/**
 * The report of the import that was held back, if that is why the main job failed.
 * @param {unknown} error
 * @returns {unknown}
 */
function heldImport(error) {
  const cause = error instanceof Error ? error.cause : undefined;
  return cause instanceof Error && cause.name === 'HeldImportError' && 'report' in cause ? cause.report : undefined;
}

/**
 * The first signal stops everything in order; a second one does not wait for it. One Ctrl-C comes twice, though: from the
 * terminal, and from npm, which passes it on.
 */
function interrupted() {
  if (leaving !== undefined) {
    if (performance.now() - interruptedAtMs > SAME_SIGNAL_MS) process.exit(130);
    return;
  }
  interruptedAtMs = performance.now();
  const isServing = process.exitCode !== undefined;
  void leave(isServing ? Number(process.exitCode) : 130);
}

/** @param {unknown} error */
function onFailure(error) {
  void fail(error);
}

/** @param {unknown} error */
function fail(error) {
  if (leaving !== undefined) return leaving; // what fails while we stop, fails because we stop
  reportFailure(error);
  console.error(`\n${messageOf(error)}`);
  return leave(1);
}

/** @param {number} exitCode  @returns {Promise<never>} */
function leave(exitCode) {
  leaving ??= Promise.resolve(system?.stop()).then(
    () => process.exit(exitCode),
    (error) => {
      console.error(error);
      process.exit(1); // what still runs is in run.json, and the next start ends it
    },
  );
  return leaving;
}

/** @param {unknown} error */
function messageOf(error) {
  return error instanceof StartFailure ? error.message : error instanceof Error ? error.stack : String(error);
}
