import pg from 'pg';

import { ensureDatabase, ensureServiceRole, serviceUrl } from './database-roles.mjs';

describe('the roles of the services', () => {
  const database = `roles_${process.pid}`;
  // Roles belong to the whole server, so the names must not be those of a real service.
  const [mine, other] = [`one-${process.pid}`, `two-${process.pid}`];
  const passwords = new Map([mine, other].map((service) => [service, `secret of '${service}'`]));
  let administratorUrl: string;

  beforeAll(async () => {
    administratorUrl = await ensureDatabase(String(process.env['TEST_DATABASE_URL']), database);
    for (const [service, password] of passwords) await ensureServiceRole(administratorUrl, service, password);
  });

  afterAll(async () => {
    const client = new pg.Client({ connectionString: String(process.env['TEST_DATABASE_URL']) });
    await client.connect();
    await client.query(`drop database ${database}`);
    for (const service of [mine, other]) await client.query(`drop role holdfast_${service.replace('-', '_')}`);
    await client.end();
  });

  it('write to their own schema without naming it', async () => {
    const statements = ['create table if not exists note (text text)', 'insert into note values (1)'];
    expect(await runAs(mine, ...statements)).toBe('done');
  });

  it('cannot read or create anything in the schema of another service', async () => {
    await runAs(other, 'create table if not exists secret (text text)');
    const schema = other.replace('-', '_');
    expect(await runAs(mine, `select * from ${schema}.secret`)).toContain('permission denied for schema');
    expect(await runAs(mine, `create table ${schema}.mine (text text)`)).toContain('permission denied for schema');
    expect(await runAs(mine, 'create schema another')).toContain('permission denied for database');
  });

  it('get a new password at the next start and keep their tables', async () => {
    await runAs(mine, 'create table if not exists note (text text)');
    const before = passwords.get(mine);
    passwords.set(mine, 'renewed');
    await ensureServiceRole(administratorUrl, mine, 'renewed');
    expect(await runAs(mine, 'select * from note')).toBe('done');
    passwords.set(mine, String(before));
    expect(await runAs(mine, 'select * from note')).toContain('password authentication failed');
    passwords.set(mine, 'renewed');
  });

  async function runAs(service: string, ...statements: string[]): Promise<string> {
    const url = new URL(serviceUrl(administratorUrl, service));
    url.password = String(passwords.get(service));
    const client = new pg.Client({ connectionString: url.toString() });
    try {
      await client.connect();
      for (const statement of statements) await client.query(statement);
      return 'done';
    } catch (error) {
      return String(error);
    } finally {
      await client.end();
    }
  }
});
