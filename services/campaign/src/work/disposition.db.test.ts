import type { Disposition, RecordedDisposition } from '@holdfast/contracts/campaign/v1/work';
import type { Call } from '@holdfast/platform/grpc';
import { customerId, newId } from '@holdfast/platform/identity';
import { callOf } from '@holdfast/testing/callers';
import { eventually } from '@holdfast/testing/service';
import { TestCampaign, agent } from '../campaign.fixture.js';
import { idOf, type Subscriber } from '../service-clients.fixture.js';

describe('dispositions', () => {
  const campaign = new TestCampaign('2026-09-03T02:00:00Z', { hasListener: true }); // 10:00 in Shanghai
  const { services, work } = campaign;
  let queue = '';

  /** Builds a new list of people. */
  async function listed(count: number): Promise<Subscriber[]> {
    const { table, rows, runId } = campaign.scored(count);
    await campaign.buildList(runId);
    queue = table;
    return rows;
  }

  const lease = (subscriptionId = '', channel = 'call', changed = {}) =>
    campaign.lease(queue, { subscriptionId, channel, ...changed });

  async function leased(): Promise<string> {
    return (await lease()).lease!.leaseId;
  }

  function row(leaseId: string, outcome: string, more: Partial<Disposition> = {}): Disposition {
    return { clientRowId: `row of ${outcome}`, leaseId, outcome, at: undefined, note: '', ...more };
  }

  async function record(dispositions: Disposition[], call: Call = agent): Promise<RecordedDisposition[]> {
    return (await work.recordDispositions(call, { dispositions })).recorded;
  }

  const eventsAbout = (subscriptionId: string) =>
    campaign.received.filter(({ type, subjectId }) => type === 'customer-contacted' && subjectId === subscriptionId);

  it('records the outcome of a contact once, also if it is sent repeatedly and concurrently', async () => {
    const [first, second] = (await listed(2)) as [Subscriber, Subscriber];
    const { leaseId } = (await lease('', 'call', { agent: 'a1' })).lease!;
    const said = [row(leaseId, 'accepted', { hit: true })];
    const answers = await Promise.all([record(said), record(said), record([...said, row(leaseId, 'accepted')])]);
    const touchIds = new Set(answers.flat().map(({ touchId }) => touchId));
    expect(touchIds.size).toBe(1);
    expect(answers.flat().every(({ failureKey }) => failureKey === '')).toBe(true);
    expect(await record([row(leaseId, 'declined')])).toEqual([
      {
        ...{ clientRowId: 'row of declined', touchId: '', failureKey: 'disposition.conflict' },
        ...{ failureEn: 'Another outcome was recorded with this lease before.', failureZhCn: expect.any(String) },
      },
    ]);
    const sql = 'select outcome, hit, agent, queue, rank from touch where lease_id = $1';
    const stored = await campaign.database.query(sql, [leaseId]);
    expect(stored).toEqual([{ outcome: 'accepted', hit: true, agent: 'a1', queue, rank: '1' }]);
    const { items } = await work.listWorkItems(agent, { queue, state: 'done', pageSize: 0, pageToken: '' });
    expect(items.map((item) => item.subscriptionId)).toEqual([idOf(first.key)]);

    // The event about the second contact comes after all about the first.
    await record([row(await leased(), 'declined')]);
    await eventually('the second contact is published', async () => eventsAbout(idOf(second.key)).length > 0);
    expect(eventsAbout(idOf(first.key)).map(({ payload }) => payload)).toEqual([
      { touchId: [...touchIds][0]!, subscriptionId: idOf(first.key), channel: 'call', outcome: 'accepted' },
    ]);
  });

  it('records or refuses each row of a batch individually', async () => {
    await listed(2);
    const [one, two] = [await leased(), await leased()];
    const recorded = await record([
      row(one, 'no_such_outcome'),
      row(newId(), 'accepted'),
      row('not an id', 'accepted'),
      row(two, 'declined'),
      row(one, 'accepted'),
      row(two, 'accepted'),
    ]);
    expect(recorded.map(({ failureKey }) => failureKey)).toEqual([
      'disposition.outcomeUnknown',
      'lease.unknown',
      'lease.unknown',
      '',
      '',
      'disposition.conflict',
    ]);
    const tooMany = Array.from({ length: 501 }, () => row(one, 'accepted'));
    await expect(record(tooMany)).rejects.toMatchObject({ kind: 'invalid' });
    await expect(record([row(one, 'accepted')], callOf())).rejects.toMatchObject({ kind: 'forbidden' });
    const dalian = callOf({ scopes: ['disposition:write'], orgScope: ['demo/大连/'] });
    const [foreign] = await record([row(one, 'accepted')], dalian);
    expect(foreign).toMatchObject({ touchId: '', failureKey: 'lease.unknown' });
  });

  it('refuses a released lease, and accepts a late holder although another agent has the work', async () => {
    const [person] = (await listed(1)) as [Subscriber];
    const given = await leased();
    await work.releaseLease(agent, { leaseId: given });
    expect((await record([row(given, 'accepted')]))[0]!.failureKey).toBe('lease.gone');

    const late = await leased();
    await campaign.database.query(
      'update lease set leased_at = leased_at - $2::interval, expires_at = expires_at - $2::interval where id = $1',
      [late, '200 seconds'],
    );
    const other = await leased();
    expect((await record([row(late, 'accepted')]))[0]!.failureKey).toBe('');
    expect((await record([row(other, 'declined')]))[0]!.failureKey).toBe('');
    const touches = await campaign.database.query('select 1 from touch where subscription_id = $1', [idOf(person.key)]);
    expect(touches).toHaveLength(2);
  });

  it('keeps the frequency cap over all subscriptions of a customer, by channel', async () => {
    const rows = await listed(3);
    const shared = customerId('demo', rows[0]!.key);
    for (const { key } of rows) services.addPerson(key, { customerId: shared });
    await record([row(await leased(), 'declined')]);
    expect(await lease()).toEqual({ passedOver: { frequency: 2 }, retryAt: expect.any(Date) });
    expect((await lease(idOf(rows[1]!.key), 'hall')).lease).toBeDefined();
    await campaign.restart({ now: '2026-09-10T01:59:00Z' }); // a minute short of seven days
    expect(await lease(idOf(rows[1]!.key))).toEqual({ passedOver: { frequency: 1 }, retryAt: expect.any(Date) });
    await campaign.restart({ now: '2026-09-10T02:05:00Z' });
    await record([row(await leased(), 'accepted')]);
    await campaign.restart({ now: '2026-09-20T02:00:00Z' }); // twice within 30 days: that is the cap
    expect(await lease(idOf(rows[2]!.key))).toEqual({ passedOver: { frequency: 1 }, retryAt: expect.any(Date) });
    await campaign.restart({ now: '2026-10-03T02:05:00Z' }); // the first left the window
    expect((await lease(idOf(rows[2]!.key))).lease).toBeDefined();
    await campaign.restart();
  });

  it('opens work again a day after a call without answer, three tries in total', async () => {
    const [person] = (await listed(1)) as [Subscriber];
    for (const day of ['2026-09-03', '2026-09-04', '2026-09-05']) {
      await campaign.restart({ now: `${day}T02:30:00Z` });
      const leaseId = await leased();
      await record([row(leaseId, 'no_answer', { at: new Date(`${day}T02:30:00Z`) })]);
      expect((await lease()).lease).toBeUndefined();
    }
    await campaign.restart({ now: '2026-09-08T02:30:00Z' });
    expect(await lease(idOf(person.key))).toEqual({ passedOver: { done: 1 } });
    await campaign.restart();
  });

  it('refuses customers who objected, at once and while customer-profile is down', async () => {
    const rows = await listed(2);
    const customer = customerId('demo', rows[0]!.key);
    for (const { key } of rows) services.addPerson(key, { customerId: customer });
    const leaseId = await leased();
    services.areSuppressionsDown = true;
    const said = [row(leaseId, 'do_not_contact')];
    await record(said);
    await record(said);
    await eventually('the job waits for customer-profile', async () => {
      const jobs = await campaign.database.query<{ phase: string }>(
        "select phase from job where kind = 'hand-over-objection'",
      );
      return jobs.some(({ phase }) => phase === 'waiting');
    });
    expect(services.suppressions).toEqual([]);
    // On another channel no touch counts: it is the objection that the gate heeds.
    expect(await lease(idOf(rows[1]!.key), 'sms')).toEqual({ passedOver: { suppressed: 1 } });
    services.areSuppressionsDown = false;
    await eventually('customer-profile has it', async () => {
      const open = await campaign.database.query('select 1 from objection where handed_over_at is null');
      return open.length === 0;
    });
    expect(services.suppressions).toEqual([{ customerId: customer, channel: 'any', reason: 'request' }]);
  });

  describe('contact numbers', () => {
    const number = (text: string): Buffer => Buffer.alloc(32, text);

    it('are shared by customers: one lease at a time, and one frequency', async () => {
      const rows = await listed(3);
      const numbers = [number('shared'), number('own')];
      services.addPerson(rows[0]!.key, { numbers });
      services.addPerson(rows[1]!.key, { numbers: [number('shared')] });
      const { leaseId } = (await lease(idOf(rows[0]!.key))).lease!;
      expect((await lease(idOf(rows[1]!.key))).lease).toBeUndefined();
      await record([row(leaseId, 'declined')]);
      expect(await lease(idOf(rows[1]!.key))).toEqual({ passedOver: { frequency: 1 }, retryAt: expect.any(Date) });
      expect((await lease(idOf(rows[2]!.key))).lease).toBeDefined();
    });

    it('count a contact once, however many of them and the customer lead to it', async () => {
      const rows = await listed(2);
      const customer = customerId('demo', `owner of ${rows[0]!.key}`);
      const numbers = [number('first'), number('second')];
      for (const { key } of rows) services.addPerson(key, { customerId: customer, numbers });
      const { leaseId } = (await lease(idOf(rows[0]!.key))).lease!;
      await record([row(leaseId, 'declined')]);
      await campaign.restart({ now: '2026-09-12T02:00:00Z' }); // the minimum between two is over, two within the window would not be
      const held = (await lease(idOf(rows[1]!.key))).lease;
      expect(held).toBeDefined();
      await campaign.restart();
    });

    it('close the gate after an objection, before the hand-over', async () => {
      const rows = await listed(2);
      for (const { key } of rows) services.addPerson(key, { numbers: [number('of a household')] });
      services.areSuppressionsDown = true;
      const { leaseId } = (await lease(idOf(rows[0]!.key))).lease!;
      await record([row(leaseId, 'do_not_contact')]);
      expect(await lease(idOf(rows[1]!.key), 'sms')).toEqual({ passedOver: { suppressed: 1 } });
      services.areSuppressionsDown = false;
    });

    it('at which another person answered are handed over, and the gate is closed from the commit on', async () => {
      const rows = await listed(2);
      const customer = customerId('demo', `owner of ${rows[0]!.key}`);
      const numbers = [number('wrong')];
      for (const { key } of rows) services.addPerson(key, { customerId: customer, numbers });
      services.areSuppressionsDown = true;
      const { leaseId } = (await lease(idOf(rows[0]!.key))).lease!;
      const [recorded] = await record([row(leaseId, 'wrong_person')]);
      expect(await lease(idOf(rows[1]!.key), 'sms')).toEqual({ passedOver: { number_unconfirmed: 1 } });
      services.areSuppressionsDown = false;
      await eventually('customer-profile has it', async () => {
        const open = await campaign.database.query('select 1 from wrong_number where handed_over_at is null');
        return open.length === 0;
      });
      expect(services.suspensions.filter(({ customerId: of }) => of === customer)).toEqual([
        { customerId: customer, numbers, touchId: recorded!.touchId, since: expect.any(Date) },
      ]);
    });
  });
});
