import { pagesOf } from '@holdfast/testing/lists';
import type { Campaign } from '@holdfast/contracts/campaign/v1/plan';
import type { Call } from '@holdfast/platform/grpc';
import { newId } from '@holdfast/platform/identity';
import { callOf } from '@holdfast/testing/callers';
import { eventually } from '@holdfast/testing/service';
import { TestCampaign, agent } from '../campaign.fixture.js';
import { approver, asPerson, planFor, planner } from './campaigns.fixture.js';

const desk = callOf({ client: 'desk', scopes: ['campaign:write', 'campaign:approve', 'campaign:read'] });
const [anna, bo, chen] = ['anna', 'bo', 'chen'].map((person) => asPerson(desk, person)) as [Call, Call, Call];

describe('campaigns', () => {
  const campaign = new TestCampaign('2026-10-03T02:00:00Z', { hasListener: true });
  const { campaigns, work } = campaign;

  /** A new table with published scores. */
  const scored = (): string => campaign.scored(12).table;

  async function submitted(call: Call = planner): Promise<Campaign> {
    const { campaignId } = await campaigns.createCampaign(call, { plan: planFor(scored()) });
    return campaigns.moveCampaign(call, { campaignId, move: 'submit' });
  }

  const decide = (call: Call, { campaignId }: Campaign, approved = true, revision = 0) =>
    campaigns.decideCampaign(call, { campaignId, approved, comment: 'as discussed', revision });
  const move = (call: Call, { campaignId }: Campaign, step: string) =>
    campaigns.moveCampaign(call, { campaignId, move: step });

  it('goes from a plan to its end, and keeps how', async () => {
    const draft = await campaigns.createCampaign(anna, { plan: planFor(scored()) });
    const created = { state: 'draft', revision: 1, author: 'desk/anna', approver: '', orgUnitPath: 'demo/' };
    expect(draft).toMatchObject(created);
    const { campaignId } = draft;
    const plan = { ...draft.plan!, name: 'Stay longer' };
    const changed = await campaigns.updateCampaign(anna, { campaignId, revision: 1, plan });
    expect(changed).toMatchObject({ state: 'draft', revision: 2, plan: { name: 'Stay longer', quadrants: ['C'] } });
    await move(anna, draft, 'submit');
    const approved = await decide(bo, draft);
    expect(approved).toMatchObject({ state: 'enrolling', approver: 'desk/bo', decisionComment: 'as discussed' });
    expect(approved.enrolJobId).toMatch(/^campaign\./);
    expect(await campaign.settled(campaignId)).toMatchObject({ state: 'running' });
    for (const step of ['pause', 'resume', 'close']) await move(anna, draft, step);
    const { state, history } = await campaigns.getCampaign(planner, { campaignId });
    expect(state).toBe('closed');
    expect(history.map(({ step, by }) => `${step} by ${by}`)).toEqual([
      'created by desk/anna',
      'updated by desk/anna',
      'submit by desk/anna',
      'approve by desk/bo',
      'started by campaign',
      'pause by desk/anna',
      'resume by desk/anna',
      'close by desk/anna',
    ]);
    const events = await eventually('all moves are published', async () => {
      const told = campaign.received.filter(({ subjectId }) => subjectId === campaignId);
      return told.filter(({ type }) => type !== 'list-built').length >= 6 && told;
    });
    const states = events.filter(({ type }) => type === 'campaign-moved').map(({ payload }) => payload);
    expect(states.map((payload) => (payload as { state: string }).state).sort()).toEqual(
      ['submitted', 'enrolling', 'paused', 'running', 'closed'].sort(),
    );
    expect(events.filter(({ type }) => type === 'campaign-started')).toHaveLength(1);
  });

  it('is created, moved and decided once per request, however often the request arrives', async () => {
    const [creating, submitting, approving] = [newId(), newId(), newId()];
    const plan = planFor(scored());
    const draft = await campaigns.createCampaign({ ...anna, requestId: creating }, { plan });
    expect(await campaigns.createCampaign({ ...anna, requestId: creating }, { plan })).toEqual(draft);
    const atOnce = await Promise.all(
      Array.from({ length: 5 }, () => campaigns.createCampaign({ ...anna, requestId: newId() }, { plan })),
    );
    expect(new Set([draft, ...atOnce].map(({ campaignId }) => campaignId)).size).toBe(6);
    const again = newId();
    const repeated = await Promise.all(
      Array.from({ length: 5 }, () => campaigns.createCampaign({ ...anna, requestId: again }, { plan })),
    );
    expect(new Set(repeated.map(({ campaignId }) => campaignId)).size).toBe(1);

    const submitted = await move({ ...anna, requestId: submitting }, draft, 'submit');
    expect(await move({ ...anna, requestId: submitting }, draft, 'submit')).toEqual(submitted);
    await expect(move({ ...anna, requestId: newId() }, draft, 'submit')).rejects.toMatchObject({ kind: 'conflict' });
    await decide({ ...bo, requestId: approving }, draft);
    const running = await campaign.settled(draft.campaignId);
    expect(await decide({ ...bo, requestId: approving }, draft)).toEqual(running);
    expect(running.history.filter(({ step }) => step === 'approve')).toHaveLength(1);
  });

  it('is not approved by its author or an editor, nor by an actor who may be the same person', async () => {
    const { campaignId, plan } = await campaigns.createCampaign(anna, { plan: planFor(scored()) });
    await campaigns.updateCampaign(bo, { campaignId, revision: 1, plan });
    const mine = await campaigns.moveCampaign(chen, { campaignId, move: 'submit' });
    const otherClient = asPerson(approver, 'anna');
    for (const call of [anna, bo, desk, otherClient]) {
      await expect(decide(call, mine)).rejects.toMatchObject({ kind: 'conflict', key: 'campaign.approverIsAuthor' });
      await expect(decide(call, mine, false)).rejects.toMatchObject({ key: 'campaign.approverIsAuthor' });
    }
    expect(await campaigns.getCampaign(planner, { campaignId })).toMatchObject({ state: 'submitted' });
    expect(await decide(chen, mine)).toMatchObject({ state: 'enrolling' });
  });

  it('is not approved by the client of its author if it names no person', async () => {
    const both = callOf({ client: 'planner', scopes: ['campaign:write', 'campaign:approve', 'campaign:read'] });
    const mine = await submitted(both);
    await expect(decide(both, mine)).rejects.toMatchObject({ key: 'campaign.approverIsAuthor' });
    expect(await decide(approver, mine)).toMatchObject({ state: 'enrolling', author: 'planner', approver: 'approver' });
  });

  it('leases nothing before it is approved, while it is paused, and after its end', async () => {
    const mine = await submitted();
    const lease = () => campaign.lease(mine.campaignId);
    const refused = { kind: 'conflict', key: 'campaign.notRunning' };
    await expect(lease()).rejects.toMatchObject(refused);
    await decide(approver, mine);
    await campaign.settled(mine.campaignId);
    const first = await lease();
    expect(first.lease!.item).toMatchObject({ campaignId: mine.campaignId, rank: 1 });
    await move(planner, mine, 'pause');
    await expect(lease()).rejects.toMatchObject(refused);
    await move(planner, mine, 'resume');
    expect((await lease()).lease!.item!.rank).toBe(2);
    const shown = async () => (await work.listQueues(agent, {})).queues.some(({ queue }) => queue === mine.campaignId);
    expect(await shown()).toBe(true);
    await move(planner, mine, 'cancel');
    await expect(lease()).rejects.toMatchObject(refused);
    expect(await shown()).toBe(false);
    const closed = await campaign.launch(planFor(scored()));
    await move(planner, closed, 'close');
    await expect(campaign.lease(closed.campaignId)).rejects.toMatchObject(refused);
  });

  it('is rejected, changed, and submitted again', async () => {
    const mine = await submitted();
    expect(await decide(approver, mine, false)).toMatchObject({ state: 'rejected', approver: 'approver' });
    await expect(move(planner, mine, 'submit')).rejects.toMatchObject({ key: 'campaign.invalidTransition' });
    const { campaignId, plan } = mine;
    const changed = await campaigns.updateCampaign(planner, { campaignId, revision: 3, plan });
    expect(changed).toMatchObject({ state: 'draft', revision: 4, approver: '', decisionComment: '' });
    await move(planner, mine, 'submit');
    expect(await decide(approver, mine)).toMatchObject({ state: 'enrolling' });
  });

  it('refuses a change to an outdated revision, and to a submitted plan', async () => {
    const { campaignId, plan } = await campaigns.createCampaign(planner, { plan: planFor(scored()) });
    const change = (revision: number) => campaigns.updateCampaign(planner, { campaignId, revision, plan });
    const changes = await Promise.allSettled([change(1), change(1)]);
    expect(changes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    await expect(change(1)).rejects.toMatchObject({ kind: 'precondition', key: 'campaign.revision' });
    await campaigns.moveCampaign(planner, { campaignId, move: 'submit' });
    await expect(change(3)).rejects.toMatchObject({ kind: 'conflict', key: 'campaign.invalidTransition' });
  });

  it('is approved once under concurrent decisions', async () => {
    const mine = await submitted();
    const others = ['x', 'y', 'z'].map((person) => asPerson(approver, person));
    const decisions = await Promise.allSettled(others.map((call) => decide(call, mine)));
    expect(decisions.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  it('is not approved at a revision that was rejected and changed meanwhile', async () => {
    const looked = await submitted();
    const { campaignId, plan, revision } = looked;
    await decide(asPerson(approver, 'x'), looked, false);
    await campaigns.updateCampaign(planner, { campaignId, revision: revision + 1, plan: { ...plan!, contactsMax: 1 } });
    const now = await move(planner, looked, 'submit');
    const changed = { kind: 'precondition', key: 'campaign.revision' };
    await expect(decide(approver, looked, true, revision)).rejects.toMatchObject(changed);
    await expect(decide(approver, looked, false, revision)).rejects.toMatchObject(changed);
    expect(await decide(approver, now, true, now.revision)).toMatchObject({ state: 'enrolling' });
  });

  it('shows its queue to callers with a part of its region, and not in other regions', async () => {
    const { campaignId } = await campaign.launch(planFor(scored(), { orgUnitPath: 'demo/沈阳/' }));
    const isShownTo = async (...orgScope: string[]): Promise<boolean> => {
      const { queues } = await work.listQueues(callOf({ scopes: ['work:read'], orgScope }), {});
      return queues.some(({ queue }) => queue === campaignId);
    };
    expect(await isShownTo('demo/')).toBe(true);
    expect(await isShownTo('demo/沈阳/')).toBe(true);
    expect(await isShownTo('demo/大连/', 'demo/沈阳/铁西/')).toBe(true);
    expect(await isShownTo('demo/大连/')).toBe(false);
    expect(await isShownTo()).toBe(false);
  });

  it('needs scores and an audience; otherwise it becomes a draft again', async () => {
    const { campaignId } = await campaigns.createCampaign(planner, { plan: planFor('nowhere') });
    await campaigns.moveCampaign(planner, { campaignId, move: 'submit' });
    const undecided = await campaigns.getCampaign(planner, { campaignId });
    await expect(decide(approver, undecided)).rejects.toMatchObject({ kind: 'conflict', key: 'campaign.noScores' });
    const empty = await campaign.launch(planFor(scored(), { quadrants: ['A'] }));
    expect(empty).toMatchObject({ state: 'draft', runId: '', assignedArms: [], startedAt: undefined });
    expect(empty.history.map(({ step }) => step)).toEqual(['created', 'submit', 'approve', 'enrolFailed']);
    // The same plan, changed, can be decided about again.
    const plan = { ...empty.plan!, quadrants: ['C'] };
    await campaigns.updateCampaign(planner, { campaignId: empty.campaignId, revision: empty.revision, plan });
    await move(planner, empty, 'submit');
    await decide(approver, empty);
    expect(await campaign.settled(empty.campaignId)).toMatchObject({ state: 'running' });
  });

  it('binds people to their scopes and their region', async () => {
    const plan = planFor(scored());
    const scopes = ['campaign:write', 'campaign:read', 'campaign:approve'];
    const dalian = callOf({ client: 'dalian', scopes, orgScope: ['demo/大连/'] });
    const both = callOf({ client: 'two', scopes, orgScope: ['demo/大连/', 'demo/沈阳/'] });
    const mine = await submitted();
    const { campaignId } = mine;
    const unknown = { kind: 'notFound', key: 'campaign.unknown' };
    await expect(campaigns.getCampaign(dalian, { campaignId })).rejects.toMatchObject(unknown);
    await expect(move(dalian, mine, 'cancel')).rejects.toMatchObject(unknown);
    await expect(decide(dalian, mine)).rejects.toMatchObject(unknown);
    const local = await campaigns.createCampaign(dalian, { plan });
    expect(local.orgUnitPath).toBe('demo/大连/');
    const foreign = { ...plan, orgUnitPath: 'demo/沈阳/' };
    await expect(campaigns.createCampaign(dalian, { plan: foreign })).rejects.toMatchObject({ kind: 'invalid' });
    await expect(campaigns.createCampaign(both, { plan })).rejects.toMatchObject({ key: 'campaign.unitNeeded' });
    expect(await campaigns.createCampaign(both, { plan: foreign })).toMatchObject({ orgUnitPath: 'demo/沈阳/' });
    const seen = await campaigns.listCampaigns(dalian, { state: '', pageSize: 0, pageToken: '' });
    expect(seen.campaigns.map((each) => each.campaignId)).toEqual([local.campaignId]);
    const withoutScopes = callOf();
    await expect(campaigns.createCampaign(withoutScopes, { plan })).rejects.toMatchObject({ kind: 'forbidden' });
    await expect(decide(planner, mine)).rejects.toMatchObject({ kind: 'forbidden' });
    await expect(move(approver, mine, 'cancel')).rejects.toMatchObject({ kind: 'forbidden' });
    await expect(campaigns.getCampaign(withoutScopes, { campaignId })).rejects.toMatchObject({ kind: 'forbidden' });
  });

  it('is listed newest first, page by page, by state', async () => {
    const ids: string[] = [];
    for (let each = 0; each < 5; each++) ids.push((await submitted()).campaignId);
    const pages = await pagesOf((pageToken) =>
      campaigns.listCampaigns(planner, { state: 'submitted', pageSize: 2, pageToken }),
    );
    const listed = pages.flatMap((page) => page.campaigns.map(({ campaignId }) => campaignId));
    expect(listed.slice(0, 5)).toEqual(ids.toReversed());
    const list = (changed: object) =>
      campaigns.listCampaigns(planner, { state: '', pageSize: 0, pageToken: '', ...changed });
    await expect(list({ state: 'lost' })).rejects.toMatchObject({ kind: 'invalid', key: 'campaign.stateUnknown' });
    await expect(list({ pageToken: 'x' })).rejects.toMatchObject({ kind: 'invalid' });
  });

  it('refuses plans that cannot be carried out, and moves that there are not', async () => {
    const plan = planFor('t', { controlShare: 0 });
    await expect(campaigns.createCampaign(planner, { plan })).rejects.toMatchObject({
      kind: 'invalid',
      key: 'campaign.planInvalid',
      fields: [
        { pointer: '/controlShare', key: 'campaign.controlGroupMissing' },
        { pointer: '/arms', key: 'campaign.sharesSum' },
      ],
    });
    const mine = await submitted();
    await expect(move(planner, mine, 'approve')).rejects.toMatchObject({ key: 'campaign.moveUnknown' });
    await expect(move(planner, mine, 'pause')).rejects.toMatchObject({ key: 'campaign.invalidTransition' });
    await expect(campaigns.getCampaign(planner, { campaignId: 'x' })).rejects.toMatchObject({ kind: 'notFound' });
  });
});
