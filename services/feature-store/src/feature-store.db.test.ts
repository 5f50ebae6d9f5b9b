import { readFileSync, readdirSync, statSync } from 'node:fs';
import { TableLoaded } from '@holdfast/contracts/feature_store/v1/extract';
import type { ReadTableRequest } from '@holdfast/contracts/feature_store/v1/lake';
import { FeatureState } from '@holdfast/contracts/feature_store/v1/online';
import type { ColumnBatch } from '@holdfast/contracts/platform/v1/columns';
import { JobServiceDefinition, JobState, type Job, type JobService } from '@holdfast/contracts/platform/v1/jobs';
import { readCategoryTexts, readNumbers, readUuids } from '@holdfast/platform/columns';
import type { Call } from '@holdfast/platform/grpc';
import { customerId, naturalKey, newId, shardOf, subscriptionId } from '@holdfast/platform/identity';
import { Jobs, type JobRun } from '@holdfast/platform/jobs';
import { callOf, systemCall } from '@holdfast/testing/callers';
import { eventually } from '@holdfast/testing/service';
import { TemporaryFolder } from '@holdfast/testing/temporary-folder.fixture';
import { collected, rowsOf as allRows } from './engine/engine.fixture.js';
import { sharedFeatureStore, tableRequest } from './feature-store.fixture.js';
import { IMPORT_TABLE, ImportTable } from './intake/import-table.js';
import { Uploads } from './intake/upload.js';

const folder = new TemporaryFolder();
const store = sharedFeatureStore(folder.path, '2026-03-03T10:00:00+08:00');
const province = callOf({ scopes: ['ingest:write', 'ingest:read', 'features:read', 'model:train', 'jobs:read'] });
const withReason = callOf({ scopes: ['ingest:read', 'pii:read'], accessReason: 'complaint' });
const shenyang = callOf({ scopes: ['ingest:write', 'ingest:read', 'features:read'], orgScope: ['demo/沈阳/'] });

const idIn = (table: string, key: string): string => subscriptionId('demo', naturalKey({ of: 'table', table }, key));

const MAPPING = `
table: telco
key: id
asOf: { column: month }
label: { column: left, positive: yes, negative: no }
value: fee
unit: city
personal: { name: who }
labels: { fee: { en: monthly bill, zh-CN: 月均消费 }, plan: { zh-CN: 套餐 } }
monotone: { fee: increasing }
`;
const ROWS = 600;
const keyOf = (row: number): string => `SUBSCRIBER-${row}`;
const cityOf = (row: number): string => (row % 3 === 0 ? '沈阳' : '大连');

/** Two months of most subscribers, one of some; some bad rows and one duplicate. */
function file(): string {
  const rows = Array.from({ length: ROWS }, (_, row) => {
    const [city, name, left] = [cityOf(row), `Wang ${row}`, row % 5 === 0 ? 'yes' : 'no'];
    const now = [keyOf(row), '2026-02', left, row + 0.5, city, name, `plan ${row % 4}`];
    const before = [keyOf(row), '2026-01', '', row, city, name, ''];
    return row % 10 === 0 ? [before] : [before, now];
  }).flat();
  const conflicting = [keyOf(1), '2026-02', 'no', 9999, '大连', 'Wang 1', 'plan 1'];
  const malformed = ['SECRET-KEY', '2026-99', '', 1, '', 'Zhao', ''];
  const header = ['id', 'month', 'left', 'fee', 'city', 'who', 'plan'];
  return [header, ...rows, rows[1]!, conflicting, malformed].map((row) => row.join(',')).join('\n');
}
const READ = ROWS + ROWS * 0.9 + 3;

const upload = (text: string | Buffer, mapping = MAPPING, call: Call = province): Promise<Job> =>
  store.uploadTable(text, mapping, call);

const load = async (text: string | Buffer, mapping = MAPPING): Promise<Job> => store.done(await upload(text, mapping));

const read = (request: Partial<ReadTableRequest> = {}, call: Call = province): Promise<ColumnBatch[]> =>
  collected(store.tables.readTable(call, tableRequest('telco', request)));

