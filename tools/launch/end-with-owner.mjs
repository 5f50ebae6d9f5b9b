/**
 * `node end-with-owner.mjs FOLDER`: waits until standard input closes, which is when the process that made the scratch
 * folder has ended, and then ends what runs in the folder and removes it.
 */
import fs from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

import { removeScratchFolder } from './scratch.mjs';

/** A system may be starting at this moment, and write its first file after the folder was removed. */
const looksAgainMs = [0, 1_000, 4_000];

const [folder = ''] = process.argv.slice(2);
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => undefined);
process.stdin.resume();
process.stdin.on('error', () => undefined);
process.stdin.once('close', () => void end());

async function end() {
  for (const waitMs of looksAgainMs) {
    await sleep(waitMs);
    if (fs.existsSync(folder)) await removeScratchFolder(folder);
  }
}
