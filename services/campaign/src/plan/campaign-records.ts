import { Injectable } from '@nestjs/common';
import type { ColumnBatch } from '@holdfast/contracts/platform/v1/columns';
import { ROWS_PER_BATCH_MAX, categories, columnBatch, numbers, uuids } from '@holdfast/platform/columns';
import { Database } from '@holdfast/platform/database';
import { NIL_UUID } from '@holdfast/platform/identity';
import { rowBatches } from '@holdfast/platform/paging';
import { campaignUnknown } from './steps.js';

/** Assignments of a started campaign; all ids are above the nil UUID. */
const ASSIGNMENTS = `
  select s.subscription_id, s.randomisation_unit_id, s.org_unit_path, s.arm, s.stratum, s.propensity, s.assigned_at
  from assignment s join campaign c on c.id = s.campaign_id
  where s.campaign_id = $1 and s.subscription_id > $2 and s.in_audience and c.started_at is not null
  order by s.subscription_id limit $3`;

const TOUCHES = `
  select t.id, t.subscription_id, t.arm, t.channel, t.outcome, t.at, t.hit, t.contact_cost_minor, t.offer_cost_minor
  from touch t
  where t.campaign_id = $1 and (t.at, t.id) > ($2, $3)
  order by t.at, t.id limit $4`;

interface AssignmentRow {
  subscription_id: string;
  randomisation_unit_id: string;
  org_unit_path: string;
  arm: string;
  stratum: string;
  propensity: number;
  assigned_at: Date;
}

interface TouchRow {
  id: string;
  subscription_id: string;
  arm: string;
  channel: string;
  outcome: string;
  at: Date;
  hit: boolean | null;
  contact_cost_minor: string | null;
  offer_cost_minor: string | null;
}

/** Assignments and touches of a campaign as column batches, one batch in memory at a time. */
@Injectable()
export class CampaignRecords {
  constructor(private readonly database: Database) {}

  /** Empty before the campaign is started. @throws notFound */
  async *assignments(campaignId: string): AsyncIterable<ColumnBatch> {
    await this.requireExisting(campaignId);
    const read = (after?: AssignmentRow) => {
      const params = [campaignId, after?.subscription_id ?? NIL_UUID, ROWS_PER_BATCH_MAX];
      return this.database.query<AssignmentRow>(ASSIGNMENTS, params);
    };
    for await (const rows of rowBatches(read)) yield assignmentBatch(rows);
  }

  /** @throws notFound */
  async *touches(campaignId: string): AsyncIterable<ColumnBatch> {
    await this.requireExisting(campaignId);
    const read = (after?: TouchRow) => {
      const params = [campaignId, after?.at ?? new Date(0), after?.id ?? NIL_UUID, ROWS_PER_BATCH_MAX];
      return this.database.query<TouchRow>(TOUCHES, params);
    };
    for await (const rows of rowBatches(read)) yield touchBatch(rows);
  }

  private async requireExisting(campaignId: string): Promise<void> {
    const existing = await this.database.query('select from campaign where id = $1', [campaignId]);
    if (existing.length === 0) throw campaignUnknown();
  }
}

function assignmentBatch(rows: readonly AssignmentRow[]): ColumnBatch {
  return columnBatch(rows, {
    subscription_id: uuids((row) => row.subscription_id),
    household_id: uuids((row) => row.randomisation_unit_id),
    org_unit_path: categories((row) => row.org_unit_path),
    arm: categories((row) => row.arm),
    stratum: categories((row) => row.stratum),
    propensity: numbers((row) => row.propensity),
    assigned_at: numbers((row) => row.assigned_at.getTime()),
  });
}

function touchBatch(rows: readonly TouchRow[]): ColumnBatch {
  return columnBatch(rows, {
    touch_id: uuids((row) => row.id),
    subscription_id: uuids((row) => row.subscription_id),
    arm: categories((row) => row.arm),
    channel: categories((row) => row.channel),
    outcome: categories((row) => row.outcome),
    at: numbers((row) => row.at.getTime()),
    hit: numbers(({ hit }) => (hit === null ? null : Number(hit))),
    cost: numbers((row) => minorUnits(row.contact_cost_minor)),
    offer_cost: numbers((row) => minorUnits(row.offer_cost_minor)),
  });
}

function minorUnits(stored: string | null): number | null {
  return stored === null ? null : Number(stored);
}
