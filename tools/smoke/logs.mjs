import fs from 'node:fs';
import path from 'node:path';

const linesShown = 30;
const lineCharsMax = 2_000;

/**
 * Lines of services' logs that need an operator, each after the name of its file; at most 30 of them.
 * @param {string} folder
 * @returns {string[]}
 */
export function errorLines(folder) {
  if (!fs.existsSync(folder)) return [];
  const files = fs.readdirSync(folder).filter((name) => name.endsWith('.log'));
  return files
    .flatMap((name) => errorsIn(path.join(folder, name)).map((line) => `${name}: ${line}`))
    .slice(0, linesShown);
}

/** @param {string} file */
function errorsIn(file) {
  const lines = fs.readFileSync(file, 'utf8').split('\n');
  return lines.filter((line) => /^\{"level":"(?:error|fatal)"/.test(line)).map((line) => line.slice(0, lineCharsMax));
}
