import {
  MonthServiceDefinition,
  MonthStepState as State,
  type MonthService,
} from '@holdfast/contracts/platform/v1/months';
import { callOf, systemCall } from '@holdfast/testing/callers';
import { TestService } from '@holdfast/testing/service';
import { Jobs } from '../jobs/jobs.js';
import { ECHO, OWNED_STEPS, ProbeLake, REFUSE, UNMET } from '../service/probe-lake.fixture.js';
import { MonthSteps, policyNever, type StepRecord } from './month-steps.js';

const service = new TestService(ProbeLake, { service: 'probe-lake' });
const months = service.client<MonthService>(MonthServiceDefinition);
const ofExtract = { month: '2026-09', table: '', version: '7' };

const record = (step: StepRecord): Promise<void> =>
  service.database.transaction((tx) => service.get(MonthSteps).record(tx, step));
const read = async (month: string, call = systemCall) => (await months.readMonthSteps(call, { month })).steps;

/** A job without parameters, after its end. */
async function jobOf(kind: typeof REFUSE): Promise<string> {
  const request = { kind, key: 'k', params: {}, caller: systemCall.caller };
  const { jobId } = await service.database.transaction((tx) => service.get(Jobs).submit(tx, request));
  await service.ended({ jobId });
  return jobId;
}

it('gives the steps that the service owns, and what is recorded of them with its job', async () => {
  const request = { kind: ECHO, key: 'k', params: { text: 'x' }, caller: systemCall.caller };
  const { jobId } = await service.database.transaction((tx) => service.get(Jobs).submit(tx, request));
  await service.ended({ jobId });
  await record({ ...ofExtract, step: 'view', jobId });
  const answer = await months.readMonthSteps(systemCall, { month: '2026-09' });
  expect(answer.owned).toEqual(OWNED_STEPS);
  expect(answer.steps).toEqual([
    expect.objectContaining({ ...ofExtract, step: 'view', state: State.MONTH_STEP_STATE_DONE, key: '' }),
  ]);
  expect(answer.steps[0]!.job).toMatchObject({ jobId, kind: ECHO.name, progress: 1 });
  expect(answer.steps[0]!.job!.endedAt).toBeInstanceOf(Date);
});

it('a step whose input does not allow it, or that a policy excludes, is not available', async () => {
  await record({ ...ofExtract, step: 'training', jobId: await jobOf(UNMET) });
  await record({ ...ofExtract, step: 'households', jobId: await jobOf(REFUSE) });
  await record({ ...ofExtract, step: 'scoring', reason: policyNever({ parameter: 'scoring.policy' }) });
  const steps = new Map((await read('2026-09')).map((step) => [step.step, step]));
  expect(steps.get('scoring')).toMatchObject({ state: State.MONTH_STEP_STATE_NOT_AVAILABLE, key: 'month.policyNever' });
  expect(steps.get('scoring')!.textEn).toBe('It is done on request only (scoring.policy).');
  expect(steps.get('training')).toMatchObject({ state: State.MONTH_STEP_STATE_NOT_AVAILABLE, textEn: 'No label.' });
  expect(steps.get('households')).toMatchObject({ state: State.MONTH_STEP_STATE_FAILED, key: 'table.unknown' });
});

it('a later record replaces an earlier one, and what holds for a later version keeps its job', async () => {
  const steps = service.get(MonthSteps);
  const renewed = { ...ofExtract, step: 'view', version: '8' };
  await service.database.transaction(async (tx) => {
    expect(await steps.renew(tx, renewed)).toBe(true);
    expect(await steps.versionOf(tx, renewed)).toBe('8');
    expect(await steps.renew(tx, { ...renewed, step: 'effect' })).toBe(false);
  });
  const [view] = (await read('2026-09')).filter(({ step }) => step === 'view');
  expect(view).toMatchObject({ version: '8', state: State.MONTH_STEP_STATE_DONE });
});

it('what was recorded for a withdrawn version is removed, and nothing else', async () => {
  const steps = service.get(MonthSteps);
  const of = { ...ofExtract, month: '2026-08' };
  for (const [step, version] of Object.entries({ view: '8', effect: '7' })) {
    await record({ ...of, step, version, reason: policyNever({ parameter: 'x' }) });
  }
  await service.database.transaction((tx) => steps.withdraw(tx, { table: '', version: '8' }));
  expect((await read('2026-08')).map(({ step }) => step)).toEqual(['effect']);
  await service.database.query('delete from month_step where month = $1', ['2026-08']);
});

it('shows the newest months, to callers of the province', async () => {
  await record({ ...ofExtract, month: '2026-10', step: 'view', reason: policyNever({ parameter: 'x' }) });
  await record({ ...ofExtract, month: '', step: 'view', reason: policyNever({ parameter: 'x' }) });
  expect([...new Set((await read('')).map(({ month }) => month))]).toEqual(['2026-10', '2026-09']);
  expect((await read('2026-10')).map(({ month }) => month)).toEqual(['2026-10']);
  const city = callOf({ scopes: ['jobs:read'], orgScope: ['demo/shenyang/'] });
  expect(await read('2026-09', city)).toEqual([]);
  await expect(read('2026-09', callOf())).rejects.toMatchObject({ kind: 'forbidden' });
  await expect(read('2026-13')).rejects.toMatchObject({ kind: 'invalid' });
});
