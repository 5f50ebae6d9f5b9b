import { JobState, type Job } from '@holdfast/contracts/platform/v1/jobs';
import type { ExtractFileHeader } from '@holdfast/contracts/feature_store/v1/extract';
import { cloneDatabase } from '@holdfast/testing/infra';
import { startGateway, type RunningGateway } from '../gateway.fixture.js';

const UUID = '01936a3e-7a10-7c2e-9a53-3d6a2f5b8c11';
let gateway: RunningGateway;
let dropDatabase: () => Promise<void>;
let received: { path: string; text: string }[];
let folders: string[];

const job: Job = {
  jobId: `feature-store.${UUID}`,
  kind: 'import-extract',
  state: JobState.JOB_STATE_QUEUED,
  progress: 0,
  phase: 'queued',
  rowsDone: 0,
  result: {},
  createdAt: new Date(0),
  updatedAt: new Date(0),
};

beforeAll(async () => {
  const clone = await cloneDatabase('gateway');
  dropDatabase = clone.drop;
  gateway = await startGateway(clone.url, {
    imports: {
      uploadExtract: async (_call, parts) => {
        for await (const { part } of parts) {
          if (part?.$case === 'file') received.push({ path: (part.file as ExtractFileHeader).path, text: '' });
          if (part?.$case === 'chunk') received.at(-1)!.text += Buffer.from(part.chunk).toString('utf8');
        }
        return job;
      },
      importFolder: async (_call, { folder }) => {
        folders.push(folder);
        return job;
      },
      listExtracts: async () => ({
        extracts: [
          {
            extractId: 'e2',
            sequence: 2,
            extractedAt: new Date('2026-10-16T03:00:00Z'),
            from: '2026-04',
            to: '2026-09',
            importId: UUID,
            currency: 'CNY',
            timeZone: 'Asia/Shanghai',
            closedMonths: ['2026-09'],
            tables: ['billing'],
          },
        ],
      }),
    },
  });
});
afterAll(async () => {
  await gateway?.stop();
  await dropDatabase?.();
});
beforeEach(() => {
  received = [];
  folders = [];
});

const send = (parts: readonly [string, string | Blob, string?][]) => {
  const form = new FormData();
  for (const [name, value, fileName] of parts) {
    if (typeof value === 'string') form.append(name, value);
    else form.append(name, value, fileName!);
  }
  return gateway.ask('POST', '/api/v1/imports', { body: form });
};

test('an extract is handed on file by file with its paths, however many', async () => {
  const files = Array.from({ length: 40 }, (_, at): [string, Blob, string] => [
    'files',
    new Blob([`part ${at}`]),
    `billing/part-${at}.csv`,
  ]);
  const answer = await send([...files, ['files', new Blob(['{}']), 'manifest.json']]);
  expect(answer.status).toBe(202);
  expect(answer.json).toMatchObject({ jobId: job.jobId, kind: 'import-extract' });
  expect(received).toHaveLength(41);
  expect(received[39]).toEqual({ path: 'billing/part-39.csv', text: 'part 39' });
  expect(received[40]).toEqual({ path: 'manifest.json', text: '{}' });
});

test('a form with anything else, or with nothing, is refused', async () => {
  const withField = await send([['mapping', 'table: demo']]);
  expect([withField.status, withField.json['code']]).toEqual([400, 'extract.onlyFiles']);
  const empty = await send([]);
  expect(empty.status).toBe(400);
});

test('a folder of the inbox is named, and nothing else', async () => {
  const answer = await gateway.ask('POST', '/api/v1/imports', { body: { source: 'inbox:2026-09' } });
  expect(answer.status).toBe(202);
  expect(folders).toEqual(['2026-09']);
  for (const body of [{}, { source: '/etc' }, { source: 'inbox:' }, { source: 'inbox:a', more: 1 }]) {
    expect((await gateway.ask('POST', '/api/v1/imports', { body })).status).toBe(400);
  }
  expect(folders).toHaveLength(1);
});

test('extracts need the scope and have their times', async () => {
  const answer = await gateway.ask('GET', '/api/v1/extracts');
  expect(answer.json).toMatchObject({ extracts: [{ sequence: 2, extractedAt: '2026-10-16T03:00:00.000Z' }] });
  expect((await gateway.ask('GET', '/api/v1/extracts', { client: 'reader' })).status).toBe(403);
  expect((await gateway.ask('POST', '/api/v1/imports', { client: 'reader', body: { source: 'inbox:a' } })).status).toBe(
    403,
  );
});
