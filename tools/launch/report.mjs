import fs from 'node:fs';
import path from 'node:path';

/**
 * Writes the report. Lists that may be long stand in files of their own beside it (`out.rejects.json`), and the report
 * names them in the places that its summary keeps for them.
 * @param {string} file
 * @param {Record<string, unknown>} summary  a text `list:NAME` stands where a list belongs
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
