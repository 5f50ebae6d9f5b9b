import { execFile, spawn, spawnSync, type SpawnSyncReturns } from 'node:child_process';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** The compiled program, as a shell starts it: what is tested is what a user sees of a failure. */
const repository = path.resolve(__dirname, '../..');
const program = path.join(repository, 'cli/dist/main.js');
const node = process.execPath;

let folder: string;
let server: Server;
let url: string;

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'holdfast-cli-'));
  writeFileSync(path.join(folder, 'secret'), 'right\n');
  writeFileSync(path.join(folder, 'table.csv'), 'a,b\n');
  for (const [name, text] of [
    ['broken', '[{"client_id"'],
    ['other', '{"client_id": "console"}'],
  ]) {
    mkdirSync(path.join(folder, name!, 'secrets'), { recursive: true });
    writeFileSync(path.join(folder, name!, 'secrets', 'clients.json'), text!);
  }
  server = createServer((request, response) => {
    const json = (body: unknown) => response.setHeader('content-type', 'application/json').end(JSON.stringify(body));
    if (request.url!.startsWith('/page')) return response.setHeader('content-type', 'text/html').end('<p>hello</p>');
    if (request.url === '/oauth/token') return json({ access_token: 'a.b.c', expires_in: 3600 });
    if (request.url!.startsWith('/api/v1/agent-queues')) return json({ queues: [] });
    if (request.url!.startsWith('/api/v1/jobs')) return response.end('{"jobs": [');
    return response.setHeader('content-type', 'text/csv').end('line\n'.repeat(200_000));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.close();
  rmSync(folder, { recursive: true });
});

type Environment = Record<string, string>;
interface Ended {
  code: number;
  out: string;
  error: string;
}

/** Not `spawnSync`: the server of the test has to answer. */
function run(words: readonly string[], environment: Environment = {}): Promise<Ended> {
  const home = { PATH: process.env['PATH']!, HOLDFAST_CLIENT_SECRET_FILE: path.join(folder, 'secret') };
  return new Promise((resolve) => {
    const env = Object.fromEntries(Object.entries({ ...home, ...environment }).filter(([, value]) => value !== ''));
    execFile(node, [program, ...words], { env, cwd: folder }, (error, out, message) =>
      resolve({ code: error === null ? 0 : Number(error.code), out, error: message }),
    );
  });
}

const FREE_PORT = '9'; // discard: nothing listens there
const ofHome = (name: string) => ({ HOLDFAST_CLIENT_SECRET_FILE: '', HOLDFAST_HOME: path.join(folder, name) });

test.each<[string, string[], () => Environment, number, RegExp]>([
  ['an unknown option', ['queues', '--foo'], () => ({}), 2, /unknown option '--foo'.* See: holdfast queues --help\n$/],
  ['an unknown command', ['laese'], () => ({}), 2, /unknown command 'laese'.*lease.* See: holdfast --help\n$/],
  [
    'a missing argument',
    ['lease', 'renew'],
    () => ({}),
    2,
    /missing required argument 'lease'.* See: holdfast lease renew/,
  ],
  ['a choice that is none', ['queue', 'q', '--state', 'lost'], () => ({}), 2, /open, leased, done/],
  ['a number that is none', ['queue', 'q', '--limit', 'all'], () => ({}), 2, /whole number/],
  [
    'a system that is away',
    ['queues'],
    () => ({ HOLDFAST_PORT: FREE_PORT }),
    3,
    /127\.0\.0\.1:9 does not answer.*npm start/,
  ],
  ['a port that is none', ['queues'], () => ({ HOLDFAST_PORT: 'http' }), 2, /HOLDFAST_PORT is http/],
  [
    'an address that is none',
    ['--url', 'localhost:8080', 'queues'],
    () => ({}),
    2,
    /localhost:8080 is not an address.*--url/,
  ],
  ['a page in place of JSON', ['--url', 'URL/page', 'queues'], () => ({}), 1, /not JSON.*address of Holdfast/],
  [
    'JSON that ends early',
    ['--url', 'URL', 'jobs', 'list'],
    () => ({}),
    1,
    /\/api\/v1\/jobs with something that is not JSON/,
  ],
  [
    'a broken file of clients',
    ['queues'],
    () => ofHome('broken'),
    2,
    /clients\.json is not a list of clients.*start the system/,
  ],
  ['another file of clients', ['queues'], () => ofHome('other'), 2, /clients\.json is not a list of clients/],
  ['a home without a file', ['queues'], () => ofHome('none'), 2, /clients\.json cannot be read.*npm start/],
  [
    'a file that is missing',
    ['--url', 'URL', 'import', 'none.csv', '--mapping', 'm'],
    () => ({}),
    1,
    /There is no file or folder none\.csv/,
  ],
  ['a folder that is missing', ['check', 'none'], () => ({}), 1, /none/],
])('%s is reported in one line', async (_what, words, environment, code, message) => {
  const given = words.map((word) => word.replace(/^URL/, url));
  const ended = await run(given, environment());
  const text = ended.error + ended.out;
  expect(text).toMatch(message);
  expect(text.trim().split('\n')).toHaveLength(1);
  expect(text).not.toMatch(/^ +at |\.js:\d/m);
  expect(ended.code).toBe(code);
});

