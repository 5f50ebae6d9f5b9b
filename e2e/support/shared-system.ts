import fs from 'node:fs';
import path from 'node:path';
import type { Summary } from '@holdfast/cli/output/summary';

import { Launcher } from './launcher.js';
import { oncePerRun } from './once-per-run.js';
import { SystemHome } from './system-home.js';

/** The system that most tests share: started on the example table, with traces on, by the test that comes first. */
interface SharedSystem {
  home: SystemHome;
  /** What the start found. */
  summary: Summary;
  /** Where all services write their traces. */
  tracesFile: string;
}

/** Gives the shared system, once it serves. global-teardown.mjs ends it. */
export async function sharedSystem(): Promise<SharedSystem> {
  const { homeFolder, baseUrl, summary, tracesFile } = await oncePerRun('shared', startSharedSystem);
  return { home: new SystemHome(homeFolder, baseUrl), summary, tracesFile };
}

async function startSharedSystem(folder: string) {
  const reportFile = path.join(folder, 'report.json');
  const tracesFile = path.join(folder, 'traces.jsonl');
  const launcher = await Launcher.start(path.join(folder, 'home'), {
    options: ['--example', '--report', reportFile],
    outputFile: path.join(folder, 'output'),
    // Business time would follow the months of all tables that tests import.
    environment: { HOLDFAST_TRACES: `file:${tracesFile}`, HOLDFAST_NOW: '2026-09-03T10:00:00+08:00' },
  });
  launcher.child.unref(); // it outlives this worker
  await launcher.untilServing();
  const summary = JSON.parse(fs.readFileSync(reportFile, 'utf8')) as Summary;
  return { homeFolder: launcher.home.folder, baseUrl: launcher.home.baseUrl, summary, tracesFile };
}
