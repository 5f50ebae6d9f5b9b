import { Injectable } from '@nestjs/common';
import { CampaignMoved } from '@holdfast/contracts/campaign/v1/plan';
import type { Actor } from '@holdfast/platform/actor';
import { orgUnitFilter, type Caller } from '@holdfast/platform/caller';
import { Clock } from '@holdfast/platform/clock';
import { rowsOf, type Transaction, insertRow } from '@holdfast/platform/database';
import { failure } from '@holdfast/platform/errors';
import { Outbox, eventOf } from '@holdfast/platform/outbox';
import type { Call } from '@holdfast/platform/grpc';
import type { CampaignRow } from './campaign-row.js';
import type { CampaignStep } from '@holdfast/platform/terms';
import { stateAfter } from './lifecycle.js';

/** Serialises the attempts of one request. */
const LOCK_REQUEST = 'select pg_advisory_xact_lock(hashtextextended($1, 2))';

const campaignMoved = eventOf('campaign', CampaignMoved);

export const campaignUnknown = failure('notFound', 'campaign.unknown', {
  en: 'There is no such campaign.',
  'zh-CN': '没有此营销活动。',
});
const invalidTransition = failure('conflict', 'campaign.invalidTransition', {
  en: 'Not possible while the campaign is {state}.',
  'zh-CN': '活动当前状态为 {state}，不能执行此操作。',
});

/** Who takes a step, and the request that it carries out. */
export interface StepBy {
  actor: Actor;
  requestId?: string | null | undefined;
}

/** State transitions of campaigns. The change, its history and its event commit together. */
@Injectable()
export class Steps {
  constructor(
    private readonly clock: Clock,
    private readonly outbox: Outbox,
  ) {}

  /** The campaign, locked until the commit. @throws notFound, also outside the caller's region */
  async lock(tx: Transaction, caller: Caller, campaignId: string): Promise<CampaignRow> {
    const sql = 'select * from campaign where id = $1 and org_unit_path ^@ any($2::text[]) for update';
    const [row] = await rowsOf<CampaignRow>(tx, sql, [campaignId, orgUnitFilter(caller)]);
    if (row === undefined) throw campaignUnknown();
    return row;
  }

  /** The campaign that an earlier attempt of the request created or changed, locked; undefined for the first one. */
  async ofRequest(tx: Transaction, { caller, requestId }: Call): Promise<CampaignRow | undefined> {
    if (requestId === undefined) return undefined;
    await rowsOf(tx, LOCK_REQUEST, [requestId]);
    const sql = 'select campaign_id from campaign_step where request_id = $1';
    const [step] = await rowsOf<{ campaign_id: string }>(tx, sql, [requestId]);
    return step === undefined ? undefined : this.lock(tx, caller, step.campaign_id);
  }

  /** Applies a step to a locked campaign and returns the changed row. @throws conflict if its state forbids the step */
  async apply(tx: Transaction, row: CampaignRow, step: CampaignStep, by: StepBy): Promise<CampaignRow> {
    const state = stateAfter(row.state, step);
    if (state === undefined) throw invalidTransition({ state: row.state });
    const sql = 'update campaign set state = $2, revision = revision + 1 where id = $1 returning *';
    const [moved] = await rowsOf<CampaignRow>(tx, sql, [row.id, state]);
    await this.record(tx, moved!, step, by);
    // The start has its own event.
    if (state !== row.state && step !== 'started') {
      const about = { subjectId: row.id, orgUnitPath: row.org_unit_path, version: Number(moved!.revision) };
      await this.outbox.publish(tx, campaignMoved, about, { campaignId: row.id, state });
    }
    return moved!;
  }

  /** Adds a step to the history. */
  async record(
    tx: Transaction,
    { id, revision }: Pick<CampaignRow, 'id' | 'revision'>,
    step: CampaignStep | 'created',
    { actor: { client, person }, requestId = null }: StepBy,
  ): Promise<void> {
    const at = this.clock.now();
    const row = { campaign_id: id, revision, at, step, client, person, request_id: requestId };
    await insertRow(tx, 'campaign_step', row);
  }
}
