import { type PreferenceRecommendationParameters } from '../parameters.js';
import { Parameters } from '@holdfast/platform/parameters';
import { systemCaller, type Caller } from '@holdfast/platform/caller';
import { type Job } from '@holdfast/contracts/platform/v1/jobs';
import { ExtractLoaded, ExtractWithdrawn } from '@holdfast/contracts/feature_store/v1/extract';
import { Inject, Injectable } from '@nestjs/common';
import { PlansFitted } from '@holdfast/contracts/preference_recommendation/v1/plan_fit';
import { Clock } from '@holdfast/platform/clock';
import { rowsOf, type Transaction } from '@holdfast/platform/database';
import {
  Jobs,
  callOfJob,
  jobKind,
  type ParamsOf,
  type JobResult,
  type JobRun,
  type ShardedWork,
} from '@holdfast/platform/jobs';
import { shardsOfPiece } from '@holdfast/platform/identity';
import { Outbox, eventOf } from '@holdfast/platform/outbox';
import { MonthSteps, monthNotClosed } from '@holdfast/platform/month-steps';
import { pieceCount } from '@holdfast/platform/published-runs';
import { CONFIG } from '@holdfast/platform/service';
import { z } from 'zod';
import type { PreferenceRecommendationConfig } from '../config.js';
import { FitFacts } from './fit-facts.js';
import { fitPiece } from './fit-piece.js';
import { Runs } from './runs.js';
import { storeFits } from './store-fits.js';

/** The parameters are what a run is computed from: equal ones give the same job. */
export const FIT_PLANS = jobKind('fit-plans', {
  month: z.string(),
  /** Of the newest extract: corrected facts are fitted again. */
  sequence: z.number().int(),
  savingMinMinor: z.number(),
  waitMonthsMax: z.number(),
  monthsBilled: z.number().int(),
  /** Number of purged runs with the same parameters: a purged run can be requested again. */
  purgedBefore: z.number().int(),
});
type FitSpec = ParamsOf<typeof FIT_PLANS>;
export const extractLoaded = eventOf('feature-store', ExtractLoaded);
export const extractWithdrawn = eventOf('feature-store', ExtractWithdrawn);
export const plansFitted = eventOf('preference-recommendation', PlansFitted);

const PIECES = { piecesMin: 4, rowsMin: 1 };

function fitKey(spec: FitSpec): string {
  const { month, sequence, savingMinMinor, waitMonthsMax, monthsBilled, purgedBefore } = spec;
  return [month, sequence, savingMinMinor, waitMonthsMax, monthsBilled, purgedBefore].join(' ');
}

/** The job `fit-plans`. Its id is that of the run; its pieces are ranges of the logical shards. */
@Injectable()
export class FitJob implements ShardedWork<FitSpec> {
  constructor(
    private readonly runs: Runs,
    private readonly fitFacts: FitFacts,
    private readonly outbox: Outbox,
    private readonly jobs: Jobs,
    private readonly clock: Clock,
    private readonly monthSteps: MonthSteps,
    @Inject(Parameters) private readonly parameters: PreferenceRecommendationParameters,
    @Inject(CONFIG) private readonly config: PreferenceRecommendationConfig,
  ) {}

  async plan(run: JobRun<FitSpec>, tx: Transaction): Promise<{ shards: number; rowsTotal: number }> {
    const { month, sequence } = run.params;
    const call = callOfJob('preference-recommendation', run);
    const basis = await this.fitFacts.basis(call, month, sequence);
    const subscriptions = await this.fitFacts.subscriptionRows(call);
    const pieces = pieceCount(subscriptions, { ...PIECES, rowsMax: this.config.fitPieceSubscriptionsMax });
    const row = { id: run.jobId, month, sequence, pieces, started_at: this.clock.now() };
    await this.runs.insert(tx, row, basis);
    await this.runs.createPartition(tx, run.jobId);
    return { shards: pieces, rowsTotal: subscriptions };
  }

