/** Clients that send slowly, or half of something, over a real socket. */
import net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { testGateway, testJob } from './gateway.fixture.js';

const UUID = '01936a44-5a10-7f51-8e41-7a6d5b8e1f77';
const PART = 'content-disposition: form-data; name=';
const seconds = { HOLDFAST_HEAD_SECONDS_MAX: '1', HOLDFAST_BODY_SECONDS_MAX: '1' };

const uploads: { mapping: string; bytes: number }[] = [];
const received = async (parts: AsyncIterable<{ part?: { $case: string } | undefined }>) => {
  const upload = { mapping: '', bytes: 0 };
  for await (const { part } of parts as AsyncIterable<{ part: Record<string, { mapping: string } & Buffer> }>) {
    if (part['header'] !== undefined) upload.mapping = part['header'].mapping;
    upload.bytes += part['chunk']?.byteLength ?? 0;
  }
  uploads.push(upload);
  return testJob(`feature-store.${UUID}`);
};
const gateway = testGateway(
  { imports: { uploadTable: (_call, parts) => received(parts), uploadExtract: (_call, parts) => received(parts) } },
  seconds,
);

interface Closed {
  text: string;
  afterMs: number;
}

/** Sends the head at once, then a piece every 200 ms, until the gateway closes the connection. */
function sendSlowly(head: string, piece: string): Promise<Closed> {
  const startedAtMs = performance.now();
  const socket = net.connect(Number(new URL(gateway.url).port), '127.0.0.1');
  socket.write(head);
  const sending = setInterval(() => piece !== '' && socket.write(piece), 200);
  let text = '';
  socket.on('data', (data) => (text += data.toString()));
  socket.on('error', () => undefined); // a write after the gateway has closed
  return new Promise((resolve) => {
    socket.on('close', () => {
      clearInterval(sending);
      resolve({ text, afterMs: performance.now() - startedAtMs });
    });
  });
}

async function headOf(route: string, contentType: string, bytes: number | 'chunked', client?: string): Promise<string> {
  const lines = [
    `${route} HTTP/1.1`,
    'host: h',
    `content-type: ${contentType}`,
    bytes === 'chunked' ? 'transfer-encoding: chunked' : `content-length: ${bytes}`,
    ...(client === undefined ? [] : [`authorization: Bearer ${await gateway.tokenOf(client)}`]),
  ];
  return [...lines, '', ''].join('\r\n');
}

const statusOf = ({ text }: Closed) => Number(/^HTTP\/1\.1 (\d+)/.exec(text)?.[1]);
const JSON_TYPE = 'application/json';
const FORM_TYPE = 'multipart/form-data; boundary=b';

test.each<[string, string, string, number | 'chunked', number]>([
  ['a JSON body', 'POST /api/v1/models', JSON_TYPE, 900_000, 401],
  ['a JSON body of unknown length', 'POST /api/v1/models', JSON_TYPE, 'chunked', 401],
  ['an upload', 'POST /api/v1/tables', FORM_TYPE, 100_000_000, 401],
  ['a body for nothing', 'POST /api/v1/nothing', JSON_TYPE, 900_000, 408],
  ['a request for a token', 'POST /oauth/token', JSON_TYPE, 900_000, 408],
])('%s that never ends, without a token, is closed within seconds', async (_what, route, type, bytes, status) => {
  const closed = await sendSlowly(await headOf(route, type, bytes), bytes === 'chunked' ? '1\r\n \r\n' : ' ');
  expect(statusOf(closed)).toBe(status);
  expect(closed.afterMs).toBeLessThan(4_000);
});

test('a head that never ends is closed', async () => {
  const closed = await sendSlowly('GET /healthz HTTP/1.1\r\nhost: h\r\n', 'x: y\r\n');
  expect(statusOf(closed)).toBe(408);
  expect(closed.text).toContain('request.tooSlow');
  expect(closed.afterMs).toBeLessThan(5_000);
});

