import { readFileSync, writeFileSync } from 'node:fs';
import type { Import } from '@holdfast/contracts/feature_store/v1/extract';
import { TableLoaded } from '@holdfast/contracts/feature_store/v1/extract';
import { newId, subscriptionId, naturalKey } from '@holdfast/platform/identity';
import { callOf } from '@holdfast/testing/callers';
import { TemporaryFolder } from '@holdfast/testing/temporary-folder.fixture';
import { collected, rowsOf } from '../engine/engine.fixture.js';
import { startFeatureStore, tableRequest, type FeatureStore } from '../feature-store.fixture.js';
import { parseMapping } from '../table/mapping.js';
import { TableFiles } from './earlier-files.js';

const lake = new TemporaryFolder();
const province = callOf({ scopes: ['ingest:write', 'ingest:read', 'features:read', 'model:train', 'jobs:read'] });
const profile = callOf({ system: true, client: 'customer-profile' });

jest.setTimeout(240_000);

let store: FeatureStore;
let clockFile: string;

beforeAll(async () => {
  const home = lake.at(newId());
  clockFile = lake.write('clock.json', JSON.stringify({ setting: `2026-08-03T02:00:00Z@${new Date().toISOString()}` }));
  store = await startFeatureStore(home, '2026-08-03T10:00:00+08:00', { HOLDFAST_CLOCK_FILE: clockFile });
});
afterAll(async () => store?.service.stop());

const MONTHS = ['2026-06', '2026-07', '2026-08'];
const PEOPLE = 60;
const isThere = (at: number, month: number): boolean => at % 7 !== 3 || month <= at % 3;
const bill = (at: number, month: number): string => (30 + ((at * 17 + month * 5) % 60) + 0.5).toFixed(2);
const plan = (at: number, month: number): string => ['basic', 'plus', 'max'][(at + (at % 5 === month ? 1 : 0)) % 3]!;

/** Lines of a month; a seventh of the subscribers churns. */
function linesOf(month: number, billOf = bill): string[] {
  const there = Array.from({ length: PEOPLE }, (_, at) => at).filter((at) => isThere(at, month));
  return there.map((at) => `K${at},${billOf(at, month)},${plan(at, month)},139000000${String(at).padStart(2, '0')}`);
}

const HEADER = 'customer_no,monthly_bill,plan,mobile';
const snapshot = (month: number, billOf = bill): string => [HEADER, ...linesOf(month, billOf)].join('\n');
const mappingOf = (table: string, asOf: string, label = 'label: { from: disappearance, absentMonths: 1 }'): string => `
table: ${table}
key: customer_no
${asOf === '' ? '' : `asOf: ${asOf}`}
${label}
value: monthly_bill
personal: { phone: mobile }
`;

const bring = async (file: string, mapping: string): Promise<Import> =>
  store.imported(await store.uploadTable(file, mapping));
const keysOf = ({ notices }: Import): string[] =>
  notices.map(({ key }) => key).filter((key) => key.startsWith('months.'));
const holding = ({ findings }: Import): string[] => findings.filter(({ holds }) => holds).map(({ key }) => key);
const tableOf = (table: string) => store.tables.getTable(province, { table, version: '' });

/** Rows of a table by key space of the name `one`, sorted. */
async function contentOf(table: string): Promise<string[]> {
  const request = tableRequest(table, { withLabel: true, withValue: true });
  const rows = rowsOf(await collected(store.tables.readTable(province, request)));
  const keys = new Map(
    Array.from({ length: PEOPLE }, (_, at) => [
      subscriptionId('demo', naturalKey({ of: 'table', table }, `K${at}`)),
      `K${at}`,
    ]),
  );
  return rows.map(({ subscription_id: id, ...row }) => JSON.stringify({ key: keys.get(String(id)), ...row })).sort();
}

