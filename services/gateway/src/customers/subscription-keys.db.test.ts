import type { WorkItem } from '@holdfast/contracts/campaign/v1/work';
import { Assignment } from '@holdfast/contracts/campaign/v1/assignment';
import { Reasons, Score } from '@holdfast/contracts/churn_scoring/v1/scoring';
import { FitRun } from '@holdfast/contracts/preference_recommendation/v1/plan_fit';
import { HouseholdRun } from '@holdfast/contracts/household_identification/v1/household';
import { bytes, categories, columnBatch, numbers, uuids } from '@holdfast/platform/columns';
import { testGateway } from '../gateway.fixture.js';

const ID = '01936a50-6c10-7f71-8e61-9c8d7f0a3b99';
const ROWS = 1_200;
const PAGE = 1_000;
const idOf = (at: number): string => `1b9d6bcd-bbfd-5b2d-9b5d-${String(at).padStart(12, '0')}`;
const SUBSCRIPTIONS = Array.from({ length: ROWS }, (_, at) => idOf(at));

/** The last one is outside the region, for customer-profile. */
const keyOf = (id: string): string | undefined => (id === idOf(ROWS - 1) ? undefined : `=K-${Number(id.slice(-12))}`);
let sets: number[] = [];

function pageOf<Row>(rowOf: (id: string) => Row, { pageSize, pageToken }: { pageSize: number; pageToken: string }) {
  const from = pageToken === '' ? 0 : Number(pageToken);
  const next = from + Math.min(pageSize, PAGE);
  return { rows: SUBSCRIPTIONS.slice(from, next).map(rowOf), nextPageToken: next < ROWS ? String(next) : '' };
}

const gateway = testGateway({
  customers: {
    getSubscriptionKeys: async (_call, { subscriptionIds }) => {
      sets.push(subscriptionIds.length);
      const known = subscriptionIds.flatMap((id) => (keyOf(id) === undefined ? [] : [[id, keyOf(id)!]]));
      return { keys: Object.fromEntries(known) as Record<string, string> };
    },
  },
  assignments: {
    listAssignments: async (_call, request) => {
      const { rows, nextPageToken } = pageOf((subscriptionId) => Assignment.fromPartial({ subscriptionId }), request);
      return { assignments: rows, nextPageToken, holdoutUntil: undefined };
    },
  },
  scoring: {
    listScores: async (_call, request) => {
      const { rows, nextPageToken } = pageOf((subscriptionId) => Score.fromPartial({ subscriptionId }), request);
      return { scores: rows, nextPageToken, runId: ID, efficiencySource: undefined };
    },
  },
  work: {
    listWorkItems: async (_call, request) => {
      const { rows, nextPageToken } = pageOf((subscriptionId) => ({ subscriptionId }) as WorkItem, request);
      return { items: rows, nextPageToken };
    },
  },
  models: {
    readValidatedLeavers: async function* () {
      yield columnBatch(SUBSCRIPTIONS, {
        ...{ subscription_id: uuids((id) => id), month: categories(() => '2026-08') },
        ...{ org_unit_path: categories(() => 'demo/'), probability: numbers(() => 0.5) },
        reasons: bytes(() => Reasons.encode(Reasons.fromPartial({})).finish()),
      });
    },
  },
  households: {
    getHouseholdRun: async () => HouseholdRun.fromPartial({ runId: ID }),
    readPairs: async function* () {
      const pairs = SUBSCRIPTIONS.slice(1).map((right, at) => ({ left: SUBSCRIPTIONS[at]!, right }));
      yield columnBatch(pairs, { left_id: uuids(({ left }) => left), right_id: uuids(({ right }) => right) });
    },
  },
  planFits: {
    getFitRun: async () => FitRun.fromPartial({ runId: ID }),
    readPlanFits: async function* () {
      const nothing = numbers<string>(() => undefined);
      const money = {
        present_bill: nothing,
        bill: nothing,
        saving: nothing,
        saving_low: nothing,
        saving_high: nothing,
      };
      const text = categories<string>(() => undefined);
      const texts = { plan_id: text, present_plan_id: text, principle: text, method: text, org_unit_path: text };
      yield columnBatch(SUBSCRIPTIONS, { subscription_id: uuids((id) => id), ...money, ...texts });
    },
  },
});

