import type { GetScriptRequest, Script } from '@holdfast/contracts/campaign/v1/script';
import { Timing } from '@holdfast/contracts/churn_scoring/v1/scoring';
import { AdopterSegment } from '@holdfast/contracts/churn_scoring/v1/worth';
import { PlanFit } from '@holdfast/contracts/preference_recommendation/v1/plan_fit';
import { TestCampaign, agent } from '../campaign.fixture.js';
import { planFor, planner } from '../plan/campaigns.fixture.js';
import { idOf, subscribers } from '../service-clients.fixture.js';

const LATER = Timing.fromPartial({
  ...{ bestMonth: '2026-12', bestAfterMonths: 2, net: { minor: 3_120, currency: 'CNY' }, saveRate: 0.1 },
  saveRateBasis: 'assumed',
});
const EARLY = AdopterSegment.fromPartial({ segment: 'early_adopter', eligibleOn: '2027-01-01' });

describe("a campaign's scripts", () => {
  const campaign = new TestCampaign('2026-10-03T02:00:00Z');
  const { services, campaigns } = campaign;

  it('contain offer, fit and household as of the enrolment, by lease and by subscription', async () => {
    const rows = subscribers(40).map((row, at) => (at < 20 ? { ...row, timing: LATER, segment: EARLY } : row));
    campaign.publishScores('view', rows);
    services.orgUnitNames.set('demo/', 'Liaoning').set('demo/沈阳/', 'Shenyang branch');
    services.publishHouseholds({ home: rows.slice(0, 40).map(({ key }) => key) });
    for (const { key } of rows.slice(0, 20)) {
      const money = (minor: number) => ({ minor, currency: 'CNY' });
      const advised = { planId: 'P-88', name: 'Everyday 88', bill: money(100), saving: money(10) };
      const interval = { savingLow: money(5), savingHigh: money(15) };
      const fit = { subscriptionId: idOf(key), runId: 'r', months: ['2026-09'], principle: 'tier_down' };
      services.planFits.set(idOf(key), PlanFit.fromPartial({ ...fit, advised: { ...advised, ...interval } }));
    }
    // Randomised by subscription, so that both groups have members.
    const plan = planFor('view', { randomisationUnit: 'subscription', controlShare: 0.2, arms: halves() });
    const { campaignId, notices } = await campaign.launch(plan);
    expect(notices.map(({ key }) => key)).toEqual(['campaign.noPlanFits']);
    const withFit = new Set(rows.slice(0, 20).map(({ key }) => idOf(key)));
    for (const { subscriptionId, arm } of await campaign.itemsOf(campaignId)) {
      const script = await read({ $case: 'subscriptionId', subscriptionId });
      const said = textsOf(script, 'offer');
      const expected =
        arm === 'discount' ? '20 CNY off' : withFit.has(subscriptionId) ? 'Everyday 88' : 'not calculated';
      expect(said.join('\n')).toContain(expected);
      const isTimed = withFit.has(subscriptionId);
      expect(textsOf(script, 'priority').some((text) => /^Best month to contact: December 2026;/.test(text))).toBe(
        isTimed,
      );
      expect(textsOf(script, 'behaviour').some((text) => text.startsWith('Early adopter:'))).toBe(isTimed);
      expect(textsOf(script, 'region')).toEqual(['Shenyang branch.']);
      expect(textsOf(script, 'household')[0]).toBe('This household has 40 subscriptions.');
      expect(script.sections.some(({ key }) => key === 'planFit')).toBe(arm === 'fitted');
    }
    const { lease } = await campaign.lease(campaignId);
    const byLease = await read({ $case: 'leaseId', leaseId: lease!.leaseId });
    const bySubscription = await read({ $case: 'subscriptionId', subscriptionId: lease!.item!.subscriptionId });
    expect(byLease).toEqual(bySubscription);
    // What is worked out later changes no script of this campaign.
    services.planFits.clear();
    services.publishHouseholds({});
    expect((await read({ $case: 'leaseId', leaseId: lease!.leaseId })).revision).toBe(byLease.revision);
    // Leased work may be finished; the ended offer has no other script.
    await campaigns.moveCampaign(planner, { campaignId, move: 'close' });
    expect((await read({ $case: 'leaseId', leaseId: lease!.leaseId })).revision).toBe(byLease.revision);
    const { subscriptionId } = lease!.item!;
    await expect(read({ $case: 'subscriptionId', subscriptionId })).rejects.toMatchObject({ kind: 'notFound' });
  });

  function halves() {
    return planFor('view').arms.map((arm) => ({ ...arm, share: 0.4 }));
  }

  function read(of: GetScriptRequest['of']): Promise<Script> {
    return campaign.scripts.getScript(agent, { of, channel: '', language: 'en' });
  }

  function textsOf(script: Script, key: string): string[] {
    return script.sections.find((section) => section.key === key)!.lines.map(({ text }) => text);
  }
});
