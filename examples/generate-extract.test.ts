import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { exampleExtract } from './generate-extract.mjs';

test('examples/extract has the files that generate-extract.mjs writes, and no others', () => {
  const folder = path.join(__dirname, 'extract');
  const committed = readdirSync(folder).map((name) => [name, readFileSync(path.join(folder, name), 'utf8')]);
  expect(Object.fromEntries(committed)).toEqual(exampleExtract());
});
