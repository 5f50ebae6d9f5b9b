import { cloneDatabase } from '@holdfast/testing/infra';
import { Household, HouseholdRun } from '@holdfast/contracts/household_identification/v1/household';
import { Job, JobState } from '@holdfast/contracts/platform/v1/jobs';
import { categoryColumnOf, numberColumn, uuidColumn } from '@holdfast/platform/columns';
import { failure } from '@holdfast/platform/errors';
import { startGateway, type RunningGateway } from '../gateway.fixture.js';

const HOUSEHOLD = '4a4fe626-93d3-5aab-90fa-d16827ed73dc';
const [LEFT, RIGHT] = ['1b9d6bcd-bbfd-5b2d-9b5d-ab8dfbbd4bed', '73f9ca5f-7b56-516d-803e-f07a955033ac'] as const;
const RUN = '01936a4a-1c20-7b11-9d31-2f5a7c8e9b10';
const unknown = failure('notFound', 'household.unknown', {
  en: 'There is no such household.',
  'zh-CN': '没有该家庭。',
});

const household = Household.fromPartial({
  householdId: HOUSEHOLD,
  size: 2,
  confidence: 0.9,
  state: 'identified',
  runId: RUN,
  month: '2026-09',
  members: [{ subscriptionId: LEFT, customerId: '', role: 'head', confidence: 0.9, orgUnitPath: 'demo/shenyang/' }],
  evidence: [
    { leftSubscriptionId: LEFT, rightSubscriptionId: RIGHT, sharedDays: 12, also: ['account'], probability: 0.9 },
  ],
});

let gateway: RunningGateway;
let dropDatabase: () => Promise<void>;
const asked: unknown[] = [];

beforeAll(async () => {
  const clone = await cloneDatabase('gateway');
  dropDatabase = clone.drop;
  gateway = await startGateway(clone.url, {
    households: {
      identifyHouseholds: async (_call, request) => {
        asked.push(request);
        return Job.fromPartial({
          jobId: `household-identification.${RUN}`,
          kind: 'identify-households',
          state: JobState.JOB_STATE_QUEUED,
          createdAt: new Date(0),
          updatedAt: new Date(0),
        });
      },
      getHousehold: async (_call, { householdId }) => {
        if (householdId !== HOUSEHOLD) throw unknown();
        return household;
      },
      getHouseholdOf: async (_call, request) => {
        asked.push(request);
        return household;
      },
      listHouseholds: async (_call, request) => {
        asked.push(request);
        return { households: [household], nextPageToken: HOUSEHOLD };
      },
      confirmHousehold: async (_call, request) => {
        asked.push(request);
        return { ...household, state: 'confirmed' };
      },
      rejectHousehold: async () => ({ ...household, state: 'rejected' }),
      getHouseholdRun: async (_call, { runId }) => {
        asked.push(runId);
        return HouseholdRun.fromPartial({
          runId: RUN,
          month: '2026-09',
          households: 1,
          pairs: { all: 3 },
          publishedAt: new Date(0),
        });
      },
      async *readPairs(_call, { runId }) {
        asked.push(runId);
        for (const sharedDays of [5, 7]) {
          yield {
            rows: 1,
            columns: [
              uuidColumn('left_id', [LEFT]),
              uuidColumn('right_id', [RIGHT]),
              numberColumn('shared_days', Float64Array.of(sharedDays)),
            ],
          };
        }
      },
      async *readMembers() {
        yield { rows: 1, columns: [uuidColumn('household_id', [HOUSEHOLD]), categoryColumnOf('role', ['head'])] };
      },
    },
  });
});

afterAll(async () => {
  await gateway?.stop();
  await dropDatabase?.();
});

beforeEach(() => void asked.splice(0));

