/** What callers read of the facts of one extract, which all tests share. */
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import type { Import } from '@holdfast/contracts/feature_store/v1/extract';
import type { ReadFactsRequest } from '@holdfast/contracts/feature_store/v1/facts';
import type { ReadValueMonthsRequest } from '@holdfast/contracts/feature_store/v1/value_group';
import { parseDay } from '@holdfast/platform/calendar';
import { categories, columnBatch, uuids } from '@holdfast/platform/columns';
import { factsRequest } from '@holdfast/platform/facts';
import type { Call } from '@holdfast/platform/grpc';
import { Parameters } from '@holdfast/platform/parameters';
import { customerId, shardOf } from '@holdfast/platform/identity';
import { callOf } from '@holdfast/testing/callers';
import { TemporaryFolder } from '@holdfast/testing/temporary-folder.fixture';
import { collected, rowsOf } from '../engine/engine.fixture.js';
import { sharedFeatureStore, withManifest, type Files } from '../feature-store.fixture.js';
import { NAME, SUBSCRIBERS, csv, idOf, s, tables } from '../intake/extract.fixture.js';
import { FactsRpc } from './facts.rpc.js';

const lake = new TemporaryFolder();
const scopes = ['ingest:write', 'ingest:read', 'features:read'];
const province = callOf({ scopes });
const shenyang = callOf({ scopes, orgScope: ['demo/SY/'] });
const profile = callOf({ system: true, client: 'customer-profile' });
const evaluation = callOf({ system: true, client: 'evaluation' });
const store = sharedFeatureStore(lake.path, '2026-10-17T10:00:00+08:00');
let report: Import;

beforeAll(async () => {
  report = await store.imported(await store.uploadExtract(withManifest(allTables())));
});

/** With free columns, potential customers and many events. */
function allTables(): Files {
  const files = tables();
  const withColumns = (file: string, header: string, cells: (at: number) => string): void => {
    const [head, ...rows] = files[file]!.toString().split('\n');
    const wider = rows.map((row) => `${row},${cells(Number(/^SUB(\d+)/.exec(row)![1]))}`);
    files[file] = csv(`${head},${header}`, ...wider);
  };
  withColumns('subscriptions.csv', 'spare_number,spend_total', (at) => `1990000${1000 + at},${at}.25`);
  withColumns('usage/1.csv', 'nickname,other_number,tone', (at) => `${NAME}${at},1990000${1000 + at},${at % 4}t`);
  files['potential_users.csv'] = 'potential_id,registered_at,unit_id,home_address\nP1,2026-08-05T10:00:00,DL,Zzroad 1';
  files['campaigns.csv'] = 'campaign_id\nCAMP1';
  files['touches.csv'] =
    `touch_id,campaign_id,subscription_id,at\nT1,CAMP1,${s(104)},2026-09-03T10:00:00\nT2,CAMP1,${s(106)},2026-08-31T10:00:00`;
  const events = Array.from({ length: 21_000 }, (_, at) => {
    const day = String((at % 28) + 1).padStart(2, '0');
    return `2026-08-${day}T10:00:00.${String(at).padStart(5, '0')},${s(at % SUBSCRIBERS)},data,cell${at % 2}`;
  });
  files['events.csv'] = csv('at,subscription_id,kind,cell_id', ...events);
  return files;
}

type FactRow = Record<string, unknown>;

const read = async (table: string, request: Partial<ReadFactsRequest> = {}, call = evaluation): Promise<FactRow[]> =>
  rowsOf(await collected(store.facts.readFacts(call, factsRequest(table, request))));

test('a caller sees the rows of their region, and rows without a subject', async () => {
  const bills = await read('billing', {}, shenyang);
  expect(bills).toHaveLength(SUBSCRIBERS);
  expect(new Set(bills.map(({ org_unit_path: unit }) => unit))).toEqual(new Set(['demo/SY/SY1/']));
  expect(await read('org_units', {}, shenyang)).toHaveLength(4);
  await expect(read('billing', {}, callOf({ scopes: [] }))).rejects.toMatchObject({ kind: 'forbidden' });
  await expect(store.uploadExtract(withManifest(tables()), shenyang)).rejects.toMatchObject({ kind: 'forbidden' });
});

