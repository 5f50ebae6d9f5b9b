import { scoresPublished } from './build-list.js';
import { pagesOf } from '@holdfast/testing/lists';
import type { ListBuilt, WorkItem } from '@holdfast/contracts/campaign/v1/work';
import { Reasons, type ScoresPublished } from '@holdfast/contracts/churn_scoring/v1/scoring';
import { JobState } from '@holdfast/contracts/platform/v1/jobs';
import { systemCaller } from '@holdfast/platform/caller';
import { Jobs } from '@holdfast/platform/jobs';
import { callOf } from '@holdfast/testing/callers';
import { eventually } from '@holdfast/testing/service';
import { TestCampaign } from '../campaign.fixture.js';
import { BUILD_LIST } from '../jobs.js';
import { CONTACT_COST, MODEL_ID, idOf, priorityOf, subscribers, type Subscriber } from '../service-clients.fixture.js';

const reader = callOf({ scopes: ['work:read'] });

describe('building a list', () => {
  const campaign = new TestCampaign('2026-09-03T02:00:00Z', { hasListener: true }); // 10:00 in Shanghai
  const { services, work } = campaign;

  async function tell(runId: string, kind = 'status'): Promise<void> {
    const { run, rows } = services.runs.get(runId)!;
    const { table, tableVersion, modelId } = run;
    const about = { runId, kind, table, tableVersion, modelId, month: '' };
    const event: ScoresPublished = { ...about, rows: rows.length, rowsHash: '' };
    await campaign.publish(scoresPublished, { subjectId: runId }, event);
  }

  async function itemsOf(queue: string, call = reader): Promise<WorkItem[]> {
    const list = (pageToken: string) => work.listWorkItems(call, { queue, state: '', pageSize: 4, pageToken });
    return (await pagesOf(list)).flatMap(({ items }) => items);
  }

  it('ranks the subscriptions at risk of a published run, ties by subscription, and publishes one event', async () => {
    const reasons = Reasons.fromPartial({ raising: [{ column: 'odd\tname\\N' }] });
    const rows: Subscriber[] = [
      { key: 'tie-1', probability: 0.6, value: 100, orgUnitPath: 'demo/沈阳/' },
      { key: 'tie-2', probability: 0.6, value: 100, orgUnitPath: 'demo/大连/' },
      { key: 'below', probability: 0.4999, value: 9000, orgUnitPath: 'demo/沈阳/' },
      { key: 'best', probability: 0.5, value: 500.55, orgUnitPath: 'demo/沈阳/', reasons },
      { key: 'poor', probability: 0.99, value: NaN, orgUnitPath: 'demo/' },
      ...Array.from({ length: 20 }, (_, index) => ({
        key: `r-${index}`,
        probability: 0.7,
        value: 50 + ((index * 7) % 20),
        orgUnitPath: 'demo/大连/',
      })),
    ];
    const runId = services.addRun('telco', '2026-09-03T01:00:00Z', rows);
    await tell(runId);
    await campaign.listBuilt(runId);
    await tell(runId);

    const items = await itemsOf('telco');
    const expected = rows
      .filter((row) => row.probability >= 0.5)
      .sort((a, b) => priorityOf(b) - priorityOf(a) || (idOf(a.key) < idOf(b.key) ? -1 : 1));
    expect(items.map((item) => item.subscriptionId)).toEqual(expected.map((row) => idOf(row.key)));
    expect(items.map((item) => item.rank)).toEqual(expected.map((_, index) => index + 1));
    expect(items[0]).toMatchObject({
      value: { minor: 50055, currency: 'CNY' },
      firstReason: 'odd\tname\\N',
      quadrant: 'C',
      state: 'open',
      orgUnitPath: 'demo/沈阳/',
      priority: priorityOf(rows[3]!),
    });
    expect(items.at(-1)).toMatchObject({ subscriptionId: idOf('poor'), value: undefined });
    expect((await work.listQueues(reader, {})).queues).toEqual([
      expect.objectContaining({
        queue: 'telco',
        runId,
        modelId: MODEL_ID,
        modelName: 'telco-1',
        items: { open: 24, leased: 0, done: 0 },
        efficiencyBasis: 'value-cost',
        contactCost: { minor: CONTACT_COST * 100, currency: 'CNY' },
      }),
    ]);
    // A second list, whose event comes after any second one about the first.
    const next = services.addRun('after-telco', '2026-09-03T01:00:00Z', rows.slice(0, 1));
    await tell(next);
    const events = await eventually('both lists are published', async () => {
      const lists = campaign.received.filter(({ type }) => type === 'list-built');
      return lists.some(({ payload }) => (payload as ListBuilt).queue === 'after-telco') && lists;
    });
    expect(events.map(({ payload }) => payload)).toEqual([
      { queue: 'telco', runId, items: 24 },
      { queue: 'after-telco', runId: next, items: 1 },
    ]);
  });

  it('shows callers their own region', async () => {
    const dalian = callOf({ scopes: ['work:read'], orgScope: ['demo/大连/'] });
    const items = await itemsOf('telco', dalian);
    expect(items).toHaveLength(21);
    expect(new Set(items.map((item) => item.orgUnitPath))).toEqual(new Set(['demo/大连/']));
    const { queues } = await work.listQueues(dalian, {});
    expect(queues.find(({ queue }) => queue === 'telco')!.items).toEqual({ open: 21, leased: 0, done: 0 });
    await expect(work.listQueues(callOf(), {})).rejects.toMatchObject({ kind: 'forbidden' });
  });

  it('is replaced by a newer run as a whole, never by an older one, and not by a run of another kind', async () => {
    const one = (key: string): Subscriber => ({ key, probability: 0.8, value: 10, orgUnitPath: 'demo/' });
    const first = services.addRun('plans', '2026-09-02T10:00:00Z', [one('a'), one('b')]);
    await tell(first);
    await campaign.listBuilt(first);
    const page = await work.listWorkItems(reader, { queue: 'plans', state: '', pageSize: 1, pageToken: '' });

    const newer = services.addRun('plans', '2026-09-02T12:00:00Z', [one('b'), one('c'), one('d')]);
    await tell(newer);
    await campaign.listBuilt(newer);
    const older = services.addRun('plans', '2026-09-02T11:00:00Z', [one('e')]);
    await tell(older);
    await campaign.listBuilt(older);
    const other = services.addRun('plans', '2026-09-02T13:00:00Z', [one('f')]);
    await tell(other, 'value');

    const shown = async () => (await itemsOf('plans')).map((item) => item.subscriptionId).sort();
    expect(await shown()).toEqual(['b', 'c', 'd'].map(idOf).sort());
    const stored = await campaign.database.query(
      "select 1 from work_item i join list_build b on b.id = i.list_build_id where b.queue = 'plans'",
    );
    expect(stored).toHaveLength(3);
    await expect(
      work.listWorkItems(reader, { queue: 'plans', state: '', pageSize: 1, pageToken: page.nextPageToken }),
    ).rejects.toMatchObject({ kind: 'gone', key: 'work.listRebuilt' });
    // The event of the other kind came before this one through the same consumer.
    const last = services.addRun('plans', '2026-09-02T14:00:00Z', [one('g')]);
    await tell(last);
    await campaign.listBuilt(last);
    expect(await campaign.database.query('select 1 from job where natural_key = $1', [other])).toEqual([]);
    expect(await shown()).toEqual([idOf('g')]);
  });

  it('leaves nothing of an interrupted build, and succeeds on a retry', async () => {
    const rows: Subscriber[] = subscribers(30);
    rows[25] = { ...rows[25]!, value: Infinity }; // no amount of money: the database refuses it
    const runId = services.addRun('broken', '2026-09-02T10:00:00Z', rows);
    await tell(runId);
    await eventually('the first try failed', async () => {
      const sql = 'select rows_done from job where natural_key = $1';
      const [job] = await campaign.database.query<{ rows_done: string }>(sql, [runId]);
      return job !== undefined && Number(job.rows_done) > 20;
    });
    expect(await campaign.database.query("select 1 from list_build where queue = 'broken'")).toEqual([]);
    rows[25] = { ...rows[25]!, value: 35 };
    await campaign.listBuilt(runId);
    expect(await itemsOf('broken')).toHaveLength(30);
  });

  it('refuses page tokens, states and queues that there are not', async () => {
    const firstPage = { queue: 'telco', state: '', pageSize: 1, pageToken: '' };
    const list = (changed: object) => work.listWorkItems(reader, { ...firstPage, ...changed });
    await expect(list({ queue: 'nowhere' })).rejects.toMatchObject({ kind: 'notFound', key: 'queue.unknown' });
    await expect(list({ state: 'closed' })).rejects.toMatchObject({ kind: 'invalid' });
    await expect(list({ pageToken: 'abc' })).rejects.toMatchObject({ kind: 'invalid', key: 'page.tokenMalformed' });
  });

  it('returns the existing job of a run whose list is built', async () => {
    const [telco] = (await work.listQueues(reader, {})).queues.filter(({ queue }) => queue === 'telco');
    const { runId } = telco!;
    const request = { kind: BUILD_LIST, key: runId, params: { runId }, caller: systemCaller('campaign') };
    const job = await campaign.database.transaction((tx) => campaign.get(Jobs).submit(tx, request));
    expect(await campaign.ended(job)).toMatchObject({
      state: JobState.JOB_STATE_DONE,
      result: { queue: 'telco', runId },
    });
  });
});
