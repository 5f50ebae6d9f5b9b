import { MonthStepState } from '@holdfast/contracts/platform/v1/months';
import { failure, type Language } from '@holdfast/platform/errors';
import type { Call } from '@holdfast/platform/grpc';
import { GRPC_SERVICES, type GrpcService } from '@holdfast/platform/services';
import { z } from 'zod';
import type { ServiceClients } from '../service-clients.js';
import { JobId } from '../jobs/job.js';
import { operationsOf } from '../operation/operation.js';
import { Count, Instant, Month, Probability, ServiceName, TableName, instantJson } from '../operation/wire.js';
import { STEPS, joinMonths, type JoinedMonth, type JoinedStep } from './join-steps.js';

const operation = operationsOf('jobs');

/** A service that takes longer is named as unavailable: the state of a month is read often. */
const ANSWER_MS_MAX = 5_000;

const StepName = z.enum(STEPS).meta({ id: 'MonthStepName' });

const Step = z
  .strictObject({
    step: StepName,
    table: TableName.nullable().describe('Name of the plain table; null for the extract'),
    state: z.enum(['waiting', 'running', 'done', 'failed', 'not_available']).meta({ id: 'MonthStepState' }),
    jobId: JobId.nullable(),
    progress: Probability,
    phase: z.string().describe('What it is doing now'),
    rowsDone: Count,
    rowsTotal: Count.nullable(),
    requestedAt: Instant.nullable(),
    endedAt: Instant.nullable(),
    result: z.record(z.string(), z.string()).describe('Ids of what it made, as in its job'),
    waitsFor: z.array(StepName).describe('Steps that have to end first, or whose result is missing'),
    code: z.string().nullable().describe('Why it waits, failed or is not available'),
    message: z.string().nullable(),
  })
  .meta({ id: 'MonthStep' });

const MonthOfOperator = z
  .strictObject({
    month: Month,
    state: z
      .enum(['waiting', 'running', 'done', 'failed'])
      .meta({ id: 'MonthState' })
      .describe('`waiting`: for a person; `done`: every step is done or not available'),
    steps: z.array(Step),
  })
  .meta({ id: 'Month' });
type MonthJson = z.output<typeof MonthOfOperator>;

const Unavailable = z.array(ServiceName).describe('Services that did not answer; their steps are missing');

const EXAMPLE: MonthJson = {
  month: '2026-09',
  state: 'running',
  steps: [
    {
      step: 'import',
      table: null,
      state: 'done',
      jobId: 'feature-store.01936a3e-7a10-7c2e-9a53-3d6a2f5b8c12',
      progress: 1,
      phase: '',
      rowsDone: 0,
      rowsTotal: null,
      requestedAt: '2026-10-03T02:00:00.000Z',
      endedAt: '2026-10-03T02:00:25.000Z',
      result: { importId: '01936a3e-7a10-7c2e-9a53-3d6a2f5b8c13' },
      waitsFor: [],
      code: null,
      message: null,
    },
    {
      step: 'training',
      table: null,
      state: 'waiting',
      jobId: null,
      progress: 0,
      phase: '',
      rowsDone: 0,
      rowsTotal: null,
      requestedAt: null,
      endedAt: null,
      result: {},
      waitsFor: ['view'],
      code: 'month.waits',
      message: 'It waits for: view.',
    },
  ],
};

const monthUnknown = failure('notFound', 'month.unknown', {
  en: 'Nothing of the month {month} has arrived.',
  'zh-CN': '尚未收到 {month} 账期的任何数据。',
});
const ownersUnavailable = failure('unavailable', 'month.ownersUnavailable', {
  en: 'These services do not answer: {services}.',
  'zh-CN': '以下服务未响应：{services}。',
});

