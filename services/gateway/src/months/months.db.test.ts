/** Months over HTTP: joined from the answers of all services, with a deadline. */
import { setTimeout as sleep } from 'node:timers/promises';
import { MonthStep, MonthStepState, type MonthService } from '@holdfast/contracts/platform/v1/months';
import { JobState } from '@holdfast/contracts/platform/v1/jobs';
import { failure } from '@holdfast/platform/errors';
import type { Call, Rpc } from '@holdfast/platform/grpc';
import { GRPC_SERVICES, type GrpcService } from '@holdfast/platform/services';
import { testGateway, testJob } from '../gateway.fixture.js';

const JOB_ID = 'feature-store.01936a3e-7a10-7c2e-9a53-3d6a2f5b8c12';
const OWNED = [
  { step: 'import', needs: [], after: [], ofTables: true },
  { step: 'view', needs: ['import'], after: [], ofTables: false },
];
const imported = MonthStep.fromPartial({
  ...{ month: '2026-09', step: 'import', version: '7', state: MonthStepState.MONTH_STEP_STATE_DONE },
  job: testJob(JOB_ID, {
    state: JobState.JOB_STATE_DONE,
    progress: 1,
    endedAt: new Date(1_000),
    result: { importId: 'i' },
  }),
});
const gone = failure('unavailable', 'test.gone', { en: 'Gone.', 'zh-CN': '不可用。' });
/** Of services that differ from the usual. */
const special = new Map<GrpcService, MonthService['readMonthSteps']>();

function answer(service: GrpcService, { month }: { month: string }) {
  const isOwner = service === 'feature-store';
  const steps = isOwner && (month === '' || month === '2026-09') ? [imported] : [];
  return Promise.resolve({ steps, owned: isOwner ? OWNED : [] });
}

const of = Object.fromEntries(
  GRPC_SERVICES.map((service) => {
    const readMonthSteps: Rpc<MonthService>['readMonthSteps'] = (call: Call, request) =>
      (special.get(service) as Rpc<MonthService>['readMonthSteps'] | undefined)?.(call, request) ??
      answer(service, request);
    return [service, { months: { readMonthSteps } }];
  }),
);
const gateway = testGateway({ of });

beforeEach(() => special.clear());

it('shows the steps of a month with their jobs, and why one waits in the language of the caller', async () => {
  const { status, json } = await gateway.get('/api/v1/months/2026-09');
  expect(status).toBe(200);
  expect(json).toMatchObject({
    ...{ month: '2026-09', state: 'running', unavailable: [] },
    steps: [
      { step: 'import', table: null, state: 'done', jobId: JOB_ID, progress: 1, result: { importId: 'i' }, code: null },
      {
        step: 'view',
        state: 'waiting',
        jobId: null,
        waitsFor: [],
        code: 'month.starts',
        message: 'It is about to start.',
      },
    ],
  });
  const chinese = await gateway.get('/api/v1/months/2026-09', { headers: { 'accept-language': 'zh-CN' } });
  expect(chinese.text).toContain('即将开始。');
  const list = await gateway.get('/api/v1/months');
  expect(list.json).toMatchObject({ months: [{ month: '2026-09' }], unavailable: [] });
});

it('does not know other months, and refuses what is none', async () => {
  expect(await gateway.get('/api/v1/months/2026-08')).toMatchObject({ status: 404, json: { code: 'month.unknown' } });
  expect(await gateway.get('/api/v1/months/2026-13')).toMatchObject({ status: 400 });
  expect(await gateway.get('/api/v1/months', { client: 'reader' })).toMatchObject({ status: 403 });
});

it('names who does not answer; without the owner of imports a month cannot be denied', async () => {
  const away = () => Promise.reject(gone());
  special.set('campaign', away as never);
  expect((await gateway.get('/api/v1/months/2026-09')).json).toMatchObject({
    state: 'running',
    unavailable: ['campaign'],
  });
  special.set('feature-store', away as never);
  const lost = await gateway.get('/api/v1/months/2026-09');
  expect(lost).toMatchObject({ status: 503, json: { code: 'month.ownersUnavailable' } });
});

it('queries all at once, for a limited time', async () => {
  const deadlines: number[] = [];
  for (const service of GRPC_SERVICES) {
    special.set(service, (async (call: Call, request: { month: string }) => {
      deadlines.push(call.deadlineAtMs! - Date.now());
      await sleep(300);
      return answer(service, request);
    }) as never);
  }
  const startedAt = performance.now();
  expect((await gateway.get('/api/v1/months/2026-09')).status).toBe(200);
  expect(performance.now() - startedAt).toBeLessThan(300 * 3);
  expect(deadlines).toHaveLength(GRPC_SERVICES.length);
  expect(Math.max(...deadlines)).toBeLessThanOrEqual(5_000);
});
