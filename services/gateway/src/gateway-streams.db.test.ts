import { request as httpRequest } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { Script } from '@holdfast/contracts/campaign/v1/script';
import { Lease } from '@holdfast/contracts/campaign/v1/work';
import { Score } from '@holdfast/contracts/churn_scoring/v1/scoring';
import { JobState } from '@holdfast/contracts/platform/v1/jobs';
import { failure } from '@holdfast/platform/errors';
import { eventually } from '@holdfast/testing/service';
import { formOf, testGateway, testJob } from './gateway.fixture.js';

const UUID = '01936a44-5a10-7f51-8e41-7a6d5b8e1f77';
const SUBSCRIPTION = '1b9d6bcd-bbfd-5b2d-9b5d-ab8dfbbd4bed';
const JOB_ID = `feature-store.${UUID}`;
const MEBIBYTE = 1_048_576;
const down = failure('unavailable', 'service.unavailable', { en: 'Try again.', 'zh-CN': '请重试。' });
const mappingUnreadable = failure('invalid', 'mapping.unreadable', { en: 'No.', 'zh-CN': '不行。' });

const jobOf = (state: JobState, rowsDone = 0) => testJob(JOB_ID, { state, rowsDone });

interface Upload {
  mapping: string;
  fileName: string;
  bytes: number;
}

let uploads: Upload[] = [];
let uploadFailures: unknown[] = [];
/** What the owner waits for after the first chunk. */
let ownerHolds: Promise<void> | undefined;
let refusesUploads = false;
let watchersGone = 0;
let detailsFail = false;
let released: string[] = [];

const lease = Lease.fromPartial({
  ...{ leaseId: UUID, channel: 'call', expiresAt: new Date(0), note: 'call Ann' },
  item: { subscriptionId: SUBSCRIPTION, callBack: { at: new Date(0), agent: 'a' } },
});
const gateway = testGateway({
  imports: {
    uploadTable: async (_call, parts) => {
      const upload: Upload = { mapping: '', fileName: '', bytes: 0 };
      try {
        for await (const { part } of parts) {
          if (part?.$case === 'header') Object.assign(upload, part.header);
          if (refusesUploads) throw mappingUnreadable();
          if (part?.$case === 'chunk') upload.bytes += part.chunk.byteLength;
          if (part?.$case === 'chunk') await ownerHolds;
        }
      } catch (thrown) {
        uploadFailures.push(thrown);
        throw thrown;
      }
      uploads.push(upload);
      return jobOf(JobState.JOB_STATE_QUEUED);
    },
    listRejects: async (_call, { pageToken }) => ({
      rejects: [{ file: 'a.csv', line: pageToken === '' ? 2 : 3, column: '', rule: 'row.ragged', value: '=cmd,"x"' }],
      nextPageToken: pageToken === '' ? 'more' : '',
    }),
  },
  scoring: {
    listScores: async (_call, { pageToken, runId }) => {
      const score = { subscriptionId: SUBSCRIPTION, probability: pageToken === '' ? 0.9 : 0.8, value: 12.5 };
      return {
        scores: [Score.fromPartial({ ...score, currency: 'CNY' })],
        nextPageToken: pageToken === '' ? 'more' : '',
        runId: runId === '' ? UUID : runId,
        efficiencySource: undefined,
      };
    },
  },
  scripts: {
    getScript: async (_call, { language }) =>
      Script.fromPartial({
        subscriptionId: SUBSCRIPTION,
        language,
        revision: 'r1',
        text: `words in ${language}`,
        sections: [{ key: 'arpu', title: 'ARPU', lines: [{ text: '88', valueJson: '88' }, { text: 'no source' }] }],
      }),
  },
  work: {
    leaseNext: async (_call, { queue }) =>
      queue === 'empty' ? { passedOver: { retry: 3 }, retryAt: new Date(0) } : { lease, passedOver: {} },
    releaseLease: async (_call, { leaseId }) => {
      released.push(leaseId);
      return {};
    },
  },
  consents: {
    getContactDetails: async (_call, { channel }) => {
      if (detailsFail) throw down();
      return { key: 'A-000017', number: channel === 'call' ? '13800138000' : '' };
    },
  },
  of: {
    'feature-store': {
      jobs: {
        getJob: async () => jobOf(JobState.JOB_STATE_RUNNING),
        watchJob: async function* (call) {
          yield jobOf(JobState.JOB_STATE_RUNNING, 1);
          if (call.caller.client === 'console') {
            yield jobOf(JobState.JOB_STATE_DONE, 2);
            return;
          }
          await sleep(60_000, undefined, { signal: call.signal! }).catch(() => undefined);
          watchersGone += 1;
        },
      },
    },
  },
});

beforeEach(() => {
  uploads = [];
  uploadFailures = [];
  ownerHolds = undefined;
  refusesUploads = false;
});

type Parts = Parameters<typeof formOf>[0];

