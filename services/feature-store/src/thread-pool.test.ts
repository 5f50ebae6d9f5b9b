import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';

/** Threads of a process whose pool is in use, in addition to those of the runtime. */
function threadsWith(first: string, environment: NodeJS.ProcessEnv = {}): number {
  const program = `${first}
    const { pbkdf2 } = await import('node:crypto');
    const { readdirSync } = await import('node:fs');
    await new Promise((resolve) => pbkdf2('a', 'b', 1, 8, 'sha1', resolve));
    console.log(readdirSync('/proc/self/task').length);`;
  const { UV_THREADPOOL_SIZE: _inherited, ...env } = process.env;
  const output = execFileSync(process.execPath, ['--input-type=module', '-e', program], {
    env: { ...env, ...environment },
  });
  return Number(output.toString());
}

const sized = `await import(${JSON.stringify(path.join(__dirname, 'thread-pool.ts'))});`;

test('the process has 24 threads instead of four, unless the environment sets their number', () => {
  const others = threadsWith('') - 4;
  expect(threadsWith(sized)).toBe(others + 24);
  expect(threadsWith(sized, { UV_THREADPOOL_SIZE: '9' })).toBe(others + 9);
});

test('the size is set by the first import of the program, before the pool is used', () => {
  const main = readFileSync(path.join(__dirname, 'main.ts'), 'utf8');
  expect(main.split('\n')[0]).toBe(`import './thread-pool.js';`);
});
