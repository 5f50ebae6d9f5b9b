import { spawnSync } from 'node:child_process';
import { readFileSync, statSync, utimesSync } from 'node:fs';
import path from 'node:path';
import { environmentForNpm, explainInstallFailure } from './bootstrap.cjs';

describe('the environment of the inner npm', () => {
  it('keeps what the user set and drops what describes the outer run', () => {
    const environment = environmentForNpm({
      PATH: '/usr/bin',
      npm_config_cache: '/cache',
      npm_config_registry: 'https://registry.example',
      npm_config_local_prefix: '/elsewhere',
      npm_config_workspace: 'cli',
      npm_lifecycle_event: 'prestart',
      npm_package_name: 'holdfast',
      npm_command: 'run-script',
      INIT_CWD: '/elsewhere',
    });
    expect(Object.keys(environment).sort()).toEqual(['PATH', 'npm_config_cache', 'npm_config_registry']);
  });
});

describe('the explanation of a failed installation', () => {
  it.each([
    ['npm error code ENOTFOUND\nnpm error network request to https://registry.example failed', /cannot be reached/],
    ['npm error code ECONNREFUSED', /cannot be reached \(ECONNREFUSED\)/],
    ['npm error code ENOTCACHED', /cannot be reached/],
    ['npm error code ENOSPC\nnpm error nospc no space left on device', /disk became full/],
    ['npm error code EACCES\nnpm error path node_modules', /may not write/],
    ['npm error code ERESOLVE', /\(exit 7\); its messages/],
  ])('of %j', (output, expected) => {
    expect(explainInstallFailure(output, 7)).toMatch(expected);
  });
});

describe('a prepared checkout', () => {
  const repository = path.resolve(__dirname, '..');
  const compiled = path.join(repository, '.holdfast-cache/compiled');
  const prepare = () => {
    const { status, stderr } = spawnSync(process.execPath, [path.join(__dirname, 'bootstrap.cjs')], {
      encoding: 'utf8',
    });
    expect([status, stderr]).toEqual([0, '']);
    return { content: readFileSync(compiled, 'utf8'), writtenAtMs: statSync(compiled).mtimeMs };
  };

  it('is compiled again only after a change', () => {
    prepare(); // by npm test, too, unless a test runs alone
    const first = prepare();
    expect(prepare()).toEqual(first);
    const now = new Date();
    utimesSync(path.join(repository, 'cli/src/main.ts'), now, now);
    const changed = prepare();
    expect(changed.content).not.toBe(first.content);
    expect(prepare()).toEqual(changed);
  });
});