function rowsOf(batches: ColumnBatch[]) {
  return batches.flatMap((batch) => {
    const [months, units] = [readCategoryTexts(batch, 'month'), readCategoryTexts(batch, 'org_unit_path')];
    const [fees, plans] = [readNumbers(batch, 'fee'), readCategoryTexts(batch, 'plan')];
    return readUuids(batch, 'subscription_id').map((id, at) => {
      return { id, month: months[at], unit: units[at], fee: fees[at]!, plan: plans[at] };
    });
  });
}

async function loadedTables(): Promise<string[]> {
  const events = await store.published(/table-loaded$/);
  return events.map(({ payload }) => TableLoaded.decode(payload).table).sort();
}

describe('a table that came in', () => {
  let job: Job;
  let importId: string;
  beforeAll(async () => {
    job = await load(file());
    importId = job.result['importId']!;
  });

  test('reconciles, and its rejects have place and rule', async () => {
    const report = await store.imports.getImport(province, { importId });
    expect(report.tables).toEqual([
      { table: 'telco', version: job.result['version'], read: READ, accepted: READ - 3, rejected: 2, duplicates: 1 },
    ]);
    expect(report).toMatchObject({ jobId: job.jobId, contentHash: expect.stringMatching(/^sha256:[0-9a-f]{64}$/) });
    expect(report.loadedAt!.toISOString().slice(0, 10)).toBe('2026-03-03');
    const page = { importId, table: 'telco', pageSize: 1 };
    const first = await store.imports.listRejects(withReason, { ...page, table: '', pageToken: '' });
    const second = await store.imports.listRejects(withReason, { ...page, pageToken: first.nextPageToken });
    expect([...first.rejects, ...second.rejects]).toEqual([
      { file: 'telco.csv', line: READ, column: 'id', rule: 'key.conflict', value: keyOf(1) },
      { file: 'telco.csv', line: READ + 1, column: 'month', rule: 'month.malformed', value: '2026-99' },
    ]);
    expect(second.nextPageToken).toBe('');
  });

  test('shows rejected keys only to callers that may read personal data and give a reason', async () => {
    const page = { importId, table: '', pageSize: 10, pageToken: '' };
    const { rejects } = await store.imports.listRejects(province, page);
    expect(rejects.map(({ rule, value }) => `${rule} ${value}`)).toEqual(['key.conflict ', 'month.malformed 2026-99']);
    const forged = store.imports.listRejects(province, { ...page, pageToken: '1 or 1=1' });
    await expect(forged).rejects.toMatchObject({ kind: 'invalid' });
  });

  test('has its columns with their roles', async () => {
    const table = await store.tables.getTable(province, { table: 'telco', version: '' });
    expect(table).toMatchObject({ rows: READ - 3, months: ['2026-01', '2026-02'], currency: 'CNY', hasSplit: false });
    const roles = table.columns.map(({ name, role }) => `${name} ${role.replace('COLUMN_ROLE_', '')}`);
    const [own, others] = ['id KEY,month MONTH,left LABEL,fee VALUE', 'city ORG_UNIT,who PERSONAL,plan FEATURE'];
    expect(roles.join()).toBe(`${own},${others}`);
    const labels = table.columns.map(({ name, labelEn, labelZhCn }) => `${name}: ${labelEn}/${labelZhCn}`);
    expect(labels.filter((label) => !label.endsWith(': /'))).toEqual(['fee: monthly bill/月均消费', 'plan: /套餐']);
    expect(table.columns.filter(({ monotone }) => monotone !== '').map(({ name }) => name)).toEqual(['fee']);
    const nothing = store.tables.getTable(province, { table: 'nothing', version: '' });
    await expect(nothing).rejects.toMatchObject({ kind: 'notFound' });
  });

  test('is read whole, in order of shards, subscriptions and months', async () => {
    const rows = rowsOf(await read());
    expect(rows).toHaveLength(READ - 3);
    const order = rows.map(({ id, month }) => `${String(shardOf(id)).padStart(3, '0')} ${id} ${month}`);
    expect(order).toEqual([...order].sort());
    const mine = rows.filter(({ id }) => id === idIn('telco', keyOf(7)));
    expect(mine).toEqual([
      { id: mine[0]!.id, month: '2026-01', unit: 'demo/大连/', fee: 7, plan: undefined },
      { id: mine[0]!.id, month: '2026-02', unit: 'demo/大连/', fee: 7.5, plan: 'plan 3' },
    ]);
  });

  test('is read by shards, by month and by newest row', async () => {
    const shards = rowsOf(await read({ shards: { from: 10, to: 90 } }));
    expect(shards.length).toBeGreaterThan(0);
    expect(shards.every(({ id }) => shardOf(id) >= 10 && shardOf(id) < 90)).toBe(true);
    expect(rowsOf(await read({ month: '2026-02' }))).toHaveLength(ROWS * 0.9);
    expect(await read({ month: '2020-01' })).toEqual([]);
    const last = rowsOf(await read({ month: 'last' }));
    expect(new Set(last.map(({ id }) => id)).size).toBe(ROWS);
    expect(last.filter(({ month }) => month === '2026-01')).toHaveLength(ROWS / 10);
    await expect(read({ shards: { from: 5, to: 300 } })).rejects.toMatchObject({ kind: 'invalid' });
  });

  test('gives labels and values to training alone', async () => {
    const all = { withLabel: true, withValue: true, withSplit: true };
    const [batch] = await read({ ...all, columns: ['plan'], month: '2026-02' });
    const left = [...readNumbers(batch!, 'label')].filter((label) => label === 1);
    expect(left).toHaveLength(ROWS / 5 - ROWS / 10);
    const names = batch!.columns.map(({ name }) => name);
    expect(names).toEqual(['subscription_id', 'month', 'org_unit_path', 'plan', 'label', 'split', 'value']);
    expect([...readNumbers(batch!, 'split')].every(Number.isNaN)).toBe(true);
    await expect(read({ withLabel: true }, shenyang)).rejects.toMatchObject({ kind: 'forbidden' });
    await expect(read({ columns: ['who'] })).rejects.toMatchObject({ kind: 'notFound', key: 'column.unknown' });
    await expect(read({}, callOf({ scopes: [] }))).rejects.toMatchObject({ kind: 'forbidden' });
  });

  test('shows a region its own rows only', async () => {
    const rows = rowsOf(await read({}, shenyang));
    expect(new Set(rows.map(({ unit }) => unit))).toEqual(new Set(['demo/沈阳/']));
    expect(rows).toHaveLength(200 + 180);
    expect(await read({}, callOf({ scopes: ['features:read'], orgScope: ['demo/本溪/'] }))).toEqual([]);
    expect(await read({}, callOf({ scopes: ['features:read'], orgScope: [] }))).toEqual([]);
    await expect(store.imports.getImport(shenyang, { importId })).rejects.toMatchObject({ kind: 'notFound' });
    const foreign = store.tables.getTable(shenyang, { table: 'telco', version: '' });
    await expect(foreign).rejects.toMatchObject({ kind: 'notFound' });
    expect(await store.tables.listTables(shenyang, {})).toEqual({ tables: [] });
    await expect(upload(file(), MAPPING, shenyang)).rejects.toMatchObject({ kind: 'forbidden' });
    const subscriptionIds = [3, 4].map((row) => idIn('telco', keyOf(row)));
    const asked = await store.online.getFeatures(shenyang, { subscriptionIds, table: 'telco', features: [] });
    expect(asked.vectors.map(({ subscriptionId: id }) => id)).toEqual([idIn('telco', keyOf(3))]);
  });

  test('gives subjects to services alone', async () => {
    const request = { table: 'telco', version: job.result['version']!, shards: undefined };
    const subjects = allRows(await collected(store.tables.readSubjects(systemCall, request)));
    const found = new Map(subjects.map((subject) => [subject['key'], subject]));
    expect(found.size).toBe(ROWS);
    const sixth = customerId('demo', naturalKey({ of: 'table', table: 'telco' }, keyOf(6)));
    const expected = { customer_id: sixth, name: 'Wang 6', first_month: '2026-01', org_unit_path: 'demo/沈阳/' };
    expect(found.get(keyOf(6))).toMatchObject(expected);
    const refused = store.tables.readSubjects(province, request)[Symbol.asyncIterator]();
    await expect(refused.next()).rejects.toMatchObject({ kind: 'forbidden' });
  });

  test('answers online with state and times', async () => {
    const [fresh, stale] = [idIn('telco', keyOf(7)), idIn('telco', keyOf(10))];
    const subscriptionIds = [stale, idIn('telco', 'missing'), fresh];
    const features = ['plan', 'fee'];
    const { vectors } = await store.online.getFeatures(province, { subscriptionIds, table: 'telco', features });
    const { FEATURE_STATE_MISSING: missing, FEATURE_STATE_STALE: old, FEATURE_STATE_PRESENT: present } = FeatureState;
    const january = { eventAt: new Date('2026-01-31T16:00:00Z'), knowledgeTime: expect.any(Date) };
    const february = { eventAt: new Date('2026-02-28T16:00:00Z'), knowledgeTime: expect.any(Date) };
    const ofStale = [
      { feature: 'plan', state: missing, value: undefined, ...january },
      { feature: 'fee', state: old, value: { $case: 'number', number: 10 }, ...january },
    ];
    const ofFresh = [
      { feature: 'plan', state: present, value: { $case: 'text', text: 'plan 3' }, ...february },
      { feature: 'fee', state: present, value: { $case: 'number', number: 7.5 }, ...february },
    ];
    const version = job.result['version'];
    expect(vectors).toEqual([
      { subscriptionId: stale, version, values: ofStale },
      { subscriptionId: fresh, version, values: ofFresh },
    ]);
    const asking = (request: object) =>
      store.online.getFeatures(province, { subscriptionIds: [fresh], table: 'telco', features: [], ...request });
    await expect(asking({ features: ['who'] })).rejects.toMatchObject({ kind: 'notFound', key: 'feature.unknown' });
    await expect(asking({ subscriptionIds: ['x'] })).rejects.toMatchObject({ kind: 'invalid' });
  });

  test('changes nothing when it comes again, nor when its job runs again', async () => {
    expect(await loadedTables()).toEqual(['telco']);
    const snapshot = async (): Promise<unknown> => [
      await store.query('select * from import order by id'),
      await store.query('select * from table_version'),
      await store.query('select * from subject_batch order by shard, part'),
      await store.query('select * from online_value order by subscription_id'),
      readdirSync(folder.at('raw')),
      readdirSync(folder.at('scratch')),
    ];
    const before = await snapshot();
    expect((await upload(file())).jobId).toBe(job.jobId);
    const run: JobRun<{ importId: string }> = {
      jobId: job.jobId,
      params: { importId },
      caller: province.caller,
      signal: new AbortController().signal,
      progress: async () => undefined,
    };
    expect(await store.service.get(ImportTable).run(run)).toEqual(job.result);
    expect(await snapshot()).toEqual(before);
    expect(await loadedTables()).toEqual(['telco']);
  });

  test('leaves no key and no name readable, neither in the database nor on disk', async () => {
    const sql = `select table_name from information_schema.tables where table_schema = 'feature_store'`;
    const names = await store.query<{ table_name: string }>(sql);
    for (const { table_name: name } of names) {
      const rows = await store.query<{ text: string }>(`select t::text as text from "${name}" t`);
      expect(rows.filter(({ text }) => /SUBSCRIBER-|SECRET-KEY|Wang|Zhao/.test(text))).toEqual([]);
      // bytea is shown in hex
      const hex = Buffer.from('SUBSCRIBER-').toString('hex');
      expect(rows.filter(({ text }) => text.includes(hex))).toEqual([]);
    }
    const paths = readdirSync(folder.path, { recursive: true, encoding: 'utf8' }).map((name) => folder.at(name));
    const files = paths.filter((name) => statSync(name).isFile());
    expect(files.some((name) => name.endsWith('rows.parquet'))).toBe(true);
    for (const name of files) {
      const bytes = readFileSync(name);
      const found = ['SUBSCRIBER-', 'SECRET-KEY', 'Wang'].filter((secret) => bytes.includes(secret));
      expect([name, found]).toEqual([name, []]);
    }
  });
});