test('what has ended is open until that became known; what has no history is refused before its extract', async () => {
  const ends = async (knowledgeTime: string): Promise<unknown[]> =>
    (await read('status_history', { subscriptionIds: [idOf(7)], knowledgeTime: new Date(knowledgeTime) })).map(
      ({ status, valid_to: to }) => [status, to],
    );
  // The spell's last day is over on the 21st, and known five days later.
  expect(await ends('2026-09-25T15:59:59Z')).toEqual([['active', Number.NaN]]);
  expect(await ends('2026-09-25T16:00:00Z')).toEqual([
    ['active', parseDay('2026-09-20')!],
    ['suspended', Number.NaN],
  ]);
  const contact = async (knowledgeTime: string): Promise<unknown> =>
    (await read('contacts', { knowledgeTime: new Date(knowledgeTime) }))[0];
  const open = { kind: 'complaint', resolved_at: Number.NaN, satisfaction: Number.NaN };
  expect(await contact('2026-09-20')).toMatchObject(open);
  expect(await contact('2026-10-01')).toMatchObject({ satisfaction: 2 });
  await expect(read('customers', { knowledgeTime: new Date('2026-09-30') })).rejects.toMatchObject({
    key: 'facts.snapshotOnly',
    message: 'Table customers has no history: it is true from 2026-09 on, when its first extract was written.',
  });
  await expect(read('recharges')).rejects.toMatchObject({ kind: 'precondition', key: 'facts.needsTable' });
  await expect(read('secrets')).rejects.toMatchObject({ kind: 'notFound' });
});

test('free columns that name people do not go in, as numbers, and where people have many rows', async () => {
  const { tables: described } = await store.facts.describeFacts(province, {});
  const freeOf = (name: string) => described.find(({ table }) => table === name)!.freeColumns;
  expect([freeOf('subscriptions'), freeOf('usage')]).toEqual([['spend_total'], ['dropped', 'tone']]);
  const left = report.notices.filter(({ key }) => key === 'column.identifier').map(({ column }) => column);
  expect(left.sort()).toEqual(['subscriptions.spare_number', 'usage.nickname', 'usage.other_number']);
  const rejected = read('usage', { columns: ['nickname'] }, profile);
  await expect(rejected).rejects.toMatchObject({ key: 'facts.columnUnknown' });
});

