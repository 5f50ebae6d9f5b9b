import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { TemporaryFolder } from '@holdfast/testing/temporary-folder.fixture';

describe('check-prose', () => {
  const workspace = new TemporaryFolder();
  const write = (file: string, text: string): string => workspace.write(file, text);

  beforeEach(() => {
    workspace.clear();
    write('tools/prose-baseline.json', '{}\n');
    write('src/plain.ts', '/** Rejects a row without a key. */\nexport const message = "The row has no key.";\n');
  });

  it('accepts plain words', () => {
    expect(check()).toEqual({ status: 0, complaints: [] });
  });

  it.each([
    ['a line comment', 'src/a.ts', 'const a = 1; // nobody reads it', 1],
    ['a phrase over two comment lines', 'src/a.ts', '/**\n * The rest is left\n * alone here.\n */', 2],
    ['a text', 'src/a.ts', "const text = 'Somebody has changed it.';", 1],
    ['a text over two lines', 'src/a.ts', "const text = 'It was left ' +\n  'alone until now.';", 1],
    ['a template literal', 'src/a.ts', 'const text = `${a} is told of ${b}`;', 1],
    ['a literal within a template literal', 'src/a.ts', "const text = `${a ? `whoever reads it` : ''} reads`;", 1],
    ['a comment after a regular expression with a quote', 'src/a.ts', "const quote = /['`]/;\n// nobody", 2],
    ['a name', 'src/a.ts', 'const neighbourRpc = 1;', 1],
    ['a file name', 'src/planted-rows.ts', 'export const rows = 1;', 1],
    ['a script', 'tools/a.mjs', '/* begins anew */', 1],
    ['a proto comment', 'proto/a.proto', 'message A {\n  // Empty where nobody called.\n  string id = 1;\n}', 2],
    ['an SQL comment', 'migrations/1.sql', 'create table a ( -- whom it belongs to\n  id text);', 1],
    ['Markdown', 'README.md', '# A\n\nThe file stands beside it.\n', 3],
  ])('finds a discouraged word in %s', (_where, file, source, line) => {
    write(file, source);
    const complaint = expect.stringContaining(`${file}:${line}: `);
    expect(check()).toEqual({ status: 1, complaints: expect.arrayContaining([complaint]) });
    expect(check().complaints[0]).toContain('; write: ');
  });

  it.each([
    ['code', 'src/a.ts', "const left = { says: 1, told: 2 }; const key = 'told';"],
    ['the allowed phrase of a word', 'src/a.ts', '// the neighbour cells of a site; the customer said no'],
    ['Markdown code', 'README.md', 'Run `says nobody`.\n\n```\nnobody says\n```\n'],
    ['a generated schema', 'services/a/schema.sql', '-- nobody'],
    ['generated code', 'libs/contracts/src/gen/a.ts', '// nobody'],
  ])('does not look at %s', (_what, file, source) => {
    write(file, source);
    expect(check()).toEqual({ status: 0, complaints: [] });
  });

  it('lets the old uses of a file be, and names them once there is one more', () => {
    write('tools/prose-baseline.json', '{ "src/a.ts": { "nobody": 1 } }');
    write('src/a.ts', '// nobody\n');
    expect(check().status).toBe(0);
    write('src/a.ts', '// nobody\n// nobody\n');
    expect(check().complaints).toEqual([
      expect.stringMatching(/^src\/a\.ts:1: "nobody"; write: .+ \(2 uses in this file; the baseline allows 1\)$/),
      expect.stringContaining('src/a.ts:2: '),
    ]);
  });

  it('lets a renamed file keep its uses, but not gain any', () => {
    write('tools/prose-baseline.json', '{ "src/old.ts": { "nobody": 1 } }');
    write('src/a.ts', '// nobody\n');
    expect(check().status).toBe(0);
    write('src/b.ts', '// nobody\n');
    expect(check().status).toBe(1);
  });

  it('lowers the baseline, and never raises it', () => {
    write('tools/prose-baseline.json', '{ "src/a.ts": { "nobody": 2, "anew": 1 }, "src/gone.ts": { "whom": 1 } }');
    write('src/a.ts', '// nobody\n');
    expect(check('--update').status).toBe(0);
    expect(baseline()).toEqual({ 'src/a.ts': { nobody: 1 } });
    write('src/a.ts', '// nobody, nobody\n');
    expect(check('--update').status).toBe(1);
    expect(baseline()).toEqual({ 'src/a.ts': { nobody: 1 } });
  });

  function baseline(): unknown {
    return JSON.parse(workspace.read('tools/prose-baseline.json'));
  }

  function check(...args: string[]): { status: number | null; complaints: string[] } {
    const program = path.join(__dirname, 'check-prose.mjs');
    const options = ['--workspace', workspace.path, ...args];
    const { status, stderr } = spawnSync(process.execPath, [program, ...options], { encoding: 'utf8' });
    return { status, complaints: stderr.split('\n').filter((line) => line !== '') };
  }
});
