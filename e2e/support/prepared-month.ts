import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import type { MonthSummary } from '@holdfast/cli/output/month-summary';
import { SERVICES, schemaOf } from '@holdfast/platform/services';

import { exportHome } from './export-home.js';
import { Launcher } from './launcher.js';
import { monthResults } from './month-results.js';
import { makeFolder, oncePerRun } from './once-per-run.js';
import { OperatorWorld } from './operator-world.js';
import type { SystemHome } from './system-home.js';

const SIZE = { subscribers: 1500, months: 10, seed: 11, errors: 0.01, hasCorrections: true };

/** A month of an operator that `npm start` has gone through and that was stopped afterwards. */
interface PreparedMonth {
  world: OperatorWorld;
  /** Of the stopped system: to be cloned, not started. */
  homeFolder: string;
  /** What `npm start` printed. */
  outputFile: string;
  reportFile: string;
  summary: MonthSummary;
  tracesFile: string;
  /** Number of jobs that each service has started. */
  jobs: object;
  results: Record<string, string[]>;
  /** Content of each exported file. */
  exported: Map<string, string>;
}

/** Gives the month that all tests of a test run share; one thread of DuckDB computed it. */
export async function preparedMonth(): Promise<PreparedMonth> {
  const { worldFolder, exported, ...prepared } = await oncePerRun('prepared-month', prepareMonth);
  return { ...prepared, world: new OperatorWorld(worldFolder), exported: new Map(exported) };
}

async function prepareMonth(folder: string) {
  const world = await OperatorWorld.create(path.join(folder, 'operator'), SIZE);
  const reportFile = path.join(folder, 'report', 'month.json');
  const tracesFile = path.join(folder, 'traces.jsonl');
  fs.mkdirSync(path.dirname(reportFile));
  const launcher = await Launcher.start(path.join(folder, 'home'), {
    options: ['--extract', world.extract, '--report', reportFile],
    environment: { HOLDFAST_DUCKDB_THREADS: '1', HOLDFAST_TRACES: `file:${tracesFile}` },
  });
  const { home, outputFile } = launcher;
  try {
    await launcher.untilServing(400_000);
    const summary = JSON.parse(fs.readFileSync(reportFile, 'utf8')) as MonthSummary;
    const jobs = await jobsOf(home);
    const results = await monthResults(home, reportFile);
    const exported = [...(await exportHome(home, reportFile))];
    const files = { homeFolder: home.folder, outputFile, reportFile, tracesFile };
    return { ...files, worldFolder: world.folder, summary, jobs, results, exported };
  } finally {
    await launcher.stop();
  }
}

/** Copies the stopped system into a folder of a test. @returns the folder of the test, with the copy in `home` */
export function cloneMonth({ homeFolder }: PreparedMonth, name: string): string {
  const folder = makeFolder(name);
  // With owners and modes: PostgreSQL refuses a data folder of another user.
  execFileSync('cp', ['-a', homeFolder, path.join(folder, 'home')]);
  return folder;
}

/** Number of jobs that each service has ever started. */
export async function jobsOf(home: SystemHome): Promise<object> {
  const counts = SERVICES.map((service) => `(select count(*)::int from ${schemaOf(service)}.job) as "${service}"`);
  const [row] = await home.query(`select ${counts.join(', ')}`);
  return row!;
}
