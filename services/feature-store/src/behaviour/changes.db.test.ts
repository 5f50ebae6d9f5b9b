/** Changes of behaviour of a month: computed once, stored, announced once, by region, after a crash, after corrections. */
import {
  BehaviourChanged,
  type BehaviourChange,
  type ListChangesRequest,
} from '@holdfast/contracts/feature_store/v1/behaviour';
import { MonthServiceDefinition, MonthStepState, type MonthService } from '@holdfast/contracts/platform/v1/months';
import { ParameterServiceDefinition, type ParameterService } from '@holdfast/contracts/platform/v1/parameters';
import { subscriptionId } from '@holdfast/platform/identity';
import { callOf, systemCall } from '@holdfast/testing/callers';
import { eventually } from '@holdfast/testing/service';
import { TemporaryFolder } from '@holdfast/testing/temporary-folder.fixture';
import { sharedFeatureStore } from '../feature-store.fixture.js';
import { keyOf, syntheticExtract } from '../view/synthetic-extract.fixture.js';
import { CHANGE_MEASURES } from './changes-sql.js';

jest.setTimeout(120_000);

const store = sharedFeatureStore(new TemporaryFolder().at('lake'), '2026-09-03T10:00:00+08:00');
const scopes = ['ingest:write', 'ingest:read', 'features:read', 'model:train'];
const province = callOf({ scopes });
const cityA = callOf({ scopes, orgScope: ['demo/A/'] });
const ALL: ListChangesRequest = {
  ...{ month: '', orgUnitPath: '', measure: '', direction: '', scoreMin: 4, subscriptionIds: [], pageSize: 1_000 },
  pageToken: '',
};
const idOf = (at: number): string => subscriptionId('demo', keyOf(at));
/** Of city A: bill and minutes of July; of city B: bill of July. The rest goes on as before. */
const [MUCH, LITTLE] = [4, 5];
const BILLS = new Map([
  [`${keyOf(MUCH)},2026-07,21.00,1.00,10.00,`, `${keyOf(MUCH)},2026-07,900.00,1.00,10.00,`],
  [`${keyOf(LITTLE)},2026-07,22.00,1.00,10.00,`, `${keyOf(LITTLE)},2026-07,0.00,1.00,10.00,`],
]);
const USAGE = new Map([
  [`${keyOf(MUCH)},2026-07,17,5,840,300,14,700,7,`, `${keyOf(MUCH)},2026-07,17,5,90000,300,14,700,7,`],
]);

const list = async (request: Partial<ListChangesRequest> = {}, call = province): Promise<BehaviourChange[]> =>
  (await store.behaviour.listChanges(call, { ...ALL, ...request })).changes;

/** What was published, by subscription, for each month. */
async function announced(): Promise<string[]> {
  const events = await store.published(/behaviour-changed/);
  return events.map(({ payload }) => {
    const { subscriptionId: id, month, measures } = BehaviourChanged.decode(payload);
    const number = [MUCH, LITTLE].find((at) => idOf(at) === id) ?? 'another';
    return `${number} ${month} ${measures.map(({ measure, direction }) => `${measure} ${direction}`).join(', ')}`;
  });
}

const ofThese = async (): Promise<string[]> => (await announced()).filter((line) => !line.startsWith('another')).sort();

const settled = () =>
  eventually('all jobs have ended', async () => {
    const sql = `select (select count(*) from job where state in ('queued', 'running')) + (select count(*) from outbox) as open`;
    const [row] = await store.query<{ open: string }>(sql);
    return row!.open === '0';
  });

async function load(options: Parameters<typeof syntheticExtract>[0]): Promise<string> {
  const { result } = await store.done(await store.uploadExtract(syntheticExtract(options)));
  await settled();
  return result['importId']!;
}

beforeAll(async () => {
  // A process that ends while the rows of the second measure are stored: its connection is lost in the transaction.
  await store.query('create sequence stored_measure');
  await store.query(`create function end_process() returns trigger language plpgsql as $$ begin
    if nextval('feature_store.stored_measure') = 2 then perform pg_terminate_backend(pg_backend_pid()); end if;
    return null; end $$`);
  await store.query(
    'create trigger stored after insert on change_measure for each statement execute function end_process()',
  );
  await load({ instead: new Map([...BILLS, ...USAGE]) });
});

test('a closed month is computed by itself, and after a crash without the measures that were stored', async () => {
  const [{ runs, stored } = { runs: 0, stored: 0 }] = await store.query<{ runs: number; stored: number }>(
    `select (select count(*)::int from change_run) as runs, (select last_value::int from stored_measure) as stored`,
  );
  const [run] = await store.query<{ measures: string[]; attempts: number }>(
    'select measures_done as measures from change_run',
  );
  expect(runs).toBe(1);
  expect(run!.measures).toEqual(['voice', 'data', 'on_net_share', 'active_days', 'rival_calls', 'bill']);
  expect(stored).toBe(run!.measures.length + 1);
  expect(Object.keys(CHANGE_MEASURES)).toContain('recharge'); // no such table
  const { steps } = await store.service
    .client<MonthService>(MonthServiceDefinition)
    .readMonthSteps(systemCall, { month: '2026-07' });
  expect(steps.find(({ step }) => step === 'changes')).toMatchObject({
    ...{ version: '1', state: MonthStepState.MONTH_STEP_STATE_DONE },
  });
});

