import { ImportServiceDefinition, type Import, type ImportService } from '@holdfast/contracts/feature_store/v1/extract';
import { FactServiceDefinition, type FactService } from '@holdfast/contracts/feature_store/v1/facts';
import {
  TableServiceDefinition,
  type ReadTableRequest,
  type TableService,
} from '@holdfast/contracts/feature_store/v1/lake';
import { OnlineServiceDefinition, type OnlineService } from '@holdfast/contracts/feature_store/v1/online';
import { RefusalServiceDefinition, type RefusalService } from '@holdfast/contracts/feature_store/v1/refusals';
import { BehaviourServiceDefinition, type BehaviourService } from '@holdfast/contracts/feature_store/v1/behaviour';
import { ForecastServiceDefinition, type ForecastService } from '@holdfast/contracts/feature_store/v1/forecast';
import { StockServiceDefinition, type StockService } from '@holdfast/contracts/feature_store/v1/stock';
import { ValueGroupServiceDefinition, type ValueGroupService } from '@holdfast/contracts/feature_store/v1/value_group';
import { ViewServiceDefinition, type ViewService } from '@holdfast/contracts/feature_store/v1/view';
import { JobServiceDefinition, JobState, type Job, type JobService } from '@holdfast/contracts/platform/v1/jobs';
import type { Environment } from '@holdfast/platform/config';
import type { Call, Rpc } from '@holdfast/platform/grpc';
import { callOf } from '@holdfast/testing/callers';
import { startService } from '@holdfast/testing/service';
import type { Manifest } from '@holdfast/extract-contract/manifest';
import { FeatureStoreModule } from './feature-store.module.js';

const CHUNK_BYTES = 5_000;
const jobsReader = callOf({ scopes: ['jobs:read'] });
const importer = callOf({ scopes: ['ingest:write', 'ingest:read'] });

/** Contents by path. */
export type Files = Record<string, string | Buffer>;

export type FeatureStore = Awaited<ReturnType<typeof startFeatureStore>>;

/** A feature store for the tests of a file, which is set before the first one. */
export function sharedFeatureStore(lake: string, now: string): FeatureStore {
  const shared = {} as FeatureStore;
  beforeAll(async () => void Object.assign(shared, await startFeatureStore(lake, now)), 60_000);
  afterAll(async () => shared.service?.stop());
  return shared;
}

export async function startFeatureStore(lake: string, now: string, more: Environment = {}) {
  const service = await startService(FeatureStoreModule, {
    service: 'feature-store',
    environment: { HOLDFAST_LAKE: lake, HOLDFAST_LAKE_KEY: 'ab'.repeat(32), HOLDFAST_DUCKDB_MEMORY: '256MB', ...more },
    now,
  });
  const { database } = service;
  // The relay empties the outbox.
  await database.query('create table published (number serial, subject text, payload bytea)');
  const sql = `create function keep_published() returns trigger language plpgsql as $$ begin
     insert into feature_store.published (subject, payload) values (new.subject, new.payload); return new; end $$`;
  await database.query(sql);
  await database.query(
    'create trigger keep_published after insert on outbox for each row execute function keep_published()',
  );
  const imports: Rpc<ImportService> = service.client(ImportServiceDefinition);
  const jobs = service.client<JobService>(JobServiceDefinition);
  const ended = async (job: Job): Promise<Job> => {
    let last = job;
    for await (const current of jobs.watchJob(jobsReader, { jobId: job.jobId })) last = current;
    return last;
  };
  /** Waits for the end of a job that succeeds. */
  const done = async (job: Job): Promise<Job> => {
    const last = await ended(job);
    expect([last.state, last.failure]).toEqual([JobState.JOB_STATE_DONE, undefined]);
    return last;
  };
  return {
    service,
    query: <Row extends object>(sql: string, params?: unknown[]): Promise<Row[]> => database.query<Row>(sql, params),
    imports,
    tables: service.client<TableService>(TableServiceDefinition),
    facts: service.client<FactService>(FactServiceDefinition),
    online: service.client<OnlineService>(OnlineServiceDefinition),
    stock: service.client<StockService>(StockServiceDefinition),
    behaviour: service.client<BehaviourService>(BehaviourServiceDefinition),
    forecasts: service.client<ForecastService>(ForecastServiceDefinition),
    valueGroups: service.client<ValueGroupService>(ValueGroupServiceDefinition),
    views: service.client<ViewService>(ViewServiceDefinition),
    refusals: service.client<RefusalService>(RefusalServiceDefinition),
    ended,
    done,
    /** The report of an import whose job succeeds. */
    imported: async (job: Job): Promise<Import> => {
      const { result } = await done(job);
      return imports.getImport(importer, { importId: result['importId']! });
    },
    uploadTable: (file: string | Buffer, mapping: string, call: Call = importer, dryRun = false, asOf?: string) =>
      imports.uploadTable(call, tableParts(file, mapping, dryRun, asOf)),
    uploadExtract: (files: Readonly<Files>, call: Call = importer, dryRun = false) =>
      imports.uploadExtract(call, extractParts(files, dryRun)),
    /** All events with such a subject, in the order of publication. */
    published: async (subject: RegExp): Promise<{ subject: string; payload: Buffer }[]> => {
      const sql = 'select subject, payload from published where subject ~ $1 order by number';
      return database.query(sql, [subject.source]);
    },
  };
}

