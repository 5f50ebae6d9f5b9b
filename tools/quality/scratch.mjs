import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

/** A folder that the database's user may pass through; the one given, else a new one. @param {string | undefined} given */
export function makeScratch(given) {
  const folder = given ?? fs.mkdtempSync(path.join(os.tmpdir(), 'holdfast-quality-'));
  fs.mkdirSync(folder, { recursive: true });
  fs.chmodSync(folder, 0o711);
  return folder;
}