test('the list has values of the subscription and of its group, by region, direction and page', async () => {
  const answer = await store.behaviour.listChanges(province, ALL);
  expect(answer).toMatchObject({ month: '2026-07', ruleVersion: 1, sequence: 1 });
  const of = (at: number, measure: string) =>
    answer.changes.find((change) => change.subscriptionId === idOf(at) && change.measure === measure);
  expect(of(MUCH, 'bill')).toMatchObject({ direction: 'up', orgUnitPath: 'demo/A/', sinceMonth: '2026-07' });
  expect(of(MUCH, 'bill')!.value).toBeCloseTo(900, 6);
  expect(of(LITTLE, 'bill')).toMatchObject({ direction: 'down', orgUnitPath: 'demo/B/' });
  // Every bill rises by one a month; the group's change is small, and the own one is beyond it.
  expect(of(MUCH, 'bill')!.groupChange).toBeGreaterThan(0);
  expect(of(MUCH, 'bill')!.groupChange).toBeLessThan(0.3);
  expect(of(MUCH, 'bill')!.relativeChange).toBeGreaterThan(20);
  const scores = answer.changes.map(({ score }) => Math.abs(score));
  expect(scores).toEqual([...scores].sort((left, right) => right - left));
  expect(new Set((await list({}, cityA)).map(({ orgUnitPath }) => orgUnitPath))).toEqual(new Set(['demo/A/']));
  expect(await list({ subscriptionIds: [idOf(LITTLE)] }, cityA)).toEqual([]);
  expect((await list({ orgUnitPath: 'demo/B/' })).map(({ subscriptionId: id }) => id)).toContain(idOf(LITTLE));
  expect((await list({ direction: 'down' })).every(({ score }) => score < 0)).toBe(true);
  const [bill] = answer.measures.filter(({ measure }) => measure === 'bill');
  const [ofCity] = (await store.behaviour.listChanges(cityA, ALL)).measures.filter(({ measure }) => measure === 'bill');
  expect(ofCity!.compared).toBeLessThan(bill!.compared);
  expect(ofCity!.threshold).toBe(bill!.threshold);
  const paged: BehaviourChange[] = [];
  for (let pageToken = ''; ;) {
    const page = await store.behaviour.listChanges(province, { ...ALL, scoreMin: 0, pageSize: 3, pageToken });
    paged.push(...page.changes);
    pageToken = page.nextPageToken;
    if (pageToken === '') break;
  }
  expect(paged).toEqual(await list({ scoreMin: 0 }));
});

test('who crosses a threshold is announced once, however often the month is computed', async () => {
  const first = [`${MUCH} 2026-07 bill up, voice up`, `${LITTLE} 2026-07 bill down`];
  expect(await ofThese()).toEqual(first);
  const before = await announced();
  await store.done(await store.behaviour.detectChanges(province, { month: '' })); // the same job
  // Another run of the month, with more alarms: only who was not announced is.
  const parameters = store.service.client<ParameterService>(ParameterServiceDefinition);
  const rule = { key: 'changes.rule', valueJson: JSON.stringify({ alarmShare: 0.05 }), validFrom: undefined };
  await parameters.setParameter(systemCall, rule);
  await store.done(await store.behaviour.detectChanges(province, { month: '2026-07' }));
  const wider = await store.behaviour.listChanges(province, ALL);
  expect([wider.month, wider.ruleVersion]).toEqual(['2026-07', 2]);
  const events = await store.published(/behaviour-changed/);
  const ids = events.map(({ payload }) => BehaviourChanged.decode(payload).subscriptionId);
  expect(new Set(ids).size).toBe(ids.length);
  expect((await announced()).slice(0, before.length)).toEqual(before);
  expect(await ofThese()).toEqual(first);
});

test('who stays beyond the threshold is announced in the first month only; an earlier month, never', async () => {
  const stays = BILLS.get(`${keyOf(MUCH)},2026-07,21.00,1.00,10.00,`)!;
  const instead = new Map([
    ...[...BILLS, ...USAGE],
    [`${keyOf(MUCH)},2026-08,22.00,1.00,10.00,`, stays.replace('2026-07', '2026-08')],
    [`${keyOf(LITTLE)},2026-08,23.00,1.00,10.00,`, `${keyOf(LITTLE)},2026-08,900.00,1.00,10.00,`],
  ]);
  const importId = await load({ sequence: 2, to: '2026-08', extractedAt: '2026-09-02T03:00:00+08:00', instead });
  const now = await list({ measure: 'bill' });
  expect(now.find(({ subscriptionId: id }) => id === idOf(MUCH))).toMatchObject({ sinceMonth: '2026-07' });
  const ofAugust = (await ofThese()).filter((line) => line.includes('2026-08'));
  expect(ofAugust).toContain(`${LITTLE} 2026-08 bill up`);
  expect(ofAugust.filter((line) => line.startsWith(`${MUCH} `) && line.includes('bill'))).toEqual([]);
  const before = await announced();
  await store.done(await store.behaviour.detectChanges(province, { month: '2026-06' }));
  expect((await store.behaviour.listChanges(province, { ...ALL, month: '2026-06' })).month).toBe('2026-06');
  expect((await store.behaviour.listChanges(province, ALL)).month).toBe('2026-08');
  expect(await announced()).toEqual(before);
  // Withdrawn: the run of the extract before counts again, and nothing is announced.
  await store.imports.withdrawImport(province, { importId, reason: 'wrong' });
  await settled();
  const left = await store.behaviour.listChanges(province, ALL);
  expect([left.month, left.sequence, left.ruleVersion]).toEqual(['2026-07', 1, 2]);
  await expect(list({ month: '2026-08' })).rejects.toMatchObject({ key: 'changes.invalid' });
  expect(await announced()).toEqual(before);
});
