/** Withdrawal of extracts and plain tables that are visible. */
import { FeatureState } from '@holdfast/contracts/feature_store/v1/online';
import {
  ExtractLoaded,
  ExtractWithdrawn,
  TableWithdrawn,
  type Import,
} from '@holdfast/contracts/feature_store/v1/extract';
import { ParameterServiceDefinition, type ParameterService } from '@holdfast/contracts/platform/v1/parameters';
import { factsRequest } from '@holdfast/platform/facts';
import { newId, naturalKey, subscriptionId } from '@holdfast/platform/identity';
import { callOf, systemCall } from '@holdfast/testing/callers';
import { eventually } from '@holdfast/testing/service';
import { TemporaryFolder } from '@holdfast/testing/temporary-folder.fixture';
import { collected, rowsOf } from '../engine/engine.fixture.js';
import {
  startFeatureStore,
  tableRequest,
  withManifest,
  type FeatureStore,
  type Files,
} from '../feature-store.fixture.js';

const lake = new TemporaryFolder();
const scopes = ['ingest:write', 'ingest:read', 'features:read', 'jobs:read', 'parameters:write'];
const province = callOf({ scopes, client: 'importer' });
const shenyang = callOf({ scopes, orgScope: ['demo/沈阳/'] });
const evaluation = callOf({ system: true, client: 'evaluation' });
const NOW = '2026-10-20T10:00:00+08:00';
const HUGE = Number.MAX_SAFE_INTEGER;

// Each test imports several extracts.
jest.setTimeout(240_000);

let store: FeatureStore;

beforeEach(async () => {
  store = await startFeatureStore(lake.at(newId()), NOW);
});
afterEach(async () => store?.service.stop());

const SUBSCRIBERS = 40;
const idOf = (at: number): string => subscriptionId('demo', `S${at}`);

interface Content {
  months: string[];
  /** Of every bill, by month. */
  arpu: (month: string, at: number) => string;
  refuses?: number;
}

function extractOf(sequence: number, extractedAt: string, { months, arpu, refuses = -1 }: Content): Files {
  const all = Array.from({ length: SUBSCRIBERS }, (_, at) => at);
  const lines = (head: string, row: (at: number) => string | string[]): string =>
    [head, ...all.flatMap(row)].join('\n');
  const monthly = (head: string, row: (month: string, at: number) => string): string =>
    lines(`subscription_id,month,${head}`, (at) => months.map((month) => `S${at},${month},${row(month, at)}`));
  const header = 'subscription_id,customer_id,account_id,service,status,activated_on';
  const files = {
    'customers.csv': lines('customer_id,kind,marketing_consent', (at) => `C${at},person,${at === refuses ? 'no' : ''}`),
    'accounts.csv': lines('account_id,customer_id', (at) => `A${at},C${at}`),
    'subscriptions.csv': lines(header, (at) => `S${at},C${at},A${at},mobile,active,2024-01-01`),
    'status_history.csv': lines('subscription_id,status,valid_from', (at) => `S${at},active,2024-01-01`),
    'billing.csv': monthly('arpu', arpu),
    'usage.csv': monthly('voice_out_s', (_, at) => String(60 + at)),
  };
  return withManifest(files, { sequence, from: months[0]!, to: months.at(-1)!, extractedAt });
}

const usual = (_: string, at: number): string => `${40 + at}.50`;
const SUMMER = ['2026-06', '2026-07', '2026-08'];
const FIRST = extractOf(1, '2026-09-10T03:00:00+08:00', { months: SUMMER, arpu: usual });
const WRONG: Content = { months: ['2026-08', '2026-09'], arpu: (_, at) => `${45 + at}.00` };
const RIGHT: Content = { months: ['2026-08', '2026-09'], arpu: (_, at) => `${41 + at}.50` };
const wrong = (sequence: number): Files => extractOf(sequence, '2026-10-10T03:00:00+08:00', WRONG);

const bring = async (files: Files): Promise<Import> => store.imported(await store.uploadExtract(files));
const failureOf = async (files: Files) => (await store.ended(await store.uploadExtract(files))).failure;
const withdraw = (importId: string, reason = 'bills of another month', call = province): Promise<Import> =>
  store.imports.withdrawImport(call, { importId, reason });

/** Views and online values follow in jobs. */
const settled = () =>
  eventually('all jobs have ended', async () => {
    const sql = `select (select count(*) from job where state in ('queued', 'running'))
      + (select count(*) from outbox) as open`;
    const [row] = await store.query<{ open: string }>(sql);
    return row!.open === '0';
  });

const read = async (table: string, request = {}): Promise<object[]> =>
  rowsOf(await collected(store.facts.readFacts(evaluation, factsRequest(table, request))));

