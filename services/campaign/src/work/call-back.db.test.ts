import type { Disposition, RecordedDisposition } from '@holdfast/contracts/campaign/v1/work';
import { callOf } from '@holdfast/testing/callers';
import { eventually } from '@holdfast/testing/service';
import { TestCampaign, agent } from '../campaign.fixture.js';
import { planFor } from '../plan/campaigns.fixture.js';
import { idOf, type Subscriber } from '../service-clients.fixture.js';

const NOTE = '样例王 has a question about the family plan';
const informed = callOf({ scopes: ['lease:write', 'pii:read'], accessReason: 'call back' });

describe('call backs', () => {
  const campaign = new TestCampaign('2026-09-03T02:00:00Z', { hasListener: true }); // 10:00 in Shanghai
  const { work } = campaign;
  let queue = '';

  beforeEach(() => campaign.restart());

  async function listed(count: number): Promise<Subscriber[]> {
    const { table, rows, runId } = campaign.scored(count);
    await campaign.buildList(runId);
    queue = table;
    return rows;
  }

  async function record(leaseId: string, more: Partial<Disposition>): Promise<RecordedDisposition> {
    const row = { clientRowId: '', leaseId, outcome: 'call_back', at: undefined, note: '', ...more };
    return (await work.recordDispositions(agent, { dispositions: [row] })).recorded[0]!;
  }

  /** The work of the highest rank gets a call back by the agent `anna`. */
  async function asked(callBackAt: Date, note = NOTE): Promise<void> {
    const { lease } = await campaign.lease(queue, { agent: 'anna' });
    expect(await record(lease!.leaseId, { callBackAt, note })).toMatchObject({ failureKey: '', failureEn: '' });
  }

  const rankFor = async (name: string, call = agent) => {
    const { lease } = await campaign.lease(queue, { agent: name }, call);
    return lease?.item?.rank;
  };

  it('come back at their time, to the agent who recorded them, with the note for who may see it', async () => {
    const rows = await listed(4);
    const at = new Date('2026-09-03T14:00:00+08:00');
    await asked(at);
    const [item] = await campaign.itemsOf(queue);
    expect(item).toMatchObject({ rank: 1, state: 'open', retryAt: at, callBack: { at, agent: 'anna' } });
    const byId = { subscriptionId: idOf(rows[0]!.key) };
    expect(await campaign.lease(queue, byId)).toEqual({ passedOver: { retry: 1 }, retryAt: at });
    expect(await campaign.check([rows[0]!.key], {})).toMatchObject([{ reasons: ['retry'], retryAt: at }]);

    await campaign.restart({ now: '2026-09-03T13:59:00+08:00' });
    expect(await rankFor('anna')).toBe(2);
    await campaign.restart({ now: '2026-09-03T14:05:00+08:00' });
    expect(await rankFor('boris')).toBe(2);
    const { lease } = await campaign.lease(queue, { agent: 'anna' }, informed);
    expect(lease).toMatchObject({ note: NOTE, item: { rank: 1, callBack: { agent: 'anna' } } });
    expect((await work.renewLease(agent, lease!)).note).toBe('');
    await work.releaseLease(agent, lease!);
    const uninformed = (await campaign.lease(queue, { agent: 'anna' })).lease!;
    expect(uninformed).toMatchObject({ note: '', item: { rank: 1 } });
    await record(uninformed.leaseId, { outcome: 'accepted' });
    expect((await campaign.itemsOf(queue))[0]).toMatchObject({ state: 'done', callBack: undefined });
    expect(await campaign.database.query('select from call_back where queue = $1', [queue])).toEqual([]);
  });

  it('come before all other work to every agent, once they are no longer reserved', async () => {
    const rows = await listed(3);
    await rankFor('boris');
    await rankFor('clara');
    await asked(new Date('2026-09-03T14:00:00+08:00')); // rank 3
    await campaign.buildList(campaign.publishScores(queue, rows, 30).runId);
    const kept = (await campaign.itemsOf(queue))[2]!;
    expect(kept).toMatchObject({ callBack: { agent: 'anna' }, retryAt: new Date('2026-09-03T14:00:00+08:00') });
    await campaign.restart({ now: '2026-09-03T14:16:00+08:00' });
    expect(await rankFor('boris')).toBe(3);
    expect(await rankFor('clara')).toBe(1);
  });

  it('take place after the last try, and the next one closes the work', async () => {
    await listed(1);
    await campaign.setParameter('retry.triesMax', 1);
    await asked(new Date('2026-09-03T14:00:00+08:00'), '');
    await campaign.restart({ now: '2026-09-03T14:00:30+08:00' });
    const { lease } = await campaign.lease(queue, { agent: 'anna' }, informed);
    expect(lease).toMatchObject({ note: '' });
    await record(lease!.leaseId, { outcome: 'no_answer' });
    expect((await campaign.itemsOf(queue))[0]!.state).toBe('done');
  });

  it('are refused with the reason', async () => {
    const { campaignId } = await campaign.launch(planFor(campaign.scored(12).table));
    const { leaseId } = (await campaign.lease(campaignId)).lease!;
    const refusal = async (more: Partial<Disposition>) => (await record(leaseId, more)).failureKey;
    const day = new Date('2026-09-04T15:00:00+08:00');
    expect(await refusal({ callBackAt: new Date('2026-09-03T21:00:00+08:00') })).toBe('callBack.quietHours');
    expect(await refusal({ callBackAt: new Date('2026-09-03T09:30:00+08:00') })).toBe('callBack.past');
    expect(await refusal({ callBackAt: new Date('2027-09-03T15:00:00+08:00') })).toBe('callBack.contactPeriodOver');
    expect(await refusal({ outcome: 'accepted', callBackAt: day })).toBe('callBack.otherOutcome');
    expect(await refusal({ note: NOTE })).toBe('callBack.timeMissing');
    const { failureEn, failureZhCn } = await record(leaseId, { callBackAt: day, note: 'x'.repeat(501) });
    expect(failureEn).toBe('The note has at most 500 characters.');
    expect(failureZhCn).toContain('500');
    expect(await refusal({ callBackAt: day, note: NOTE })).toBe('');
  });

  it('keep their notes out of events and out of readable columns', async () => {
    const [first] = await listed(1);
    await asked(new Date('2026-09-04T14:00:00+08:00'));
    const about = await eventually('the contact is published', async () => {
      const events = campaign.received.filter(({ subjectId }) => subjectId === idOf(first!.key));
      return events.length > 0 && events;
    });
    expect(JSON.stringify(about)).not.toContain('样例');
    for (const table of ['call_back', 'touch', 'outbox', 'lease']) {
      const found = await campaign.database.query(`select from ${table} row where row::text like '%样例%'`);
      expect([table, found.length]).toEqual([table, 0]);
    }
  });
});
