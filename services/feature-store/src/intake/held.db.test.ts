import { readdirSync } from 'node:fs';
import type { Import } from '@holdfast/contracts/feature_store/v1/extract';
import { JobState } from '@holdfast/contracts/platform/v1/jobs';
import { newId } from '@holdfast/platform/identity';
import { callOf } from '@holdfast/testing/callers';
import { TemporaryFolder } from '@holdfast/testing/temporary-folder.fixture';
import { sharedFeatureStore } from '../feature-store.fixture.js';

const lake = new TemporaryFolder();
const store = sharedFeatureStore(lake.path, '2026-09-03T10:00:00+08:00');
const province = callOf({ scopes: ['ingest:write', 'ingest:read', 'features:read', 'jobs:read'] });
const withReason = callOf({ scopes: ['ingest:read', 'pii:read'], accessReason: 'key check' });
const shenyang = callOf({ scopes: ['ingest:write', 'ingest:read'], orgScope: ['demo/沈阳/'] });

/** Sixty subscribers, always the same. */
const people = Array.from({ length: 60 }, (_, at) => ({
  customer_no: `00${1000 + at * 37}`,
  monthly_bill: (30 + ((at * 17) % 60) + 0.5).toFixed(2),
  complaints: String(at % 5),
  plan: ['basic', 'plus', 'max'][at % 3]!,
  roams: at % 4 === 0 ? 'yes' : 'no',
  churned: at % 6 === 0 ? 'yes' : 'no',
  mobile: `139000000${String(at).padStart(2, '0')}`,
}));

type Person = (typeof people)[number];
type Change = (person: Person, at: number) => Partial<Record<string, string>>;

function fileOf(rows: readonly Person[], change: Change = () => ({}), without: readonly string[] = []): string {
  const changed = rows.map((row, at) => ({ ...row, ...change(row, at) }) as Record<string, string>);
  const header = Object.keys(changed[0]!).filter((name) => !without.includes(name));
  return [header.join(','), ...changed.map((row) => header.map((name) => row[name]).join(','))].join('\n');
}

/** A table per test; the month makes another version of the same rows. */
const mappingOf = (table: string, month: string, rest = ''): string => `
table: ${table}
key: customer_no
asOf: ${month}
label: { column: churned, positive: "yes", negative: "no" }
value: monthly_bill
personal: { phone: mobile }
${rest}`;

const bring = async (text: string, mapping: string): Promise<Import> =>
  store.imported(await store.uploadTable(text, mapping));

const holding = ({ findings }: Import): string[] =>
  findings.filter(({ holds }) => holds).map(({ key, column }) => (column === '' ? key : `${key} ${column}`));
const reported = ({ findings }: Import): string[] =>
  findings.filter(({ holds }) => !holds).map(({ key, column }) => `${key} ${column}`);

/** The newest version that is visible. */
const visible = async (table: string): Promise<string> =>
  (await store.tables.getTable(province, { table, version: '' })).version;

let tables = 0;

/** Loads the people as a new table, then another file of it. */
async function change(text: string, rest = ''): Promise<{ table: string; first: Import; second: Import }> {
  const table = `table-${(tables += 1)}`;
  const first = await bring(fileOf(people), mappingOf(table, '2026-08', rest));
  expect(first).toMatchObject({ state: 'loaded', findings: [], comparison: undefined });
  const second = await bring(text, mappingOf(table, '2026-09', rest));
  return { table, first, second };
}

test('the next month of the same people goes in, and small changes are reported', async () => {
  const grown = [...people.slice(3), ...people.slice(0, 5).map((one, at) => ({ ...one, customer_no: `NEW${at}` }))];
  const text = fileOf(grown, ({ complaints }, at) => ({ complaints: at % 7 === 0 ? '4' : complaints }));
  const { second } = await change(text);
  expect(second).toMatchObject({ state: 'loaded', comparison: { kept: 57, added: 5, gone: 3 } });
  expect(holding(second)).toEqual([]);
});

test.each<[string, (key: string) => string, string]>([
  ['leading zeros lost', (key) => String(Number(key)), 'keys.matchZeros'],
  ['blanks inside', (key) => `${key.slice(0, 3)} ${key.slice(3)}`, 'keys.matchSpaces'],
  ['a country prefix', (key) => `+86${key}`, 'keys.matchPrefix'],
  ['a decimal point of a spreadsheet', (key) => `${key}.0`, 'keys.matchDecimals'],
  ['zeros and decimals', (key) => `${Number(key)}.0`, 'keys.matchAll'],
])('keys with %s are held back, with examples for those alone who may read keys', async (_case, respell, key) => {
  const respelt = fileOf(people, ({ customer_no: number }) => ({ customer_no: respell(number) }));
  const { table, first, second } = await change(respelt);
  expect(second).toMatchObject({ state: 'held', loadedAt: undefined, comparison: { kept: 0, added: 60, gone: 60 } });
  expect(holding(second)).toEqual(['keys.fewKept', key]);
  expect(second.findings[1]!.textEn).toContain('60 of 60');
  expect(await visible(table)).toBe(first.tables[0]!.version);
  expect(second.keyExamples).toEqual([]);
  const { keyExamples } = await store.imports.getImport(withReason, { importId: second.importId });
  expect(keyExamples[0]).toEqual({ before: people[0]!.customer_no, now: respell(people[0]!.customer_no) });
  const stored = await store.query('select * from import where id = $1', [second.importId]);
  expect(JSON.stringify(stored)).not.toContain(people[0]!.customer_no);
});

