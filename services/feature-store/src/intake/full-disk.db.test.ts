import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { ImportServiceDefinition, type ImportService } from '@holdfast/contracts/feature_store/v1/extract';
import { JobServiceDefinition, JobState, type JobService } from '@holdfast/contracts/platform/v1/jobs';
import { CallerTokens } from '@holdfast/platform/caller';
import { closeChannels, connectTo, type Rpc } from '@holdfast/platform/grpc';
import { ServiceIdentity } from '@holdfast/platform/service-identity';
import { callOf } from '@holdfast/testing/callers';
import { cleanNats, cloneDatabase, servers } from '@holdfast/testing/infra';
import { TemporaryFolder } from '@holdfast/testing/temporary-folder.fixture';

const KEY = 'c0ffee'.repeat(11).slice(0, 64);
const LIMIT_BYTES = 4_000 * 512;
const MAPPING = 'table: telco\nkey: id\nasOf: 2026-09\nlabel: { column: churned, positive: "1" }\n';

const folder = new TemporaryFolder();
const importer = callOf({ scopes: ['ingest:write', 'ingest:read', 'jobs:read'] });
let process_: ChildProcess;
let database: Awaited<ReturnType<typeof cloneDatabase>>;
let imports: Rpc<ImportService>;
let jobs: Rpc<JobService>;

/** A separate process whose files may have two million bytes: writes fail there as on a full disk. */
beforeAll(async () => {
  await cleanNats();
  database = await cloneDatabase('feature-store');
  const { natsUrl, natsToken } = servers();
  const program = path.resolve('services/feature-store/dist/main.js');
  process_ = spawn('/bin/sh', ['-c', `ulimit -f ${LIMIT_BYTES / 512}; exec "$0" "$1"`, process.execPath, program], {
    env: {
      PATH: process.env['PATH'],
      HOLDFAST_MODE: 'development',
      HOLDFAST_OPERATOR: 'demo',
      HOLDFAST_DATABASE_URL: database.url,
      HOLDFAST_NATS_URL: natsUrl,
      HOLDFAST_NATS_TOKEN: natsToken,
      HOLDFAST_INTERNAL_KEY: KEY,
      HOLDFAST_GRPC_ADDRESS: '127.0.0.1:0',
      HOLDFAST_LAKE: folder.path,
      HOLDFAST_LAKE_KEY: 'ab'.repeat(32),
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const address = `127.0.0.1:${await readyPort(process_)}`;
  const identity = new ServiceIdentity('gateway', new CallerTokens(KEY, 'gateway'));
  const callee = { service: 'feature-store', address };
  imports = connectTo(ImportServiceDefinition, callee, identity);
  jobs = connectTo(JobServiceDefinition, callee, identity);
}, 60_000);

afterAll(async () => {
  closeChannels();
  process_.kill('SIGKILL');
  await database.drop();
});

async function readyPort({ stdout }: ChildProcess): Promise<number> {
  for await (const line of createInterface({ input: stdout! })) {
    const { ready, grpc } = JSON.parse(line) as { ready?: string; grpc: number };
    if (ready === undefined) continue;
    stdout!.resume();
    return grpc;
  }
  throw new Error('The service ended before it was ready');
}

function upload(rows: number) {
  const lines = Array.from({ length: rows }, (_, row) => `${row},${row % 7},${row % 2}`);
  const chunk = Buffer.from(['id,calls,churned', ...lines, ''].join('\n'));
  const header = { mapping: MAPPING, fileName: 'telco.csv', sizeBytes: chunk.length };
  return imports.uploadTable(
    importer,
    (async function* () {
      yield { part: { $case: 'header' as const, header } };
      for (let at = 0; at < chunk.length; at += 500_000)
        yield { part: { $case: 'chunk' as const, chunk: chunk.subarray(at, at + 500_000) } };
    })(),
  );
}

test('an upload that the disk does not take is refused as unavailable, and leaves nothing', async () => {
  await expect(upload(300_000)).rejects.toMatchObject({
    kind: 'unavailable',
    key: 'lake.full',
    retryAfterSeconds: 60,
    text: { en: expect.stringContaining('Nothing was stored') },
  });
  expect(fs.readdirSync(path.join(folder.path, 'raw'))).toEqual([]);
  const { imports: failed } = await imports.listImports(importer, { pageSize: 10, pageToken: '' });
  expect(failed.map(({ state }) => state)).toEqual(['failed']);
});

test('the process still runs, and accepts an upload that fits', async () => {
  const { jobId } = await upload(1_000);
  let state = JobState.JOB_STATE_UNSPECIFIED;
  for await (const job of jobs.watchJob(importer, { jobId })) state = job.state;
  expect(state).toBe(JobState.JOB_STATE_DONE);
}, 60_000);

test('at SIGTERM it stops in order, and ends with 0', async () => {
  const ended = once(process_, 'exit');
  process_.kill('SIGTERM');
  expect(await ended).toEqual([0, null]);
});