const client = 'key-reader';
const stated = { client, headers: { 'x-access-reason': 'case 4711' } };
const keysIn = (rows: unknown) => (rows as { key: string | null }[]).map(({ key }) => key);
const expected = SUBSCRIPTIONS.map((id) => keyOf(id) ?? null);

beforeEach(() => {
  sets = [];
});

const LISTS: [string, string, string][] = [
  ['work items', '/api/v1/agent-queues/demo/items', 'items'],
  ['scores', '/api/v1/churn-lists', 'scores'],
  ['assignments', `/api/v1/campaigns/${ID}/assignments`, 'assignments'],
];

describe.each(LISTS)('a page of %s', (_what, path, rows) => {
  test('has keys for a reason, read in sets, and that is recorded', async () => {
    const { status, json } = await gateway.get(`${path}?keys=true&pageSize=1000`, stated);
    expect(status).toBe(200);
    expect(keysIn(json[rows])).toEqual(expected.slice(0, 1_000));
    expect(sets).toEqual([500, 500]);
    const [entry] = await gateway.database.query<object>(
      'select access_reason, subject_count from audit_entry order by sequence desc limit 1',
    );
    expect(entry).toMatchObject({ access_reason: 'case 4711' });
  });

  test('has none unless they are requested', async () => {
    const { json } = await gateway.get(`${path}?pageSize=2`, stated);
    expect(keysIn(json[rows])).toEqual([null, null]);
    expect(sets).toEqual([]);
  });

  test('is refused without a reason, and without the scope', async () => {
    const unstated = await gateway.get(`${path}?keys=true`, { client });
    expect([unstated.status, unstated.json.code]).toEqual([403, 'personal.reasonMissing']);
    const reader = await gateway.get(`${path}?keys=true`, { ...stated, client: 'lister' });
    expect([reader.status, reader.json.code]).toEqual([403, 'caller.scopeMissing']);
    expect(sets).toEqual([]);
  });
});

describe('an export', () => {
  test('of household pairs has both keys, each read once, or none', async () => {
    const path = '/api/v1/household-runs/latest/pairs';
    const { lines } = await gateway.get(`${path}?keys=true`, stated);
    expect(lines).toHaveLength(ROWS - 1);
    expect(lines).toMatchObject(expected.slice(1).map((rightKey, at) => ({ leftKey: expected[at]!, rightKey })));
    expect(sets).toEqual([500, 500, 200]);
    const without = (await gateway.get(path, stated)).lines;
    expect(without[0]).toMatchObject({ leftKey: null, rightKey: null });
    const unstated = await gateway.get(`${path}?keys=true`, { client });
    expect([unstated.status, unstated.json.code]).toEqual([403, 'personal.reasonMissing']);
  });

  test.each([
    ['scores', '/api/v1/churn-lists?format=ndjson&keys=true'],
    ['assignments', `/api/v1/campaigns/${ID}/assignments?format=ndjson&keys=true`],
    ['plan fits', '/api/v1/plan-fit-runs/latest/fits?keys=true'],
    ['validated churners', `/api/v1/models/${ID}/validated-churners?format=ndjson&keys=true`],
  ])('of %s as NDJSON has the key of every row', async (_what, path) => {
    const { lines } = await gateway.get(path, stated);
    expect(keysIn(lines)).toEqual(expected);
    expect(Math.max(...sets)).toBeLessThanOrEqual(500);
    expect(sets.reduce((sum, rows) => sum + rows, 0)).toBe(ROWS);
  });

  test.each([
    ['scores', '/api/v1/churn-lists?format=csv'],
    ['assignments', `/api/v1/campaigns/${ID}/assignments?format=csv`],
  ])('of %s as CSV has a column of keys if they are requested', async (_what, path) => {
    const [without] = (await gateway.get(path, stated)).text.split('\r\n');
    expect(without!.split(',')).not.toContain('key');
    const [header, first, ...rest] = (await gateway.get(`${path}&keys=true`, stated)).text.trimEnd().split('\r\n');
    expect(header).toBe(`${without},key`);
    expect(first).toMatch(/,'=K-0$/); // no formula
    expect(rest).toHaveLength(ROWS - 1);
    expect(rest.at(-1)).toMatch(/,$/);
  });
});