/** A request for all columns and rows of a table, unless it is narrowed. */
export function tableRequest(table: string, narrowed: Partial<ReadTableRequest> = {}): ReadTableRequest {
  const outcomes = { withLabel: false, withSplit: false, withValue: false };
  return { table, version: '', columns: [], shards: undefined, month: '', ...outcomes, ...narrowed };
}

type ManifestChange = Partial<Omit<Manifest, 'tables'>> & { tables?: Readonly<Record<string, object>> };

/** Adds a manifest to the tables of an extract: the first one, of August and September, unless it is changed. */
export function withManifest(files: Readonly<Files>, { tables = {}, ...change }: ManifestChange = {}): Files {
  const described = Object.keys(files).map((file) => {
    const [name] = file.split(/[./]/) as [string];
    return [name, { path: file.includes('/') ? `${name}/` : file.replace(/\.gz$/, ''), ...tables[name] }];
  });
  const { sequence = 1 } = change;
  const manifest = {
    ...{ formatVersion: 1, operator: 'demo', extractId: `e${sequence}`, sequence, complete: true, currency: 'CNY' },
    ...{ timezone: 'Asia/Shanghai', from: '2026-08', to: '2026-09', extractedAt: '2026-10-02T03:00:00+08:00' },
    ...{ ...change, tables: Object.fromEntries(described) as object },
  };
  return { ...files, 'manifest.json': JSON.stringify(manifest) };
}

async function* tableParts(file: string | Buffer, mapping: string, dryRun: boolean, asOf: string | undefined) {
  const bytes = Buffer.from(file);
  const header = { mapping, fileName: '/home/x/telco.csv', sizeBytes: bytes.length, dryRun, asOf };
  yield { part: { $case: 'header' as const, header } };
  yield* chunksOf(bytes);
}

async function* extractParts(files: Readonly<Files>, dryRun: boolean) {
  for (const [path, content] of Object.entries(files)) {
    const bytes = Buffer.from(content);
    yield { part: { $case: 'file' as const, file: { path, sizeBytes: bytes.length, dryRun } } };
    yield* chunksOf(bytes);
  }
}

function* chunksOf(bytes: Buffer) {
  for (let at = 0; at < bytes.length; at += CHUNK_BYTES)
    yield { part: { $case: 'chunk' as const, chunk: bytes.subarray(at, at + CHUNK_BYTES) } };
}
