import { Household, HouseholdRun } from '@holdfast/contracts/household_identification/v1/household';
import { categoryColumnOf, numberColumn, uuidColumn } from '@holdfast/platform/columns';
import { failure } from '@holdfast/platform/errors';
import { testGateway, testJob } from '../gateway.fixture.js';

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

const gateway = testGateway({
  households: {
    identifyHouseholds: async () => testJob(`household-identification.${RUN}`),
    getHousehold: async (_call, { householdId }) => {
      if (householdId !== HOUSEHOLD) throw unknown();
      return household;
    },
    getHouseholdOf: async () => household,
    listHouseholds: async () => ({ households: [household], nextPageToken: HOUSEHOLD }),
    confirmHousehold: async () => ({ ...household, state: 'confirmed' }),
    rejectHousehold: async () => ({ ...household, state: 'rejected' }),
    getHouseholdRun: async () => HouseholdRun.fromPartial({ runId: RUN, pairs: { all: 3 } }),
    async *readPairs() {
      const ids = [uuidColumn('left_id', [LEFT]), uuidColumn('right_id', [RIGHT])];
      for (const days of [5, 7])
        yield { rows: 1, columns: [...ids, numberColumn('shared_days', Float64Array.of(days))] };
    },
    async *readMembers() {
      yield { rows: 1, columns: [uuidColumn('household_id', [HOUSEHOLD]), categoryColumnOf('role', ['head'])] };
    },
  },
});

beforeEach(() => void gateway.requests.splice(0));

it('shows a household, of a customer too', async () => {
  const { status, json } = await gateway.get(`/api/v1/households/${HOUSEHOLD}`);
  expect(status).toBe(200);
  expect(json).toMatchObject({
    size: 2,
    members: [{ subscriptionId: LEFT, customerId: null, orgUnit: 'demo/shenyang/' }],
  });
  expect((await gateway.get(`/api/v1/customers/${RIGHT}/household`)).json).toEqual(json);
  expect(gateway.requests.at(-1)).toEqual({ id: RIGHT });
  expect(await gateway.get(`/api/v1/households/${LEFT}`)).toMatchObject({
    status: 404,
    json: { code: 'household.unknown' },
  });
});

it('lists households', async () => {
  const { json } = await gateway.get('/api/v1/households?minConfidence=0.8&pageSize=1');
  expect(json).toMatchObject({ households: [{ householdId: HOUSEHOLD }], nextPageToken: HOUSEHOLD });
  expect(gateway.requests).toEqual([{ confidenceMin: 0.8, pageSize: 1, pageToken: '' }]);
});

it('has households recognised', async () => {
  expect(await gateway.post('/api/v1/households:identify', {})).toMatchObject({ status: 202 });
  expect(gateway.requests).toEqual([{ month: '' }]);
  expect((await gateway.post('/api/v1/households:identify', { month: 'June' })).status).toBe(400);
});

it('takes decisions with a reference and writes them to the audit ledger', async () => {
  const at = `/api/v1/households/${HOUSEHOLD}`;
  expect((await gateway.post(`${at}:confirm`, { evidence: 'call-7' })).json).toMatchObject({ state: 'confirmed' });
  expect(gateway.requests).toEqual([{ householdId: HOUSEHOLD, evidence: 'call-7' }]);
  expect((await gateway.post(`${at}:reject`, { evidence: 'call-7' })).json).toMatchObject({ state: 'rejected' });
  expect((await gateway.post(`${at}:reject`, { evidence: '李女士说的' })).status).toBe(400);
  const audited = await gateway.database.query(
    "select operation, status from audit_entry where operation like '%{householdId}:%' order by audit_id",
  );
  expect(audited.slice(0, 2)).toEqual([
    { operation: 'POST /api/v1/households/{householdId}:confirm', status: 200 },
    { operation: 'POST /api/v1/households/{householdId}:reject', status: 200 },
  ]);
});

it('streams pairs and members of a run', async () => {
  expect((await gateway.get('/api/v1/household-runs/latest')).json).toMatchObject({ runId: RUN, pairs: { all: 3 } });
  const pairs = await gateway.get('/api/v1/household-runs/latest/pairs');
  expect(pairs.headers.get('content-type')).toContain('application/x-ndjson');
  const pair = { leftId: LEFT, rightId: RIGHT, leftKey: null, rightKey: null };
  expect(pairs.lines).toEqual([5, 7].map((sharedDays) => ({ ...pair, sharedDays })));
  expect(gateway.requests).toEqual([{ runId: '' }, { runId: '' }, { runId: RUN }]);
  const members = await gateway.get('/api/v1/household-runs/latest/members');
  expect(members.lines).toEqual([{ householdId: HOUSEHOLD, role: 'head', key: null }]);
});
