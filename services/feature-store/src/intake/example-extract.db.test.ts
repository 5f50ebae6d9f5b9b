import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { JobServiceDefinition, JobState, type Job, type JobService } from '@holdfast/contracts/platform/v1/jobs';
import { callOf } from '@holdfast/testing/callers';
import { TemporaryFolder } from '@holdfast/testing/temporary-folder.fixture';
import { startFeatureStore, type FeatureStore } from '../feature-store.fixture.js';

const FOLDER = path.join(__dirname, '../../../../examples/extract');
const lake = new TemporaryFolder();
const caller = callOf({ scopes: ['ingest:write', 'ingest:read', 'jobs:read'], orgScope: ['example/'] });

let store: FeatureStore;

beforeAll(async () => {
  store = await startFeatureStore(lake.path, '2026-07-03T02:00:00Z', { HOLDFAST_OPERATOR: 'example' });
}, 60_000);

afterAll(() => store.service.stop());

async function lastOf(job: Job): Promise<Job> {
  let last = job;
  for await (const current of store.service.client<JobService>(JobServiceDefinition).watchJob(caller, job))
    last = current;
  return last;
}

test('examples/extract is imported without rejects, duplicates and notices, and closes its months', async () => {
  const files = readdirSync(FOLDER).map((name) => [name, readFileSync(path.join(FOLDER, name))] as const);
  const { state, failure, result } = await lastOf(await store.uploadExtract(Object.fromEntries(files), caller));
  expect([state, failure]).toEqual([JobState.JOB_STATE_DONE, undefined]);
  const report = await store.imports.getImport(caller, { importId: result['importId']! });
  expect(report.tables).toHaveLength(files.length - 1);
  for (const { rejected, duplicates } of report.tables) expect([rejected, duplicates]).toEqual([0, 0]);
  expect(report.notices).toEqual([]);
  const { extracts } = await store.imports.listExtracts(caller, {});
  expect(extracts[0]?.closedMonths).toEqual(['2026-01', '2026-02', '2026-03', '2026-04', '2026-05', '2026-06']);
});
