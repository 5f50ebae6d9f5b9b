/**
 * Checks the walk in ARCHITECTURE.md: each `file:line` is followed by a symbol, which that line declares.
 *
 *   node tools/walk-lines.mjs [--update] [--workspace FOLDER]
 *
 * `--update` writes the line of each declaration; a symbol that its file does not declare stays an error.
 */
import fs from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';

const { values: options } = parseArgs({
  options: {
    update: { type: 'boolean', default: false },
    workspace: { type: 'string', default: path.join(import.meta.dirname, '..') },
  },
});
const document = path.join(options.workspace, 'ARCHITECTURE.md');
const PLACE = /`([\w./-]+\.\w+):(\d+)`(\s+)`([^`]+)`/g;

const text = fs.readFileSync(document, 'utf8');
/** @type {string[]} */
const problems = [];
let count = 0;
const updated = text.replace(
  PLACE,
  (/** @type {[string, string, string, string, string]} */ ...[place, file, line, space, symbol]) => {
    count++;
    const named = Number(line);
    const [nearest] = declarationsOf(file, symbol).sort((a, b) => Math.abs(a - named) - Math.abs(b - named));
    if (nearest === undefined) problems.push(`${file} does not declare ${symbol}`);
    else if (nearest !== named && !options.update)
      problems.push(`${file}:${line}: ${symbol} is declared in line ${nearest}`);
    return nearest === undefined ? place : `\`${file}:${nearest}\`${space}\`${symbol}\``;
  },
);
if (count === 0) problems.push('ARCHITECTURE.md names no `file:line` `symbol`');
if (options.update && updated !== text) fs.writeFileSync(document, updated);
for (const problem of problems) console.error(problem);
console.log(`Walk: ${count} places, ${problems.length} wrong.`);
if (problems.length > 0 && !options.update) console.log('node tools/walk-lines.mjs --update corrects line numbers.');
process.exitCode = problems.length > 0 ? 1 : 0;

/**
 * Lines (from 1) that declare a symbol: a function, class, constant, method, handler, message, rpc or table.
 * @param {string} file
 * @param {string} symbol
 */
function declarationsOf(file, symbol) {
  const place = path.join(options.workspace, file);
  if (!fs.existsSync(place)) return [];
  const name = symbol.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const declaration = new RegExp(
    `\\b(?:function\\*?|class|const|interface|type|message|rpc|service|table) ${name}\\b` +
      `|^ +(?:(?:private|protected|public|static|override|async|get|readonly) )*\\*?${name}(?:<[^(]*>)?\\(` +
      `|^ +${name}: (?:scoped|forServices)\\(`,
  );
  return fs
    .readFileSync(place, 'utf8')
    .split('\n')
    .flatMap((line, index) => (declaration.test(line) ? [index + 1] : []));
}