describe('another version', () => {
  test('of the same file by another mapping is another version', async () => {
    const first = await load(file());
    const second = await load(file(), `${MAPPING}exclude: [plan]\n`);
    expect(second.result['version']).not.toBe(first.result['version']);
    const [batch] = await read({ version: second.result['version']! });
    expect(batch!.columns.map(({ name }) => name)).toEqual(['subscription_id', 'month', 'org_unit_path', 'fee']);
    const [old] = await read({ version: first.result['version']! });
    expect(old!.columns.map(({ name }) => name)).toEqual(['subscription_id', 'month', 'org_unit_path', 'fee', 'plan']);
  });

  test('of an earlier month does not overwrite what is known of a later one', async () => {
    const mapping = (month: string): string => `table: months\nkey: id\nvalue: fee\nasOf: ${month}`;
    await load('id,fee\na,2\nb,2', mapping('2026-02'));
    await load('id,fee\na,1\nc,1', mapping('2026-01'));
    const subscriptionIds = ['a', 'b', 'c'].map((key) => idIn('months', key));
    const asked = { subscriptionIds, table: 'months', features: ['fee'] };
    const { vectors } = await store.online.getFeatures(province, asked);
    const numbers = vectors.map(({ values: [fee] }) => fee!.value);
    expect(numbers).toEqual([2, 2, 1].map((number) => ({ $case: 'number', number })));
  });
});

