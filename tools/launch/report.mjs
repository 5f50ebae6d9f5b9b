import fs from 'node:fs';
import path from 'node:path';

/**
 * Writes the report. Lists that may be long go into separate files next to it (`out.rejects.json`), and the report
 * contains their names.
 * @param {string} file
 * @param {Record<string, unknown>} summary  with the text `list:NAME` in place of a list
 * @param {Record<string, unknown>} lists
 */
export function writeReport(file, summary, lists) {
  const stem = path.basename(file).replace(/\.json$/, '');
  const fileOf = (/** @type {string} */ name) => `${stem}.${name}.json`;
  for (const [name, list] of Object.entries(lists)) {
    fs.writeFileSync(path.join(path.dirname(file), fileOf(name)), `${JSON.stringify(list)}\n`);
  }
  const named = (/** @type {string} */ _key, /** @type {unknown} */ value) =>
    typeof value === 'string' && value.startsWith('list:') ? fileOf(value.slice('list:'.length)) : value;
  fs.writeFileSync(file, `${JSON.stringify(summary, named, 2)}\n`);
}