/** All that can be read. */
async function answers(): Promise<object> {
  await settled();
  const ids = Array.from({ length: SUBSCRIBERS }, (_, at) => idOf(at));
  const months = { fromMonth: '', toMonth: '', shards: undefined, knowledgeTime: undefined, subscriptionIds: [] };
  const view = { view: '', month: '' };
  return {
    described: await store.facts.describeFacts(province, {}),
    extracts: await store.imports.listExtracts(province, {}),
    bills: await read('billing'),
    subscriptions: await read('subscriptions'),
    status: rowsOf(await collected(store.facts.readStatusMonths(evaluation, months))),
    statistics: await store.views.getViewStatistics(province, view),
    view: await store.tables.getTable(province, { table: 'subscriber-months', version: '' }),
    rows: rowsOf(await collected(store.tables.readTable(province, tableRequest('subscriber-months')))),
    online: await store.online.getFeatures(province, {
      table: 'subscriber-months',
      subscriptionIds: ids,
      features: [],
    }),
    one: await store.views.getFeaturesAsOf(province, { ...view, subscriptionId: idOf(3), knowledgeTime: undefined }),
  };
}

async function raise(key: string): Promise<void> {
  const parameters = store.service.client<ParameterService>(ParameterServiceDefinition);
  await parameters.setParameter(systemCall, { key, valueJson: String(HUGE), validFrom: undefined });
}

test('after the withdrawal of an extract every answer is that of the extracts before it', async () => {
  await bring(FIRST);
  const before = await answers();
  const second = await bring(wrong(2));
  const between = await answers();
  expect(between).not.toEqual(before);
  const inBetween = { knowledgeTime: new Date('2026-10-15T00:00:00Z'), beforeWithdrawals: true };
  const billed = await read('billing', inBetween);
  const explicit = { view: '', month: '2026-09', subscriptionId: idOf(3), knowledgeTime: inBetween.knowledgeTime };
  const featured = await store.views.getFeaturesAsOf(province, explicit);

  const report = await withdraw(second.importId);
  expect(report).toMatchObject({
    ...{ state: 'withdrawn', withdrawnBy: 'importer', withdrawalReason: 'bills of another month' },
    withdrawnAt: expect.any(Date),
  });
  expect(await answers()).toEqual(before);
  expect(await withdraw(second.importId, 'again')).toEqual(report);
  expect(await store.imports.getImport(province, { importId: second.importId })).toEqual(report);

  // What was answered as of a moment before the withdrawal.
  expect(await read('billing', inBetween)).toEqual(billed);
  expect(await store.views.getFeaturesAsOf(province, explicit)).toEqual(featured);
  expect(await read('billing', { ...inBetween, beforeWithdrawals: false })).toEqual(
    (before as { bills: object }).bills,
  );

  const [event] = await store.published(/extract-withdrawn/);
  expect(ExtractWithdrawn.decode(event!.payload)).toMatchObject({
    ...{ extractId: 'e2', sequence: 2, month: '2026-09', importId: second.importId },
    ...{ newest: 1, newestMonth: '2026-08', closedMonth: '2026-08', withdrawnAt: report.withdrawnAt },
  });
  const views = await store.published(/table-withdrawn/);
  expect(views).toHaveLength(1);
  expect(TableWithdrawn.decode(views[0]!.payload)).toMatchObject({
    ...{ table: 'subscriber-months', month: '2026-09', newestMonth: '2026-08' },
    newestVersion: (before as { view: { version: string } }).view.version,
  });
});

test('an extract after a withdrawal is as without the withdrawn one, also for months of that one', async () => {
  await bring(FIRST);
  await raise('import.sequenceGapMax');
  const huge = await bring(wrong(HUGE));
  expect(huge.state).toBe('loaded');
  const right = extractOf(2, '2026-10-12T03:00:00+08:00', RIGHT);
  expect(await failureOf(right)).toMatchObject({ key: 'extract.sequenceTaken' });
  await withdraw(huge.importId);
  expect(await failureOf(wrong(HUGE))).toMatchObject({ key: 'extract.sequenceWithdrawn' });
  await bring(right);
  const after = await answers();
  expect(ExtractLoaded.decode((await store.published(/extract-loaded/)).at(-1)!.payload).withdrawn).toEqual([HUGE]);
  // The same without the withdrawn one.
  await store.service.stop();
  store = await startFeatureStore(lake.at(newId()), NOW);
  await bring(FIRST);
  await bring(right);
  const never = await answers();
  const withoutImports = (answer: object): object =>
    JSON.parse(
      JSON.stringify(answer, (name, value: unknown) => (['importId', 'loadedAt'].includes(name) ? undefined : value)),
    ) as object;
  expect(withoutImports(after)).toEqual(withoutImports(never));
  expect(after).toMatchObject({ described: { sequence: 2, closedMonths: [...SUMMER, '2026-09'] } });
});

