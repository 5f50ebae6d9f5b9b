import fs from 'node:fs';
import path from 'node:path';

import { exampleCsv } from '../../examples/generate.mjs';
import { repository } from './launcher.js';

const TRAINING_ROWS = 2_000;
export const exampleMappingFile = path.join(repository, 'examples', 'example.mapping.yaml');

/** A table file and the mapping that says what its columns mean. */
export interface TableFiles {
  tableFile: string;
  mappingFile: string;
}

/** The first rows of the example table, for stories that only need some table. */
export function writeSmallExample(folder: string, rows: number): TableFiles {
  return write(folder, exampleCsv().split('\n').slice(0, rows + 1));
}

/**
 * The example's subscribers many times over, each time with keys of their own, for stories that need long jobs. Only the
 * first rows are there to learn from, because training is the same story however many there are.
 */
export function writeLargeExample(folder: string, copies: number): TableFiles {
  const [header, ...rows] = exampleCsv().trimEnd().split('\n') as [string, ...string[]];
  const lines = Array.from({ length: copies }, (_, copy) => rows.map((row) => row.replace(/^EX-/, `EX-${copy}-`))).flat();
  const withPart = lines.map((line, at) => `${line},${at < TRAINING_ROWS ? 'training' : 'test'}`);
  const mapping = fs.readFileSync(exampleMappingFile, 'utf8');
  const mappingFile = path.join(folder, 'large.mapping.yaml');
  fs.writeFileSync(mappingFile, `${mapping}split: { column: part, train: training, test: test }\n`);
  return { ...write(folder, [`${header},part`, ...withPart]), mappingFile };
}

function write(folder: string, lines: string[]): TableFiles {
  const tableFile = path.join(folder, 'subscribers.csv');
  fs.writeFileSync(tableFile, `${lines.join('\n')}\n`);
  return { tableFile, mappingFile: exampleMappingFile };
}
