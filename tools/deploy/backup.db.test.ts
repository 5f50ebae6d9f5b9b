import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { makeBackup } from '@holdfast/cli/backup/make-backup';
import { findBackup } from '@holdfast/cli/backup/manifest';
import { Progress } from '@holdfast/cli/backup/progress';
import { restore } from '@holdfast/cli/backup/restore';
import { restoreSettings } from '@holdfast/cli/backup/settings';
import { migrate, migrationNames } from '@holdfast/platform/database';
import { migrationFolders } from '@holdfast/platform/service';
import { SERVICES, schemaOf } from '@holdfast/platform/services';
import { cleanNats, servers } from '@holdfast/testing/infra';
import { TemporaryFolder } from '@holdfast/testing/temporary-folder.fixture';
import { dumpSchema } from '../schema/catalog.mjs';
import { AWKWARD, IMPORT, SystemDatabase, fillSystem } from './backed-up-system.fixture.js';

const root = path.resolve(__dirname, '../..');
const folder = new TemporaryFolder();
const keys = { lake: randomBytes(32).toString('hex'), profile: randomBytes(32).toString('hex') };
const { signal } = new AbortController();
const said: string[] = [];
const progress = new Progress((text) => said.push(text));
/** The release of the backup does not have it yet. */
const LATER = migrationNames(migrationFolders('evaluation')).at(-1)!;

let source: SystemDatabase;
let target: SystemDatabase;
let backup: string;

const settings = (database: SystemDatabase, lake: string) =>
  restoreSettings({
    HOLDFAST_MODE: 'development',
    HOLDFAST_ADMINISTRATOR_URL: database.url,
    HOLDFAST_LAKE: folder.at(lake),
    HOLDFAST_LAKE_KEY: keys.lake,
    HOLDFAST_PROFILE_KEY: keys.profile,
    HOLDFAST_NATS_URL: servers().natsUrl,
    HOLDFAST_NATS_TOKEN: servers().natsToken,
  });
const backUp = (into = 'backups', keep?: number) =>
  makeBackup({
    settings: settings(source, 'lake'),
    into: folder.at(into),
    release: '1.0.0',
    ...(keep === undefined ? {} : { keep }),
    signal,
    progress,
  });
const restoreInto = (from = backup) =>
  restore({ settings: settings(target, 'restored'), folder: from, root, signal, progress });

beforeAll(async () => {
  await cleanNats();
  source = await SystemDatabase.create();
  await source.migrate([LATER]);
  await fillSystem(source, keys);
  folder.write(`lake/raw/${IMPORT}.sealed`, 'sealed');
  folder.write(`lake/raw/${IMPORT}.sealed.part`, 'still arriving');
  folder.write('lake/raw/018f0000-0000-7000-8000-000000000000.sealed', 'of an import after the snapshot');
  folder.write('lake/scratch/x/half', 'work in progress');
  target = await SystemDatabase.create();
  backup = (await backUp()).folder;
});

afterAll(async () => {
  await source?.drop();
  await target?.drop();
});

describe('a backup', () => {
  it('has the files that its rows name, and no others', () => {
    const found = fs.readdirSync(path.join(backup, 'lake'), { recursive: true, encoding: 'utf8' });
    expect(found.toSorted((left, right) => left.localeCompare(right))).toEqual(['raw', `raw/${IMPORT}.sealed`]);
  });

  it('is not taken where the lake lacks a file, also not at another attempt', async () => {
    fs.renameSync(folder.at('lake/raw'), folder.at('elsewhere'));
    await expect(backUp('none')).rejects.toThrow(`the file raw/${IMPORT}.sealed of the lake was deleted`);
    fs.renameSync(folder.at('elsewhere'), folder.at('lake/raw'));
    expect(said.filter((text) => text.startsWith('once more'))).toHaveLength(2);
    expect(fs.readdirSync(folder.at('none'))).toEqual([]);
  });

  it('that was interrupted is none', async () => {
    const interrupted = folder.at('interrupted', '20260101T000000Z.partial');
    fs.cpSync(backup, interrupted, { recursive: true });
    await expect(findBackup(folder.at('interrupted'))).rejects.toThrow('is not a backup and contains none');
    fs.rmSync(path.join(interrupted, 'manifest.json'));
    await expect(findBackup(interrupted)).rejects.toThrow('is not a backup and contains none');
  });

  it('replaces the oldest ones beyond a number, and the newest one is found', async () => {
    for (const name of ['20250101T000000Z', '20250102T000000Z'])
      fs.cpSync(backup, folder.at('kept', name), { recursive: true });
    const made = await backUp('kept', 2);
    expect(fs.readdirSync(folder.at('kept')).sort()).toEqual(['20250102T000000Z', path.basename(made.folder)]);
    expect(await findBackup(folder.at('kept'))).toBe(made.folder);
  });
});

