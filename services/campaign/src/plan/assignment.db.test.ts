import {
  AssignmentServiceDefinition,
  type AssignmentService,
  type ListAssignmentsResponse,
} from '@holdfast/contracts/campaign/v1/assignment';
import type { Call } from '@holdfast/platform/grpc';
import { subscriptionId } from '@holdfast/platform/identity';
import { callOf } from '@holdfast/testing/callers';
import { TestCampaign } from '../campaign.fixture.js';
import { subscribers } from '../service-clients.fixture.js';
import { planFor, planner } from './campaigns.fixture.js';

const TABLE = 'subscriber-months';
const reader = callOf({ scopes: ['campaign:read'] });
const inRegion = (...orgScope: string[]): Call => callOf({ scopes: ['campaign:read'], orgScope });

describe('the groups of a campaign', () => {
  const campaign = new TestCampaign('2026-10-03T02:00:00Z');
  const { services, campaigns } = campaign;
  const assignments = campaign.client<AssignmentService>(AssignmentServiceDefinition);
  let campaignId: string;

  beforeAll(async () => {
    const rows = [
      ...subscribers(20, 'demo/沈阳/'),
      ...subscribers(20, 'demo/大连/').map((row) => ({ ...row, key: `d-${row.key}` })),
    ];
    campaign.publishScores(TABLE, rows);
    // The second member has no scores: it is not in the audience but in the group of the first.
    services.addPerson('mate');
    services.publishHouseholds({ home: ['p-0', 'mate'] });
    ({ campaignId } = await campaign.launch(planFor(TABLE)));
  });

  const list = (call: Call, arm = '', pageSize = 0, pageToken = ''): Promise<ListAssignmentsResponse> =>
    assignments.listAssignments(call, { campaignId, arm, pageSize, pageToken });

  it('are listed by subscription, with their randomisation unit and the end of the holdout', async () => {
    const { assignments: all, nextPageToken, holdoutUntil } = await list(reader);
    expect(nextPageToken).toBe('');
    expect(all.length).toBeGreaterThanOrEqual(40);
    const ids = all.map(({ subscriptionId: id }) => id);
    expect(ids.every((id, at) => at === 0 || ids[at - 1]! < id)).toBe(true);
    const enrolled = await campaigns.getCampaign(planner, { campaignId });
    expect(holdoutUntil).toEqual(enrolled.holdoutUntil);
    expect(holdoutUntil).toBeDefined();
    for (const { arm, subscriptions } of enrolled.assignedArms) {
      const meant = all.filter((one) => one.arm === arm && one.inAudience);
      expect([arm, meant.length]).toEqual([arm, subscriptions]);
    }
    const control = await list(reader, 'control');
    expect(control.assignments).toEqual(all.filter(({ arm }) => arm === 'control'));
    expect(control.assignments.length).toBeGreaterThan(0);
    const moments = new Set(all.map(({ assignedAt }) => assignedAt?.toISOString()));
    expect([moments.size, moments.has(undefined)]).toEqual([1, false]);
  });

  it('show the other members of a household in its group', async () => {
    const { assignments: all } = await list(reader);
    const of = (key: string) => all.find(({ subscriptionId: id }) => id === subscriptionId('demo', key))!;
    const first = of('p-0');
    expect(first).toMatchObject({ inAudience: true, householdId: first.randomisationUnitId });
    expect(of('mate')).toMatchObject({
      arm: first.arm,
      randomisationUnitId: first.randomisationUnitId,
      inAudience: false,
    });
    expect(of('d-p-1')).toMatchObject({ householdId: '' });
  });

  it('come page by page', async () => {
    const pages: string[] = [];
    for (let pageToken = ''; ;) {
      const page = await list(reader, 'control', 3, pageToken);
      expect(page.assignments.length).toBeLessThanOrEqual(3);
      pages.push(...page.assignments.map(({ subscriptionId: id }) => id));
      if ((pageToken = page.nextPageToken) === '') break;
    }
    expect(pages).toEqual((await list(reader, 'control')).assignments.map(({ subscriptionId: id }) => id));
    await expect(list(reader, '', 3, 'nonsense')).rejects.toMatchObject({ kind: 'invalid', key: 'pageToken.invalid' });
  });

  it('are shown of the region of the caller alone', async () => {
    const { assignments: all } = await list(reader);
    const { assignments: dalian } = await list(inRegion('demo/大连/'));
    expect(dalian).toEqual(all.filter(({ orgUnitPath }) => orgUnitPath === 'demo/大连/'));
    expect(dalian).toHaveLength(20);
    expect((await list(inRegion('demo/大连/', 'demo/沈阳/'))).assignments.length).toBeGreaterThanOrEqual(40);
    const unknown = { kind: 'notFound', key: 'campaign.unknown' };
    await expect(list(inRegion('demo/鞍山/'))).rejects.toMatchObject(unknown);
    const none = { campaignId: '01936a50-6c10-7f71-8e61-000000000000', arm: '', pageSize: 0, pageToken: '' };
    await expect(assignments.listAssignments(reader, none)).rejects.toMatchObject(unknown);
    await expect(list(callOf({ scopes: ['work:read'] }))).rejects.toMatchObject({ kind: 'forbidden' });
  });

  it('are those of the plan', async () => {
    await expect(list(reader, 'video')).rejects.toMatchObject({
      kind: 'invalid',
      key: 'campaign.groupUnknown',
      message: 'Unknown group. Use one of: fitted, discount, control.',
    });
    const draft = await campaigns.createCampaign(planner, { plan: planFor(TABLE) });
    const asked = { campaignId: draft.campaignId, arm: 'control', pageSize: 0, pageToken: '' };
    const none = { assignments: [], nextPageToken: '', holdoutUntil: undefined };
    expect(await assignments.listAssignments(reader, asked)).toEqual(none);
  });
});