describe('POST /tables', () => {
  const upload = (...parts: Parts) => gateway.post('/api/v1/tables', formOf(parts));
  const mapping: Parts[0] = ['mapping', 'x'];
  const file: Parts[0] = ['file', new Blob(['a'])];

  test('hands mapping and file on and answers with the job', async () => {
    const answer = await upload(['mapping', 'table: demo'], ['file', new Blob(['a,b\n1,2\n']), 'demo.csv']);
    expect(answer.status).toBe(202);
    expect(answer.json).toMatchObject({ jobId: JOB_ID, state: 'queued', error: null });
    expect(uploads).toEqual([expect.objectContaining({ mapping: 'table: demo', fileName: 'demo.csv', bytes: 8 })]);
  });

  test('takes the mapping as a file, too', async () => {
    await upload(['mapping', new Blob(['table: demo'])], file);
    expect(uploads[0]!.mapping).toBe('table: demo');
  });

  test.each<[string, Parts, string]>([
    ['the file before the mapping', [file, mapping], 'upload.mappingNotFirst'],
    ['no file', [mapping], 'upload.fileMissing'],
    ['a part that is none', [mapping, ['secret', 'y']], 'upload.partUnknown'],
    ['a mapping of 1 MiB', [['mapping', new Blob(['x'.repeat(MEBIBYTE)])], file], 'upload.mappingTooLarge'],
  ])('refuses %s', async (_what, parts, code) => {
    expect((await upload(...parts)).json).toMatchObject({ code });
    expect(uploads).toEqual([]);
  });

  test('returns the error about the mapping, and reads the rest of the file to keep the connection', async () => {
    refusesUploads = true;
    const answer = await upload(mapping, ['file', new Blob([Buffer.alloc(8 * MEBIBYTE)])]);
    expect(answer.json).toMatchObject({ status: 400, code: 'mapping.unreadable' });
    expect(answer.headers.get('connection')).not.toBe('close');
    refusesUploads = false;
    expect((await upload(mapping, file)).status).toBe(202);
  });

  test('an owner that does not read stops the client: the gateway holds a few megabytes at most', async () => {
    let release!: () => void;
    ownerHolds = new Promise((resolve) => (release = resolve));
    const fileBytes = 64 * MEBIBYTE;
    const upload = { bytesSent: 0 };
    const status = sendRaw(fileBytes, Infinity, upload);
    const stalledAt = await eventually('the client is stopped', async () => {
      const before = upload.bytesSent;
      await sleep(300);
      return before > 0 && upload.bytesSent === before ? before : undefined;
    });
    expect(stalledAt).toBeLessThan(16 * MEBIBYTE);
    release();
    expect(await status).toBe(202);
    expect(uploads[0]!.bytes).toBe(fileBytes);
  }, 60_000);

  test('a broken upload fails at the owner and leaves no file', async () => {
    await sendRaw(4 * MEBIBYTE, MEBIBYTE).catch(() => undefined);
    await eventually('the owner sees the end', async () => uploadFailures.length > 0);
    expect(uploads).toEqual([]);
  });

  /** Sends the same megabyte over and over, as fast as it is taken; breaks off after `cutBytes`. */
  async function sendRaw(fileBytes: number, cutBytes = Infinity, progress = { bytesSent: 0 }): Promise<number> {
    const head =
      '--b\r\ncontent-disposition: form-data; name="mapping"\r\n\r\ntable: demo\r\n' +
      '--b\r\ncontent-disposition: form-data; name="file"; filename="big.csv"\r\n\r\n';
    const token = await gateway.tokenOf('console');
    return new Promise((resolve, reject) => {
      const sent = httpRequest(
        `${gateway.url}/api/v1/tables`,
        {
          method: 'POST',
          headers: { authorization: `Bearer ${token}`, 'content-type': 'multipart/form-data; boundary=b' },
        },
        (answer) => {
          answer.resume();
          resolve(answer.statusCode!);
        },
      );
      sent.on('error', reject);
      const piece = Buffer.alloc(MEBIBYTE, 'x');
      const send = async (): Promise<void> => {
        sent.write(head);
        for (let at = 0; at < fileBytes; at += MEBIBYTE) {
          if (at >= cutBytes) return void sent.destroy();
          if (!sent.write(piece)) await new Promise((drained) => sent.once('drain', drained));
          progress.bytesSent += MEBIBYTE;
        }
        sent.end('\r\n--b--\r\n');
      };
      send().catch(reject);
    });
  }
});

describe('lists', () => {
  test('come a page at a time as JSON', async () => {
    const { json } = await gateway.get('/api/v1/churn-lists?table=demo');
    expect(json).toMatchObject({
      runId: UUID,
      nextPageToken: 'more',
      scores: [{ probability: 0.9, value: { amount: '12.50' } }],
    });
  });

  test('come whole as NDJSON and CSV', async () => {
    const ndjson = await gateway.get('/api/v1/churn-lists?table=demo&format=ndjson');
    expect(ndjson.lines).toMatchObject([{ probability: 0.9 }, { probability: 0.8 }]);
    const csv = await gateway.get('/api/v1/churn-lists?table=demo', { headers: { accept: 'text/csv' } });
    expect(csv.text.split('\r\n')).toHaveLength(4);
    expect(csv.text).toContain(`${SUBSCRIPTION},0.8,12.50,CNY`);
  });

  test('rejects as CSV hold no formula', async () => {
    const { text, headers } = await gateway.get(`/api/v1/imports/${UUID}/rejects?format=csv`);
    expect(headers.get('content-type')).toContain('text/csv');
    expect(text).toBe(
      'file,line,column,rule,value\r\na.csv,2,,row.ragged,"\'=cmd,""x"""\r\na.csv,3,,row.ragged,"\'=cmd,""x"""\r\n',
    );
  });
});