test('files of a month each become one table with the rows, features and labels of a file with all months', async () => {
  const reports: Import[] = [];
  for (const [month, name] of MONTHS.entries()) reports.push(await bring(snapshot(month), mappingOf('monthly', name)));
  const whole = MONTHS.flatMap((name, month) => linesOf(month).map((line) => `${line},${name}`));
  await bring([`${HEADER},month`, ...whole].join('\n'), mappingOf('whole', '{ column: month }'));
  const [monthly, one] = [await tableOf('monthly'), await tableOf('whole')];
  expect(monthly).toMatchObject({
    months: MONTHS,
    rows: whole.length,
    labelLeadMonths: 1,
    labelledRows: one.labelledRows,
    positiveRows: one.positiveRows,
  });
  expect(one.positiveRows).toBeGreaterThan(3);
  expect(await contentOf('monthly')).toEqual(await contentOf('whole'));

  // The report of each file is about the file.
  const read = linesOf(2).length;
  expect(reports[2]!.tables).toMatchObject([{ read, accepted: read, rejected: 0, duplicates: 0 }]);
  expect(reports.map(({ state }) => state)).toEqual(['loaded', 'loaded', 'loaded']);
  expect(reports.map(keysOf)).toEqual([[], ['months.joined'], ['months.joined']]);
  expect(reports[2]!.notices.find(({ key }) => key === 'months.joined')!.textEn).toBe(
    `In addition to the rows of this file the table has ${whole.length - read} rows of 2026-06, 2026-07, from 2 earlier files.`,
  );
  const events = (await store.published(/table-loaded/)).map(({ payload }) => TableLoaded.decode(payload));
  const ours = events.filter(({ table }) => table === 'monthly');
  expect(ours.map(({ month }) => month)).toEqual(MONTHS);
});

test('subjects are those of the file, so that what others know of churned ones stays', async () => {
  const { version } = await tableOf('monthly');
  const subjects = rowsOf(
    await collected(store.tables.readSubjects(profile, { table: 'monthly', version, shards: undefined })),
  );
  expect(subjects).toHaveLength(linesOf(2).length);
});

test('business time of a development system follows the newest month that is published', async () => {
  const { setting } = JSON.parse(readFileSync(clockFile, 'utf8')) as { setting: string };
  expect(setting).toMatch(/^2026-09-03T02:00:00/);
  writeFileSync(clockFile, JSON.stringify({ setting: `2026-09-03T02:00:00Z@${new Date().toISOString()}` }));
});

test('a later file replaces a month, and one of an earlier month is compared with the newest and corrects it', async () => {
  const table = 'corrected';
  for (const month of [0, 1]) await bring(snapshot(month), mappingOf(table, MONTHS[month]!));
  const dearer = (at: number, month: number): string => (Number(bill(at, month)) + 1).toFixed(2);
  const corrected = await bring(snapshot(0, dearer), mappingOf(table, MONTHS[0]!));
  expect(corrected).toMatchObject({ state: 'loaded', comparison: { kept: linesOf(1).length } });
  expect(keysOf(corrected)).toEqual(['months.replaced', 'months.joined']);
  expect((await tableOf(table)).months).toEqual(MONTHS.slice(0, 2));
  const bills = (await contentOf(table)).map((row) => JSON.parse(row) as { month: string; value: number; key: string });
  expect(bills.filter(({ month }) => month === MONTHS[0])).toHaveLength(linesOf(0).length);
  expect(bills.find(({ key, month }) => key === 'K0' && month === MONTHS[0])!.value).toBe(Number(dearer(0, 0)));
  expect(bills.find(({ key, month }) => key === 'K0' && month === MONTHS[1])!.value).toBe(Number(bill(0, 1)));
  // The third month is compared with the second, not with the correction of the first.
  const third = await bring(snapshot(2), mappingOf(table, MONTHS[2]!));
  const ofSecond = await store.query<{ version: string }>(
    `select version from table_version where table_name = $1 and file_months = $2`,
    [table, [MONTHS[1]]],
  );
  expect(third.comparison!.comparedWith).toBe(ofSecond[0]!.version);
  expect((await tableOf(table)).months).toEqual(MONTHS);
});

