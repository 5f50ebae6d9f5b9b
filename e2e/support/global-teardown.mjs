/** Ends every system that the stories have started, also those of stories that failed, and removes their folder. */
import fs from 'node:fs';
import path from 'node:path';

import { Home } from '../../tools/launch/home.mjs';
import { endLeftovers } from '../../tools/launch/leftovers.mjs';
import { endProcesses, isRunning } from '../../tools/launch/process-identity.mjs';

export default async function endStories() {
  const folder = process.env['E2E_FOLDER'];
  if (folder === undefined) return;
  for (const runFile of fs.globSync('{*,*/*}/run.json', { cwd: folder })) {
    await endSystem(path.join(folder, path.dirname(runFile)));
  }
  if (process.env['E2E_KEEP'] === undefined) return fs.rmSync(folder, { recursive: true, force: true });
  const kept = folder.replace('holdfast-test-', 'holdfast-kept-'); // the next run would clear it away under its old name
  fs.renameSync(folder, kept);
  console.log(`Kept, with all logs: ${kept}`);
}

/** The launcher ends its services; those of one that was killed are ended here. @param {string} homeFolder */
async function endSystem(homeFolder) {
  const home = new Home(homeFolder);
  const launcher = home.readJson('run.json')?.launcher;
  if (launcher !== undefined && isRunning(launcher)) await endProcesses([launcher], { graceSeconds: 40 });
  await endLeftovers(home);
}
