import fs from 'node:fs';
import path from 'node:path';
import type { Summary } from '@holdfast/cli/output/summary';

import { EXAMPLE_TRUTH } from '../../examples/generate.mjs';
import { Launcher } from './launcher.js';
import { oncePerRun } from './once-per-run.js';
import { resultsOf, type Results } from './results.js';
import { SystemHome } from './system-home.js';

/** The system that most tests share: started on the example table, with traces on, by the test that comes first. */
interface SharedSystem {
  home: SystemHome;
  /** What the start found. */
  summary: Summary;
  /** What users can take out, before any test has changed it. */
  results: Results;
  /** Where all services write their traces. */
  tracesFile: string;
}

/** Business time would follow the months of all tables that tests import. */
export const SHARED_NOW = '2026-09-03T10:00:00+08:00';

/** Gives the shared system, once it serves. global-teardown.mjs ends it. */
export async function sharedSystem(): Promise<SharedSystem> {
  const { homeFolder, baseUrl, ...found } = await oncePerRun('shared', startSharedSystem);
  return { home: new SystemHome(homeFolder, baseUrl), ...found };
}

async function startSharedSystem(folder: string) {
  const reportFile = path.join(folder, 'report.json');
  const tracesFile = path.join(folder, 'traces.jsonl');
  const launcher = await Launcher.start(path.join(folder, 'home'), {
    options: ['--example', '--report', reportFile],
    outputFile: path.join(folder, 'output'),
    environment: { HOLDFAST_TRACES: `file:${tracesFile}`, HOLDFAST_NOW: SHARED_NOW },
  });
  launcher.child.unref(); // it outlives this worker
  await launcher.untilServing();
  const summary = JSON.parse(fs.readFileSync(reportFile, 'utf8')) as Summary;
  const { home } = launcher;
  const results = await resultsOf(home, EXAMPLE_TRUTH.table);
  return { homeFolder: home.folder, baseUrl: home.baseUrl, summary, results, tracesFile };
}
