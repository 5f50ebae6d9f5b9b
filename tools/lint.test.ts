import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { TemporaryFolder } from '@holdfast/testing/temporary-folder.fixture';

describe('the lint configuration', () => {
  const repository = path.join(__dirname, '..');
  const folder = new TemporaryFolder();
  const write = (file: string, text: string): string => folder.write(file, text);

  beforeEach(() => {
    write('a.ts', "import type { B } from './b.js';\n\nexport interface A {\n  b: B;\n}\n");
    write('b.ts', 'export interface B {\n  name: string;\n}\n');
  });

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

  const oxlint = () => run('oxlint', '-c', path.join(repository, '.oxlintrc.json'), folder.path);
  const oxfmt = () => run('oxfmt', '-c', path.join(repository, '.oxfmtrc.json'), '--check', folder.path);

  function run(program: string, ...args: string[]): { status: number | null; stdout: string } {
    const executable = path.join(repository, 'node_modules', '.bin', program);
    const { status, stdout } = spawnSync(executable, args, { cwd: folder.path, encoding: 'utf8' });
    return { status, stdout };
  }
});
