import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { Client } from 'pg';
import { servers } from '@holdfast/testing/infra';

const root = path.resolve(__dirname, '../../../..');
const DATABASE = 'migrate_program_test';

/** Runs the program of a release's job on a database of a server. */
function migrate(url: string, service: string): { service: string; migrations: string[] } {
  const settings = { HOLDFAST_MODE: 'development', HOLDFAST_SERVICE: service, HOLDFAST_DATABASE_URL: url };
  const env = { PATH: process.env['PATH'], ...settings };
  const program = path.join(root, 'libs/platform/dist/service/migrate.js');
  const output = execFileSync(process.execPath, [program], { cwd: root, env, encoding: 'utf8', stdio: 'pipe' });
  return JSON.parse(output.trim().split('\n').at(-1)!);
}

test('the program brings the schema of a service up to date, once', async () => {
  const client = new Client({ connectionString: servers().databaseUrl });
  await client.connect();
  try {
    await client.query(`drop database if exists ${DATABASE} with (force)`);
    await client.query(`create database ${DATABASE}`);
    const url = new URL(servers().databaseUrl);
    url.pathname = `/${DATABASE}`;
    const first = migrate(url.href, 'evaluation');
    expect(first).toEqual({
      service: 'evaluation',
      migrations: expect.arrayContaining([expect.stringContaining('platform')]),
    });
    expect(migrate(url.href, 'evaluation')).toEqual({ service: 'evaluation', migrations: [] });
    expect(() => migrate(url.href, 'console')).toThrow('HOLDFAST_SERVICE names no service');
  } finally {
    await client.query(`drop database if exists ${DATABASE} with (force)`);
    await client.end();
  }
});
