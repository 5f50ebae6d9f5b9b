import { ImportServiceDefinition, type ImportService } from '@holdfast/contracts/feature_store/v1/extract';
import { JobServiceDefinition, type Job, type JobService } from '@holdfast/contracts/platform/v1/jobs';
import type { Environment } from '@holdfast/platform/config';
import type { Call, Rpc } from '@holdfast/platform/grpc';
import { callOf } from '@holdfast/testing/callers';
import { startService, type RunningService } from '@holdfast/testing/service';
import { FeatureStoreModule } from './feature-store.module.js';

const CHUNK_BYTES = 5_000;
const jobsReader = callOf({ scopes: ['jobs:read'] });
const importer = callOf({ scopes: ['ingest:write'] });

/** Contents by path. */
export type Files = Record<string, string | Buffer>;

export interface PublishedEvent {
  subject: string;
  payload: Buffer;
}

/** A feature store in the test's process. */
export interface FeatureStore {
  service: RunningService;
  imports: Rpc<ImportService>;
  /** Waits for the end of a job. */
  ended: (job: Job) => Promise<Job>;
  uploadTable: (file: string | Buffer, mapping: string, call?: Call) => Promise<Job>;
  uploadExtract: (files: Readonly<Files>, call?: Call) => Promise<Job>;
  /** All events with such a subject, in the order of publication. */
  published: (subject: RegExp) => Promise<PublishedEvent[]>;
}

export async function startFeatureStore(lake: string, now: string, more: Environment = {}): Promise<FeatureStore> {
  const service = await startService(FeatureStoreModule, {
    service: 'feature-store',
    environment: { HOLDFAST_LAKE: lake, HOLDFAST_LAKE_KEY: 'ab'.repeat(32), HOLDFAST_DUCKDB_MEMORY: '256MB', ...more },
    now,
  });
  const { database } = service;
  // The relay empties the outbox.
  await database.query('create table published (number serial, subject text, payload bytea)');
  await database.query(
    `create function keep_published() returns trigger language plpgsql as $$ begin
       insert into feature_store.published (subject, payload) values (new.subject, new.payload); return new; end $$`,
  );
  await database.query(
    'create trigger keep_published after insert on outbox for each row execute function keep_published()',
  );
  const imports = service.client<ImportService>(ImportServiceDefinition);
  const jobs = service.client<JobService>(JobServiceDefinition);
  return {
    service,
    imports,
    ended: async (job) => {
      let last = job;
      for await (const current of jobs.watchJob(jobsReader, { jobId: job.jobId })) last = current;
      return last;
    },
    uploadTable: (file, mapping, call = importer) => imports.uploadTable(call, tableParts(file, mapping)),
    uploadExtract: (files, call = importer) => imports.uploadExtract(call, extractParts(files)),
    published: async (subject) => {
      const events = await database.query<PublishedEvent>('select subject, payload from published order by number');
      return events.filter((event) => subject.test(event.subject));
    },
  };
}

async function* tableParts(file: string | Buffer, mapping: string) {
  const bytes = Buffer.from(file);
  const header = { mapping, fileName: '/home/x/telco.csv', sizeBytes: bytes.length };
  yield { part: { $case: 'header' as const, header } };
  yield* chunksOf(bytes);
}

async function* extractParts(files: Readonly<Files>) {
  for (const [path, content] of Object.entries(files)) {
    const bytes = Buffer.from(content);
    yield { part: { $case: 'file' as const, file: { path, sizeBytes: bytes.length } } };
    yield* chunksOf(bytes);
  }
}

function* chunksOf(bytes: Buffer) {
  for (let at = 0; at < bytes.length; at += CHUNK_BYTES) {
    yield { part: { $case: 'chunk' as const, chunk: bytes.subarray(at, at + CHUNK_BYTES) } };
  }
}
