import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { TemporaryFolder } from '@holdfast/testing/temporary-folder.fixture';

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
  const folder = new TemporaryFolder();
  const write = (name: string, text: string): string => folder.write(name, text);
  beforeEach(() => {
    write('ARCHITECTURE.md', 'It begins in `basket.ts:1` `fill` and ends in `basket.ts:2` `Basket`.\n');
    write('basket.ts', 'export function fill(): void {}\nclass Basket {}\n');
  });

  test('passes while the lines are right', () => {
    expect(walkLines(folder.path)).toEqual({ status: 0, text: 'Walk: 2 places, 0 wrong.\n' });
  });

  test('fails when a declaration moves, and --update corrects the line', () => {
    write('basket.ts', '// new\nexport function fill(): void {}\nclass Basket {}\n');
    const moved = { status: 1, text: expect.stringContaining('fill is declared in line 2') };
    expect(walkLines(folder.path)).toMatchObject(moved);
    expect(walkLines(folder.path, '--update').status).toBe(0);
    expect(folder.read('ARCHITECTURE.md')).toContain('`basket.ts:3` `Basket`');
  });

  test.each([
    ['a symbol that is gone', 'basket.ts', 'export function pour(): void {}\nclass Basket {}\n'],
    ['a use that is no declaration', 'basket.ts', 'fill();\nclass Basket {}\n'],
    ['a document without places', 'ARCHITECTURE.md', 'It begins somewhere.\n'],
  ])('fails on %s, also with --update', (_, name, text) => {
    write(name, text);
    expect(walkLines(folder.path).status).toBe(1);
    expect(walkLines(folder.path, '--update').status).toBe(1);
  });
});
