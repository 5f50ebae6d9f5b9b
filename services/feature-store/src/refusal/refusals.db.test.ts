import { readFileSync } from 'node:fs';
import type { Import } from '@holdfast/contracts/feature_store/v1/extract';
import type { Job } from '@holdfast/contracts/platform/v1/jobs';
import { customerId, naturalKey, type KeySpace } from '@holdfast/platform/identity';
import { callOf } from '@holdfast/testing/callers';
import { TemporaryFolder } from '@holdfast/testing/temporary-folder.fixture';
import { collected, rowsOf, withEngine } from '../engine/engine.fixture.js';
import { sharedFeatureStore, withManifest } from '../feature-store.fixture.js';

const HEADER = 'customer_id,kind,name,birth_date,marketing_consent,consent_changed_at,registered_on';
/** Each row has something wrong, but for C2's date; all refuse. */
const BAD_ROWS = [
  'C1,person,n,1980-02-30,false,2026-10-01T10:00:00,2020-01-01',
  'C2,person,n,1980-02-20,false,2026-10-01,2020-01-01',
  'C3,person,n,1980-02-20,N,2026-10-01T10:00:00,2020-01-01',
  'C4,person,n,1980-02-20,否,,2020-01-01',
  'C5,person,n,1980-02-20,FALSE,2026-10-01 10:00,2020-01-01',
  'C6,person,n,,0,2026-10-01 10:00:00,2020-01-01',
  'C7,P,n,,false,,',
];
const AT_TEN = '2026-10-01T02:00:00.000Z';
const END_OF_DAY = '2026-10-01T15:59:59.999Z';
const WRITTEN = '2026-10-01T19:00:00.000Z';

const folder = new TemporaryFolder();
const store = sharedFeatureStore(folder.at('lake'), '2026-10-03T10:00:00+08:00');
const scopes = ['ingest:write', 'ingest:read', 'features:read', 'jobs:read'];
const province = callOf({ scopes });
const profile = callOf({ system: true, client: 'customer-profile' });

let sequence = 0;

async function importOf(
  files: Record<string, string | Buffer>,
  change: { extractedAt?: string; sequence?: number; tables?: Record<string, object> } = {},
) {
  sequence += 1;
  return outcomeOf(await store.uploadExtract(withManifest(files, { sequence, complete: false, ...change })));
}

async function outcomeOf(uploaded: Job, space?: KeySpace) {
  const job = await store.ended(uploaded);
  const sql = 'select id from import where job_id = $1';
  const [{ id }] = (await store.query(sql, [job.jobId])) as [{ id: string }];
  const report = await store.imports.getImport(province, { importId: id });
  return { job, report, refusals: await refusalsOf(id, space), said: saidOf(report) };
}

function saidOf({ notices }: Import): Record<string, number> {
  const ofRefusals = notices.filter(({ key }) => key.startsWith('consent.'));
  return Object.fromEntries(ofRefusals.map(({ key, textEn }) => [key, Number(/(\d+)/.exec(textEn)![1])]));
}

async function refusalsOf(importId: string, space: KeySpace = { of: 'operator' }): Promise<Record<string, string>> {
  const keys = Array.from({ length: 60 }, (_, at) => `C${at}`);
  const keyOf = new Map(keys.map((key) => [customerId('demo', naturalKey(space, key)), key]));
  const batches = await collected(store.refusals.readRefusals(profile, { importId, granted: false }));
  const rows = rowsOf<{ customer_id: string; at: number }>(batches);
  const found = rows.map(({ customer_id: id, at }) => [keyOf.get(id)!, new Date(at).toISOString()] as const);
  return Object.fromEntries(found.sort(([left], [right]) => (left < right ? -1 : 1)));
}

const csv = (...rows: string[]): string => [HEADER, ...rows].join('\n');
const good = (key: string, consent: string, at = ''): string =>
  `${key},person,n,1980-02-20,${consent},${at},2020-01-01`;

it('a refusal counts whatever else is wrong with its row, and is reported', async () => {
  const { report, refusals, said } = await importOf({ 'customers.csv': csv(...BAD_ROWS, good('C8', 'true')) });
  const expected = { C1: AT_TEN, C2: END_OF_DAY, C3: AT_TEN, C4: WRITTEN, C5: AT_TEN, C6: AT_TEN, C7: WRITTEN };
  expect(refusals).toEqual(expected);
  const [table] = report.tables;
  expect(said).toEqual({ 'consent.refusalsOfRejected': table!.rejected });
  expect(table!.rejected).toBeGreaterThan(3);
});