describe('value groups', () => {
  const months = { shards: undefined, knowledgeTime: undefined, subscriptionIds: [], beforeWithdrawals: false };
  const groupsOf = async (call: Call, request: Partial<ReadValueMonthsRequest> = {}): Promise<FactRow[]> => {
    const asked = { ...months, fromMonth: '', toMonth: '', ...request };
    return rowsOf(await collected(store.valueGroups.readValueMonths(call, asked)));
  };
  const stockOf = (rows: readonly FactRow[], group: string): number =>
    rows.filter(({ value_group: own }) => own === group).length;
  /** Counts as evaluation has them, of all org units or some. */
  const counted = (orgUnitPaths: string[], contactIds: string[] = []) => {
    const selected = { fromMonth: '', toMonth: '', knowledgeTime: undefined, orgUnitPaths, levels: 1 };
    const contacts = columnBatch(contactIds, {
      subscription_id: uuids((id) => id),
      month: categories(() => '2026-09'),
    });
    async function* parts() {
      yield { part: { $case: 'months' as const, months: selected } };
      yield { part: { $case: 'contacts' as const, contacts } };
    }
    return store.valueGroups.countValueGroups(evaluation, parts());
  };

  test('are those of the last closed month, in the region of the caller', async () => {
    const rows = await groupsOf(province);
    expect(new Set(rows.map(({ month }) => month))).toEqual(new Set(['2026-09']));
    // Bills are the subscriber's number and 0.50: 80 and more from 80 on, 60 and more from 60 on.
    expect([stockOf(rows, 'mid_high_end'), stockOf(rows, 'quasi_mid_high_end')]).toEqual([SUBSCRIBERS - 80, 20]);
    const own = await groupsOf(shenyang);
    expect([own.length, stockOf(own, 'mid_high_end')]).toEqual([SUBSCRIBERS / 2, (SUBSCRIBERS - 80) / 2]);
    await expect(groupsOf(callOf({ scopes: [] }))).rejects.toMatchObject({ kind: 'forbidden' });
    await expect(groupsOf(province, { toMonth: '2026-10' })).rejects.toMatchObject({ key: 'value.monthsInvalid' });
  });

  test('of one subscription are those among all, and name the versions of their definitions', async () => {
    const all = await groupsOf(province);
    const [one] = await groupsOf(province, { subscriptionIds: [idOf(70)] });
    expect(one).toEqual(all.find(({ subscription_id: id }) => id === idOf(70)));
    expect(one).toMatchObject({ value_group: 'quasi_mid_high_end', mean_arpu: 7_050, in_cohort: Number.NaN });
    expect(one!['definitions']).toBe('midHighEnd=1;quasiMidHighEnd=1;cohort=1;valueLost=1');
  });

  test('are counted by city, with entries and contacts', async () => {
    const { counts, definitions, currency } = await counted([''], [idOf(100), idOf(102), idOf(10)]);
    const of = (unit: string, group: string) =>
      counts.find(({ orgUnitPath, valueGroup }) => orgUnitPath === unit && valueGroup === group);
    expect(of('demo/SY/', 'mid_high_end')).toMatchObject({
      ...{ month: '2026-09', stock: 110, entered: 0, left: 0, cancelled: 0, billed: 110, contacted: 3 },
      saved: undefined, // October is not closed
    });
    expect(of('demo/DL/', 'quasi_mid_high_end')).toMatchObject({ stock: 10, arpuMinor: 70_500, contacted: 0 });
    expect([currency, definitions.map(({ version }) => version)]).toEqual(['CNY', [1, 1, 1, 1, 1, 1, 1]]);
    const { counts: own } = await counted(['demo/SY/']);
    expect(new Set(own.map(({ orgUnitPath }) => orgUnitPath))).toEqual(new Set(['demo/SY/']));
    await expect(store.valueGroups.countValueGroups(province, (async function* () {})())).rejects.toMatchObject({
      kind: 'forbidden',
    });
  });

  test('give the facts of worth to churn-scoring alone, by shard and subscription', async () => {
    const scoring = callOf({ system: true, client: 'churn-scoring' });
    const rows = rowsOf(await collected(store.valueGroups.readWorthFacts(scoring, { month: '' })));
    expect(rows).toHaveLength(SUBSCRIBERS);
    const one = rows.find(({ subscription_id: id }) => id === idOf(100));
    expect(one).toMatchObject({
      ...{
        customer_id: customerId('demo', 'CUS100'),
        region: 'demo/SY/',
        value_group: 'mid_high_end',
        revenue: 10_050,
      },
      ...{ rank_credit_loss: Number.NaN, contacts: 0, churn_index: Number.NaN, factors: '' },
      // Neither handsets nor products: early adopters cannot be found.
      ...{ segment: 'unknown', segment_facts: '' },
      ...{ definitions: 'midHighEnd=1;quasiMidHighEnd=1;cohort=1;valueLost=1;adopterSegments=1' },
    });
    expect(String(one!['segment_reasons'])).toContain('needs:handset_use');
    const shards = rows.map(({ subscription_id: id }) => shardOf(String(id)));
    expect(shards).toEqual([...shards].sort((left, right) => left - right));
    await expect(collected(store.valueGroups.readWorthFacts(province, { month: '' }))).rejects.toMatchObject({
      kind: 'forbidden',
    });
  });

  test('follow another definition from when it is valid, and keep earlier answers', async () => {
    const before = new Date('2026-10-17T01:59:00Z');
    const value = { arpuMin: 90.5, months: 2 };
    await store.service.get(Parameters).set('definition.midHighEnd', value, undefined, 'operations');
    const now = await groupsOf(province);
    expect(stockOf(now, 'mid_high_end')).toBe(SUBSCRIBERS - 90);
    expect(now[0]!['definitions']).toBe('midHighEnd=2;quasiMidHighEnd=1;cohort=1;valueLost=1');
    const then = await groupsOf(province, { knowledgeTime: before });
    expect(stockOf(then, 'mid_high_end')).toBe(SUBSCRIBERS - 80);
    const { definitions } = await store.valueGroups.listDefinitions(province, { at: undefined });
    expect(definitions[0]).toMatchObject({ name: 'midHighEnd', version: 2, setBy: 'operations' });
    expect(definitions[0]!.meaningZhCn).toBe('最近 2 个月的平均账单不低于 90.5。');
  });
});

