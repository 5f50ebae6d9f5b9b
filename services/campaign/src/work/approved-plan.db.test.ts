import { rowsOfBatches } from '@holdfast/testing/lists';
import type { Arm, CampaignPlan } from '@holdfast/contracts/campaign/v1/plan';
import type { Failure } from '@holdfast/platform/errors';
import { newId } from '@holdfast/platform/identity';
import { systemCall } from '@holdfast/testing/callers';
import { TestCampaign, agent } from '../campaign.fixture.js';
import { approver, planFor, planner } from '../plan/campaigns.fixture.js';
import { CONTACT_COST, idOf } from '../service-clients.fixture.js';

const cny = (yuan: number) => ({ minor: yuan * 100, currency: 'CNY' });

describe('what was approved holds', () => {
  const campaign = new TestCampaign('2026-10-03T02:00:00Z');
  const { services, campaigns, work, scripts } = campaign;

  beforeAll(() => services.publishHouseholds({}));
  beforeEach(() => void (services.areOffersDown = false));

  const scored = (count: number) => campaign.scored(count);
  const launch = (plan: CampaignPlan) => campaign.launch(plan);
  const lease = (queue: string, channel = '', subscriptionId = '') =>
    campaign.lease(queue, { agent: `a-${newId()}`, channel, subscriptionId });

  const touchesOf = (campaignId: string) =>
    rowsOfBatches<{ arm: string; channel: string; outcome: string; cost: number; offerCost: number }>(
      campaigns.readTouches(systemCall, { campaignId }),
    );

  describe('of the channel', () => {
    it.each(['sms', 'email', 'app', 'hall', 'call'])('%s: work is leased for it alone', async (channel) => {
      const { campaignId } = await launch(planFor(scored(12).table, { channel }));
      for (const other of ['call', 'sms', 'email'].filter((each) => each !== channel)) {
        const refused = await lease(campaignId, other).catch((thrown: Failure) => thrown);
        expect(refused).toMatchObject({ kind: 'unprocessable', key: 'lease.channelNotApproved' });
        expect((refused as Failure).text.en).toContain(`approved for the channel ${channel}, not for ${other}`);
        expect((refused as Failure).text['zh-CN']).toContain(channel);
      }
      await expect(lease(campaignId, 'pigeon')).rejects.toMatchObject({ key: 'contact.channelUnknown' });
      const [unnamed, named] = [(await lease(campaignId)).lease!, (await lease(campaignId, channel)).lease!];
      expect([unnamed.channel, named.channel]).toEqual([channel, channel]);
      await campaign.contact(unnamed.leaseId, 'declined');
      await campaign.contact(named.leaseId, 'accepted');
      expect((await touchesOf(campaignId)).map((touch) => touch.channel)).toEqual([channel, channel]);
    });

    it('the script has the words of that channel, and of no other', async () => {
      const { campaignId } = await launch(planFor(scored(12).table, { channel: 'email' }));
      const { leaseId, item } = (await lease(campaignId)).lease!;
      const byLease = { $case: 'leaseId', leaseId } as const;
      const bySubscription = { $case: 'subscriptionId', subscriptionId: item!.subscriptionId } as const;
      const script = await scripts.getScript(agent, { of: byLease, channel: '', language: 'en' });
      for (const which of [byLease, bySubscription]) {
        expect(await scripts.getScript(agent, { of: which, channel: 'email', language: 'en' })).toEqual(script);
        const other = scripts.getScript(agent, { of: which, channel: 'call', language: 'en' });
        await expect(other).rejects.toMatchObject({ kind: 'unprocessable', key: 'lease.channelNotApproved' });
      }
      const spoken = await launch(planFor(scored(12).table));
      const held = (await lease(spoken.campaignId)).lease!;
      const ofCall = { of: { $case: 'leaseId', leaseId: held.leaseId }, channel: '', language: 'en' } as const;
      const opening = (found: typeof script) => found.sections.find(({ key }) => key === 'opening')!.lines[0]!.text;
      expect(opening(script)).not.toBe(opening(await scripts.getScript(agent, ofCall)));
    });

    it('the list of a plain table keeps the free choice', async () => {
      const { table, runId } = scored(5);
      await campaign.buildList(runId);
      const leases = [await lease(table), await lease(table, 'email'), await lease(table, 'sms')];
      expect(leases.map((each) => each.lease!.channel)).toEqual(['call', 'email', 'sms']);
      const of = { $case: 'leaseId', leaseId: leases[1]!.lease!.leaseId } as const;
      const script = await scripts.getScript(agent, { of, channel: '', language: 'en' });
      expect(script).toEqual(await scripts.getScript(agent, { of, channel: 'email', language: 'en' }));
      expect(script.text).not.toBe((await scripts.getScript(agent, { of, channel: 'call', language: 'en' })).text);
    });
  });

  describe('of the costs', () => {
    const arms = (cost: Arm['cost']) =>
      planFor('').arms.map((arm) => ({ ...arm, share: 0.4, ...(arm.arm === 'discount' ? { cost } : {}) }));

    it.each([
      ['those of the scores, where the plan has none', undefined, undefined],
      ['a contact', 5, undefined],
      ['an offer', undefined, 60],
      ['both', 4, 37.5],
    ] as const)('%s: rank, queue, touches', async (_, contactYuan, offerYuan) => {
      const { table, rows } = scored(30);
      const plan = planFor(table, {
        ...{ randomisationUnit: 'subscription', controlShare: 0.2, randomisationSeed: 'costs' },
        arms: arms(offerYuan === undefined ? undefined : cny(offerYuan)),
        contactCost: contactYuan === undefined ? undefined : cny(contactYuan),
      });
      const { campaignId } = await launch(plan);
      const contactCost = contactYuan ?? CONTACT_COST;
      const items = await campaign.itemsOf(campaignId);
      for (const { subscriptionId, arm, priority, probability } of items) {
        const { value } = rows.find(({ key }) => idOf(key) === subscriptionId)!;
        const cost = contactCost + (arm === 'discount' ? (offerYuan ?? 0) : 0);
        expect(priority).toBeCloseTo((probability * value) / cost, 6);
      }
      const priorities = items.map((item) => item.priority);
      expect(priorities).toEqual(priorities.toSorted((a, b) => b - a));
      const offers = items.map((item) => item.arm);
      expect(new Set(offers)).toEqual(new Set(['fitted', 'discount']));
      // Of people of like value those come first whose offer costs nothing.
      expect(offers.lastIndexOf('fitted') < offers.indexOf('discount')).toBe(offerYuan !== undefined);
      const { queues } = await work.listQueues(agent, {});
      expect(queues.find(({ queue }) => queue === campaignId)!.contactCost).toEqual(cny(contactCost));

      const offered = (arm: string) => items.filter((item) => item.arm === arm).map((item) => item.subscriptionId);
      const [dear, other, free] = [offered('discount')[0]!, offered('discount')[1]!, offered('fitted')[0]!];
      for (const [id, outcome] of [
        [dear, 'accepted'],
        [other, 'declined'],
        [free, 'accepted'],
      ] as const)
        await campaign.contact((await lease(campaignId, '', id)).lease!.leaseId, outcome);
      const touches = await touchesOf(campaignId);
      expect(touches.map(({ arm, outcome, cost, offerCost }) => [arm, outcome, cost, offerCost])).toEqual([
        ['discount', 'accepted', contactCost * 100, offerYuan === undefined ? NaN : offerYuan * 100],
        ['discount', 'declined', contactCost * 100, NaN],
        ['fitted', 'accepted', contactCost * 100, NaN],
      ]);
    });

    it('a script contains the approved terms', async () => {
      const plan = planFor(scored(20).table, { contactCost: cny(5), arms: arms(cny(60)), controlShare: 0.2 });
      const { campaignId } = await launch(plan);
      const items = await campaign.itemsOf(campaignId);
      const { subscriptionId } = items.find(({ arm }) => arm === 'discount')!;
      const of = { $case: 'subscriptionId', subscriptionId } as const;
      const { sections } = await scripts.getScript(agent, { of, channel: '', language: 'en' });
      const lines = sections.find(({ key }) => key === 'priority')!.lines;
      expect(lines[1]!.text).toContain('cost of a contact and of the offer');
      const approved = lines.filter(({ source }) => source?.origin === 'campaign');
      expect(approved.map(({ valueJson, source }) => [valueJson, source!.column])).toEqual([
        ['"5.00"', 'contactCost'],
        ['"60.00"', 'cost'],
      ]);
    });

    it('without a value the probability alone ranks', async () => {
      const plan = planFor(campaign.scored(8, () => ({ value: NaN })).table, {
        arms: arms(cny(60)),
        controlShare: 0.2,
      });
      const { campaignId } = await launch(plan);
      const items = await campaign.itemsOf(campaignId);
      expect(new Set(items.map((item) => item.priority))).toEqual(new Set([0.9]));
      await campaign.contact((await lease(campaignId)).lease!.leaseId, 'declined');
      expect(await touchesOf(campaignId)).toMatchObject([{ cost: NaN, offerCost: NaN }]);
    });

    it('costs in another currency than the values give the plan back', async () => {
      const plan = planFor(scored(8).table, { contactCost: { minor: 300, currency: 'USD' } });
      expect(await launch(plan)).toMatchObject({ state: 'draft', assignedArms: [] });
    });
  });

  describe('of the offers', () => {
    const offering = (table: string, offers: Partial<Arm>[]): CampaignPlan =>
      planFor(table, {
        arms: offers.map((offer, index) => ({
          ...{ arm: `arm-${index}`, offerKind: 'product', offerId: '', textEn: 'This.', textZhCn: '这个。' },
          ...{ cost: undefined, share: 0.7 / offers.length, ...offer },
        })),
      });

    async function submit(offers: Partial<Arm>[]): Promise<string> {
      const { campaignId } = await campaigns.createCampaign(planner, { plan: offering(scored(20).table, offers) });
      await campaigns.moveCampaign(planner, { campaignId, move: 'submit' });
      return campaignId;
    }

    beforeAll(async () => {
      services.offers
        .set(
          'products',
          new Map([
            ['V001', {}],
            ['V002', { from: '2026-10-03' }],
            ['V900', { from: '2026-10-04' }],
          ]),
        )
        .set('handset_models', new Map([['86011203', { from: '2020-01-01' }]]))
        .set(
          'bundle_items',
          new Map([
            ['loyalty-20', {}],
            ['B-OLD', { to: '2026-10-03' }],
            ['B-NOW', { to: '2026-10-04' }],
          ]),
        );
      services.plansOnSale.add('P-88');
      await campaign.setParameter('offer.catalogue', [{ kind: 'discount', id: 'D-20' }]);
    });

    it.each([
      ['product', 'V001'],
      ['product', 'V002'],
      ['product', 'P-88'],
      ['product', 'B-NOW'],
      ['handset', '86011203'],
      ['handset', 'B-NOW'],
      ['discount', 'D-20'],
      ['discount', 'loyalty-20'],
    ])('the %s %s is there', async (offerKind, offerId) => {
      const campaignId = await submit([{ offerKind, offerId }]);
      expect(await campaigns.getCampaign(planner, { campaignId })).toMatchObject({ state: 'submitted' });
    });

    it.each([
      ['product', 'V900'],
      ['product', 'P-77'],
      ['product', 'v001'],
      ['product', 'D-20'],
      ['product', 'B-OLD'],
      ['handset', '86011204'],
      ['handset', 'V001'],
      ['discount', 'L20'],
      ['discount', 'P-88'],
    ])('the %s %s is not: submitting fails with an error for its arm', async (offerKind, offerId) => {
      const refused = await submit([{ offerKind: 'care' }, { offerKind, offerId }]).catch((thrown: Failure) => thrown);
      expect(refused).toMatchObject({ kind: 'invalid', key: 'campaign.planInvalid' });
      const { fields } = refused as Failure;
      expect(fields).toMatchObject([{ pointer: '/arms/1/offerId', key: 'campaign.offerUnknown' }]);
      expect(fields[0]!.text.en).toContain(`Arm arm-1: the ${offerKind} ${offerId} is not on sale on 2026-10-03.`);
      expect(fields[0]!.text['zh-CN']).toContain(`方案组 arm-1：${offerKind} ${offerId}`);
    });

    it('is not approved if withdrawn, nor if the catalogue cannot be read', async () => {
      services.offers.get('products')!.set('V003', {});
      const campaignId = await submit([{ offerKind: 'product', offerId: 'V003' }]);
      const approve = () =>
        campaigns.decideCampaign(approver, { campaignId, approved: true, comment: '', revision: 0 });
      services.areOffersDown = true;
      await expect(approve()).rejects.toMatchObject({ kind: 'unavailable' });
      services.areOffersDown = false;
      services.offers.get('products')!.delete('V003');
      await expect(approve()).rejects.toMatchObject({ key: 'campaign.planInvalid' });
      expect(await campaigns.getCampaign(planner, { campaignId })).toMatchObject({ state: 'submitted' });
      services.offers.get('products')!.set('V003', {});
      await approve();
      expect(await campaign.settled(campaignId)).toMatchObject({ state: 'running' });
    });

    it('withdrawn between approval and enrolment, the campaign becomes a draft again', async () => {
      // Handsets and bundles, at submission and at approval.
      services.offerReadsLeft = 4;
      const plan = offering(scored(20).table, [{ offerKind: 'handset', offerId: '86011203' }]);
      const { state, enrolJobId, assignedArms } = await launch(plan);
      services.offerReadsLeft = Infinity;
      expect({ state, assignedArms }).toEqual({ state: 'draft', assignedArms: [] });
      const job = await campaign.ended({ jobId: enrolJobId });
      expect(job.failure).toMatchObject({ key: 'campaign.planInvalid' });
    });

    it('gone after the start, its work is passed over, and the rest is given', async () => {
      services.offers.get('products')!.set('V004', {});
      const table = scored(30).table;
      const plan = offering(table, [{ offerKind: 'product', offerId: 'V004' }, { offerKind: 'care' }]);
      const { campaignId } = await launch({ ...plan, randomisationUnit: 'subscription' });
      const items = await campaign.itemsOf(campaignId);
      const gone = items.filter(({ arm }) => arm === 'arm-0');
      const kept = items.filter(({ arm }) => arm === 'arm-1');
      expect(Math.min(gone.length, kept.length)).toBeGreaterThan(1);
      expect((await lease(campaignId, '', gone[0]!.subscriptionId)).lease).toBeDefined();
      services.offers.get('products')!.set('V004', { from: '2099-01-01' });
      await campaign.restart({ now: '2026-10-03T03:00:00Z' });
      const given = new Set<string>();
      for (let at = 0; at < kept.length; at++) {
        const { lease: held, passedOver } = await lease(campaignId);
        expect(passedOver).toEqual({ offer_gone: gone.length });
        given.add(held!.item!.subscriptionId);
      }
      expect(given).toEqual(new Set(kept.map(({ subscriptionId }) => subscriptionId)));
      expect(await lease(campaignId)).toMatchObject({ lease: undefined, passedOver: { offer_gone: gone.length } });
      const named = await lease(campaignId, '', gone[1]!.subscriptionId);
      expect(named).toEqual({ lease: undefined, passedOver: { offer_gone: 1 } });
    });

    it('a catalogue that cannot be read does not stop leases', async () => {
      const table = scored(20).table;
      const { campaignId } = await launch(offering(table, [{ offerKind: 'handset', offerId: '86011203' }]));
      await campaign.restart({ now: '2026-10-03T04:00:00Z' });
      services.areOffersDown = true;
      expect((await lease(campaignId)).lease).toBeDefined();
    });
  });
});