test('a connection on which nothing is sent is closed without an answer', async () => {
  const closed = await sendSlowly('', '');
  expect(closed.text).toBe('');
  expect(closed.afterMs).toBeLessThan(5_000);
});

test('a caller whose JSON does not come gets 408', async () => {
  const closed = await sendSlowly(await headOf('POST /api/v1/models', JSON_TYPE, 900_000, 'console'), ' ');
  expect(statusOf(closed)).toBe(408);
  expect(closed.text).toContain('request.tooSlow');
});

test('a slow upload is closed, and not one that brings its bytes', async () => {
  const head = await headOf('POST /api/v1/tables', FORM_TYPE, 100_000_000, 'console');
  const begun = `${head}--b\r\n${PART}"mapping"\r\n\r\nx\r\n--b\r\n${PART}"file"; filename="a.csv"\r\n\r\n`;
  const slow = await sendSlowly(begun, 'x');
  expect(statusOf(slow)).toBe(408);
  const socket = net.connect(Number(new URL(gateway.url).port), '127.0.0.1');
  socket.write(begun);
  let isClosed = false;
  socket.on('close', () => (isClosed = true));
  for (let piece = 0; piece < 20; piece += 1) {
    socket.write('x'.repeat(1_000));
    await sleep(200);
  }
  expect(isClosed).toBe(false);
  socket.destroy();
  expect(uploads).toEqual([]);
});

describe('a broken form is 400 and names the place', () => {
  const post = (path: string, body: string, type = FORM_TYPE) =>
    gateway.post(path, body, { headers: { 'content-type': type } });
  const mapping = `--b\r\n${PART}"mapping"\r\n\r\ntable: x\r\n`;
  const file = (name: string) => `--b\r\n${PART}"${name}"; filename="a.csv"\r\n\r\na,b\r\n`;

  test.each<[string, string, string, string, string]>([
    ['no boundary in the header', '/api/v1/tables', mapping, 'multipart/form-data', '/body body.boundaryMissing'],
    ['an endless boundary', '/api/v1/tables', mapping, `${FORM_TYPE}${'b'.repeat(300)}`, '/body body.boundaryMissing'],
    ['another boundary', '/api/v1/tables', mapping, 'multipart/form-data; boundary=c', '/body body.unfinished'],
    ['no form at all', '/api/v1/imports', '{}', FORM_TYPE, '/body body.unfinished'],
    ['half a part', '/api/v1/tables', mapping.slice(0, -4), FORM_TYPE, '/body body.unfinished'],
    ['no end after the mapping', '/api/v1/tables', mapping, FORM_TYPE, '/body body.unfinished'],
    ['half a file', '/api/v1/tables', mapping + file('file'), FORM_TYPE, '/body/file body.unfinished'],
    ['half a file of an extract', '/api/v1/imports', file('files'), FORM_TYPE, '/body/files body.unfinished'],
    [
      'broken JSON in a part',
      '/api/v1/tables',
      `--b\r\n${PART}"mapping"\r\ncontent-type: application/json\r\n\r\n{"a\r\n--b--\r\n`,
      FORM_TYPE,
      '/body body.notJson',
    ],
  ])('%s', async (_what, path, body, type, place) => {
    const { status, json } = await post(path, body, type);
    expect([status, json['code']]).toEqual([400, 'form.broken']);
    expect(json.errors!.map(({ pointer, code }) => `${pointer} ${code}`)).toEqual([place]);
    expect(uploads).toEqual([]);
  });

  test('a mapping that is declared as JSON is handed on as JSON', async () => {
    const json = `--b\r\n${PART}"mapping"\r\ncontent-type: application/json\r\n\r\n{"table":"x"}\r\n`;
    expect((await post('/api/v1/tables', `${json}${file('file')}--b--\r\n`)).status).toBe(202);
    expect(uploads).toEqual([{ mapping: '{"table":"x"}', bytes: 3 }]);
  });
});
