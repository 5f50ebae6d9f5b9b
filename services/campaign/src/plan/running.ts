import type { CampaignPlan } from '@holdfast/contracts/campaign/v1/plan';
import { failure } from '@holdfast/platform/errors';
import { isUuid } from '@holdfast/platform/identity';
import type { Query } from '../contact/contact-history.js';
import { planOf, type CampaignRow } from './campaign-row.js';
import type { CampaignState } from './lifecycle.js';

const notRunning = failure('conflict', 'campaign.notRunning', {
  en: 'The campaign is {state}: it gives out no work.',
  'zh-CN': '活动当前状态为 {state}，不派发工作。',
});
const contactsOver = failure('conflict', 'campaign.contactsOver', {
  en: 'The last day of contacts of this campaign is over.',
  'zh-CN': '该活动的接触期已结束。',
});

const channelNotApproved = failure('unprocessable', 'lease.channelNotApproved', {
  en: 'The campaign was approved for the channel {approved}, not for {channel}. Leave the channel out, or name {approved}.',
  'zh-CN': '该活动获批的渠道为 {approved}，不能使用 {channel}。请不填渠道或使用 {approved}。',
});

/** A campaign whose queue gives out work. */
export interface RunningCampaign {
  /** What was approved. */
  plan: CampaignPlan;
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
  const [campaign] = await query<{ state: CampaignState; contact_until: Date | null } & Pick<CampaignRow, 'plan'>>(
    `select state, contact_until, plan from campaign where id = $1 ${isHeld ? 'for share' : ''}`,
    [queue],
  );
  if (campaign === undefined) return undefined;
  if (campaign.state !== 'running') throw notRunning({ state: campaign.state });
  if (campaign.contact_until === null || campaign.contact_until <= at) throw contactsOver();
  const plan = planOf(campaign);
  return { plan, purpose: plan.goal === 'research' ? 'research' : 'marketing' };
}

/**
 * The channel of a contact: of a campaign the approved one, elsewhere as asked.
 * @param plan of the campaign; undefined elsewhere
 * @param asked empty where the caller leaves it open
 * @throws unprocessable for another than the approved one
 */
export function channelOf(plan: Pick<CampaignPlan, 'channel'> | undefined, asked: string, usual = 'call'): string {
  if (plan === undefined) return asked || usual;
  if (asked !== '' && asked !== plan.channel) throw channelNotApproved({ approved: plan.channel, channel: asked });
  return plan.channel;
}
