import type { LeaseNextRequest } from '@holdfast/contracts/campaign/v1/work';
import type { Call } from '@holdfast/platform/grpc';
import { customerId, newId } from '@holdfast/platform/identity';
import { callOf } from '@holdfast/testing/callers';
import { TestCampaign, agent } from '../campaign.fixture.js';
import { idOf, subscribers, type Subscriber } from '../service-clients.fixture.js';

describe('leasing work', () => {
  const campaign = new TestCampaign('2026-09-03T02:00:00Z'); // 10:00 in Shanghai
  const { services, work } = campaign;
  let queue = '';

  beforeEach(() => {
    services.isProfileDown = false;
  });

  /** Builds a new list of people that the gate allows, unless they were added before. */
  async function listed(rows: Subscriber[]): Promise<void> {
    queue = await campaign.listed(rows);
  }

  function people(count: number, orgUnitPath?: string): Subscriber[] {
    const prefix = newId();
    return subscribers(count, orgUnitPath).map((row) => ({ ...row, key: `${prefix}-${row.key}` }));
  }

  const lease = (changed: Partial<LeaseNextRequest> = {}, call = agent) => campaign.lease(queue, changed, call);

  /** Moves all leases of the queue into the past, as if they had been given out earlier. */
  async function age(seconds: number): Promise<void> {
    await campaign.database.query(
      'update lease set leased_at = leased_at - $2::interval, expires_at = expires_at - $2::interval where queue = $1',
      [queue, `${seconds} seconds`],
    );
  }

  it('gives twenty agents at once twenty different pieces, the highest ranks', async () => {
    const rows = people(25);
    await listed(rows);
    const answers = await Promise.all(Array.from({ length: 20 }, (_, index) => lease({ agent: `agent-${index}` })));
    const given = answers.map((answer) => answer.lease!.item!.subscriptionId);
    expect(new Set(given).size).toBe(20);
    const ranks = answers.map((answer) => answer.lease!.item!.rank);
    expect(ranks.sort((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
    expect(answers.every((answer) => answer.lease!.item!.state === 'leased')).toBe(true);
    const { queues } = await work.listQueues(agent, {});
    expect(queues.find((each) => each.queue === queue)!.items).toEqual({ open: 5, leased: 20, done: 0 });
  });

  it('leases one item to each of as many concurrent agents', async () => {
    await listed(people(12));
    const answers = await Promise.all(Array.from({ length: 30 }, (_, index) => lease({ agent: `agent-${index}` })));
    const given = answers.flatMap((answer) => answer.lease?.item?.subscriptionId ?? []);
    expect(given).toHaveLength(12);
    expect(new Set(given).size).toBe(12);
  });

  it('gives a repeated request the lease that it has, and another one after its end', async () => {
    await listed(people(3));
    const request = { ...agent, requestId: newId() };
    const same = { agent: 'repeats' };
    const { lease: first } = await lease(same, request);
    const { lease: second } = await lease(same, request);
    expect(second).toEqual(first);
    expect((await lease(same, { ...agent, requestId: newId() })).lease!.leaseId).not.toBe(first!.leaseId);
    await work.releaseLease(agent, { leaseId: first!.leaseId });
    const { lease: third } = await lease(same, request);
    expect(third!.leaseId).not.toBe(first!.leaseId);
  });

  it('limits the leases of an agent, also of concurrent requests', async () => {
    await listed(people(12));
    const eager = { agent: 'eager' };
    const settled = await Promise.allSettled(Array.from({ length: 8 }, () => lease(eager)));
    const refused = settled.filter((each) => each.status === 'rejected').map(({ reason }) => reason as object);
    expect(refused).toHaveLength(5);
    for (const reason of refused) expect(reason).toMatchObject({ kind: 'conflict', key: 'lease.tooMany' });
    const elsewhere = callOf({ client: 'dialler', scopes: ['lease:write'] });
    expect((await lease(eager, elsewhere)).lease).toBeDefined();
    const [one] = settled.flatMap((each) => (each.status === 'fulfilled' ? [each.value.lease!] : []));
    await work.releaseLease(agent, { leaseId: one!.leaseId });
    expect((await lease(eager)).lease).toBeDefined();
    await expect(lease(eager)).rejects.toMatchObject({ key: 'lease.tooMany' });
    await age(121);
    expect((await lease(eager)).lease).toBeDefined();
    await campaign.setParameter('lease.perAgentMax', 1);
    await expect(lease(eager)).rejects.toThrow('The agent already has 1 leases.');
    await campaign.setParameter('lease.perAgentMax', 3);
  });

  it('keeps a customer with one agent, whatever subscriptions they have', async () => {
    const rows = people(6);
    const shared = customerId('demo', rows[0]!.key);
    for (const row of rows.slice(0, 5)) services.addPerson(row.key, { customerId: shared });
    await listed(rows);
    const answers = await Promise.all(Array.from({ length: 10 }, (_, index) => lease({ agent: `agent-${index}` })));
    const given = answers.flatMap((answer) => answer.lease?.item?.subscriptionId ?? []);
    expect(given).toHaveLength(2);
    expect(given).toContain(idOf(rows[5]!.key));
  });

  it('opens released and expired work again, and rejects the old lease', async () => {
    await listed(people(1));
    const first = (await lease()).lease!;
    expect((await lease({ agent: 'a2' })).lease).toBeUndefined();
    await age(119);
    expect((await lease({ agent: 'a2' })).lease).toBeUndefined();
    const renewed = await work.renewLease(agent, { leaseId: first.leaseId });
    expect(renewed.leaseId).toBe(first.leaseId);
    expect(renewed.item).toMatchObject({ subscriptionId: first.item!.subscriptionId, state: 'leased' });
    await age(119);
    expect((await lease({ agent: 'a2' })).lease).toBeUndefined();
    await age(2);
    const second = (await lease({ agent: 'a2' })).lease!;
    expect(second.item!.itemId).toBe(first.item!.itemId);
    const renewal = work.renewLease(agent, { leaseId: first.leaseId });
    await expect(renewal).rejects.toMatchObject({ kind: 'gone', key: 'lease.gone' });

    await work.releaseLease(agent, { leaseId: second.leaseId });
    await work.releaseLease(agent, { leaseId: second.leaseId });
    expect((await lease({ agent: 'a3' })).lease).toBeDefined();
    await expect(work.renewLease(agent, { leaseId: newId() })).rejects.toMatchObject({ key: 'lease.unknown' });
  });

  it('holds work no longer than its longest, however often it is renewed', async () => {
    await listed(people(1));
    const { leaseId } = (await lease()).lease!;
    const sql = `update lease set leased_at = leased_at - interval '59 minutes',
        expires_at = expires_at - interval '100 seconds' where id = $1 returning leased_at`;
    const [moved] = await campaign.database.query<{ leased_at: Date }>(sql, [leaseId]);
    const { expiresAt } = await work.renewLease(agent, { leaseId });
    expect(expiresAt!.getTime() - moved!.leased_at.getTime()).toBe(60 * 60_000);
  });

  it('passes over refused customers with the reasons, and starts below them the next time', async () => {
    const rows = people(5);
    services.addPerson(rows[0]!.key, { consented: false });
    services.addPerson(rows[1]!.key, { consented: undefined, suppressions: ['legal'] });
    services.addPerson(rows[2]!.key, { timeZone: '' });
    await listed(rows);
    services.facts.delete(idOf(rows[3]!.key));
    expect(await lease()).toMatchObject({
      lease: { item: { subscriptionId: idOf(rows[4]!.key), rank: 5 } },
      passedOver: { consent: 1, consent_unknown: 1, suppressed: 1, time_zone_unknown: 1, unknown: 1 },
    });
    expect(await lease({ agent: 'a2' })).toEqual({ passedOver: {}, retryAt: expect.any(Date) });
    // A request by id repeats the check.
    services.addPerson(rows[0]!.key);
    expect((await lease({ subscriptionId: idOf(rows[0]!.key) })).lease).toBeDefined();
    expect((await lease({ subscriptionId: idOf(rows[0]!.key) })).passedOver).toEqual({ leased: 1 });
  });

  it('reaches those below hundreds who refused', async () => {
    const rows = people(620);
    for (const row of rows.slice(0, 610)) services.addPerson(row.key, { consented: false });
    await listed(rows);
    expect(await lease()).toEqual({ passedOver: { consent: 500 }, retryAt: expect.any(Date) });
    expect(await lease()).toMatchObject({ lease: { item: { rank: 611 } }, passedOver: { consent: 110 } });
  });

  it('heeds a consent that was withdrawn between the list and the lease', async () => {
    const rows = people(2);
    await listed(rows);
    services.addPerson(rows[0]!.key, { consented: false });
    expect((await lease()).lease!.item!.subscriptionId).toBe(idOf(rows[1]!.key));
  });

  it('gives no work while customer-profile does not answer', async () => {
    await listed(people(3));
    services.isProfileDown = true;
    await expect(lease()).rejects.toMatchObject({ kind: 'unavailable', key: 'contact.factsUnavailable' });
    expect(await campaign.database.query('select 1 from lease where queue = $1', [queue])).toEqual([]);
    services.isProfileDown = false;
    expect((await lease()).lease!.item!.rank).toBe(1);
  });

  it('binds agents to their region', async () => {
    await listed([...people(2, 'demo/沈阳/'), ...people(1, 'demo/大连/')]);
    const dalian = callOf({ scopes: ['lease:write'], orgScope: ['demo/大连/'] });
    const { lease: own } = await lease({}, dalian);
    expect(own!.item!.orgUnitPath).toBe('demo/大连/');
    expect((await lease({}, dalian)).lease).toBeUndefined();
    const { lease: foreign } = await lease();
    expect(foreign!.item!.orgUnitPath).toBe('demo/沈阳/');
    const { leaseId, item } = foreign!;
    await expect(work.renewLease(dalian, { leaseId })).rejects.toMatchObject({ kind: 'notFound' });
    await expect(work.releaseLease(dalian, { leaseId })).rejects.toMatchObject({ kind: 'notFound' });
    const named = lease({ subscriptionId: item!.subscriptionId }, dalian);
    await expect(named).rejects.toMatchObject({ kind: 'notFound', key: 'work.unknown' });
    await expect(lease({}, callOf())).rejects.toMatchObject({ kind: 'forbidden' });
  });

  it('binds a lease to the client that took it, and to the agent of its token', async () => {
    const scopes = ['lease:write', 'disposition:write', 'script:read'];
    const desk = (onBehalfOf?: string) =>
      callOf({ client: 'desk', scopes, ...(onBehalfOf === undefined ? {} : { onBehalfOf }) });
    const foreign = [callOf({ client: 'dialler', scopes }), desk('a2'), callOf({ system: true, client: 'gateway' })];
    await listed(people(1));
    const { leaseId } = (await lease({ agent: 'a1' }, desk('a1'))).lease!;
    const readScript = (call: Call) => {
      const request = { of: { $case: 'leaseId' as const, leaseId }, channel: '', language: 'en' };
      return campaign.scripts.getScript(call, request);
    };
    const dispose = async (call: Call) => {
      const disposition = { clientRowId: '', leaseId, outcome: 'accepted', at: undefined, note: '' };
      return (await work.recordDispositions(call, { dispositions: [disposition] })).recorded[0]!;
    };
    for (const call of foreign) {
      const unknown = { kind: 'notFound', key: 'lease.unknown' };
      await expect(work.renewLease(call, { leaseId })).rejects.toMatchObject(unknown);
      await expect(work.releaseLease(call, { leaseId })).rejects.toMatchObject(unknown);
      await expect(readScript(call)).rejects.toMatchObject({ kind: 'notFound', key: 'script.unknown' });
      expect(await dispose(call)).toMatchObject({ touchId: '', failureKey: 'lease.unknown' });
    }
    // The answer does not change with the end of the lease.
    await age(200);
    for (const call of foreign) {
      await expect(work.renewLease(call, { leaseId })).rejects.toMatchObject({ key: 'lease.unknown' });
      expect(await dispose(call)).toMatchObject({ failureKey: 'lease.unknown' });
    }
    await expect(work.renewLease(desk('a1'), { leaseId })).rejects.toMatchObject({ key: 'lease.gone' });
    await age(-200);
    // A client whose token names no agent acts for all of its agents.
    for (const call of [desk('a1'), desk()]) {
      expect((await work.renewLease(call, { leaseId })).leaseId).toBe(leaseId);
      expect((await readScript(call)).sections).not.toEqual([]);
    }
    expect(await dispose(desk('a1'))).toMatchObject({ failureKey: '' });
    expect(await dispose(foreign[0]!)).toMatchObject({ touchId: '', failureKey: 'lease.unknown' });
  });

  it('lets a supervisor release leases of others within the region, and nothing else', async () => {
    await listed(people(1, 'demo/沈阳/'));
    const { leaseId } = (await lease({ agent: 'a1' })).lease!;
    const scopes = ['lease:write', 'lease:supervise'];
    const elsewhere = callOf({ client: 'lead', scopes, orgScope: ['demo/大连/'] });
    await expect(work.releaseLease(elsewhere, { leaseId })).rejects.toMatchObject({ key: 'lease.unknown' });
    const supervisor = callOf({ client: 'lead', scopes });
    await expect(work.renewLease(supervisor, { leaseId })).rejects.toMatchObject({ key: 'lease.unknown' });
    await work.releaseLease(supervisor, { leaseId });
    await work.releaseLease(supervisor, { leaseId });
    await expect(work.renewLease(agent, { leaseId })).rejects.toMatchObject({ key: 'lease.gone' });
    await expect(work.releaseLease(supervisor, { leaseId: newId() })).rejects.toMatchObject({ key: 'lease.unknown' });
    expect((await lease({ agent: 'a2' })).lease).toBeDefined();
  });

  it('refuses what is malformed', async () => {
    await expect(lease({ queue: 'nowhere' })).rejects.toMatchObject({ kind: 'notFound', key: 'queue.unknown' });
    await expect(lease({ channel: 'pigeon' })).rejects.toMatchObject({ key: 'contact.channelUnknown' });
    await expect(lease({ agent: '' })).rejects.toMatchObject({ kind: 'invalid', key: 'lease.agentMalformed' });
    await expect(work.renewLease(agent, { leaseId: 'x' })).rejects.toMatchObject({ key: 'id.malformed' });
  });

  it('keeps leases in force when the list is rebuilt', async () => {
    const rows = people(3);
    await listed(rows);
    const held = (await lease()).lease!;
    await campaign.buildList(campaign.publishScores(queue, rows, 30).runId);
    const renewed = await work.renewLease(agent, { leaseId: held.leaseId });
    expect(renewed.item!.itemId).toBe(held.item!.itemId);
    const next = (await lease({ agent: 'a2' })).lease!;
    expect(next.item!.subscriptionId).toBe(idOf(rows[1]!.key));
    await campaign.contact(held.leaseId, 'accepted');
    // On the new list the work is open, but the gate refuses: the customer has just been contacted.
    expect(await lease({ subscriptionId: held.item!.subscriptionId })).toEqual({
      passedOver: { frequency: 1 },
      retryAt: expect.any(Date),
    });
  });

  it('keeps the quiet hours of the parameters to the minute', async () => {
    const rows = people(3);
    await listed(rows);
    await campaign.restart({ now: '2026-09-03T20:59:20+08:00' });
    expect((await lease()).lease).toBeDefined();
    await campaign.restart({ now: '2026-09-03T21:00:00+08:00' });
    expect(await lease()).toEqual({ passedOver: { quiet_hours: 2 }, retryAt: expect.any(Date) });
    const answer = async (at: string) => (await campaign.check([rows[2]!.key], { at: new Date(at) }))[0]!;
    expect(await answer('2026-09-03T20:59:59.999+08:00')).toMatchObject({ allowed: true, reasons: [] });
    expect(await answer('2026-09-03T21:00:00+08:00')).toMatchObject({
      allowed: false,
      reasons: ['quiet_hours'],
      retryAt: new Date('2026-09-04T09:00:00+08:00'),
    });
    expect(await answer('2026-09-04T08:59:59.999+08:00')).toMatchObject({ allowed: false });
    expect(await answer('2026-09-04T09:00:00+08:00')).toMatchObject({ allowed: true });

    await campaign.setParameter('contact.quietHours', { from: '22:30', to: '10:00' });
    expect((await lease({ subscriptionId: idOf(rows[2]!.key) })).lease).toBeDefined();
    expect(await answer('2026-09-04T09:59:00+08:00')).toMatchObject({ allowed: false });
    await campaign.restart();
  });
});

describe('the gate over the wire', () => {
  const campaign = new TestCampaign('2026-09-03T02:00:00Z');
  const { services } = campaign;
  const checker = callOf({ scopes: ['contact:check'], orgScope: ['demo/沈阳/'] });
  const check = (keys: readonly string[], call = checker) => campaign.check(keys, { channel: 'sms' }, call);

  it('keeps the order of the request; subscriptions of other regions are unknown', async () => {
    services.addPerson('here');
    services.addPerson('elsewhere', { orgUnitPath: 'demo/大连/' });
    services.addPerson('unwilling', { consented: false });
    const answers = await check(['unwilling', 'elsewhere', 'absent', 'here']);
    expect(answers.map(({ subscriptionId, allowed, reasons }) => [subscriptionId, allowed, reasons])).toEqual([
      [idOf('unwilling'), false, ['consent']],
      [idOf('elsewhere'), false, ['unknown']],
      [idOf('absent'), false, ['unknown']],
      [idOf('here'), true, []],
    ]);
    await expect(check(['here'], callOf())).rejects.toMatchObject({ kind: 'forbidden' });
    const tooMany = Array.from({ length: 501 }, (_, index) => `k-${index}`);
    await expect(check(tooMany)).rejects.toMatchObject({ kind: 'invalid' });
  });

  it('refuses all customers when customer-profile is unreachable', async () => {
    await campaign.stopCalled();
    const answers = await check(['here', 'absent']);
    expect(answers.map(({ allowed, reasons }) => [allowed, reasons])).toEqual([
      [false, ['unavailable']],
      [false, ['unavailable']],
    ]);
  });
});
