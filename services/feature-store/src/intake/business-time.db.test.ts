import { readFileSync } from 'node:fs';
import { callOf } from '@holdfast/testing/callers';
import { TemporaryFolder } from '@holdfast/testing/temporary-folder.fixture';
import { startFeatureStore, withManifest, type FeatureStore, type Files } from '../feature-store.fixture.js';

const folder = new TemporaryFolder();
const province = callOf({ scopes: ['ingest:write', 'ingest:read'] });

jest.setTimeout(120_000);

let store: FeatureStore;
let clockFile: string;

beforeAll(async () => {
  const setting = `2026-10-03T02:00:00Z@${new Date().toISOString()}`;
  clockFile = folder.write('clock.json', JSON.stringify({ setting }));
  store = await startFeatureStore(folder.at('lake'), '', { HOLDFAST_CLOCK_FILE: clockFile });
});
afterAll(async () => store?.service.stop());

const all = Array.from({ length: 30 }, (_, at) => at);
const lines = (head: string, row: (at: number) => string): string => [head, ...all.map(row)].join('\n');

/** An extract of one month. */
function extractOf(sequence: number, month: string, extractedAt: string): Files {
  const files = {
    'customers.csv': lines('customer_id,kind', (at) => `C${at},person`),
    'accounts.csv': lines('account_id,customer_id', (at) => `A${at},C${at}`),
    'subscriptions.csv': lines(
      'subscription_id,customer_id,account_id,service,status,activated_on',
      (at) => `S${at},C${at},A${at},mobile,active,2024-01-01`,
    ),
    'billing.csv': lines('subscription_id,month,arpu', (at) => `S${at},${month},${40 + at}.00`),
  };
  return withManifest(files, { sequence, from: month, to: month, extractedAt });
}

const businessTime = (): string => (JSON.parse(readFileSync(clockFile, 'utf8')) as { setting: string }).setting;

test('the extract of the next month is not one of the future, and its publication moves business time', async () => {
  const first = await store.imported(await store.uploadExtract(extractOf(1, '2026-09', '2026-10-02T03:00:00+08:00')));
  expect([first.state, businessTime().slice(0, 19)]).toEqual(['loaded', '2026-10-03T02:00:00']);
  const next = await store.imported(await store.uploadExtract(extractOf(2, '2026-10', '2026-11-05T11:00:00+08:00')));
  expect([next.state, businessTime().slice(0, 19)]).toEqual(['loaded', '2026-11-05T03:00:00']);
  expect(next.loadedAt!.getTime()).toBeGreaterThanOrEqual(Date.parse('2026-11-05T03:00:00Z'));
});

test('an extract whose year is mistyped is refused as before', async () => {
  const before = businessTime();
  const job = await store.ended(await store.uploadExtract(extractOf(3, '2036-11', '2036-12-02T03:00:00+08:00')));
  expect(job.failure).toMatchObject({ key: 'extract.fromFuture' });
  expect(businessTime()).toBe(before);
});

test('a dry run of the month after moves nothing', async () => {
  const before = businessTime();
  const files = extractOf(3, '2026-11', '2026-12-02T03:00:00+08:00');
  const report = await store.imported(await store.uploadExtract(files, province, true));
  expect([report.state, businessTime()]).toEqual(['checked', before]);
});