describe('a restore', () => {
  it('refuses a release that it does not have', async () => {
    const newer = folder.at('newer');
    fs.cpSync(backup, newer, { recursive: true });
    const manifest = JSON.parse(fs.readFileSync(path.join(newer, 'manifest.json'), 'utf8'));
    manifest.schemas[0].migrations.push('a_later_one1700000009999');
    fs.writeFileSync(path.join(newer, 'manifest.json'), JSON.stringify(manifest));
    await expect(restoreInto(newer)).rejects.toThrow('is newer: campaign has no migration a_later_one');
    fs.writeFileSync(path.join(newer, 'manifest.json'), '{ "format": 1');
    await expect(restoreInto(newer)).rejects.toThrow('manifest.json is damaged');
  });

  it('refuses streams with messages, a lake with files and schemas with rows, and names them', async () => {
    const connection = await connect({ servers: servers().natsUrl, token: servers().natsToken });
    const manager = await jetstreamManager(connection);
    await manager.streams.add({ name: 'HOLDFAST_CAMPAIGN', subjects: ['holdfast.campaign.v1.>'] });
    await jetstream(connection).publish('holdfast.campaign.v1.list-built', 'x');
    folder.write('restored/tables/own/1/rows.parquet', 'x');
    await target.client.query('create table campaign.job (id int)');
    await target.client.query('insert into campaign.job values (1)');
    const [refused] = await Promise.allSettled([restoreInto()]);
    expect(String(refused.status === 'rejected' && refused.reason)).toMatch(
      /campaign has rows in job\nNATS has messages in HOLDFAST_CAMPAIGN; delete these streams\nthe lake has 1 files, such as tables/,
    );
    await manager.streams.delete('HOLDFAST_CAMPAIGN');
    await connection.close();
    fs.rmSync(folder.at('restored'), { recursive: true });
    await target.client.query('truncate campaign.job');
  });

  it('that is interrupted keeps services from starting, and can be started again', async () => {
    const lost = path.join(backup, 'lake', 'raw', `${IMPORT}.sealed`);
    const interrupted = new AbortController();
    const stopAtLake = new Progress((text) => text.startsWith('tables: ') && interrupted.abort());
    const options = { settings: settings(target, 'restored'), folder: backup, root };
    await expect(restore({ ...options, signal: interrupted.signal, progress: stopAtLake })).rejects.toThrow(/abort/i);
    expect(fs.existsSync(lost)).toBe(true);
    const start = migrate({
      url: target.url,
      schema: 'campaign',
      applicationName: 'test',
      directories: migrationFolders('campaign'),
    });
    await expect(start).rejects.toThrow('The restore of the schema campaign has not ended');
    await restoreInto();
  });

  it('gives the same schemas with the same rows, but for what is to be sent', async () => {
    for (const service of SERVICES) {
      const schema = schemaOf(service);
      expect(await dumpSchema(target.client, schema)).toBe(await dumpSchema(source.client, schema));
    }
    const isOfQueues = (name: string) => /\.(?:outbox|published_event|consumed_event|migration)$/.test(name);
    const rowsOf = async (system: SystemDatabase) =>
      Object.fromEntries(Object.entries(await system.contents()).filter(([name]) => !isOfQueues(name)));
    const found = await rowsOf(target);
    expect(found).toEqual(await rowsOf(source));
    expect(found['churn_scoring.score_run']).toHaveLength(50);
    expect(await target.rows('select value, set_by from campaign.parameter')).toEqual([
      { value: AWKWARD, set_by: AWKWARD },
    ]);
    expect(folder.read(`restored/raw/${IMPORT}.sealed`)).toBe('sealed');
  });

  it('continues sequences, and keeps what may not be changed', async () => {
    const sql = `insert into customer_profile.consent_decision (customer_id, purpose, channel, granted, basis, evidence, decided_at,
      recorded_by, org_unit_path) values (gen_random_uuid(), 'marketing', 'any', false, 'stated', '', now(), 'x', 'demo/') returning sequence`;
    expect(await target.rows(sql)).toEqual([{ sequence: '3' }]);
    await expect(target.rows('delete from gateway.audit_entry')).rejects.toThrow('only ever added');
  });

  it('publishes the events of the last week again, and queues the work of jobs that are not done', async () => {
    const sql = (schema: string) =>
      `select subject, convert_from(payload, 'LATIN1') as payload from ${schema}.outbox order by 1, 2`;
    const event = { subject: 'holdfast.feature-store.v1.extract-loaded', payload: '\u0000\u0001ÿ' };
    expect(await target.rows(sql('feature_store').replace("convert_from(payload, 'LATIN1')", 'payload'))).toEqual(
      [event, event].map((each) => ({ ...each, payload: Buffer.from([0, 1, 255]) })),
    );
    expect(await target.rows('select * from feature_store.published_event')).toEqual([]);
    const jobs = await target.rows<{ id: string; kind: string }>('select id, kind from evaluation.job');
    const idOf = (kind: string) => jobs.filter((job) => job.kind === kind).map(({ id }) => id);
    const [{ id: unfinished }] = (await target.rows<{ id: string }>(
      "select id from evaluation.job where kind = 'whole' and state = 'queued'",
    )) as [{ id: string }];
    const work = await target.rows<{ subject: string; payload: string }>(sql('evaluation'));
    expect(work.map(({ subject, payload }) => [subject, JSON.parse(payload)])).toEqual([
      ['holdfast.evaluation.work.pieces', { jobId: idOf('pieces')[0] }],
      ['holdfast.evaluation.work.pieces-shard', { jobId: idOf('pieces')[0], shard: 0 }],
      ['holdfast.evaluation.work.pieces-shard', { jobId: idOf('pieces')[0], shard: 2 }],
      ['holdfast.evaluation.work.whole', { jobId: unfinished }],
    ]);
    const [{ recent }] = (await target.rows<{ recent: boolean }>(
      "select consumed_at > now() - interval '1 hour' as recent from evaluation.consumed_event",
    )) as [{ recent: boolean }];
    expect(recent).toBe(true);
  });

  it('of an older release is brought up to date when services start', async () => {
    expect(await target.migrate()).toEqual([LATER]);
  });
});