describe('what does not come in', () => {
  test('a mapping that is wrong', async () => {
    const refused = upload(file(), 'table: t\nlabls: x');
    await expect(refused).rejects.toMatchObject({ kind: 'invalid', key: 'mapping.invalid' });
  });

  test('an upload without a header, or with two', async () => {
    const said = { mapping: 'table: twice', fileName: 'f', sizeBytes: undefined };
    const header = { part: { $case: 'header' as const, header: said } };
    const chunk = { part: { $case: 'chunk' as const, chunk: Buffer.from('a\n1\n') } };
    async function* parts(list: (typeof header | typeof chunk)[]) {
      yield* list;
    }
    for (const list of [[chunk], [header, chunk, header], []]) {
      const refused = store.imports.uploadTable(province, parts(list));
      await expect(refused).rejects.toMatchObject({ key: 'upload.headerFirst' });
    }
  });

  test('an upload that breaks off leaves no file and no table', async () => {
    const before = readdirSync(folder.at('raw'));
    let whileReceiving: object[] = [];
    async function* parts() {
      const header = { mapping: 'table: broken', fileName: 'f.csv', sizeBytes: undefined };
      yield { part: { $case: 'header' as const, header } };
      whileReceiving = await eventually('the job exists before the first byte', async () => {
        const rows = await store.query(`select state, phase from job where phase = 'receiving' and state = 'queued'`);
        return rows.length > 0 && rows;
      });
      yield { part: { $case: 'chunk' as const, chunk: Buffer.from('id,x\na,1\n') } };
      throw new Error('the client dies');
    }
    await expect(store.imports.uploadTable(province, parts())).rejects.toThrow(/the client dies/);
    const [job] = await eventually('the import is given up', async () => {
      const sql = `select job.state, job.failure from import join job on import.job_id = 'feature-store.' || job.id
        where table_name = 'broken' and import.state = 'failed'`;
      const rows = await store.query<{ state: string; failure: { key: string } }>(sql);
      return rows.length === 1 && rows;
    });
    expect(whileReceiving).toEqual([{ state: 'queued', phase: 'receiving' }]);
    expect(job).toMatchObject({ state: 'failed', failure: { key: 'upload.brokenOff' } });
    expect(readdirSync(folder.at('raw'))).toEqual(before);
    const broken = store.tables.getTable(province, { table: 'broken', version: '' });
    await expect(broken).rejects.toMatchObject({ kind: 'notFound' });
  });

  test('an upload whose process died is given up later', async () => {
    const importId = newId();
    const { jobId } = await store.service.database.transaction(async (tx) => {
      const asked = { kind: IMPORT_TABLE, params: { importId }, caller: province.caller };
      const job = await store.service.get(Jobs).open(tx, asked);
      await tx.query(
        `insert into import (id, job_id, state, org_unit_path, table_name, mapping, mapping_hash, file_name, as_of, created_at,
           touched_at)
         values ($1, $2, 'receiving', 'demo/', 'dead', '{}', '', 'f', '2026-02', now(), now() - interval '1 hour')`,
        [importId, job.jobId],
      );
      return job;
    });
    await store.service.get(Uploads).sweep();
    const [row] = await store.query<{ state: string }>(`select state from import where table_name = 'dead'`);
    expect(row).toEqual({ state: 'failed' });
    const job = await store.service.client<JobService>(JobServiceDefinition).getJob(province, { jobId });
    expect(job).toMatchObject({ state: JobState.JOB_STATE_FAILED, failure: { key: 'upload.brokenOff' } });
  });

  test('a file that does not fit its mapping, and it may be tried again', async () => {
    const mapping = 'table: misfit\nkey: nummer';
    const first = await store.ended(await upload('id,x\na,1\n', mapping));
    expect(first).toMatchObject({ state: JobState.JOB_STATE_FAILED, failure: { key: 'header.columnsMissing' } });
    const second = await store.ended(await upload('id,x\na,1\n', mapping));
    expect(second.jobId).not.toBe(first.jobId);
  });

  test('a file of bad rows fails with its report kept', async () => {
    const job = await store.ended(await upload('id,x\n,1\n,2\n', 'table: allbad\nkey: id'));
    expect(job).toMatchObject({ state: JobState.JOB_STATE_FAILED, failure: { key: 'import.nothingAccepted' } });
    const { imports: all } = await store.imports.listImports(province, { pageSize: 1, pageToken: '' });
    expect(all[0]).toMatchObject({ tables: [{ table: 'allbad', version: '', read: 2, accepted: 0, rejected: 2 }] });
    const { importId } = all[0]!;
    const { rejects } = await store.imports.listRejects(province, { importId, table: '', pageSize: 0, pageToken: '' });
    expect(rejects.map(({ line, rule }) => `${line} ${rule}`)).toEqual(['2 key.missing', '3 key.missing']);
  });
});

