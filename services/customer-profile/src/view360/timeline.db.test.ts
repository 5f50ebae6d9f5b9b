import type { TimelineEntry } from '@holdfast/contracts/customer_profile/v1/view360';
import { newId } from '@holdfast/platform/identity';
import { callOf } from '@holdfast/testing/callers';
import { eventually } from '@holdfast/testing/service';
import { TestProfile, idsOf, reader } from '../customer-profile.fixture.js';
import { customerContacted } from './made-contacts.js';

describe('the timeline', () => {
  const profile = new TestProfile('2026-09-03T02:00:00Z');
  const { customer: customerId, subscription: subscriptionId } = idsOf('T-1');

  async function contacted(outcome: string, occurredAt: Date, touchId = newId()): Promise<void> {
    const contact = { touchId, subscriptionId, channel: 'call', outcome };
    await profile.publish(customerContacted, { subjectId: subscriptionId, occurredAt }, contact);
  }

  const page = (pageToken = '', pageSize = 1) =>
    profile.views.listTimeline(reader, { customerId, pageSize, pageToken });

  it('has the contacts that Holdfast made, newest first and once', async () => {
    await profile.loadTable('contacted@1', [{ key: 'T-1', city: '沈阳' }]);
    const [first, second] = [new Date('2026-09-01T02:00:00Z'), new Date('2026-09-02T02:00:00Z')];
    const touchId = newId();
    await contacted('call_back', first, touchId);
    await contacted('call_back', first, touchId);
    await contacted('accepted', second);
    await eventually('the contacts are stored', async () => (await page('', 10)).entries.length === 2);
    const entries: TimelineEntry[] = [];
    let pageToken = '';
    do {
      const { entries: some, nextPageToken } = await page(pageToken);
      entries.push(...some);
      pageToken = nextPageToken;
    } while (pageToken !== '');
    const entry = (at: Date, outcome: string) => ({
      ...{ at, kind: 'contact', subscriptionId },
      details: { channel: 'call', outcome, source: 'holdfast' },
    });
    expect(entries).toEqual([entry(second, 'accepted'), entry(first, 'call_back')]);
    const elsewhere = callOf({ scopes: ['profile:read'], orgScope: ['demo/大连/'] });
    const asking = profile.views.listTimeline(elsewhere, { customerId, pageSize: 1, pageToken: '' });
    await expect(asking).rejects.toMatchObject({ kind: 'notFound' });
  });
});