it('shows a household, of a customer too', async () => {
  const { status, json } = await gateway.ask('GET', `/api/v1/households/${HOUSEHOLD}`);
  expect(status).toBe(200);
  expect(json).toMatchObject({
    size: 2,
    members: [{ subscriptionId: LEFT, customerId: null, orgUnit: 'demo/shenyang/' }],
  });
  expect((await gateway.ask('GET', `/api/v1/customers/${RIGHT}/household`)).json).toEqual(json);
  expect(asked).toEqual([{ id: RIGHT }]);
  expect(await gateway.ask('GET', `/api/v1/households/${LEFT}`)).toMatchObject({
    status: 404,
    json: { code: 'household.unknown' },
  });
});

it('lists households', async () => {
  const { json } = await gateway.ask('GET', '/api/v1/households?minConfidence=0.8&pageSize=1');
  expect(json).toMatchObject({ households: [{ householdId: HOUSEHOLD }], nextPageToken: HOUSEHOLD });
  expect(asked).toEqual([{ confidenceMin: 0.8, pageSize: 1, pageToken: '' }]);
});

it('has households recognised', async () => {
  expect(await gateway.ask('POST', '/api/v1/households:identify', { body: {} })).toMatchObject({ status: 202 });
  expect(asked).toEqual([{ month: '' }]);
  expect((await gateway.ask('POST', '/api/v1/households:identify', { body: { month: 'June' } })).status).toBe(400);
});

it('takes decisions with a reference and writes them to the audit ledger', async () => {
  const at = `/api/v1/households/${HOUSEHOLD}`;
  expect((await gateway.ask('POST', `${at}:confirm`, { body: { evidence: 'call-7' } })).json).toMatchObject({
    state: 'confirmed',
  });
  expect(asked).toEqual([{ householdId: HOUSEHOLD, evidence: 'call-7' }]);
  expect((await gateway.ask('POST', `${at}:reject`, { body: { evidence: 'call-7' } })).json).toMatchObject({
    state: 'rejected',
  });
  expect((await gateway.ask('POST', `${at}:reject`, { body: { evidence: '李女士说的' } })).status).toBe(400);
  const audited = await gateway.database.query(
    "select operation, status from audit_entry where operation like '%{householdId}:%' order by audit_id",
  );
  expect(audited.slice(0, 2)).toEqual([
    { operation: 'POST /api/v1/households/{householdId}:confirm', status: 200 },
    { operation: 'POST /api/v1/households/{householdId}:reject', status: 200 },
  ]);
});

it('streams pairs and members of a run', async () => {
  expect((await gateway.ask('GET', '/api/v1/household-runs/latest')).json).toMatchObject({
    runId: RUN,
    pairs: { all: 3 },
  });
  const pairs = await gateway.ask('GET', '/api/v1/household-runs/latest/pairs');
  expect(pairs.headers.get('content-type')).toContain('application/x-ndjson');
  expect(
    pairs.text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown),
  ).toEqual([5, 7].map((sharedDays) => ({ leftId: LEFT, rightId: RIGHT, sharedDays })));
  expect(asked).toEqual(['', '', RUN]);
  const members = await gateway.ask('GET', '/api/v1/household-runs/latest/members');
  expect(JSON.parse(members.text)).toEqual({ householdId: HOUSEHOLD, role: 'head' });
});

it.each([
  ['GET', `/api/v1/households/${HOUSEHOLD}`],
  ['GET', '/api/v1/households'],
  ['GET', `/api/v1/customers/${LEFT}/household`],
  ['GET', '/api/v1/household-runs/latest'],
  ['GET', '/api/v1/household-runs/latest/pairs'],
  ['GET', '/api/v1/household-runs/latest/members'],
  ['POST', '/api/v1/households:identify'],
  ['POST', `/api/v1/households/${HOUSEHOLD}:confirm`],
  ['POST', `/api/v1/households/${HOUSEHOLD}:reject`],
])('%s %s needs a scope', async (method, at) => {
  const body = method === 'POST' ? { body: { evidence: 'x' } } : {};
  expect((await gateway.ask(method, at, { client: 'reader', ...body })).status).toBe(403);
});