/** In one key space, so that two tables have the same ids. */
const inOperatorSpace = (table: string): string => `${MAPPING.replace('telco', table)}keySpace: operator\n`;

test('an import that was interrupted in every phase ends as an undisturbed one', async () => {
  const undisturbed = await load(file(), inOperatorSpace('undisturbed'));
  // The work itself, interrupted once per phase before the job may continue.
  const work = store.service.get(ImportTable);
  const run = work.run.bind(work);
  const killed: string[] = [];
  const phases = ['reading', 'checking', 'storing', 'publishing'];
  const spy = jest.spyOn(work, 'run').mockImplementation(async (given) => {
    for (const stopAt of phases) {
      const progress: JobRun['progress'] = async ({ phase }) => {
        if (phase === stopAt) throw new Error(`killed while ${phase}`);
      };
      await run({ ...given, progress }).catch((thrown: Error) => killed.push(thrown.message));
    }
    return run(given);
  });
  const resumed = await load(file(), inOperatorSpace('resumed'));
  spy.mockRestore();
  expect(killed).toEqual(phases.map((phase) => `killed while ${phase}`));
  const [before, after] = await Promise.all(
    [undisturbed, resumed].map(({ result }) => store.imports.getImport(province, { importId: result['importId']! })),
  );
  const { version } = resumed.result;
  expect(after!.tables[0]).toEqual({ ...before!.tables[0], table: 'resumed', version });
  expect(after!.notices).toEqual(before!.notices);
  expect(rowsOf(await read({ table: 'resumed' }))).toEqual(rowsOf(await read({ table: 'undisturbed' })));
  expect((await loadedTables()).filter((table) => table === 'resumed')).toEqual(['resumed']);
  // Only the running service's own, for what its reading spills.
  expect(readdirSync(folder.at('scratch')).filter((name) => !name.startsWith('reader-'))).toEqual([]);
});
