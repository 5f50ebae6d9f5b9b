import { execFileSync } from 'node:child_process';
import path from 'node:path';

/** Where a process has its temporary files after the call. */
function folderWith(environment: Record<string, string>): string {
  const program = `require('./jest-temporary-folder.cjs').useMemoryForTemporaryFiles(); process.stdout.write(os.tmpdir())`;
  const env = { PATH: process.env['PATH'], ...environment };
  return execFileSync(process.execPath, ['-e', program], { cwd: path.resolve('tools'), encoding: 'utf8', env });
}

it('memory holds temporary files where there is plenty, unless TMPDIR names another folder', () => {
  expect(folderWith({ TMPDIR: '/var/tmp' })).toBe('/var/tmp');
  expect(['/dev/shm', '/tmp']).toContain(folderWith({}));
});
