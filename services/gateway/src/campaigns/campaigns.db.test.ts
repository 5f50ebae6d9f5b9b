import { Campaign as CampaignMessage } from '@holdfast/contracts/campaign/v1/plan';
import { failure } from '@holdfast/platform/errors';
import { testGateway } from '../gateway.fixture.js';

const ID = '01936a50-6c10-7f71-8e61-9c8d7f0a3b99';
const revisionChanged = failure('precondition', 'campaign.revision', { en: 'Changed.', 'zh-CN': '已修改。' });
const approverIsAuthor = failure('conflict', 'campaign.approverIsAuthor', { en: 'No.', 'zh-CN': '不可。' });
const channelNotApproved = failure('unprocessable', 'lease.channelNotApproved', {
  en: 'Approved for {approved}, not for {channel}.',
  'zh-CN': '获批渠道为 {approved}，不是 {channel}。',
});
const planInvalid = failure('invalid', 'campaign.planInvalid', { en: 'Wrong.', 'zh-CN': '有误。' });

const OFFER = { arm: 'discount', offerKind: 'discount', offerId: 'L20', text: { en: '20 off.', 'zh-CN': '减 20。' } };
const ARM = { ...OFFER, share: 0.8, cost: { amount: '60.05', currency: 'CNY' } };
const BODY = { name: 'Stay with us', table: 'subscriber-months', arms: [ARM], controlShare: 0.2 };

