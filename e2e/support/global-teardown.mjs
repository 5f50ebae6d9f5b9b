/** Ends every system that the stories have started, also those of stories that failed, and removes their folder. */
import fs from 'node:fs';

import { endSystems, removeScratchFolder } from '../../tools/launch/scratch.mjs';

export default async function endStories() {
  const folder = process.env['E2E_FOLDER'];
  if (folder === undefined) return;
  if (process.env['E2E_KEEP'] === undefined) {
    await removeScratchFolder(folder);
    return;
  }
  await endSystems(folder);
  const kept = folder.replace('holdfast-test-', 'holdfast-kept-'); // the next run would clear it away under its old name
  fs.renameSync(folder, kept);
  console.log(`Kept, with all logs: ${kept}`);
}