test('keys in other capitals are held back, too', async () => {
  const table = 'capitals';
  const lettered = people.map((one) => ({ ...one, customer_no: `ab${one.customer_no}` }));
  await bring(fileOf(lettered), mappingOf(table, '2026-08'));
  const raised = fileOf(lettered, ({ customer_no: number }) => ({ customer_no: number.toUpperCase() }));
  const second = await bring(raised, mappingOf(table, '2026-09'));
  expect(holding(second)).toEqual(['keys.fewKept', 'keys.matchCase']);
});

const inCents = (bill: string): string => String(Math.round(Number(bill) * 100));
const PLANS: Record<string, string> = { basic: '甲', plus: '乙', max: '丙' };

test.each<[string, Change, string[]]>([
  ['money in cents', (one) => ({ monthly_bill: inCents(one.monthly_bill) }), ['column.rescaled monthly_bill']],
  ['some texts', (_, at) => (at % 5 === 0 ? { complaints: 'unknown' } : {}), ['column.retyped complaints']],
  ['numbers that became words', (one) => ({ complaints: `c${one.complaints}` }), ['column.retyped complaints']],
  ['a flag with other codes', ({ roams }) => ({ roams: roams === 'yes' ? '1' : '0' }), ['column.recoded roams']],
  ['a category with other codes', ({ plan }) => ({ plan: PLANS[plan]! }), ['column.recoded plan']],
  ['an emptied column', () => ({ plan: '' }), ['column.missing plan']],
  [
    'two exchanged columns',
    ({ monthly_bill: bill, complaints }) => ({ monthly_bill: complaints, complaints: bill }),
    ['column.rescaled monthly_bill', 'column.rescaled complaints'],
  ],
  ['turned labels', (one) => ({ churned: one.churned === 'yes' ? 'no' : 'yes' }), ['label.prevalence churned']],
])('%s: named and held back', async (_case, changed, expected) => {
  await expectHeld(fileOf(people, changed), expected);
});

test('dropped, renamed and few rows or columns are named and held back', async () => {
  await expectHeld(fileOf(people, undefined, ['complaints']), ['column.gone complaints']);
  const renamed = fileOf(people, ({ complaints }) => ({ calls: complaints }), ['complaints']);
  await expectHeld(renamed, ['column.renamed complaints']);
  await expectHeld(fileOf(people.slice(0, 25)), ['rows.changed']);
});

async function expectHeld(text: string, expected: string[]): Promise<void> {
  const { table, first, second } = await change(text);
  expect(second.state).toBe('held');
  expect(holding(second)).toEqual(expected);
  expect(await visible(table)).toBe(first.tables[0]!.version);
}

test('a table without keys is compared by its columns alone', async () => {
  const mapping = (month: string): string =>
    mappingOf('nokey', month).replace('key: customer_no\n', 'exclude: [customer_no]\n');
  await bring(fileOf(people), mapping('2026-08'));
  const sorted = [...people].sort((left, right) => Number(right.monthly_bill) - Number(left.monthly_bill));
  const again = await bring(fileOf(sorted), mapping('2026-09'));
  expect(again).toMatchObject({ state: 'loaded', findings: [], comparison: { kept: 0, added: 60, gone: 60 } });
  const billed = (of: (bill: string) => string, month: string): Promise<Import> => {
    const text = fileOf(people, ({ monthly_bill: bill }) => ({ monthly_bill: of(bill) }));
    return bring(text, mapping(month));
  };
  const scaled = await billed((bill) => `${bill}000`, '2026-10');
  expect(scaled.state).toBe('loaded'); // 30.50000 is the same number
  const cents = await billed((bill) => bill.replace('.', ''), '2026-11');
  expect(holding(cents)).toEqual(['column.rescaled monthly_bill']);
});

