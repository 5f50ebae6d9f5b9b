import type { ListAssignmentsRequest } from '@holdfast/contracts/campaign/v1/assignment';
import { PastAssignment } from '@holdfast/contracts/evaluation/v1/past_assignment';
import { failure } from '@holdfast/platform/errors';
import { testGateway } from '../gateway.fixture.js';

const ID = '01936a50-6c10-7f71-8e61-9c8d7f0a3b99';
const HOLDOUT_UNTIL = '2027-02-01T00:00:00.000Z';
const ASSIGNED_AT = '2026-11-03T02:00:00.000Z';
const idOf = (at: number): string => `1b9d6bcd-bbfd-5b2d-9b5d-${String(at).padStart(12, '0')}`;
const unknown = failure('notFound', 'campaign.unknown', { en: 'None.', 'zh-CN': '没有。' });
const groupUnknown = failure('invalid', 'campaign.groupUnknown', { en: 'No group.', 'zh-CN': '没有此分组。' });

describe('the groups of a campaign over REST', () => {
  /** 1,500 subscriptions, every third in the control group, a page at a time. */
  function pageOf({ arm, pageSize, pageToken }: ListAssignmentsRequest) {
    const all = Array.from({ length: 1_500 }, (_, at) => ({ at, arm: at % 3 === 0 ? 'control' : 'discount' }));
    const rest = all.filter((one) => (arm === '' || one.arm === arm) && idOf(one.at) > pageToken);
    const page = rest.slice(0, pageSize);
    return { page, nextPageToken: rest.length > pageSize ? idOf(page.at(-1)!.at) : '' };
  }

  const gateway = testGateway({
    assignments: {
      listAssignments: async (_call, request) => {
        if (request.campaignId !== ID) throw unknown();
        if (request.arm === 'unknown') throw groupUnknown();
        const { page, nextPageToken } = pageOf(request);
        const common = { householdId: '', stratum: 'C', propensity: 0.25, orgUnitPath: 'demo/shenyang/' };
        const assignments = page.map(({ at, arm }) => {
          const ids = { subscriptionId: idOf(at), randomisationUnitId: idOf(at) };
          return { ...common, ...ids, arm, inAudience: at % 2 === 0, assignedAt: new Date(ASSIGNED_AT) };
        });
        return { assignments, nextPageToken, holdoutUntil: new Date(HOLDOUT_UNTIL) };
      },
    },
    pastAssignments: {
      listPastAssignments: async (_call, { campaignId, arm }) => {
        if (campaignId !== 'K-PAST') throw unknown();
        const past = PastAssignment.fromPartial({ subscriptionId: idOf(1), arm: arm || 'control', month: '2026-04' });
        return { assignments: [past], nextPageToken: '' };
      },
    },
  });

  const at = `/api/v1/campaigns/${ID}/assignments`;

  test('shows the control group and its holdout, page by page', async () => {
    const { status, json } = await gateway.get(`${at}?group=control&pageSize=2`);
    expect(status).toBe(200);
    const common = {
      group: 'control',
      householdId: null,
      stratum: 'C',
      propensity: 0.25,
      orgUnit: 'demo/shenyang/',
      key: null,
    };
    const times = { assignedAt: ASSIGNED_AT, assignedIn: null };
    const assignments = [0, 3].map((one) => {
      const ids = { subscriptionId: idOf(one), randomisationUnitId: idOf(one) };
      return { ...common, ...times, ...ids, inAudience: one === 0 };
    });
    const campaign = { campaignId: ID, origin: 'holdfast', holdoutUntil: HOLDOUT_UNTIL };
    expect(json).toEqual({ ...campaign, assignments, nextPageToken: idOf(3) });
    const next = await gateway.get(`${at}?group=control&pageSize=2&pageToken=${idOf(3)}`);
    expect((next.json['assignments'] as { subscriptionId: string }[])[0]!.subscriptionId).toBe(idOf(6));
    expect(gateway.requests.at(-1)).toEqual({ campaignId: ID, arm: 'control', pageSize: 2, pageToken: idOf(3) });
  });

  test('gives all of them as CSV and NDJSON', async () => {
    const csv = await gateway.get(`${at}?format=csv`);
    const lines = csv.text.trimEnd().split('\r\n');
    expect(lines[0]).toBe(
      'subscriptionId,group,randomisationUnitId,householdId,inAudience,stratum,propensity,assignedAt,assignedIn,orgUnit',
    );
    expect(lines).toHaveLength(1_501);
    expect(lines[1]).toBe(`${idOf(0)},control,${idOf(0)},,true,C,0.25,${ASSIGNED_AT},,demo/shenyang/`);
    const ndjson = await gateway.get(`${at}?group=control`, { headers: { accept: 'application/x-ndjson' } });
    expect(ndjson.lines.map((line) => (line as { group: string }).group)).toEqual(Array<string>(500).fill('control'));
  });

  test("shows the operator's past campaigns likewise", async () => {
    const { json } = await gateway.get('/api/v1/campaigns/K-PAST/assignments?group=control');
    expect(json).toMatchObject({
      ...{ campaignId: 'K-PAST', origin: 'extract', holdoutUntil: null },
      assignments: [{ group: 'control', assignedAt: null, assignedIn: '2026-04', propensity: null, stratum: null }],
    });
  });

  test.each([
    ['/api/v1/campaigns/01936a50-6c10-7f71-8e61-000000000000/assignments', 404],
    ['/api/v1/campaigns/K-NONE/assignments', 404],
    [`${at}?group=unknown`, 400],
    [`${at}?group=`, 400],
    [`${at}?pageSize=1001`, 400],
  ])('%s is answered with %d', async (path, status) => {
    expect((await gateway.get(path)).status).toBe(status);
  });
});
