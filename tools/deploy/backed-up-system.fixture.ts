import { randomBytes, randomUUID } from 'node:crypto';
import { LakeKeys } from '../../services/feature-store/src/lake/lake-keys.js';
import { Vault } from '../../services/customer-profile/src/personal/vault.js';
import { migrate, migrationNames } from '@holdfast/platform/database';
import { migrationFolders } from '@holdfast/platform/service';
import { SERVICES, schemaOf } from '@holdfast/platform/services';
import { servers } from '@holdfast/testing/infra';
import { Client } from 'pg';

/** Text that the format of COPY has to escape. */
export const AWKWARD = 'tab\t, line\nfeed, back\\slash, \\N, \u0001, 陈 "quoted"';
const RUN = randomUUID();
export const IMPORT = randomUUID();

/** A database with the schemas of all services, or with empty ones, owned by the server's superuser. */
export class SystemDatabase {
  private constructor(
    readonly url: string,
    readonly client: Client,
    private readonly name: string,
  ) {}

  static async create(): Promise<SystemDatabase> {
    const name = `backup_${randomBytes(6).toString('hex')}`;
    await onServer(`create database ${name}`);
    const url = new URL(servers().databaseUrl);
    url.pathname = `/${name}`;
    const client = new Client({ connectionString: url.href });
    await client.connect();
    for (const service of SERVICES) await client.query(`create schema ${schemaOf(service)}`);
    return new SystemDatabase(url.href, client, name);
  }

  /** @param without migrations that the release of this system does not have yet */
  async migrate(without: readonly string[] = []): Promise<string[]> {
    const done: string[] = [];
    for (const service of SERVICES) {
      const directories = migrationFolders(service);
      const names = migrationNames(directories).filter((name) => !without.includes(name));
      const options = { url: this.url, schema: schemaOf(service), applicationName: 'test', directories };
      done.push(...(await migrate(without.length === 0 ? options : { ...options, restored: new Set(names) })));
    }
    return done;
  }

  async rows<Row extends object = Record<string, unknown>>(sql: string, params: unknown[] = []): Promise<Row[]> {
    return (await this.client.query<Row>(sql, params)).rows;
  }

  /** All rows of all tables, as texts, by table. */
  async contents(): Promise<Record<string, string[]>> {
    const sql = `select schemaname || '.' || tablename as name from pg_tables where schemaname = any($1) order by 1`;
    const tables = await this.rows<{ name: string }>(sql, [SERVICES.map(schemaOf)]);
    const found: Record<string, string[]> = {};
    for (const { name } of tables) {
      const rows = await this.rows<{ row: string }>(`select t::text as row from ${name} t order by 1`);
      found[name] = rows.map(({ row }) => row);
    }
    return found;
  }

  async drop(): Promise<void> {
    await this.client.end();
    await onServer(`drop database ${this.name} with (force)`);
  }
}

async function onServer(sql: string): Promise<void> {
  const client = new Client({ connectionString: servers().databaseUrl });
  await client.connect();
  await client.query(sql);
  await client.end();
}

/** Rows of every kind that a restore has to treat in its own way. */
export async function fillSystem({ client }: SystemDatabase, keys: { lake: string; profile: string }): Promise<void> {
  const run = (sql: string, params: unknown[] = []) => client.query(sql, params);
  await run('insert into campaign.parameter values ($1, now(), now(), $2, $3)', [
    'key',
    JSON.stringify(AWKWARD),
    AWKWARD,
  ]);
  // A partition that no migration makes, an identity, and an entry from before the constraint of the chain.
  await run('create table churn_scoring.score_run (like churn_scoring.score including all)');
  await run(`alter table churn_scoring.score attach partition churn_scoring.score_run for values in ('${RUN}')`);
  await run(
    `insert into churn_scoring.score (run_id, shard, subscription_id, org_unit_path, probability, priority,
    first_reason, reasons) select $1, 0, gen_random_uuid(), 'demo/', 0.1, number, '', '\\x00ff' from generate_series(1, 50) number`,
    [RUN],
  );
  for (const evidence of ['one', 'two'])
    await run(
      `insert into customer_profile.consent_decision (customer_id, purpose, channel, granted, basis, evidence,
      decided_at, recorded_by, org_unit_path) values (gen_random_uuid(), 'marketing', 'any', false, 'stated', $1, now(), 'x', 'demo/')`,
      [evidence],
    );
  await run('alter table gateway.audit_entry drop constraint audit_entry_chained');
  await run(`insert into gateway.audit_entry (audit_id, at, client, operation, subject_ids, status, trace_id)
    values (gen_random_uuid(), now(), 'console', 'readScore', '{}', 200, 't')`);
  await run(`alter table gateway.audit_entry add constraint audit_entry_chained
    check (sequence is not null and hash is not null) not valid`);
  await run('update gateway.audit_head set sequence = 7');
  await fillJobs(client);
  await fillEvents(client);
  const vault = new Vault(keys.profile);
  await run('insert into customer_profile.sealing_key (fingerprint) values ($1)', [vault.fingerprint]);
  const lakeKeys = new LakeKeys(keys.lake);
  await run(
    `insert into feature_store.import (id, job_id, state, org_unit_path, table_name, mapping, mapping_hash, file_name,
    as_of, created_at) values ($1, 'x', 'loaded', 'demo/', 'own', '{}', '', 'own.csv', '2026-09', now())`,
    [IMPORT],
  );
  await run('insert into feature_store.data_key values ($1, $2, now())', [
    IMPORT,
    lakeKeys.wrap(lakeKeys.newDataKey(), IMPORT),
  ]);
}

async function fillJobs(client: Client): Promise<void> {
  const sql = `insert into evaluation.job (id, kind, natural_key, state, shards_total, params, caller, org_unit_path,
    created_at, updated_at, ended_at) values (gen_random_uuid(), $1, $2, $3, $4, '{}', '{}', 'demo/', now(), now(), $5)`;
  await client.query(sql, ['whole', 'a', 'queued', null, null]);
  await client.query(sql, ['pieces', 'b', 'running', 3, null]);
  await client.query(sql, ['whole', 'c', 'done', null, new Date()]);
  await client.query(sql, ['upload', 'opened 1', 'queued', null, null]);
  await client.query(
    `insert into evaluation.job_shard select id, 1, 5, now() from evaluation.job where kind = 'pieces'`,
  );
}

/** One that is not relayed yet, and one that is; the latter has been handled by one of its consumers. */
async function fillEvents(client: Client): Promise<void> {
  const subject = 'holdfast.feature-store.v1.extract-loaded';
  const headers = JSON.stringify({ 'ce-id': IMPORT });
  const row = [subject, headers, Buffer.from([0, 1, 255])];
  await client.query(
    'insert into feature_store.outbox (id, subject, headers, payload) values (gen_random_uuid(), $1, $2, $3)',
    row,
  );
  await client.query('insert into feature_store.published_event values ($4, $1, $2, $3, now())', [...row, IMPORT]);
  await client.query(
    `insert into evaluation.consumed_event values ('evaluation_extract-loaded', $1, now() - interval '30 days')`,
    [IMPORT],
  );
}
