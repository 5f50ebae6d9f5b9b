import {
  Import as ImportMessage,
  ListExtractsResponse,
  type ExtractFileHeader,
} from '@holdfast/contracts/feature_store/v1/extract';
import { formOf, testGateway, testJob } from '../gateway.fixture.js';

const UUID = '01936a3e-7a10-7c2e-9a53-3d6a2f5b8c11';
let received: { path: string; text: string }[];
let folders: string[];
let withdrawn: string[];

const job = testJob(`feature-store.${UUID}`, { kind: 'import-extract' });

const gateway = testGateway({
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
    withdrawImport: async (_call, { importId, reason }) => {
      withdrawn.push(`${importId} ${reason}`);
      return ImportMessage.fromPartial({
        ...{ importId, state: 'withdrawn', withdrawnBy: 'console', withdrawalReason: reason },
        ...{ createdAt: new Date('2026-10-16T03:00:00Z'), withdrawnAt: new Date('2026-10-17T03:00:00Z') },
      });
    },
    listExtracts: async () =>
      ListExtractsResponse.fromPartial({
        extracts: [{ extractId: 'e2', sequence: 2, extractedAt: new Date('2026-10-16T03:00:00Z') }],
      }),
  },
});
beforeEach(() => {
  received = [];
  folders = [];
  withdrawn = [];
});

const send = (parts: Parameters<typeof formOf>[0]) => gateway.post('/api/v1/imports', formOf(parts));

test('an extract is handed on file by file with its paths, however many', async () => {
  const partOf = (path: string, text: string) => ['files', new Blob([text]), path] as const;
  const files = Array.from({ length: 40 }, (_, at) => partOf(`billing/part-${at}.csv`, `part ${at}`));
  const answer = await send([...files, partOf('manifest.json', '{}')]);
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
  const answer = await gateway.post('/api/v1/imports', { source: 'inbox:2026-09' });
  expect(answer.status).toBe(202);
  expect(folders).toEqual(['2026-09']);
  for (const body of [{}, { source: '/etc' }, { source: 'inbox:' }, { source: 'inbox:a', more: 1 }]) {
    expect((await gateway.post('/api/v1/imports', body)).status).toBe(400);
  }
  expect(folders).toHaveLength(1);
});

test('extracts have their times', async () => {
  const answer = await gateway.get('/api/v1/extracts');
  expect(answer.json).toMatchObject({ extracts: [{ sequence: 2, extractedAt: '2026-10-16T03:00:00.000Z' }] });
});

test('an import is withdrawn with a reason, which its report has', async () => {
  const answer = await gateway.post(`/api/v1/imports/${UUID}:withdraw`, { reason: 'bills of another month' });
  expect(answer.status).toBe(200);
  expect(answer.json).toMatchObject({
    ...{ state: 'withdrawn', withdrawnAt: '2026-10-17T03:00:00.000Z', withdrawnBy: 'console' },
    withdrawalReason: 'bills of another month',
  });
  for (const body of [{}, { reason: '' }, { reason: 'x'.repeat(501) }])
    expect((await gateway.post(`/api/v1/imports/${UUID}:withdraw`, body)).status).toBe(400);
  expect(withdrawn).toEqual([`${UUID} bills of another month`]);
});