it('other rows that refuse: unreadable, ragged, repeated, of an unknown unit, dated ahead', async () => {
  const { refusals, said } = await importOf({
    'org_units.csv': 'unit_id,level,parent_id,name\nP,province,,L',
    'customers.csv': [
      `${HEADER},unit_id`,
      ...[good('C1', 'maybe'), good('C2', '不同意'), good('C3', 'opt-out')].map((row) => `${row},P`),
      'C4,person,a name, with a comma,1980-02-20,no,2026-09-01T10:00:00,2020-01-01,P', // a cell too many
      'C5,person,n,1980-02-20,refused,2026-09-01T10:00:00,2020-01-01,P,,,', // delimiters at the end
      'C6,person,n,1980-02-20', // cut off
      `${good('C7', 'true', '2026-09-30T10:00:00')},P`,
      `${good('C7', 'false', '2026-09-01T10:00:00')},P`, // contradicts the one before
      `${good('C8', 'false', '2026-09-01T10:00:00')},NOWHERE`,
      `${good('C9', 'false', '2027-01-01T10:00:00')},P`,
      `${good('C10', 'false', 'soon')},P`,
      `${good('C11', '\\N')},P`,
      `${good('', 'false')},P`,
      `C12,person,"n,1980-02-20,false,,2020-01-01,P`, // a quote that is never closed
    ].join('\n'),
  });
  expect(refusals).toEqual({
    ...{ C1: WRITTEN, C2: WRITTEN, C3: WRITTEN, C4: WRITTEN, C5: '2026-09-01T02:00:00.000Z', C7: WRITTEN },
    ...{ C8: '2026-09-01T02:00:00.000Z', C9: WRITTEN, C10: WRITTEN },
  });
  expect(said).toMatchObject({ 'consent.unreadable': 1, 'consent.unlocated': 3 });
  expect(said['consent.refusalsOfRejected']).toBeGreaterThanOrEqual(6);
});

it('bytes that are no UTF-8 in the cell of the consent refuse, too', async () => {
  const gbk = Buffer.from(`${HEADER}\nC1,person,n,1980-02-20,\xb7\xf1,,2020-01-01\n`, 'latin1');
  const { refusals } = await importOf({ 'customers.csv': gbk });
  expect(Object.keys(refusals)).toEqual(['C1']);
});

describe('count although nothing of the table is imported', () => {
  const parts = [{ path: 'customers.csv' }, { path: 'c2.csv' }];
  const rows = csv(good('C1', 'false'), good('C2', 'true'));

  it.each([
    ['a required column is missing', { 'customers.csv': 'customer_id,marketing_consent\nC1,false\nC2,true' }, {}],
    ['the hash differs', { 'customers.csv': rows }, { customers: { path: 'customers.csv', sha256: '0'.repeat(64) } }],
    ['the number of rows differs', { 'customers.csv': rows }, { customers: { path: 'customers.csv', rows: 7 } }],
    ['a column is there twice', { 'customers.csv': `${rows.replace('name', 'kind')}` }, {}],
    ['a file of it is missing', { 'customers.csv': rows }, { customers: { path: 'c/', files: parts } }],
    ['its units could not be read', { 'customers.csv': rows, 'org_units.csv': 'nothing\nP' }, {}],
  ])('as %s', async (_case, files, tables) => {
    const { refusals, said, report } = await importOf(
      { 'plans.csv': 'plan_id,name,service,monthly_fee,tier,kind\nP1,n,mobile,1,1,main', ...files },
      { tables },
    );
    expect(Object.keys(refusals)).toEqual(['C1']);
    expect(said).toEqual({ 'consent.refusalsOfRejected': 1 });
    expect(report.tables.find(({ table }) => table === 'customers')).toMatchObject({ accepted: 0, version: '' });
  });

  it('as the extract comes too late', async () => {
    await importOf({ 'customers.csv': rows });
    const { job, refusals, said } = await importOf({ 'customers.csv': csv(good('C3', 'no')) }, { sequence: 1 });
    expect(job.failure).toMatchObject({ key: 'extract.sequenceTaken' });
    expect([Object.keys(refusals), said]).toEqual([['C3'], { 'consent.refusalsOfRejected': 1 }]);
  });

  it('as the extract is from the future', async () => {
    const files = { 'customers.csv': csv(good('C4', 'false', '2026-10-20T10:00:00')) };
    const { job, refusals } = await importOf(files, { extractedAt: '2026-11-02T03:00:00+08:00' });
    expect(job.failure).toMatchObject({ key: 'extract.fromFuture' });
    expect(refusals).toEqual({ C4: expect.stringMatching(/^2026-10-03T02:/) });
  });
});

it('an extract of tomorrow by a clock that is a little ahead goes in', async () => {
  const files = { 'customers.csv': csv(good('C1', 'true')) };
  const { job } = await importOf(files, { extractedAt: '2026-10-04T03:00:00+08:00' });
  expect(job.failure).toBeUndefined();
});

it('Parquet is read likewise, whatever the types of its columns', async () => {
  const file = folder.at('customers.parquet');
  const rows = [
    `('C1', 'person', false, timestamp '2026-10-01 10:00:00')`,
    `('C2', 'person', true, null), ('C3', 'P', false, null)`,
  ];
  const names = 'customer_id, kind, marketing_consent, consent_changed_at';
  const query = `select * from (values ${rows.join(', ')}) as rows (${names})`;
  await withEngine((engine) => engine.writeParquet(query, file));
  const { refusals, said } = await importOf({ 'customers.parquet': readFileSync(file) });
  expect(refusals).toEqual({ C1: AT_TEN, C3: WRITTEN });
  expect(said).toEqual({ 'consent.refusalsOfRejected': 1 });
});

