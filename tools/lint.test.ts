import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

describe('the lint configuration', () => {
  const repository = path.join(__dirname, '..');
  let folder: string;

  beforeEach(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'holdfast-lint-'));
    write('a.ts', "import type { B } from './b.js';\n\nexport interface A {\n  b: B;\n}\n");
    write('b.ts', 'export interface B {\n  name: string;\n}\n');
  });

  afterEach(() => fs.rmSync(folder, { recursive: true }));

  it('accepts formatted files without a cycle', () => {
    expect(oxlint()).toMatchObject({ status: 0 });
    expect(oxfmt()).toMatchObject({ status: 0 });
  });

  it('rejects a cycle by type imports', () => {
    write('b.ts', "import type { A } from './a.js';\n\nexport interface B {\n  a: A;\n}\n");
    expect(oxlint()).toMatchObject({ status: 1, stdout: expect.stringContaining('import(no-cycle)') });
  });

  it('rejects an unformatted file', () => {
    write('b.ts', 'export interface B { name : string }\n');
    expect(oxfmt()).toMatchObject({ status: 1, stdout: expect.stringContaining('b.ts') });
  });

  function write(file: string, text: string): void {
    fs.writeFileSync(path.join(folder, file), text);
  }

  function oxlint(): { status: number | null; stdout: string } {
    return run('oxlint', ['-c', path.join(repository, '.oxlintrc.json'), folder]);
  }

  function oxfmt(): { status: number | null; stdout: string } {
    return run('oxfmt', ['-c', path.join(repository, '.oxfmtrc.json'), '--check', folder]);
  }

  function run(program: string, args: string[]): { status: number | null; stdout: string } {
    const { status, stdout } = spawnSync(path.join(repository, 'node_modules', '.bin', program), args, {
      cwd: folder,
      encoding: 'utf8',
    });
    return { status, stdout };
  }
});