test('reads the port from HOLDFAST_PORT', async () => {
  const ended = await run(['--json', 'queues'], { HOLDFAST_PORT: new URL(url).port });
  expect(ended).toEqual({ code: 0, out: '[]\n', error: '' });
});

test('prints its version', async () => {
  expect(await run(['--version'])).toEqual({ code: 0, out: expect.stringMatching(/^\d+\.\d+\.\d+\n$/), error: '' });
});

test('a closed output is the end, and no error', async () => {
  const words = ['--url', url, 'rejects', '01a2295b-4400-78be-b142-068ea5718037', '--csv'];
  const env = { HOLDFAST_CLIENT_SECRET_FILE: path.join(folder, 'secret') };
  const child = spawn(node, [program, ...words], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  child.stdout.once('data', () => child.stdout.destroy());
  let error = '';
  child.stderr.on('data', (chunk: Buffer) => (error += chunk.toString()));
  const code = await new Promise((resolve) => child.once('close', resolve));
  expect([code, error]).toEqual([0, '']);
});

/** CPU seconds of the cheapest of some runs, which another load of the machine changes least. */
function cpuSeconds(words: readonly string[]): number {
  const note = 'process.on("exit", () => process.stderr.write(`\\ncpu ${JSON.stringify(process.cpuUsage())}`))';
  const runs = Array.from({ length: 5 }, () => {
    const { stderr }: SpawnSyncReturns<string> = spawnSync(
      node,
      ['--import', `data:text/javascript,${note}`, ...words],
      { encoding: 'utf8', env: { PATH: process.env['PATH']! } },
    );
    const { user, system } = JSON.parse(stderr.slice(stderr.lastIndexOf('cpu ') + 4)) as NodeJS.CpuUsage;
    return (user + system) / 1e6;
  });
  return Math.min(...runs);
}

test('starts in a small multiple of the time that Node takes for nothing', () => {
  const nothing = cpuSeconds(['-e', '0']);
  const commandHelp = cpuSeconds([program, 'lease', '--help']);
  const prepared = cpuSeconds([path.join(repository, 'tools/holdfast.cjs'), 'lease', '--help']);
  // Measured: 1.8 and 2.4. Through npm, with the compiler finding nothing to do, it was 12.
  expect(commandHelp / nothing).toBeLessThan(3);
  expect(prepared / nothing).toBeLessThan(4);
});

describe('doctor', () => {
  it('checks a gateway from outside', async () => {
    const { code, out } = await run(['doctor'], { HOLDFAST_URL: url });
    expect([code, out.split('\n')]).toEqual([
      1,
      [
        expect.stringMatching(/^ok {7}gateway at http:\/\/127\.0\.0\.1:\d+ answers; its clock differs .* by [01] s$/),
        'ok       gateway reaches all services',
        expect.stringMatching(/^failed {3}gateway or issuer refuses the client: /),
        expect.stringMatching(/^ {9}→ Check HOLDFAST_CLIENT_ID/),
        '',
      ],
    ]);
    const away = await run(['--json', '--language', 'zh-CN', 'doctor'], { HOLDFAST_URL: 'http://127.0.0.1:1' });
    const { checks } = JSON.parse(away.out) as { checks: { check: string; text: string }[] };
    expect([away.code, checks]).toEqual([
      1,
      [expect.objectContaining({ check: 'gateway.unreachable', text: expect.stringContaining('未正常响应') })],
    ]);
  });

  it('checks the settings of a service in a file', async () => {
    const file = path.join(folder, 'campaign.env');
    writeFileSync(file, 'HOLDFAST_SERVICE=campaign\nHOLDFAST_NATS_URL="nats://bus:4222"\nHOLDFAST_NATS_USR=campaign\n');
    const { code, out, error } = await run(['doctor', '--environment', file]);
    expect([code, error]).toEqual([1, '']);
    expect(out).toContain('failed   HOLDFAST_DATABASE_URL is not set');
    expect(out).toContain('warning  HOLDFAST_NATS_USR is not a setting of campaign');
    expect(await run(['doctor', '--service', 'console'])).toMatchObject({
      code: 1,
      error: expect.stringContaining('names no service (console)'),
    });
  });
});