test('reports on the stock are bound to the region, and refuse what is not closed', async () => {
  const reader = (orgScope: string[]) => callOf({ scopes: ['evaluation:read'], orgScope });
  const asked = { by: 'area', month: '', lagMonths: 1, orgUnitPath: '' };
  const { units, retention, stockMonth } = await store.stock.findKeyUnits(reader(['demo/']), asked);
  expect(units.map(({ unit, subscriptions }) => [unit, subscriptions])).toEqual([
    ['demo/DL/', SUBSCRIBERS / 2],
    ['demo/SY/', SUBSCRIBERS / 2],
  ]);
  // All have the same bill in both months, so that no unit retains less than the others.
  expect([stockMonth, retention, units.map(({ isFocus }) => isFocus)]).toEqual(['2026-08', 1, [false, false]]);
  expect(units.reduce((sum, { revenueShare }) => sum + revenueShare, 0)).toBeCloseTo(1, 9);
  const own = await store.stock.findKeyUnits(reader(['demo/SY/']), asked);
  expect(own.units.map(({ unit, revenueShare }) => [unit, revenueShare])).toEqual([['demo/SY/', 1]]);
  const split = { fromMonth: '', toMonth: '', orgUnitPath: '', levels: 1 };
  expect(await store.stock.countDisconnects(reader(['demo/']), split)).toEqual({ disconnects: [] });
  const late = store.stock.countDisconnects(reader(['demo/']), { ...split, toMonth: '2026-10' });
  await expect(late).rejects.toMatchObject({ key: 'stock.rangeInvalid' });
  await expect(store.stock.findKeyUnits(province, asked)).rejects.toMatchObject({ kind: 'forbidden' });
});

test('the churn forecast is bound to the region, and shows when months are too few', async () => {
  const reader = (orgScope: string[]) => callOf({ scopes: ['evaluation:read'], orgScope });
  const asked = { monthsAhead: 2, kind: 'all', orgUnitPath: '', levels: 1 };
  const { counts, history, reason } = await store.forecasts.forecastChurn(reader(['demo/SY/']), asked);
  expect([counts, reason]).toEqual([[], 'forecast.fewMonths']);
  expect(history.map(({ orgUnitPath, month, stock }) => [orgUnitPath, month, stock])).toEqual([
    ['', '2026-09', SUBSCRIBERS / 2],
    ['demo/SY/', '2026-09', SUBSCRIBERS / 2],
  ]);
  const all = await store.forecasts.forecastChurn(reader(['demo/']), asked);
  expect(all.history.map(({ orgUnitPath }) => orgUnitPath)).toEqual(['', 'demo/DL/', 'demo/SY/']);
  const within = await store.forecasts.forecastChurn(reader(['demo/']), { ...asked, orgUnitPath: 'demo/DL/' });
  expect(within.history.map(({ orgUnitPath }) => orgUnitPath)).toEqual(['', 'demo/DL/']);
  const far = store.forecasts.forecastChurn(reader(['demo/']), { ...asked, monthsAhead: 7 });
  await expect(far).rejects.toMatchObject({ key: 'forecast.rangeInvalid' });
  await expect(store.forecasts.forecastChurn(province, asked)).rejects.toMatchObject({ kind: 'forbidden' });
});

test('changes of behaviour are bound to the region, and a token to its data', async () => {
  const reader = (orgScope: string[]) => callOf({ scopes: ['features:read'], orgScope });
  const all = { month: '', orgUnitPath: '', measure: '', direction: '', scoreMin: 0, subscriptionIds: [] };
  const asked = { ...all, pageSize: 10, pageToken: '' };
  const starter = callOf({ scopes: ['model:train'] });
  await expect(store.behaviour.detectChanges(province, { month: '' })).rejects.toMatchObject({ kind: 'forbidden' });
  const ofCity = callOf({ scopes: ['model:train'], orgScope: ['demo/SY/'] });
  await expect(store.behaviour.detectChanges(ofCity, { month: '' })).rejects.toMatchObject({ kind: 'forbidden' });
  const open = store.behaviour.detectChanges(starter, { month: '2026-10' });
  await expect(open).rejects.toMatchObject({ key: 'changes.monthOpen' });
  const early = store.behaviour.listChanges(province, { ...asked, month: '2026-08' });
  await expect(early).rejects.toMatchObject({ kind: 'notFound', key: 'changes.notComputed' });
  await store.done(await store.behaviour.detectChanges(starter, { month: '' }));
  // Two months of facts: no subscription has three months before.
  const { changes, measures, month, ruleVersion } = await store.behaviour.listChanges(reader(['demo/SY/']), asked);
  expect([changes, measures, month, ruleVersion]).toEqual([[], [], '2026-09', 1]);
  const failing = { month: '2026-10' };
  for (const wrong of [
    failing,
    { measure: 'mood' },
    { direction: 'left' },
    { pageSize: 1_001 },
    { subscriptionIds: ['x'] },
  ])
    await expect(store.behaviour.listChanges(province, { ...asked, ...wrong })).rejects.toMatchObject({
      key: 'changes.invalid',
    });
  const other = store.behaviour.listChanges(province, { ...asked, pageToken: 'abc.10' });
  await expect(other).rejects.toMatchObject({ key: 'pageToken.invalid' });
  const stranger = callOf({ scopes: ['evaluation:read'] });
  await expect(store.behaviour.listChanges(stranger, asked)).rejects.toMatchObject({ kind: 'forbidden' });
});

