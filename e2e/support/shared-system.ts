import fs from 'node:fs';
import path from 'node:path';
import type { Summary } from '@holdfast/cli/table-summary';

import { identify, isRunning, type ProcessIdentity } from '../../tools/launch/process-identity.mjs';
import { eventually } from './eventually.js';
import { Launcher } from './launcher.js';
import { SystemHome } from './system-home.js';

/** The system that most stories share: started on the example table, with traces on, by whichever story comes first. */
interface SharedSystem {
  home: SystemHome;
  /** What the start found. */
  summary: Summary;
  /** Where all services write their traces. */
  tracesFile: string;
}

interface Note {
  launcher: ProcessIdentity;
  baseUrl: string;
}

/** The folder of this test run, made by global-setup.mjs and removed, with what runs in it, by global-teardown.mjs. */
export function scratchFolder(): string {
  const folder = process.env['E2E_FOLDER'];
  if (folder === undefined) throw new Error('Stories need the set-up of the project e2e: run them with `npx jest`.');
  return folder;
}

/** Gives the shared system, once it serves. */
export async function sharedSystem(): Promise<SharedSystem> {
  const folder = path.join(scratchFolder(), 'shared');
  const [homeFolder, outputFile, reportFile, tracesFile, noteFile] = [
    path.join(folder, 'home'),
    path.join(folder, 'output'),
    path.join(folder, 'report.json'),
    path.join(folder, 'traces.jsonl'),
    path.join(folder, 'launcher.json'),
  ] as const;
  if (isFirst(folder)) {
    const launcher = await Launcher.start(homeFolder, {
      options: ['--example', '--report', reportFile],
      environment: { HOLDFAST_TRACES: `file:${tracesFile}` },
      outputFile,
    });
    launcher.child.unref(); // it outlives this worker
    const note = { launcher: identify('launcher', launcher.child.pid!), baseUrl: launcher.home.baseUrl };
    fs.writeFileSync(`${noteFile}.partial`, JSON.stringify(note));
    fs.renameSync(`${noteFile}.partial`, noteFile);
  }
  const note = await eventually(
    'the first story has started the system',
    () => fs.existsSync(noteFile) && readNote(noteFile),
  );
  const serves = (): boolean => {
    const output = fs.readFileSync(outputFile, 'utf8');
    if (output.includes('Serving at') && fs.existsSync(reportFile)) return true;
    if (output.includes('Serving at') || !isRunning(note.launcher))
      throw new Error(`The system does not serve:\n${output}`);
    return false;
  };
  await eventually('the shared system serves', serves, { withinMs: 240_000 });
  const summary = JSON.parse(fs.readFileSync(reportFile, 'utf8')) as Summary;
  return { home: new SystemHome(homeFolder, note.baseUrl), summary, tracesFile };
}

/** Making a folder succeeds for one of the workers only. */
function isFirst(folder: string): boolean {
  try {
    fs.mkdirSync(folder, { mode: 0o711 });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

function readNote(file: string): Note {
  return JSON.parse(fs.readFileSync(file, 'utf8')) as Note;
}