describe('watching a job', () => {
  test('gives every change and ends with it', async () => {
    const { text, headers } = await gateway.get(`/api/v1/jobs/${JOB_ID}/events`);
    expect(headers.get('content-type')).toContain('text/event-stream');
    expect([...text.matchAll(/"state":"(\w+)"/g)].map((match) => match[1])).toEqual(['running', 'done']);
  });

  test('stops when the client has gone', async () => {
    const token = await gateway.tokenOf('watcher');
    const leaving = new AbortController();
    const answer = await fetch(`${gateway.url}/api/v1/jobs/${JOB_ID}/events`, {
      headers: { authorization: `Bearer ${token}` },
      signal: leaving.signal,
    });
    await answer.body!.getReader().read();
    leaving.abort();
    await eventually('the watching ends', async () => watchersGone > 0);
    expect(watchersGone).toBe(1);
  });
});

describe('the script', () => {
  const read = (query: string, headers = {}) => gateway.get(`/api/v1/scripts/current?${query}`, { headers });

  test('has an ETag for each language and form, and is not sent twice', async () => {
    const first = await read(`lease=${UUID}&lang=zh-CN`);
    expect(first.json).toMatchObject({
      language: 'zh-CN',
      sections: [{ lines: [{ value: 88, source: null }, { value: null }] }],
    });
    const etag = first.headers.get('etag')!;
    const again = await read(`lease=${UUID}&lang=zh-CN`, { 'if-none-match': etag });
    expect([again.status, again.text]).toEqual([304, '']);
    expect((await read(`lease=${UUID}&lang=en`, { 'if-none-match': etag })).status).toBe(200);
  });

  test('is plain text on request', async () => {
    const { text, headers } = await read(`subscription=${SUBSCRIPTION}&format=text`);
    expect(text).toBe('words in en');
    expect(headers.get('content-type')).toContain('text/plain');
  });

  test.each(['', `lease=${UUID}&subscription=${SUBSCRIPTION}`])('must be of one: %p', async (query) => {
    expect((await read(query)).json).toMatchObject({ status: 400, code: 'script.whose' });
  });
});

describe('a lease', () => {
  const lease = (queue: string, headers: Record<string, string> = {}) =>
    gateway.post(`/api/v1/agent-queues/${queue}/leases`, { agent: 'a' }, { client: 'shenyang', headers });

  test('gives the cause of its absence', async () => {
    const { status, json } = await lease('empty');
    expect([status, json]).toEqual([
      200,
      { lease: null, passedOver: { retry: 3 }, retryAt: '1970-01-01T00:00:00.000Z' },
    ]);
  });

  test('shows no person without a stated reason', async () => {
    const { status, json } = await lease('demo');
    expect(status).toBe(201);
    expect(json).toMatchObject({ lease: { leaseId: UUID, key: null, number: null, item: { value: null } } });
  });

  test('has no key and number without the scope, whatever the reason', async () => {
    const options = { client: 'dialler', headers: { 'x-access-reason': 'case 4711' } };
    const { status, json } = await gateway.post('/api/v1/agent-queues/demo/leases', { agent: 'a' }, options);
    expect(status).toBe(201);
    expect(json).toMatchObject({ lease: { leaseId: UUID, key: null, number: null } });
  });

  test('is given back if its number cannot be read', async () => {
    [detailsFail, released] = [true, []];
    const { status } = await lease('demo', { 'x-access-reason': 'case 4711' });
    detailsFail = false;
    expect([status, released]).toEqual([503, [UUID]]);
  });

  test('names the subscriber and the number for a reason, and that is recorded', async () => {
    const { json } = await lease('demo', { 'x-access-reason': 'case 4711', 'idempotency-key': 'pii' });
    const callBack = { at: '1970-01-01T00:00:00.000Z', agent: 'a' };
    expect(json).toMatchObject({
      lease: { key: 'A-000017', number: '13800138000', note: 'call Ann', item: { callBack } },
    });
    const rows = await gateway.database.query<object>(
      'select access_reason, subject_ids from audit_entry where access_reason is not null and status = 201',
    );
    expect(rows).toEqual([{ access_reason: 'case 4711', subject_ids: ['demo', UUID, SUBSCRIPTION] }]);
    const [kept] = await gateway.database.query<{ sealed_body: Buffer }>(
      "select sealed_body from idempotency_key where key = 'pii'",
    );
    expect(kept!.sealed_body.includes('A-000017')).toBe(false);
    expect(kept!.sealed_body.includes('13800138000')).toBe(false);
  });
});
