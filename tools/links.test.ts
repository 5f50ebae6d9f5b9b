/** Documents name files and headings that exist; code cites documents that exist (`docs/decisions/016` by number). */
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

const root = path.resolve(__dirname, '..');
const filesOf = (...patterns: string[]) =>
  execFileSync('git', ['ls-files', '--', ...patterns], { cwd: root, encoding: 'utf8' })
    .trim()
    .split('\n')
    .filter((file) => fs.existsSync(path.join(root, file)));
const read = (file: string) => fs.readFileSync(path.join(root, file), 'utf8');

/** The anchors that GitHub gives to the headings of a document. */
const anchorsOf = (text: string) =>
  Array.from(text.matchAll(/^#+ (.*)$/gm), ([, heading]) =>
    heading!
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  );

test('links in documents lead to files and headings', () => {
  const dead = filesOf('*.md').flatMap((file) =>
    Array.from(read(file).matchAll(/\]\((?!https?:)([^)#\s]*)(?:#([^)\s]*))?\)/g)).flatMap(([link, target, anchor]) => {
      const place = target === '' ? path.join(root, file) : path.resolve(root, path.dirname(file), target!);
      if (!fs.existsSync(place)) return [`${file}: ${link}`];
      const isFound = anchor === undefined || anchorsOf(fs.readFileSync(place, 'utf8')).includes(anchor);
      return isFound ? [] : [`${file}: ${link}`];
    }),
  );
  expect(dead).toEqual([]);
});

test('documents name source files that exist', () => {
  const sources = filesOf('.').map((file) => `/${file}`);
  const named = /`([\w./-]+\.(?:ts|mjs|cjs|proto|sql|yaml))[`:]/g;
  // The audit names them without back-quotes.
  const namedInAudit = /(?<![\w./*-])((?!X\.)[\w./-]+\.(?:ts|mjs|proto|sql))(?![\w*])/g;
  const dead = filesOf('*.md').flatMap((file) =>
    Array.from(read(file).matchAll(file === 'docs/audit.md' ? namedInAudit : named), ([, name]) => name!)
      .filter((name) => name !== 'utils.ts' && !sources.some((source) => source.endsWith(`/${name}`)))
      .map((name) => `${file}: ${name}`),
  );
  expect(dead).toEqual([]);
});

test('code cites documents that exist', () => {
  const documents = filesOf('docs');
  const dead = filesOf('*.ts', '*.mjs', '*.proto', '*.sql', '*.yaml').flatMap((file) =>
    (read(file).match(/(?<![\w/.-])docs\/[\w/.-]*\w/g) ?? [])
      .filter((cited) => !documents.some((document) => document.startsWith(cited)))
      .map((cited) => `${file}: ${cited}`),
  );
  expect(dead).toEqual([]);
});

test('the totals of the audit are those of its rows', () => {
  const text = read('docs/audit.md');
  const states = ['done', 'partial', 'missing'] as const;
  const rows = Array.from(
    text.matchAll(/^\| ([A-Z]{2})-\d+ \|[^|]*\| (done|partial|missing) \|/gm),
    ([, owner, state]) => ({ owner, state }),
  );
  const totals = Array.from(
    text.matchAll(/^\| ([A-Z]{2}|all) \| (\d+) \| (\d+) \| (\d+) \| (\d+) \|$/gm),
    ([, owner, ...counts]) => [owner, ...counts.map(Number)],
  );
  const counted = [...new Set(rows.map(({ owner }) => owner)), 'all'].map((owner) => {
    const own = rows.filter((row) => owner === 'all' || row.owner === owner);
    return [owner, ...states.map((state) => own.filter((row) => row.state === state).length), own.length];
  });
  expect(totals).toHaveLength(9);
  expect(new Set(totals.map(String))).toEqual(new Set(counted.map(String)));
});
