import { failure } from '@holdfast/platform/errors';
import { isUuid } from '@holdfast/platform/identity';
import type { Query } from '../contact/contact-history.js';
import type { CampaignState } from './lifecycle.js';

const notRunning = failure('conflict', 'campaign.notRunning', {
  en: 'The campaign is {state}: it gives out no work.',
  'zh-CN': '活动当前状态为 {state}，不派发工作。',
});
const contactsOver = failure('conflict', 'campaign.contactsOver', {
  en: 'The last day of contacts of this campaign is over.',
  'zh-CN': '该活动的接触期已结束。',
});

/** A campaign whose queue gives out work. */
export interface RunningCampaign {
  /** What its contacts are for, as consent knows it. */
  purpose: string;
}

/**
 * The campaign of a queue; undefined for the queue of a plain table.
 * @param isHeld whether its state must stay until the commit
 * @throws conflict unless the campaign runs and its contacts are not over
 */
export async function requireRunning(
  query: Query,
  queue: string,
  at: Date,
  { isHeld = false } = {},
): Promise<RunningCampaign | undefined> {
  if (!isUuid(queue)) return undefined;
  const [campaign] = await query<{ state: CampaignState; contact_until: Date | null; goal: string }>(
    `select state, contact_until, plan->>'goal' as goal from campaign where id = $1 ${isHeld ? 'for share' : ''}`,
    [queue],
  );
  if (campaign === undefined) return undefined;
  if (campaign.state !== 'running') throw notRunning({ state: campaign.state });
  if (campaign.contact_until === null || campaign.contact_until <= at) throw contactsOver();
  return { purpose: campaign.goal === 'research' ? 'research' : 'marketing' };
}