describe('a plain table whose mapping names the consent', () => {
  const mapping = (table: string) =>
    `table: ${table}\nkey: id\nasOf: 2026-09\nlabel: { column: left, positive: "1", negative: "0" }\nconsent: { column: marketing, granted: "Y" }\n`;

  const upload = async (name: string, file: string) =>
    outcomeOf(await store.uploadTable(file, mapping(name)), { of: 'table', table: name });

  it('refuses in accepted and in rejected rows', async () => {
    const rows = Array.from({ length: 40 }, (_, at) => `C${at},${at % 5},${at % 2},Y`);
    const file = ['id,usage,left,marketing', ...rows, 'C41,3,0,N', 'C42,3,7,N', 'C43,3,0,', 'C44,3,0,no,1'].join('\n');
    const { refusals, said, report } = await upload('plain', file);
    expect(Object.keys(refusals)).toEqual(['C41', 'C42', 'C44']);
    expect([said, report.tables[0]!.rejected]).toEqual([{ 'consent.refusalsOfRejected': 2 }, 2]);
  });

  it('has consents by purpose and channel, of accepted rows with a proof, and none of a held version', async () => {
    const list = `consent:
  - { column: sms, channel: sms, granted: [Y, T], refused: N, since: on, evidence: CRM forms 2026 }
  - { column: calls, channel: call, granted: Y, since: on }
  - { column: study, purpose: research, granted: "1", refused: "0", evidence: CRM forms 2026 }
`;
    const by = (table: string) => mapping(table).replace(/consent:.*\n/, list);
    const rows = Array.from({ length: 60 }, (_, at) => `C${at + 100},${at % 5},${at % 2},,,,`);
    const header = 'id,usage,left,sms,calls,study,on';
    const file = [
      ...[header, ...rows],
      'C1,1,0,Y,Y,1,2026-09-01', // consents
      'C2,1,0,N,N,0,2026-09-01', // refuses
      'C3,1,0,t,,,2026-12-01', // dated ahead
      'C4,1,0,maybe,Y,,2026-09-01', // neither
      'C5,1,7,Y,Y,1,2026-09-01', // rejected
      'C6,1,0,T,,,', // undated
    ].join('\n');
    const spaceOf = (table: string): KeySpace => ({ of: 'table', table });
    const readAll = async (table: string, importId: string, granted: boolean) => {
      const keyOf = new Map(
        Array.from({ length: 9 }, (_, at) => [customerId('demo', naturalKey(spaceOf(table), `C${at}`)), `C${at}`]),
      );
      const batches = await collected(store.refusals.readRefusals(profile, { importId, granted }));
      return rowsOf<Record<string, string>>(batches)
        .map(
          (row) =>
            `${keyOf.get(row['customer_id']!)} ${row['purpose']} ${row['channel']} ${new Date(Number(row['at'])).toISOString().slice(0, 10)}`,
        )
        .sort();
    };
    const { report, said } = await outcomeOf(await store.uploadTable(file, by('forms')));
    expect(report.state).toBe('loaded');
    expect(said).toEqual({ 'consent.unreadable': 1 });
    expect(await readAll('forms', report.importId, true)).toEqual([
      'C1 marketing sms 2026-09-01',
      'C1 research any 1970-01-01',
      'C6 marketing sms 1970-01-01',
    ]);
    expect(await readAll('forms', report.importId, false)).toEqual([
      'C2 marketing call 2026-09-01',
      'C2 marketing sms 2026-09-01',
      'C2 research any 2026-10-03',
      'C4 marketing sms 2026-09-01',
    ]);
    const held = await outcomeOf(await store.uploadTable(file.replaceAll('C1', 'D1'), by('forms')));
    expect(held.report.state).toBe('held');
    expect(await readAll('forms', held.report.importId, true)).toEqual([]);
  });

  it('refuses although nothing is imported', async () => {
    const { job, refusals, said } = await upload('nothing', 'id,usage,left,marketing\nC1,1,9,N\nC2,1,9,Y\n');
    expect(job.failure).toMatchObject({ kind: 'unprocessable' });
    expect([Object.keys(refusals), said]).toEqual([['C1'], { 'consent.refusalsOfRejected': 1 }]);
  });
});

it('is announced once, before the extract, and served to services alone', async () => {
  const before = await store.published(/refusals-read|extract-loaded/);
  const { report } = await importOf({ 'customers.csv': csv(good('C1', 'false')) });
  const published = await store.published(/refusals-read|extract-loaded/);
  const subjects = published.slice(before.length).map(({ subject }) => subject);
  expect(subjects).toEqual(['holdfast.feature-store.v1.refusals-read', 'holdfast.feature-store.v1.extract-loaded']);
  const asked = store.refusals.readRefusals(province, { importId: report.importId, granted: false });
  await expect(asked[Symbol.asyncIterator]().next()).rejects.toMatchObject({ kind: 'forbidden' });
});