test('only the newest extract can be withdrawn, then the one before, down to none', async () => {
  const first = await bring(FIRST);
  const second = await bring(wrong(2));
  await expect(withdraw(first.importId)).rejects.toMatchObject({
    kind: 'conflict',
    key: 'import.notNewest',
    text: { en: expect.stringContaining(second.importId) },
  });
  await expect(withdraw(second.importId, ' ')).rejects.toMatchObject({ kind: 'invalid' });
  await expect(withdraw(second.importId, 'x', shenyang)).rejects.toMatchObject({ kind: 'forbidden' });
  await expect(withdraw(newId())).rejects.toMatchObject({ kind: 'notFound' });
  await withdraw(second.importId);
  await withdraw(first.importId);
  await settled();
  expect(await store.facts.describeFacts(province, {})).toMatchObject({ tables: [], closedMonths: [], sequence: 0 });
  const view = { table: 'subscriber-months', version: '' };
  await expect(store.tables.getTable(province, view)).rejects.toMatchObject({ kind: 'notFound' });
  expect(await store.query('select from online_value')).toEqual([]);
  await expect(read('billing')).rejects.toMatchObject({ key: 'facts.needsTable' });
  // Each as of before its withdrawal, by the extract after whose withdrawal it was the newest.
  const asOf = { knowledgeTime: new Date('2026-10-15T00:00:00Z'), beforeWithdrawals: true, fromMonth: '2026-09' };
  expect(await read('billing', asOf)).toHaveLength(SUBSCRIBERS);
  const again = await bring(extractOf(3, '2026-09-10T03:00:00+08:00', { months: SUMMER, arpu: usual }));
  expect(again.state).toBe('loaded');
});

test('refusals of a withdrawn extract keep counting; a held extract is written again without it', async () => {
  await bring(FIRST);
  const refusing = extractOf(2, '2026-10-10T03:00:00+08:00', { ...WRONG, refuses: 7 });
  const second = await bring(refusing);
  const spoilt = (month: string, at: number): string => (month === '2026-09' && at < 25 ? 'much' : `${41 + at}.50`);
  const held = await bring(extractOf(3, '2026-10-12T03:00:00+08:00', { ...RIGHT, arpu: spoilt }));
  expect(held.state).toBe('held');
  await expect(withdraw(held.importId)).rejects.toMatchObject({ key: 'import.notVisible' });
  await withdraw(second.importId);
  const request = { importId: second.importId, granted: false };
  const profile = callOf({ system: true, client: 'customer-profile' });
  const refusals = rowsOf(await collected(store.refusals.readRefusals(profile, request)));
  expect(refusals).toHaveLength(1);
  const job = await store.done(await store.imports.confirmImport(province, { importId: held.importId }));
  expect(job.result).toMatchObject({ state: 'loaded', sequence: '3' });
  // September was not covered, so its bills are known at their own time.
  const ownTime = { knowledgeTime: new Date('2026-10-07T00:00:00Z'), fromMonth: '2026-09' };
  expect(await read('billing', ownTime)).toHaveLength(SUBSCRIBERS - 25);
});

const MAPPING = (month: string): string => `table: mobile\nkey: customer_no\nasOf: ${month}\nvalue: monthly_bill`;
const TABLE = (bill: number, from = 0): string =>
  ['customer_no,monthly_bill', ...Array.from({ length: 60 }, (_, at) => `K${from + at},${bill + at}.50`)].join('\n');

test('a withdrawn version of a plain table gives way to the one before, and may come again', async () => {
  const load = async (text: string, month: string): Promise<Import> =>
    store.imported(await store.uploadTable(text, MAPPING(month)));
  const key = (at: number): string => subscriptionId('demo', naturalKey({ of: 'table', table: 'mobile' }, `K${at}`));
  const ids = [0, 5, 59, 61].map(key);
  const state = async (): Promise<object> => {
    await settled();
    const [table] = (await store.tables.listTables(province, {})).tables;
    const features = { table: 'mobile', subscriptionIds: ids, features: [] };
    return { table, online: await store.online.getFeatures(province, features) };
  };
  await load(TABLE(30), '2026-07');
  const first = await load(TABLE(31, 1), '2026-08');
  const before = await state();
  const second = await load(TABLE(33, 2), '2026-09');
  expect(await state()).not.toEqual(before);
  await expect(withdraw(first.importId)).rejects.toMatchObject({ key: 'import.notNewest' });
  const report = await withdraw(second.importId);
  expect(await state()).toEqual(before);
  expect(await withdraw(second.importId)).toEqual(report);
  const again = await load(TABLE(33, 2), '2026-09');
  expect(again.importId).not.toBe(second.importId);
  expect(again.tables[0]!.version).not.toBe(second.tables[0]!.version);
  await settled();
  const online = await store.online.getFeatures(province, { table: 'mobile', subscriptionIds: ids, features: [] });
  // The version has the months of all files; the first subscriber is in the oldest one alone.
  expect(online.vectors.map(({ version }) => version)).toEqual(ids.map(() => again.tables[0]!.version));
  expect(online.vectors[0]!.values[0]!.state).toBe(FeatureState.FEATURE_STATE_STALE);
  const rowsOfMonth = async (month: string): Promise<number> => {
    const request = tableRequest('mobile', { version: second.tables[0]!.version, month });
    return rowsOf(await collected(store.tables.readTable(province, request))).length;
  };
  expect(await Promise.all(['2026-09', ''].map(rowsOfMonth))).toEqual([60, 180]);
});
