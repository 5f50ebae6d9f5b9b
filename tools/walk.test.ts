import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const root = path.resolve(__dirname, '..');

function walkLines(workspace: string, ...args: string[]): { status: number | null; text: string } {
  const script = path.join(root, 'tools/walk-lines.mjs');
  const run = spawnSync(process.execPath, [script, '--workspace', workspace, ...args], { encoding: 'utf8' });
  return { status: run.status, text: run.stdout + run.stderr };
}

test('the walk in ARCHITECTURE.md names the lines of today', () => {
  expect(walkLines(root)).toEqual({ status: 0, text: expect.stringMatching(/^Walk: \d+ places, 0 wrong\.\n$/) });
});

describe('a walk through a file that changes', () => {
  let folder: string;
  const write = (name: string, text: string): void => fs.writeFileSync(path.join(folder, name), text);
  beforeEach(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'walk-'));
    write('ARCHITECTURE.md', 'It begins in `basket.ts:1` `fill` and ends in `basket.ts:2` `Basket`.\n');
    write('basket.ts', 'export function fill(): void {}\nclass Basket {}\n');
  });
  afterEach(() => fs.rmSync(folder, { recursive: true }));

  test('passes while the lines are right', () => {
    expect(walkLines(folder)).toEqual({ status: 0, text: 'Walk: 2 places, 0 wrong.\n' });
  });

  test('fails when a declaration moves, and --update corrects the line', () => {
    write('basket.ts', '// new\nexport function fill(): void {}\nclass Basket {}\n');
    expect(walkLines(folder)).toMatchObject({ status: 1, text: expect.stringContaining('fill is declared in line 2') });
    expect(walkLines(folder, '--update').status).toBe(0);
    expect(fs.readFileSync(path.join(folder, 'ARCHITECTURE.md'), 'utf8')).toContain('`basket.ts:3` `Basket`');
  });

  test.each([
    ['a symbol that is gone', 'basket.ts', 'export function pour(): void {}\nclass Basket {}\n'],
    ['a use that is no declaration', 'basket.ts', 'fill();\nclass Basket {}\n'],
    ['a document without places', 'ARCHITECTURE.md', 'It begins somewhere.\n'],
  ])('fails on %s, also with --update', (_, name, text) => {
    write(name, text);
    expect(walkLines(folder).status).toBe(1);
    expect(walkLines(folder, '--update').status).toBe(1);
  });
});