  async shard(run: JobRun<FitSpec>, index: number): Promise<(tx: Transaction) => Promise<number>> {
    const { basis, pieces } = await this.runs.basisOf(run.jobId);
    const call = callOfJob('preference-recommendation', run);
    const shards = shardsOfPiece(index, pieces);
    const { knowledgeTime, months } = basis;
    const scope = { facts: this.fitFacts.facts, call, knowledgeTime, months, shards, subscriptionIds: [] };
    const fits = await fitPiece(run.jobId, basis, scope);
    return async (tx) => {
      await storeFits(tx, run.jobId, fits);
      return fits.length;
    };
  }

  /** Publishes the run: counts it per org unit, writes the event, and starts the purge of the oldest. */
  async finish(run: JobRun<FitSpec>, tx: Transaction): Promise<JobResult> {
    const { month } = run.params;
    const insertFitCount = `insert into fit_count (run_id, org_unit_path, outcome, subscriptions, saving_minor)
      select $1, org_unit_path, coalesce(principle, reason), count(*), coalesce(sum(saving_minor), 0)
      from plan_fit where run_id = $1 group by org_unit_path, coalesce(principle, reason)`;
    await rowsOf(tx, insertFitCount, [run.jobId]);
    const insertUnbillable = `insert into fit_unbillable (run_id, org_unit_path, present_plan_id, subscriptions)
      select $1, org_unit_path, coalesce(present_plan_id, ''), count(*) from plan_fit
      where run_id = $1 and reason = 'not_billable' group by org_unit_path, coalesce(present_plan_id, '')`;
    await rowsOf(tx, insertUnbillable, [run.jobId]);
    const sql = 'select count(*)::int as subscriptions, count(plan_id)::int as advised from plan_fit where run_id = $1';
    const [counted] = await rowsOf<{ subscriptions: number; advised: number }>(tx, sql, [run.jobId]);
    const figures = counted!;
    await this.runs.publish(tx, run, { ...figures });
    await this.outbox.publish(tx, plansFitted, { subjectId: run.jobId }, { runId: run.jobId, month, ...figures });
    return { runId: run.jobId, month };
  }

  /**
   * Fits every closed month, so that new misfits are found (PR-14), and again when an extract corrects it. A month that the
   * extract has not closed is not fitted.
   */
  async extractLoaded(tx: Transaction, { month, closedMonth, sequence }: ExtractLoaded): Promise<void> {
    const step = { step: 'fits', table: '', version: String(sequence) };
    if (closedMonth < month) await this.monthSteps.record(tx, { ...step, month, reason: monthNotClosed({ month }) });
    if (closedMonth === '') return;
    const { jobId } = await this.submit(tx, closedMonth, sequence, systemCaller('preference-recommendation'));
    await this.monthSteps.record(tx, { ...step, month: closedMonth, jobId });
  }

  /**
   * Fits by a withdrawn extract are history, and the newest others are current again; where there are none, the newest
   * closed month is fitted.
   */
  async extractWithdrawn(tx: Transaction, event: ExtractWithdrawn): Promise<void> {
    const { sequence, newest, closedMonth } = event;
    await this.jobs.cancel(tx, FIT_PLANS, { sequence });
    const again = await this.runs.withdraw(tx, { sequence });
    await this.monthSteps.withdraw(tx, { table: '', version: String(sequence) });
    if (newest === 0 || closedMonth === '') return;
    const step = { step: 'fits', table: '', version: String(newest), month: closedMonth };
    const run = again.find(({ month }) => month === closedMonth);
    const jobId =
      run === undefined
        ? (await this.submit(tx, closedMonth, newest, systemCaller('preference-recommendation'))).jobId
        : `preference-recommendation.${run.id}`;
    await this.monthSteps.record(tx, { ...step, jobId });
  }

  /** Submits the fit of a month, or returns the existing job. */
  async submit(tx: Transaction, month: string, sequence: number, caller: Caller): Promise<Job> {
    const monthsBilled = await this.parameters.get('fit.months');
    const rule = await this.fitFacts.rule();
    const purgedBefore = await this.runs.purgedCount({ month, sequence }, tx);
    const spec: FitSpec = { month, sequence, ...rule, monthsBilled, purgedBefore };
    return this.jobs.submit(tx, { kind: FIT_PLANS, key: fitKey(spec), params: spec, caller });
  }
}
