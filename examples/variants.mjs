/** The example table in other sizes, for tests and measures. */
import fs from 'node:fs';
import path from 'node:path';

import { exampleCsv } from './generate.mjs';

const TRAINING_ROWS = 2_000;

/**
 * The first rows of the example table.
 * @param {string} folder
 * @param {number} rows
 */
export function writeSmallExample(folder, rows) {
  return write(
    folder,
    exampleCsv()
      .split('\n')
      .slice(0, rows + 1),
    exampleMapping(),
  );
}

/**
 * The example's subscribers repeated, with other keys each time. Only the first rows are labelled, because training on
 * many rows takes long and this table is for scoring.
 * @param {string} folder
 * @param {number} copies  of 3,000 subscribers
 */
export function writeLargeExample(folder, copies) {
  const [header, ...rows] = exampleCsv().trimEnd().split('\n');
  const lines = Array.from({ length: copies }, (_, copy) =>
    rows.map((row) => row.replace(/^EX-/, `EX-${copy}-`)),
  ).flat();
  const withPart = lines.map((line, at) => `${line},${at < TRAINING_ROWS ? 'training' : 'test'}`);
  const mapping = `${exampleMapping()}split: { column: part, train: training, test: test }\n`;
  return write(folder, [`${header},part`, ...withPart], mapping);
}

/** @param {string} folder  @param {string[]} lines  @param {string} mapping */
function write(folder, lines, mapping) {
  const files = { tableFile: path.join(folder, 'subscribers.csv'), mappingFile: path.join(folder, 'mapping.yaml') };
  fs.writeFileSync(files.tableFile, `${lines.join('\n')}\n`);
  fs.writeFileSync(files.mappingFile, mapping);
  return files;
}

/** Every command runs in the project's root folder. */
function exampleMapping() {
  return fs.readFileSync(path.resolve('examples', 'example.mapping.yaml'), 'utf8');
}