test('limits of the mapping count, and types that it declares were meant', async () => {
  const limits = 'limits: { keysKept: 0, scale: 200, codes: 0, rows: 1 }\ntypes: { complaints: category }';
  const table = 'limited';
  await bring(fileOf(people), mappingOf(table, '2026-08'));
  const changed = fileOf(people.slice(0, 25), ({ customer_no: number, monthly_bill: bill, plan }) => ({
    ...{ customer_no: String(Number(number)), monthly_bill: inCents(bill), plan: `new ${plan}` },
  }));
  const second = await bring(changed, mappingOf(table, '2026-09', limits));
  expect(reported(second)).toContain('column.retyped complaints');
  expect(holding(second)).toEqual(['column.shifted monthly_bill']);
});

test('a share of rejects beyond the limit holds even a first version back', async () => {
  const spoilt = fileOf(people, (_, at) => (at < 2 ? { monthly_bill: '12,5' } : {}));
  const held = await bring(spoilt, mappingOf('spoilt', '2026-08'));
  expect(held).toMatchObject({ state: 'held', tables: [{ read: 60, accepted: 58, rejected: 2 }] });
  expect(holding(held)).toEqual(['rejects.tooMany']);
  await expect(visible('spoilt')).rejects.toMatchObject({ kind: 'notFound' });
  const page = { importId: held.importId, table: '', pageSize: 0, pageToken: '' };
  const { rejects } = await store.imports.listRejects(province, page);
  expect(rejects).toHaveLength(2);
  const allowed = await bring(spoilt, mappingOf('spoilt', '2026-08', 'rejectShareMax: 0.05'));
  expect(allowed.state).toBe('loaded');
  const one = fileOf(people, (_, at) => (at < 1 ? { monthly_bill: '12,5' } : {}));
  expect((await bring(one, mappingOf('spoilt-once', '2026-08'))).state).toBe('loaded');
});

test('a held version is published as it was checked once it is confirmed, however often', async () => {
  const text = fileOf(people, () => ({ plan: '' }));
  const { table, second } = await change(text);
  const { importId } = second;
  const repeated = async () => (await store.ended(await store.uploadTable(text, mappingOf(table, '2026-09')))).result;
  expect(await repeated()).toMatchObject({ importId, state: 'held' });
  await expect(store.imports.confirmImport(shenyang, { importId })).rejects.toMatchObject({ kind: 'forbidden' });
  const [job, same] = await Promise.all([1, 2].map(() => store.imports.confirmImport(province, { importId })));
  expect(same!.jobId).toBe(job!.jobId);
  const done = await store.ended(job!);
  expect(done).toMatchObject({ state: JobState.JOB_STATE_DONE, result: { importId, state: 'loaded' } });
  const report = await store.imports.getImport(province, { importId });
  expect(report).toMatchObject({ state: 'loaded', tables: [{ accepted: 60, version: done.result['version'] }] });
  expect(holding(report)).toEqual(['column.missing plan']);
  expect(await visible(table)).toBe(done.result['version']);
  expect((await store.imports.confirmImport(province, { importId })).jobId).toBe(job!.jobId);
  await expect(store.imports.discardImport(province, { importId })).rejects.toMatchObject({ key: 'import.notHeld' });
  expect((await repeated())['importId']).toBe(importId);
});

test('a confirmation is of the comparison that was shown: with another newest version, it is held again', async () => {
  const { table, second } = await change(fileOf(people.slice(0, 25)));
  const newer = fileOf(people, (_, at) => ({ complaints: String((at + 1) % 5) }));
  await bring(newer, mappingOf(table, '2026-09'));
  const confirm = async () => store.ended(await store.imports.confirmImport(province, { importId: second.importId }));
  const job = await confirm();
  expect(job.result).toMatchObject({ state: 'held' });
  const confirmed = await confirm();
  expect(confirmed.jobId).not.toBe(job.jobId);
  expect(confirmed.result).toMatchObject({ state: 'loaded' });
});

test('a discarded version leaves its counts, no file and no key, and may come again', async () => {
  const text = fileOf(people, undefined, ['complaints']);
  const { table, second } = await change(text);
  const { importId } = second;
  await expect(store.imports.discardImport(shenyang, { importId })).rejects.toMatchObject({ kind: 'forbidden' });
  const discarded = await store.imports.discardImport(province, { importId });
  expect(discarded).toMatchObject({ state: 'discarded', tables: [{ read: 60 }] });
  expect((await store.imports.discardImport(province, { importId })).state).toBe('discarded');
  expect(readdirSync(lake.at('raw')).filter((name) => name.startsWith(importId))).toEqual([]);
  expect(await store.query('select 1 from data_key where import_id = $1', [importId])).toEqual([]);
  await expect(store.imports.confirmImport(province, { importId })).rejects.toMatchObject({ key: 'import.notHeld' });
  const unknown = store.imports.confirmImport(province, { importId: newId() });
  await expect(unknown).rejects.toMatchObject({ kind: 'notFound' });
  const again = await bring(text, mappingOf(table, '2026-09'));
  expect(again.state).toBe('held');
  expect(again.importId).not.toBe(importId);
});
