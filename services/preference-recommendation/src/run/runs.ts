import { Injectable } from '@nestjs/common';
import type { FitRun } from '@holdfast/contracts/preference_recommendation/v1/plan_fit';
import { lastDayOf } from '@holdfast/platform/calendar';
import type { OrgUnitFilter } from '@holdfast/platform/caller';
import { Clock } from '@holdfast/platform/clock';
import { Database, type Transaction, insertRow } from '@holdfast/platform/database';
import { failure } from '@holdfast/platform/errors';
import { Jobs } from '@holdfast/platform/jobs';
import { PublishedRuns, type RunTables } from '@holdfast/platform/published-runs';
import type { Plan } from '../catalogue/plan.js';
import type { ChoiceRule } from '../fit/choice.js';
import type { Method } from '../fit/fit.js';
import type { FitBasis } from './fit-facts.js';
import { unbillablePlan } from './unbillable.js';

const runUnknown = failure('notFound', 'fitRun.unknown', {
  en: 'There is no such published fit of plans.',
  'zh-CN': '没有这次套餐匹配结果。',
});
const runGone = failure('gone', 'fitRun.gone', {
  en: 'This fit of plans is no longer kept; a newer one has taken its place.',
  'zh-CN': '该次套餐匹配结果已不再保留，请使用更新的结果。',
});

const PRINCIPLES = ['no_plan', 'tier_down', 'tier_up', 'migrate'];

/** A row of table `fit_run`. */
export interface RunRow {
  id: string;
  month: string;
  currency: string;
  method: Method;
  catalogue: Plan[];
  published_at: Date;
  purged_at: Date | null;
}

interface BasisRow extends RunRow {
  knowledge_time: Date;
  months: string[];
  time_zone: string;
  rule: ChoiceRule;
  pieces: number;
}

/** Columns of a run that are not in its basis. */
interface NewRun {
  id: string;
  month: string;
  sequence: number;
  pieces: number;
  started_at: Date;
}

const TABLES: RunTables = {
  runs: 'fit_run',
  scope: [],
  // Fitting an earlier month again does not change the current advice.
  replaces: '(old.month, old.sequence) <= (new.month, new.sequence)',
  order: 'r.month desc, r.sequence desc, r.published_at desc, r.id desc',
  results: ['fit_count', 'fit_unbillable'],
  partitioned: 'plan_fit',
  purgeJob: 'purge-plan-fits',
};

/** The runs: what each was computed from, and what the published ones found. */
@Injectable()
export class Runs extends PublishedRuns<RunRow> {
  constructor(database: Database, jobs: Jobs, clock: Clock) {
    super(database, jobs, clock, TABLES, { unknown: runUnknown, gone: runGone });
  }

  async insert(tx: Transaction, run: NewRun, basis: FitBasis): Promise<void> {
    const { months, method, knowledgeTime, currency, timeZone, rule, plans } = basis;
    await insertRow(tx, 'fit_run', {
      ...{ ...run, knowledge_time: knowledgeTime, months, method, currency, time_zone: timeZone, rule },
      catalogue: JSON.stringify(plans),
    });
  }

  /** What a run is computed from: every piece prices the same plans with the same rule. */
  async basisOf(id: string): Promise<{ basis: FitBasis; pieces: number }> {
    const [row] = await this.database.query<BasisRow>('select * from fit_run where id = $1', [id]);
    const { month, months, method, currency, rule, pieces } = row!;
    const basis: FitBasis = {
      ...{ months, method, currency, rule, plans: row!.catalogue },
      ...{ knowledgeTime: row!.knowledge_time, day: lastDayOf(month), timeZone: row!.time_zone },
    };
    return { basis, pieces };
  }

  /** The summary of the caller's region. */
  async summary(run: RunRow, units: OrgUnitFilter): Promise<FitRun> {
    const sql = `select outcome, sum(subscriptions) as subscriptions, sum(saving_minor) as saving from fit_count
      where run_id = $1 and org_unit_path ^@ any($2::text[]) group by outcome order by outcome`;
    const params = [run.id, units];
    const counts = await this.database.query<{ outcome: string; subscriptions: string; saving: string }>(sql, params);
    const total = (of: readonly { subscriptions: string }[]): number =>
      of.reduce((sum, { subscriptions }) => sum + Number(subscriptions), 0);
    const advised = counts.filter(({ outcome }) => PRINCIPLES.includes(outcome));
    const unbillable = `select present_plan_id, sum(subscriptions)::float8 as subscriptions from fit_unbillable
      where run_id = $1 and org_unit_path ^@ any($2::text[]) group by present_plan_id
      order by subscriptions desc, present_plan_id`;
    const without = await this.database.query<{ present_plan_id: string; subscriptions: number }>(unbillable, params);
    return {
      runId: run.id,
      month: run.month,
      subscriptions: total(counts),
      advised: total(advised),
      doubleZero: total(counts.filter(({ outcome }) => outcome === 'double_zero')),
      byPrinciple: Object.fromEntries(
        PRINCIPLES.map((principle) => [principle, total(advised.filter(({ outcome }) => outcome === principle))]),
      ),
      saving: { minor: advised.reduce((sum, { saving }) => sum + Number(saving), 0), currency: run.currency },
      publishedAt: run.published_at,
      notBillable: total(counts.filter(({ outcome }) => outcome === 'not_billable')),
      unbillablePlans: without.map((plan) => unbillablePlan(plan.present_plan_id, plan.subscriptions, run)),
    };
  }
}