const listMonths = operation('GET /api/v1/months', {
  summary: 'The newest months with their steps, newest first',
  description: 'At most 24. A service that does not answer is named in `unavailable`.',
  scope: 'jobs:read',
  response: z.strictObject({ months: z.array(MonthOfOperator), unavailable: Unavailable }),
  async handle({ call, services }) {
    const { months, unavailable } = await monthsOf(services, call, '');
    return { months: months.map((month) => monthJson(month, call.caller.language)), unavailable };
  },
  example: { response: { months: [EXAMPLE], unavailable: [] } },
});

const readMonth = operation('GET /api/v1/months/{month}', {
  summary: 'The steps of a month: what is done, what waits for what, and why',
  description:
    'Steps of the extract that ends with the month, and of plain tables that do. A service that does not answer is named in `unavailable`.',
  scope: 'jobs:read',
  raises: ['month.unknown', 'month.ownersUnavailable'],
  params: z.strictObject({ month: Month }),
  response: MonthOfOperator.extend({ unavailable: Unavailable }).meta({ id: 'MonthWithServices' }),
  async handle({ call, params, services }) {
    const { months, unavailable } = await monthsOf(services, call, params.month);
    const [month] = months;
    if (month !== undefined) return { ...monthJson(month, call.caller.language), unavailable };
    // Who does not answer may know it.
    throw unavailable.length > 0 ? ownersUnavailable({ services: unavailable.join(', ') }) : monthUnknown(params);
  },
  example: { params: { month: '2026-09' }, response: { ...EXAMPLE, unavailable: [] } },
});

/** Queries all owners at once. @param month empty for the newest */
async function monthsOf(
  services: ServiceClients,
  call: Call,
  month: string,
): Promise<{ months: JoinedMonth[]; unavailable: GrpcService[] }> {
  const deadlineAtMs = Math.min(call.deadlineAtMs ?? Infinity, Date.now() + ANSWER_MS_MAX);
  const answers = await Promise.allSettled(
    GRPC_SERVICES.map((name) => services.of[name].months.readMonthSteps({ ...call, deadlineAtMs }, { month })),
  );
  const unavailable = GRPC_SERVICES.filter((_, at) => answers[at]!.status === 'rejected');
  const answered = answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []));
  return { months: joinMonths(answered, unavailable.length > 0), unavailable: [...unavailable] };
}

function monthJson({ month, state, steps }: JoinedMonth, language: Language): MonthJson {
  return { month, state, steps: steps.map((step) => stepJson(step, language)) };
}

function stepJson({ step, table, state, job, key, waitsFor, ...texts }: JoinedStep, language: Language) {
  return {
    step: step as MonthJson['steps'][number]['step'],
    table: table || null,
    state: STATE_WORDS[state],
    jobId: job?.jobId ?? null,
    progress: job?.progress ?? (state === MonthStepState.MONTH_STEP_STATE_DONE ? 1 : 0),
    phase: job?.phase ?? '',
    rowsDone: job?.rowsDone ?? 0,
    rowsTotal: job?.rowsTotal ?? null,
    requestedAt: instantJson(job?.createdAt),
    endedAt: instantJson(job?.endedAt),
    result: job?.result ?? {},
    waitsFor: waitsFor as MonthJson['steps'][number]['waitsFor'],
    code: key || null,
    message: (language === 'en' ? texts.textEn : texts.textZhCn) || null,
  };
}

const STATE_WORDS: Readonly<Record<MonthStepState, MonthJson['steps'][number]['state']>> = {
  [MonthStepState.MONTH_STEP_STATE_UNSPECIFIED]: 'waiting',
  [MonthStepState.UNRECOGNIZED]: 'waiting',
  [MonthStepState.MONTH_STEP_STATE_WAITING]: 'waiting',
  [MonthStepState.MONTH_STEP_STATE_RUNNING]: 'running',
  [MonthStepState.MONTH_STEP_STATE_DONE]: 'done',
  [MonthStepState.MONTH_STEP_STATE_FAILED]: 'failed',
  [MonthStepState.MONTH_STEP_STATE_NOT_AVAILABLE]: 'not_available',
};

/** Months of the operator with the steps of all services. */
export const monthOperations = [listMonths, readMonth];
