import { Inject, Injectable } from '@nestjs/common';
import type { DescribeFactsResponse } from '@holdfast/contracts/feature_store/v1/facts';
import type { ShardRange } from '@holdfast/contracts/feature_store/v1/lake';
import type { ColumnBatch } from '@holdfast/contracts/platform/v1/columns';
import type { PlatformConfig } from '@holdfast/platform/config';
import { Database, rowsOf, type Transaction } from '@holdfast/platform/database';
import type { JobRun } from '@holdfast/platform/jobs';
import { CONFIG } from '@holdfast/platform/service';
import { copyColumns, type CopyColumns } from '@holdfast/platform/copy';
import { FactTables, shardRanges } from '../fact-tables.js';
import { monthNumber, monthText } from '@holdfast/platform/calendar';
import { idsOf, numbersOf, textsOf } from '@holdfast/platform/facts';

const STAGING = `
  create temporary table staged_outcome (
    subscription_id uuid, month int, at_risk boolean, churned boolean, arpu_minor bigint, org_unit_path text
  ) on commit drop`;

/** Keeps only subscriptions with an assignment. */
const KEEP_ASSIGNED = `
  insert into outcome (subscription_id, month, at_risk, churned, arpu_minor, org_unit_path)
  select s.subscription_id, s.month, s.at_risk, s.churned, s.arpu_minor, s.org_unit_path
  from staged_outcome s
  where exists (select from assignment a where a.subscription_id = s.subscription_id)
  on conflict (subscription_id, month) do update set at_risk = excluded.at_risk, churned = excluded.churned,
    arpu_minor = excluded.arpu_minor, org_unit_path = excluded.org_unit_path
  where (outcome.at_risk, outcome.churned, outcome.arpu_minor, outcome.org_unit_path)
    is distinct from (excluded.at_risk, excluded.churned, excluded.arpu_minor, excluded.org_unit_path)`;

/** A range of closed months to read. */
interface Months {
  from: string;
  to: string;
}

/** Known monthly outcomes of assigned subscriptions. */
@Injectable()
export class Outcomes {
  constructor(
    private readonly database: Database,
    private readonly facts: FactTables,
    @Inject(CONFIG) private readonly config: PlatformConfig,
  ) {}

  /**
   * Reads the status of all subscriptions, a range of shards and months at a time, each in its own transaction.
   * @param followMonths of campaigns without approved follow-up months
   */
  async import(run: JobRun, { closedMonths }: DescribeFactsResponse, followMonths: number): Promise<void> {
    const ranges = await this.outcomeMonths(followMonths, closedMonths);
    const pieces = ranges.flatMap((months) => shardRanges().map((shards) => ({ months, shards })));
    for (const [at, { months, shards }] of pieces.entries()) {
      await run.progress({ phase: 'reading-outcomes', fraction: at / pieces.length });
      await this.database.transaction((tx) => this.importRange(tx, run, shards, months));
    }
    // Outdated statistics mislead the planner until autovacuum runs.
    await this.database.query('analyze assignment, outcome, touch');
  }

  private async importRange(tx: Transaction, run: JobRun, shards: ShardRange, { from, to }: Months): Promise<void> {
    const province = `${this.config.operator}/`;
    await rowsOf(tx, STAGING);
    const batches = this.facts.readStatus(run, shards, from, to);
    await copyColumns(tx, 'staged_outcome', outcomeColumns(province), batches, run.signal);
    await rowsOf(tx, KEEP_ASSIGNED);
  }

  /** Closed months from an assignment to the end of its follow-up, of all campaigns, as ranges. */
  private async outcomeMonths(followMonths: number, closedMonths: readonly string[]): Promise<Months[]> {
    const sql = `select distinct a.month, coalesce(c.follow_months, $1::int) as follow
      from assignment a join campaign c on c.id = a.campaign_id`;
    const assigned = await this.database.query<{ month: number; follow: number }>(sql, [followMonths]);
    const required = new Set(
      assigned.flatMap(({ month, follow }) => Array.from({ length: follow + 1 }, (_, after) => month + after)),
    );
    const months = closedMonths
      .map(monthNumber)
      .filter((month) => required.has(month))
      .sort((left, right) => left - right);
    const firsts = months.filter((month, at) => months[at - 1] !== month - 1);
    const lasts = months.filter((month, at) => months[at + 1] !== month + 1);
    return firsts.map((from, at) => ({ from: monthText(from), to: monthText(lasts[at]!) }));
  }
}

function outcomeColumns(province: string): CopyColumns<ColumnBatch> {
  return {
    subscription_id: (batch) => idsOf(batch, 'subscription_id'),
    month: (batch) => textsOf(batch, 'month', '').map(monthNumber),
    at_risk: (batch) => Array.from(numbersOf(batch, 'at_risk'), (flag) => flag === 1),
    churned: (batch) => Array.from(numbersOf(batch, 'churned'), (flag) => flag === 1),
    arpu_minor: (batch) => numbersOf(batch, 'arpu'),
    org_unit_path: (batch) => textsOf(batch, 'org_unit_path', '').map((path) => path || province),
  };
}
