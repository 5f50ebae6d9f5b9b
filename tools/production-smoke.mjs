/**
 * The month of a small operator in production mode: starts what docker-compose.yml contains as processes on loopback, with a
 * cluster of NATS and two replicas of churn-scoring, kills a server of NATS and a replica meanwhile, and compares all
 * exports with those of `npm start`. docs/operations.md has what it shows, and what it does not.
 *
 *   npm run production-smoke
 *
 * It prints each step with its seconds, and ends with 1 and the reason if anything is not as it should be. Everything that
 * it starts and writes is gone when it ends, however that happens.
 */
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { readCompose } from './deploy/compose-file.mjs';
import { StartFailure } from './launch/failure.mjs';
import { makeScratchFolder, removeScratchFolder } from './launch/scratch.mjs';
import { Steps } from './launch/steps.mjs';
import { killLeader, killWorker } from './smoke/kills.mjs';
import { Operator } from './smoke/month.mjs';
import { differingFiles } from './smoke/month-export.mjs';
import { smallOperator, waitMs } from './smoke/operator.mjs';
import { Production } from './smoke/production.mjs';
import { Reference } from './smoke/reference.mjs';
import { checkRefusals } from './smoke/refusals.mjs';
import { errorLines } from './smoke/logs.mjs';

const repository = path.resolve(import.meta.dirname, '..');
const filesMin = 50;
const differencesShown = 20;

const steps = new Steps({ quiet: false });
const scratch = makeScratchFolder();
const onSpawn = (/** @type {string} */ name, /** @type {number} */ pid) => scratch.note(name, pid);
const interrupted = new Promise((_, reject) => {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
    process.once(signal, () => reject(new StartFailure(`Interrupted by ${signal}.`)));
});

try {
  await Promise.race([interrupted, main()]);
  console.log('The exports of production equal those of npm start.');
} catch (error) {
  console.error(`\n${error instanceof StartFailure ? error.message : /** @type {Error} */ (error).stack}`);
  for (const line of errorLines(path.join(scratch.folder, 'logs'))) console.error(line);
  process.exitCode = 1;
} finally {
  await removeScratchFolder(scratch.folder);
}
process.exit();

async function main() {
  await waitForDay();
  const beganAtMs = Date.now();
  const { extract, exported, operator } = await runProduction(beganAtMs);
  const reference = new Reference(repository, path.join(scratch.folder, 'reference'));
  const expected = await steps.run('npm start', () => reference.run({ extract, operator, beganAtMs, onSpawn }));
  compare(exported, expected);
}

async function waitForDay() {
  const ms = waitMs(new Date());
  if (ms === 0) return;
  steps.say(`In ${Math.ceil(ms / 60_000)} minutes the hours for calls in Shanghai change; waiting for it.`);
  await sleep(ms);
}

/** @param {number} beganAtMs */
async function runProduction(beganAtMs) {
  const compose = readCompose(fs.readFileSync(path.join(repository, 'docker-compose.yml'), 'utf8'));
  const extractCommand = smallOperator(compose.services['demo-extract'].command, new Date(beganAtMs));
  const production = await Production.prepare({ repository, folder: scratch.folder, extractCommand, onSpawn, steps });
  const month = await Promise.race([production.failure, exportedMonth(production, beganAtMs)]);
  await steps.run('stop', () => production.stop());
  if (errorLines(production.logs).length > 0)
    throw new StartFailure('Services have logged errors, which need a person.');
  return { ...month, operator: compose.services.gateway.environment.HOLDFAST_OPERATOR };
}

/** @param {Production} production  @param {number} beganAtMs */
async function exportedMonth(production, beganAtMs) {
  await production.start();
  const operator = new Operator(production);
  const token = () => operator.client('console').accessToken();
  await steps.run('refusals', async () => checkRefusals(production, await token()));
  await checkReady(production);
  await production.checkMeasurements();
  const extract = production.loopback.volume('demo', 'operator', 'extract');
  const reportFile = path.join(scratch.folder, 'report', 'month.json');
  await runMonth(production);
  await steps.run('campaign', () => operator.finishMonth(extract, reportFile));
  const exported = await steps.run('export', () => operator.export(reportFile, beganAtMs));
  await operator.checkDeadLetters();
  await checkReady(production);
  return { extract, exported };
}

/** @param {Production} production */
async function runMonth(production) {
  const kill = async (/** @type {Promise<string>} */ killing) => steps.say(`Killed ${await killing}.`);
  await Promise.all([
    production.runMonth(),
    kill(killLeader(production, { service: 'feature-store', kind: 'materialise-view' })),
    kill(killWorker(production, { service: 'churn-scoring', kind: 'train-model' })),
  ]);
}

/** @param {Production} production */
async function checkReady({ baseUrl }) {
  const answer = await fetch(`${baseUrl}/readyz`);
  if (!answer.ok) throw new StartFailure(`/readyz answers ${answer.status}: ${await answer.text()}`);
}

/** @param {ReadonlyMap<string, string>} exported  @param {ReadonlyMap<string, string>} expected */
function compare(exported, expected) {
  if (expected.size < filesMin) throw new StartFailure(`There are ${expected.size} exports only, which shows little.`);
  const differing = differingFiles(exported, expected);
  if (differing.length > 0)
    throw new StartFailure(`${differing.length} exports differ:\n${differing.slice(0, differencesShown).join('\n')}`);
}