describe('campaigns over REST', () => {
  let campaign: CampaignMessage;

  function changed(parts: Partial<CampaignMessage>): CampaignMessage {
    campaign = { ...campaign, ...parts, revision: campaign.revision + 1 };
    return campaign;
  }

  const gateway = testGateway({
    campaigns: {
      createCampaign: async ({ caller }, { plan }) => {
        if (plan!.controlShare === 0.5) {
          const text = { en: 'Not 1.', 'zh-CN': '不为 1。' };
          throw planInvalid({}, { fields: [{ pointer: '/arms', key: 'campaign.sharesSum', text }] });
        }
        campaign = CampaignMessage.fromPartial({
          campaignId: ID,
          plan: plan!,
          state: 'draft',
          revision: 1,
          author: caller.client,
          orgUnitPath: 'demo/',
          createdAt: new Date('2026-10-03T02:00:00Z'),
        });
        return campaign;
      },
      getCampaign: async () => campaign,
      listCampaigns: async () => ({ campaigns: [campaign], nextPageToken: '' }),
      updateCampaign: async (_call, { revision, plan }) => {
        if (revision !== campaign.revision) throw revisionChanged();
        return changed({ plan });
      },
      moveCampaign: async (_call, { move }) => changed({ state: move === 'submit' ? 'submitted' : 'paused' }),
      decideCampaign: async ({ caller }, { approved, revision }) => {
        if (revision !== 0 && revision !== campaign.revision) throw revisionChanged();
        if (caller.client === campaign.author) throw approverIsAuthor();
        return changed({
          state: approved ? 'enrolling' : 'rejected',
          approver: caller.client,
          enrolJobId: `campaign.${ID}`,
          assignedArms: [
            { arm: 'control', subscriptions: 5, units: 4, propensity: 0.2, meanProbability: 0.3 },
            { arm: 'discount', subscriptions: 0, units: 0, propensity: 0.8, meanProbability: undefined },
          ],
          notices: [{ key: 'campaign.noHouseholds', textEn: 'By customer.', textZhCn: '按客户。' }],
        });
      },
    },
    work: {
      leaseNext: async (_call, { channel }) => {
        if (channel === 'sms') throw channelNotApproved({ approved: 'call', channel: 'sms' });
        return { lease: undefined, passedOver: { control_group: 1 } };
      },
    },
  });

  const at = `/api/v1/campaigns/${ID}`;
  const lastRequest = () => gateway.requests.at(-1);
  const post = (path: string, body?: object, key = `k-${Math.random()}`, client = 'console') =>
    gateway.post(path, body ?? {}, { client, headers: { 'idempotency-key': key } });

  test('a plan is sent with its defaults and comes back as a draft', async () => {
    const { status, json } = await post('/api/v1/campaigns', BODY);
    expect(status).toBe(201);
    const defaults = { goal: 'retention', quadrants: ['C'], randomisationUnit: 'household', channel: 'call' };
    const arm = { textEn: '20 off.', textZhCn: '减 20。', cost: { minor: 6005, currency: 'CNY' } };
    expect(lastRequest()).toMatchObject({ plan: { ...defaults, orgUnitPath: '', endsOn: '', arms: [arm] } });
    const draft = { campaignId: ID, state: 'draft', revision: 1, startedAt: null, enrolJobId: null };
    const parts = { probabilityMin: null, endsOn: null, followMonths: 3, contactCost: null };
    const plan = { ...parts, arms: [{ cost: { amount: '60.05', currency: 'CNY' } }] };
    expect(json).toMatchObject({ ...draft, plan });
    const given = { followMonths: 6, contactCost: { amount: '3.50', currency: 'CNY' } };
    const named = await post('/api/v1/campaigns', { ...BODY, ...given });
    expect(lastRequest()).toMatchObject({ plan: { followMonths: 6, contactCost: { minor: 350, currency: 'CNY' } } });
    expect(named.json).toMatchObject({ plan: given });
  });

  test.each([
    ['a share of nothing', { controlShare: 0 }, '/body/controlShare'],
    ['no offer', { arms: [] }, '/body/arms'],
    ['outcomes of no month', { followMonths: 0 }, '/body/followMonths'],
    ['a cost that is no decimal', { contactCost: { amount: '3', currency: 'CNY' } }, '/body/contactCost/amount'],
    ['the control group as an offer', { arms: [{ ...ARM, arm: 'Control' }] }, '/body/arms/0/arm'],
    ['the name of an arm that is none', { arms: [{ ...ARM, arm: 'Big Offer' }] }, '/body/arms/0/arm'],
    ['no words in Chinese', { arms: [{ ...ARM, text: { en: 'x' } }] }, '/body/arms/0/text/zh-CN'],
    ['a day that is none', { endsOn: '2026-02-30' }, '/body/endsOn'],
    ['an error that only the campaign service detects', { controlShare: 0.5 }, '/body/arms'],
  ])('%s is pointed at', async (_, wrong, pointer) => {
    const { status, json } = await post('/api/v1/campaigns', { ...BODY, ...wrong });
    expect(status).toBe(400);
    expect(json['errors']).toContainEqual(expect.objectContaining({ pointer }));
  });

  test('a change needs the ETag of what it changes', async () => {
    await post('/api/v1/campaigns', BODY);
    const read = await gateway.get(at);
    expect(read.headers.get('etag')).toBe('"1"');
    expect((await gateway.get(at, { headers: { 'if-none-match': '"1"' } })).status).toBe(304);
    const change = (ifMatch: string | undefined, body: object = { contactsMax: 7 }) =>
      gateway.ask('PATCH', at, { body, headers: ifMatch === undefined ? {} : { 'if-match': ifMatch } });
    expect((await change(undefined)).json).toMatchObject({ status: 428, code: 'ifMatch.missing' });
    expect((await change('"nonsense"')).json).toMatchObject({ status: 412, code: 'ifMatch.unknown' });
    const done = await change('"1"');
    expect([done.status, done.headers.get('etag')]).toEqual([200, '"2"']);
    // What is not named stays.
    expect(done.json).toMatchObject({ plan: { contactsMax: 7, name: 'Stay with us', arms: [{ arm: 'discount' }] } });
    expect((await change('"1"')).json).toMatchObject({ status: 412, code: 'campaign.revision' });
    const later = await change('*', { endsOn: '2026-11-30' });
    expect(later.json).toMatchObject({ plan: { contactsMax: 7, endsOn: '2026-11-30' } });
    expect((await change('*', { endsOn: null })).json).toMatchObject({ plan: { endsOn: null } });
    expect((await change('"4"', { author: 'me' })).status).toBe(400);
  });

  test('moves demand an Idempotency-Key, and happen once under it', async () => {
    await post('/api/v1/campaigns', BODY);
    const without = await gateway.post(`${at}:submit`, {});
    expect(without.json).toMatchObject({ status: 400, code: 'idempotencyKey.missing' });
    const first = await post(`${at}:submit`, {}, 'once');
    const second = await post(`${at}:submit`, {}, 'once');
    expect([first.json['state'], first.json['revision']]).toEqual(['submitted', 2]);
    expect(second.headers.get('idempotency-replayed')).toBe('true');
    expect(campaign.revision).toBe(2);
    const bodiless = await gateway.ask('POST', `${at}:pause`, { headers: { 'idempotency-key': 'p' } });
    expect(bodiless.json).toMatchObject({ state: 'paused' });
  });

  test('the approver cannot be the author', async () => {
    await post('/api/v1/campaigns', BODY);
    const own = await post(`${at}:approve`, { comment: 'fine' });
    expect(own.json).toMatchObject({ status: 409, code: 'campaign.approverIsAuthor' });
    campaign = { ...campaign, author: 'another person' };
    const { json } = await post(`${at}:approve`, { comment: 'fine' });
    expect(lastRequest()).toEqual({ campaignId: ID, approved: true, comment: 'fine', revision: 0 });
    expect(json).toMatchObject({
      state: 'enrolling',
      enrolJobId: `campaign.${ID}`,
      notices: [{ code: 'campaign.noHouseholds', message: 'By customer.' }],
    });
    const arms = await gateway.get(`${at}/arms`);
    expect(arms.json).toEqual({
      campaignId: ID,
      arms: [
        { ...campaign.assignedArms[0], meanProbability: 0.3 },
        { ...campaign.assignedArms[1], meanProbability: null },
      ],
    });
    expect((await post(`${at}:reject`)).json).toMatchObject({ state: 'rejected' });
    expect(lastRequest()).toEqual({ campaignId: ID, approved: false, comment: '', revision: 0 });
  });

  test.each([
    ['approve', 'enrolling'],
    ['reject', 'rejected'],
  ])('an approver that names the reviewed revision does not %s a later one', async (verb, state) => {
    await post('/api/v1/campaigns', BODY);
    campaign = { ...campaign, author: 'another person', revision: 3 };
    const decide = (ifMatch: string) => {
      const headers = { 'idempotency-key': `d-${verb}${ifMatch}`, 'if-match': ifMatch };
      return gateway.post(`${at}:${verb}`, {}, { headers });
    };
    expect((await decide('"2"')).json).toMatchObject({ status: 412, code: 'campaign.revision' });
    expect((await decide('"0"')).json).toMatchObject({ status: 412, code: 'ifMatch.unknown' });
    expect((await decide('"3"')).json).toMatchObject({ state, revision: 4 });
  });

  test('every write is audited with the campaign that it is about', async () => {
    const rows = await gateway.database.query<{ operation: string }>(
      'select distinct operation from audit_entry where $1 = any(subject_ids)',
      [ID],
    );
    const operations = rows.map(({ operation }) => operation.split('{campaignId}')[1]).sort();
    expect(operations).toEqual(['', ':approve', ':pause', ':reject', ':submit']);
  });

  test('lists are filtered by state', async () => {
    await gateway.get('/api/v1/campaigns?state=running&pageSize=5');
    expect(lastRequest()).toMatchObject({ state: 'running', pageSize: 5, pageToken: '' });
    expect((await gateway.get('/api/v1/campaigns?state=lost')).status).toBe(400);
  });

  test('a customer of the control group is not leased, also not by id', async () => {
    const body = { agent: 'a1', subscriptionId: '1b9d6bcd-bbfd-5b2d-9b5d-ab8dfbbd4bed' };
    const answer = await gateway.post(`/api/v1/agent-queues/${ID}/leases`, body);
    expect([answer.status, answer.json]).toEqual([
      200,
      { lease: null, passedOver: { control_group: 1 }, retryAt: null },
    ]);
    // The campaign service has the approved channel.
    expect(lastRequest()).toMatchObject({ channel: '' });
  });

  test('a channel that was not approved gives a problem document with the approved one', async () => {
    const body = { agent: 'a1', channel: 'sms' };
    const { status, json } = await gateway.post(`/api/v1/agent-queues/${ID}/leases`, body);
    expect([status, json['code']]).toEqual([422, 'lease.channelNotApproved']);
    expect(json['detail']).toBe('Approved for call, not for sms.');
  });
});
