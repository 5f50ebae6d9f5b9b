import { messageOf } from '@holdfast/platform/database';
import {
  CampaignPlan,
  type Campaign,
  type CampaignNotice,
  type AssignedArm,
} from '@holdfast/contracts/campaign/v1/plan';
import { actorText, type Actor } from '@holdfast/platform/actor';
import { fill, type Texts } from '@holdfast/platform/errors';
import type { Query } from '../contact/contact-history.js';
import type { CampaignState } from '@holdfast/platform/terms';

export interface CampaignRow {
  id: string;
  state: CampaignState;
  revision: string;
  /** A CampaignPlan as JSON. */
  plan: Partial<CampaignPlan>;
  author_client: string;
  author_person: string | null;
  approver_client: string | null;
  approver_person: string | null;
  decision_comment: string;
  org_unit_path: string;
  created_at: Date;
  enrol_job_id: string | null;
  run_id: string | null;
  assigned_at: Date | null;
  started_at: Date | null;
  contact_until: Date | null;
  holdout_until: Date | null;
  notices: readonly Notice[];
}

/** A limitation of a campaign's groups. */
export interface Notice {
  key: string;
  text: Texts;
}

export function noticeOf(key: string, text: Texts, params: Record<string, number> = {}): Notice {
  return { key, text: { en: fill(text.en, params), 'zh-CN': fill(text['zh-CN'], params) } };
}

/** The plan of a campaign; absent keys have the defaults of the message. */
export function planOf({ plan }: Pick<CampaignRow, 'plan'>): CampaignPlan {
  return CampaignPlan.fromPartial(plan);
}

/** Messages of campaigns with their history and groups. */
export async function campaignMessages(query: Query, rows: readonly CampaignRow[]): Promise<Campaign[]> {
  const ids = [rows.map(({ id }) => id)];
  const steps = await query<Actor & { campaign_id: string; at: Date; step: string }>(
    'select campaign_id, at, step, client, person from campaign_step where campaign_id = any($1) order by revision',
    ids,
  );
  const selectAssignedArm = `select campaign_id, arm, subscriptions::float8, units::float8, propensity, mean_probability
    from assigned_arm where campaign_id = any($1) order by ordinal`;
  const arms = await query<{ campaign_id: string }>(selectAssignedArm, ids);
  return rows.map((row) => ({
    campaignId: row.id,
    plan: planOf(row),
    state: row.state,
    revision: Number(row.revision),
    author: actorText(row.author_client, row.author_person),
    approver: actorText(row.approver_client, row.approver_person),
    decisionComment: row.decision_comment,
    orgUnitPath: row.org_unit_path,
    createdAt: row.created_at,
    startedAt: row.started_at ?? undefined,
    runId: row.run_id ?? '',
    assignedArms: arms.filter(({ campaign_id: id }) => id === row.id).map((arm) => messageOf<AssignedArm>(arm)),
    enrolJobId: row.enrol_job_id ?? '',
    history: steps
      .filter(({ campaign_id: id }) => id === row.id)
      .map(({ at, step, client, person }) => ({ at, step, by: actorText(client, person) })),
    notices: row.notices.map(noticeMessage),
    contactUntil: row.contact_until ?? undefined,
    holdoutUntil: row.holdout_until ?? undefined,
  }));
}

function noticeMessage({ key, text }: Notice): CampaignNotice {
  return { key, textEn: text.en, textZhCn: text['zh-CN'] };
}
