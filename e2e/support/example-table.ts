import fs from 'node:fs';
import path from 'node:path';

import { exampleCsv } from '../../examples/generate.mjs';
import { repository } from './launcher.js';

/** A table file and the mapping that says what its columns mean. */
export interface TableFiles {
  tableFile: string;
  mappingFile: string;
}

/** The first rows of the example table, for stories that only need some table. */
export function writeSmallExample(folder: string, rows: number): TableFiles {
  return write(folder, exampleCsv().split('\n').slice(0, rows + 1));
}

/** The example's subscribers many times over, each time with keys of their own, for stories that need a long job. */
export function writeLargeExample(folder: string, copies: number): TableFiles {
  const [header, ...rows] = exampleCsv().trimEnd().split('\n') as [string, ...string[]];
  const copy = (number: number): string[] => rows.map((row) => row.replace(/^EX-/, `EX-${number}-`));
  return write(folder, [header, ...Array.from({ length: copies }, (_, number) => copy(number)).flat()]);
}

function write(folder: string, lines: string[]): TableFiles {
  const tableFile = path.join(folder, 'subscribers.csv');
  fs.writeFileSync(tableFile, `${lines.join('\n')}\n`);
  return { tableFile, mappingFile: path.join(repository, 'examples', 'example.mapping.yaml') };
}
