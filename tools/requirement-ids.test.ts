/** Every id of a requirement, reading or invariant that a file cites is defined in docs/requirements.md or ARCHITECTURE.md. */
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

const root = path.resolve(__dirname, '..');
const ID = /\b(?:CP|FS|CS|PR|HH|CA|EV|GW|RD|IN)-[0-9]{2}\b/g;
const DEFINITION = /^(?:\| |- \*\*)([A-Z]{2}-[0-9]{2})\b/gm;
const CITING = ['*.ts', '*.mjs', '*.cjs', '*.proto', '*.sql', '*.yaml', '*.md', ':!libs/contracts/src/gen'];

const read = (file: string) => fs.readFileSync(path.join(root, file), 'utf8');
const defined = ['docs/requirements.md', 'ARCHITECTURE.md'].flatMap((file) =>
  Array.from(read(file).matchAll(DEFINITION), ([, id]) => id),
);
const files = execFileSync('git', ['ls-files', '--', ...CITING], { cwd: root, encoding: 'utf8' })
  .trim()
  .split('\n')
  .filter((file) => fs.existsSync(path.join(root, file)));

test('each id is defined once', () => {
  expect(defined.filter((id, index) => defined.indexOf(id) !== index)).toEqual([]);
  expect(defined.length).toBeGreaterThan(246);
});

test('each cited id is defined', () => {
  const undefinedIds = files.flatMap((file) =>
    (read(file).match(ID) ?? []).filter((id) => !defined.includes(id)).map((id) => `${file}: ${id}`),
  );
  expect(undefinedIds).toEqual([]);
});

test('requirements are cited by id', () => {
  const loose = files
    .filter((file) => /\.(?:ts|proto|sql)$/.test(file) && !file.startsWith('tools/'))
    .filter((file) => /requirements, (?:row|section)|\binvariant \d|operator-extract\.md/.test(read(file)));
  expect(loose).toEqual([]);
});
