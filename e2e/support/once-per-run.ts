import fs from 'node:fs';
import path from 'node:path';

import { eventually } from './eventually.js';

/** The folder of this test run, made by global-setup.mjs and removed, with what runs in it, by global-teardown.mjs. */
export function scratchFolder(): string {
  const folder = process.env['E2E_FOLDER'];
  if (folder === undefined) throw new Error('The tests need the set-up of the project e2e: run them with `npx jest`.');
  return folder;
}

/** Makes a folder in which services and the database, which run as other users, can read. */
export function makeFolder(name: string): string {
  const folder = path.join(scratchFolder(), name);
  fs.mkdirSync(folder, { mode: 0o711 });
  return folder;
}

/**
 * Gives all workers what `prepare` returned in the worker that called first.
 * @param name of the folder that `prepare` gets; the result is kept there as JSON
 * @throws in every worker, if `prepare` has failed
 */
export async function oncePerRun<T>(name: string, prepare: (folder: string) => Promise<T>): Promise<T> {
  const folder = path.join(scratchFolder(), name);
  const outcomeFile = path.join(folder, 'outcome.json');
  if (isFirst(folder)) {
    const outcome = await prepare(folder).then(
      (result) => ({ result }),
      (error: unknown) => ({ failure: String(error) }),
    );
    fs.writeFileSync(`${outcomeFile}.partial`, JSON.stringify(outcome));
    fs.renameSync(`${outcomeFile}.partial`, outcomeFile);
  }
  await eventually(`${name} is prepared`, () => fs.existsSync(outcomeFile), { withinMs: 480_000 });
  const outcome = JSON.parse(fs.readFileSync(outcomeFile, 'utf8')) as { result: T; failure?: string };
  if (outcome.failure !== undefined) throw new Error(`${name} could not be prepared: ${outcome.failure}`);
  return outcome.result;
}

/** Creating a folder succeeds in one of the workers only. */
function isFirst(folder: string): boolean {
  try {
    fs.mkdirSync(folder, { mode: 0o711 });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}
