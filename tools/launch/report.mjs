import fs from 'node:fs';
import path from 'node:path';

/**
 * Writes the report. Lists that may be long are copied to files next to it (`out.rejects.json`), and the report contains
 * their names.
 * @param {string} file
 * @param {Record<string, unknown>} summary  with the text `list:NAME` in place of the list in `NAME.json`
 * @param {string} [listFolder]  where the lists are
 */
export function writeReport(file, summary, listFolder = '') {
  const stem = path.basename(file).replace(/\.json$/, '');
  const named = (/** @type {string} */ _key, /** @type {unknown} */ value) => {
    if (typeof value !== 'string' || !value.startsWith('list:')) return value;
    const name = value.slice('list:'.length);
    const copy = `${stem}.${name}.json`;
    fs.copyFileSync(path.join(listFolder, `${name}.json`), path.join(path.dirname(file), copy));
    return copy;
  };
  fs.writeFileSync(file, `${JSON.stringify(summary, named, 2)}\n`);
}