test('potential customers are seen by the province only', async () => {
  expect(await read('potential_users', {}, province)).toHaveLength(1);
  expect(await read('potential_users', {}, shenyang)).toEqual([]);
  expect(await read('org_units', {}, shenyang)).toHaveLength(4);
});

test('dictionaries of many rows have no texts of other regions', async () => {
  const asked = factsRequest('events', { columns: ['cell_id'] });
  const servedTo = async (call: Call): Promise<{ rows: number; texts: string[] }> => {
    const batches = await collected(store.facts.readFacts(call, asked));
    const texts = batches.flatMap(({ columns }) => columns.flatMap(({ dictionary }) => dictionary));
    return { rows: batches.reduce((sum, { rows }) => sum + rows, 0), texts: [...new Set(texts)].sort() };
  };
  expect(await servedTo(evaluation)).toEqual({ rows: 21_000, texts: ['cell0', 'cell1', 'demo/DL/', 'demo/SY/SY1/'] });
  expect(await servedTo(shenyang)).toEqual({ rows: 10_500, texts: ['cell0', 'demo/SY/SY1/'] });
});

test('a reader that stops early leaves nothing open', async () => {
  const attached = async (): Promise<string[]> => {
    const engines = store.service.get(FactsRpc)['lanes']['engines'];
    const sql = `select database_name from duckdb_databases() where starts_with(database_name, 'facts_')`;
    return (await Promise.all(engines.map((engine) => engine.texts(sql)))).flat();
  };
  const { handlers } = store.service.get(FactsRpc);
  const months = { fromMonth: '2026-08', toMonth: '2026-09', shards: undefined, subscriptionIds: [] };
  for (const batches of [
    handlers.readFacts(evaluation, factsRequest('billing')),
    handlers.readStatusMonths(evaluation, { ...months, knowledgeTime: undefined }),
  ]) {
    for await (const batch of batches) {
      expect(batch.rows).toBeGreaterThan(0);
      expect(await attached()).toHaveLength(1);
      break;
    }
    expect(await attached()).toEqual([]);
  }
});

test('personal data are served to customer-profile only, and never stored in the clear', async () => {
  const [customer] = await read('customers', { shards: { from: 0, to: 256 } }, profile);
  const key = String(customer!['customer_key']);
  expect(customer).toMatchObject({ name: key.replace('CUS', NAME), customer_id: customerId('demo', key) });
  const numbers = await read('number_history', {}, profile);
  expect(numbers.map(({ msisdn }) => msisdn)).toContain('19900007');
  expect(await read('contacts', {}, profile)).toMatchObject([{ text: `${NAME} is cross` }]);
  for (const call of [evaluation, province]) {
    const [other] = await read('customers', {}, call);
    expect(Object.keys(other!)).not.toEqual(expect.arrayContaining(['name', 'contact_phone', 'customer_key']));
    await expect(read('customers', { columns: ['name'] }, call)).rejects.toMatchObject({ key: 'facts.columnUnknown' });
    expect(Object.keys((await read('number_history', {}, call))[0]!)).not.toContain('msisdn');
  }
  for (const file of readdirSync(lake.path, { recursive: true, withFileTypes: true })) {
    if (!file.isFile()) continue;
    const bytes = readFileSync(path.join(file.parentPath, file.name));
    for (const secret of [NAME, '1990000', 'CUS1', 'SUB1'])
      expect([file.name, bytes.includes(secret)]).toEqual([file.name, false]);
  }
  await store.query('delete from data_key where import_id = $1', [report.importId]);
  await expect(read('customers', {}, profile)).rejects.toMatchObject({ kind: 'gone' });
  expect(await read('billing')).toHaveLength(600);
});
