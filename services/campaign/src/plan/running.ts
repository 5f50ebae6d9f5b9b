import type { CampaignPlan } from '@holdfast/contracts/campaign/v1/plan';
import { failure } from '@holdfast/platform/errors';
import { isUuid } from '@holdfast/platform/identity';
import type { Query } from '../contact/contact-history.js';
import { planOf, type CampaignRow } from './campaign-row.js';
import type { CampaignState } from '@holdfast/platform/terms';

const notRunning = failure('conflict', 'campaign.notRunning', {
  en: 'The campaign is {state}; no work is leased.',
  'zh-CN': '活动当前状态为 {state}，不派发工作。',
});
const contactsOver = failure('conflict', 'campaign.contactsOver', {
  en: 'The contact period of this campaign is over.',
  'zh-CN': '该活动的接触期已结束。',
});

const channelNotApproved = failure('unprocessable', 'lease.channelNotApproved', {
  en: 'The campaign is approved for the channel {approved}, not for {channel}. Omit the channel or use {approved}.',
  'zh-CN': '该活动获批的渠道为 {approved}，不能使用 {channel}。请不填渠道或使用 {approved}。',
});

/** A campaign whose work can be leased. */
export interface RunningCampaign {
  /** The approved plan. */
  plan: CampaignPlan;
  /** Purpose of its contacts in the terms of consent. */
  purpose: string;
}

/**
 * The campaign of a queue; undefined for the queue of a plain table.
 * @param isLocked whether to lock its state until the commit
 * @throws conflict if the campaign is not running or its contact period is over
 */
export async function requireRunning(
  query: Query,
  queue: string,
  at: Date,
  { isLocked = false } = {},
): Promise<RunningCampaign | undefined> {
  if (!isUuid(queue)) return undefined;
  const [campaign] = await query<{ state: CampaignState; contact_until: Date | null } & Pick<CampaignRow, 'plan'>>(
    `select state, contact_until, plan from campaign where id = $1 ${isLocked ? 'for share' : ''}`,
    [queue],
  );
  if (campaign === undefined) return undefined;
  if (campaign.state !== 'running') throw notRunning({ state: campaign.state });
  if (campaign.contact_until === null || campaign.contact_until <= at) throw contactsOver();
  const plan = planOf(campaign);
  return { plan, purpose: plan.goal === 'research' ? 'research' : 'marketing' };
}

/**
 * The channel of a contact: the approved one of a campaign, otherwise the requested one.
 * @param plan of the campaign, if any
 * @param requested empty if the caller states none
 * @throws unprocessable if it is not the approved one
 */
export function channelOf(plan: Pick<CampaignPlan, 'channel'> | undefined, requested: string, usual = 'call'): string {
  if (plan === undefined) return requested || usual;
  if (requested !== '' && requested !== plan.channel)
    throw channelNotApproved({ approved: plan.channel, channel: requested });
  return plan.channel;
}
