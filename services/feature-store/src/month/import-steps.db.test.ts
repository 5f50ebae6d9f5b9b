/** Imports and views as steps of their months. */
import {
  MonthServiceDefinition,
  MonthStepState as State,
  type MonthService,
} from '@holdfast/contracts/platform/v1/months';
import { callOf, systemCall } from '@holdfast/testing/callers';
import { eventually } from '@holdfast/testing/service';
import { TemporaryFolder } from '@holdfast/testing/temporary-folder.fixture';
import { sharedFeatureStore, withManifest, type Files } from '../feature-store.fixture.js';

jest.setTimeout(120_000);

const store = sharedFeatureStore(new TemporaryFolder().at('lake'), '2026-10-03T10:00:00+08:00');
const province = callOf({ scopes: ['ingest:write', 'ingest:read', 'jobs:read'] });

async function stepsOf(month: string, call = systemCall) {
  const { steps } = await store.service.client<MonthService>(MonthServiceDefinition).readMonthSteps(call, { month });
  return steps;
}

/** 60 subscribers of two months, with keys of this kind. */
function extractOf(sequence: number, prefix: string): Files {
  const all = Array.from({ length: 60 }, (_, at) => at);
  const key = (at: number): string => `${prefix}${100 + at}`;
  const lines = (head: string, row: (at: number) => string): string => [head, ...all.map(row)].join('\n');
  const bills = ['2026-08', '2026-09'].flatMap((month) => all.map((at) => `${key(at)},${month},40.50`));
  const files = {
    'customers.csv': lines('customer_id,kind', (at) => `C${at},person`),
    'accounts.csv': lines('account_id,customer_id', (at) => `A${at},C${at}`),
    'subscriptions.csv': lines(
      'subscription_id,customer_id,account_id,service,status,activated_on',
      (at) => `${key(at)},C${at},A${at},mobile,active,2024-01-01`,
    ),
    'status_history.csv': lines('subscription_id,status,valid_from,valid_to', (at) => `${key(at)},active,2024-01-01,`),
    'billing.csv': ['subscription_id,month,arpu', ...bills].join('\n'),
  };
  return withManifest(files, { sequence, extractedAt: `2026-10-0${sequence}T03:00:00+08:00` });
}

it('a plain table is of its last month', async () => {
  await store.imported(
    await store.uploadTable('id,month\n1,2026-06\n1,2026-07\n', 'table: t\nkey: id\nasOf: { column: month }\n'),
  );
  const [step, ...others] = await stepsOf('2026-07');
  expect(others).toEqual([]);
  const { version } = await store.tables.getTable(systemCall, { table: 't', version: '' });
  expect(step).toMatchObject({ step: 'import', table: 't', version, state: State.MONTH_STEP_STATE_DONE, key: '' });
  expect(step!.job).toMatchObject({ kind: 'import-table', result: { table: 't' } });
  expect(await stepsOf('2026-06')).toEqual([]);
});

it('an extract is of its last month, with the job of its view', async () => {
  await store.imported(await store.uploadExtract(extractOf(1, 'S00')));
  const steps = new Map((await stepsOf('2026-09')).map((step) => [step.step, step]));
  expect(steps.get('import')).toMatchObject({ table: '', version: '1', state: State.MONTH_STEP_STATE_DONE });
  expect(steps.get('view')).toMatchObject({ table: '', version: '1', job: { kind: 'materialise-view' } });
  const changes = await eventually('the changes of behaviour are computed', async () =>
    (await stepsOf('2026-09')).find(({ step, job }) => step === 'changes' && job?.endedAt !== undefined),
  );
  expect(changes).toMatchObject({ version: '1', state: State.MONTH_STEP_STATE_DONE, job: { kind: 'detect-changes' } });
  expect((await stepsOf('')).map(({ month }) => month)).toEqual(['2026-09', '2026-07', '2026-09', '2026-09']);
  expect(await stepsOf('2026-09', callOf({ scopes: ['jobs:read'], orgScope: ['demo/shenyang/'] }))).toEqual([]);
});

it('a held extract waits for a person; once it is discarded, the one before counts', async () => {
  const { importId } = await store.imported(await store.uploadExtract(extractOf(2, 'T7')));
  const importStep = async () => (await stepsOf('2026-09')).find(({ step }) => step === 'import');
  expect(await importStep()).toMatchObject({ version: '2', state: State.MONTH_STEP_STATE_WAITING, key: 'import.held' });
  await store.imports.discardImport(province, { importId });
  expect(await importStep()).toMatchObject({ version: '1', state: State.MONTH_STEP_STATE_DONE });
});
