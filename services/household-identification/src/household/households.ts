import { Injectable } from '@nestjs/common';
import type { Household } from '@holdfast/contracts/household_identification/v1/household';
import type { ColumnBatch } from '@holdfast/contracts/platform/v1/columns';
import type { OrgUnitFilter } from '@holdfast/platform/caller';
import { ROWS_PER_BATCH_MAX, categories, columnBatch, numbers, uuids } from '@holdfast/platform/columns';
import { Database } from '@holdfast/platform/database';
import { NIL_UUID } from '@holdfast/platform/identity';
import { givenOut } from '../pair/pair-batch.js';
import { Runs } from './runs.js';

/** A household with its members, of which those outside the region are left to be counted. */
interface HouseholdRow extends Omit<Household, 'householdId'> {
  id: string;
}

interface MemberRow {
  household_id: string;
  subscription_id: string;
  org_unit_path: string;
  role: string;
  confidence: number;
}

/** Whole households of the current run, visible in a region ($1) if one member is. */
const SEEN = `
  select h.id, h.size, h.confidence, h.state, h.evidence, h.run_id as "runId", r.month, seen.members
  from household_run r join household h on h.run_id = r.id
  cross join lateral (
    select jsonb_agg(jsonb_build_object('subscriptionId', m.subscription_id, 'customerId', coalesce(m.customer_id::text, ''),
      'role', m.role, 'confidence', m.confidence, 'orgUnitPath', m.org_unit_path) order by m.subscription_id) as members
    from household_member m
    where m.run_id = h.run_id and m.household_id = h.id and m.org_unit_path ^@ any($1::text[])) seen
  where r.is_current and seen.members is not null`;

/** Published households. Everything here is bound to a region. */
@Injectable()
export class Households {
  constructor(
    private readonly database: Database,
    private readonly runs: Runs,
  ) {}

  async find(id: string, units: OrgUnitFilter): Promise<Household | undefined> {
    const [row] = await this.database.query<HouseholdRow>(`${SEEN} and h.id = $2`, [units, id]);
    return row === undefined ? undefined : householdMessage(row);
  }

  /** By a customer's or a subscription's id; one that was rejected is none. */
  async of(id: string, units: OrgUnitFilter): Promise<Household | undefined> {
    const [row] = await this.database.query<HouseholdRow>(
      `${SEEN} and h.state <> 'rejected' and h.id = (
         select m.household_id from household_member m
         where m.run_id = r.id and (m.subscription_id = $2 or m.customer_id = $2) and m.org_unit_path ^@ any($1::text[])
         order by m.subscription_id limit 1)`,
      [units, id],
    );
    return row === undefined ? undefined : householdMessage(row);
  }

  /** @param after id of the page before's last */
  async page(units: OrgUnitFilter, confidenceMin: number, after: string | null, rowsMax: number): Promise<Household[]> {
    const rows = await this.database.query<HouseholdRow>(
      `${SEEN} and h.state <> 'rejected' and h.confidence >= $2 and ($3::uuid is null or h.id > $3)
       order by h.id limit $4`,
      [units, confidenceMin, after, rowsMax],
    );
    return rows.map(householdMessage);
  }

  /** All members of the current run by household. @throws notFound; gone where the run is dropped meanwhile */
  async *members(): AsyncIterable<ColumnBatch> {
    const run = await this.runs.find('');
    const read = (after?: MemberRow): Promise<MemberRow[]> =>
      this.database.query<MemberRow>(
        `select m.household_id, m.subscription_id, m.org_unit_path, m.role, m.confidence
         from household_member m join household h on h.run_id = m.run_id and h.id = m.household_id
         where m.run_id = $1 and h.state <> 'rejected' and (m.household_id, m.subscription_id) > ($2::uuid, $3::uuid)
         order by m.household_id, m.subscription_id limit $4`,
        [run.id, after?.household_id ?? NIL_UUID, after?.subscription_id ?? NIL_UUID, ROWS_PER_BATCH_MAX],
      );
    for await (const rows of this.runs.batches(run.id, read)) yield memberBatch(rows);
  }

  /** All pairs of a run. @throws gone likewise */
  async *pairs(runId: string): AsyncIterable<ColumnBatch> {
    const run = await this.runs.find(runId);
    for (let part = 0; ; part += 1) {
      const sql = 'select evidence, verdict from pair_batch where run_id = $1 and part = $2';
      const [row] = await this.database.query<{ evidence: Buffer; verdict: Buffer }>(sql, [run.id, part]);
      if (row === undefined) break;
      yield await givenOut(row.evidence, row.verdict);
    }
    await this.runs.find(run.id);
  }
}

function householdMessage({ id, evidence, ...row }: HouseholdRow): Household {
  const seen = new Set(row.members.map(({ subscriptionId }) => subscriptionId));
  return {
    householdId: id,
    ...row,
    // evidence names both of a pair
    evidence: evidence.filter(
      ({ leftSubscriptionId: left, rightSubscriptionId: right }) => seen.has(left) && seen.has(right),
    ),
  };
}

function memberBatch(rows: readonly MemberRow[]): ColumnBatch {
  return columnBatch(rows, {
    subscription_id: uuids((row) => row.subscription_id),
    household_id: uuids((row) => row.household_id),
    org_unit_path: categories((row) => row.org_unit_path),
    role: categories((row) => row.role),
    confidence: numbers((row) => row.confidence),
  });
}
