/**
 * Makes the folder of this run of the stories (E2E_FOLDER) and finds a browser for them (CHROMIUM).
 * The systems themselves are started by the stories that need one.
 */
import fs from 'node:fs';

import { withFilesOnDisk } from '../../tools/jest-temporary-folder.cjs';
import { makeScratchFolder, removeDeadScratchFolders } from '../../tools/launch/scratch.mjs';

export default async function prepareStories() {
  await removeDeadScratchFolders();
  process.env['E2E_FOLDER'] = makeScratchFolder().folder;
  process.env['CHROMIUM'] ||= await findChromium();
}

/** One that is installed, else the one that npm has brought, unpacked once per machine (2 s). */
async function findChromium() {
  const installed = ['/usr/bin/chromium', '/usr/bin/google-chrome'].find((file) => fs.existsSync(file));
  if (installed !== undefined) return installed;
  const { default: chromium } = await import('@sparticuz/chromium');
  return withFilesOnDisk(() => chromium.executablePath());
}