test('a few late rows of a month do not replace it silently', async () => {
  const table = 'late';
  const withMonth = (month: number, lines: string[]): string[] => lines.map((line) => `${line},${MONTHS[month]}`);
  await bring([`${HEADER},month`, ...withMonth(0, linesOf(0))].join('\n'), mappingOf(table, '{ column: month }'));
  const late = [...withMonth(0, linesOf(0).slice(0, 3)), ...withMonth(1, linesOf(1))];
  const held = await bring([`${HEADER},month`, ...late].join('\n'), mappingOf(table, '{ column: month }'));
  expect([held.state, holding(held)]).toEqual(['held', ['rows.monthChanged']]);
  expect(held.findings[0]!.textEn).toContain('3 rows of 2026-06');
  // What was checked is published: with the month as it is.
  await store.done(await store.imports.confirmImport(province, { importId: held.importId }));
  const rows = (await contentOf(table)).map((row) => JSON.parse(row) as { month: string });
  expect(rows.filter(({ month }) => month === MONTHS[0])).toHaveLength(3);
});

test.each([
  ['without a key', (mapping: string) => mapping.replace('key: customer_no\n', ''), 'months.withoutKey'],
  ['without a month', (mapping: string) => mapping.replace(/asOf: .*\n/, ''), 'months.withoutDate'],
])('a file %s replaces the table, and the report shows it', async (_case, change, key) => {
  const table = `replaced-${key.split('.')[1]!.toLowerCase()}`;
  const label = 'exclude: [plan]';
  const first = await bring(snapshot(0), change(mappingOf(table, MONTHS[0]!, label)));
  expect(keysOf(first)).toEqual([]);
  const second = await bring(snapshot(1), change(mappingOf(table, MONTHS[1]!, label)));
  expect([second.state, keysOf(second)]).toEqual(['loaded', [key]]);
  expect((await tableOf(table)).rows).toBe(linesOf(1).length);
});

test('the month that is given with a file counts', async () => {
  const table = 'given';
  const mapping = mappingOf(table, '', 'exclude: [plan]');
  for (const [month, name] of MONTHS.slice(0, 2).entries())
    await store.imported(await store.uploadTable(snapshot(month), mapping, province, false, name));
  expect(await tableOf(table)).toMatchObject({
    months: MONTHS.slice(0, 2),
    rows: linesOf(0).length + linesOf(1).length,
  });
});

test('files whose data key was erased, and those of other keys, are not joined, and the report shows it', async () => {
  const table = 'erased';
  const first = await bring(snapshot(0), mappingOf(table, MONTHS[0]!));
  await store.query('delete from data_key where import_id = $1', [first.importId]);
  const second = await bring(snapshot(1), mappingOf(table, MONTHS[1]!));
  expect([second.state, keysOf(second)]).toEqual(['loaded', ['months.erased']]);
  const other = await bring(snapshot(2), `${mappingOf(table, MONTHS[2]!)}keySpace: operator`);
  expect(holding(other)).toContain('keys.otherSpace');
  expect(keysOf(other)).toEqual(['months.otherKeys']);
});

test('a file without a positive label is accepted if an earlier one has the same values', async () => {
  const label = 'label: { column: churned, positive: "yes" }';
  const labelled = (month: number, value: (at: number) => string): string =>
    [`${HEADER},churned`, ...linesOf(month).map((line, at) => `${line},${value(at)}`)].join('\n');
  const mapping = (month: number): string => mappingOf('rare', MONTHS[month]!, label);
  await bring(
    labelled(0, (at) => (at === 5 ? 'yes' : 'no')),
    mapping(0),
  );
  const second = await bring(
    labelled(1, () => 'no'),
    mapping(1),
  );
  expect([second.state, holding(second)]).toEqual(['loaded', []]);
  const job = await store.ended(
    await store.uploadTable(
      labelled(2, () => 'nein'),
      mapping(2),
    ),
  );
  expect(job.failure).toMatchObject({ key: 'label.neverPositive' });
});

test('a version that was made next to another one than is visible does not become visible', async () => {
  const files = store.service.get(TableFiles);
  const { database } = store.service;
  const { version } = await tableOf('monthly');
  const place = { table: 'monthly', version: 'new' };
  await expect(database.transaction((tx) => files.requireNewest(tx, place, 'other'))).rejects.toMatchObject({
    ...{ kind: 'unavailable', key: 'import.otherVersion' },
  });
  await database.transaction((tx) => files.requireNewest(tx, place, version));
  const { files: earlier } = await files.before(parseMapping(mappingOf('monthly', '2026-09')), 'new');
  expect(earlier.map(({ months }) => months)).toEqual([['2026-08'], ['2026-07'], ['2026-06']]);
});
