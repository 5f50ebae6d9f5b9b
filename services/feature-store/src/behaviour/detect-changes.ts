import { createReadStream } from 'node:fs';
import path from 'node:path';
import { Injectable } from '@nestjs/common';
import { BehaviourChanged } from '@holdfast/contracts/feature_store/v1/behaviour';
import type { Job } from '@holdfast/contracts/platform/v1/jobs';
import { addMonths, checkedMonth } from '@holdfast/platform/calendar';
import { systemCaller, type Caller } from '@holdfast/platform/caller';
import { Clock } from '@holdfast/platform/clock';
import { copyCsv } from '@holdfast/platform/copy';
import { Database, rowsOf, type Transaction } from '@holdfast/platform/database';
import { failure } from '@holdfast/platform/errors';
import { shardsOfPiece } from '@holdfast/platform/identity';
import { Jobs, jobKind, type JobResult, type JobRun, type ParamsOf } from '@holdfast/platform/jobs';
import { log } from '@holdfast/platform/log';
import { MonthSteps, monthNotClosed } from '@holdfast/platform/month-steps';
import { Outbox, eventOf } from '@holdfast/platform/outbox';
import { Parameters } from '@holdfast/platform/parameters';
import { pieceCount } from '@holdfast/platform/published-runs';
import { z } from 'zod';
import { literal, type Engine } from '../engine/engine.js';
import { Extracts, closedMonthsOf, requireVisible, tablesOf, type LoadedExtract } from '../facts/extracts.js';
import { Facts, needsTable } from '../facts/facts.js';
import { statusMonths } from '../facts/status-months.js';
import { ScratchEngines } from '../lake/scratch-engines.js';
import type { FeatureStoreParameters } from '../parameters.js';
import { ChangeRuns, type ChangeRun } from './change-runs.js';
import {
  CHANGE_MEASURES,
  MONTHS_BEFORE,
  SCORED_MONTHS,
  behaviourChanges,
  ownMonths,
  type ChangeMeasure,
} from './changes-sql.js';

/** The parameters are what a run is computed from: equal ones give the same job. */
export const DETECT_CHANGES = jobKind('detect-changes', {
  month: z.string(),
  /** Of the newest extract: a corrected month is computed again. */
  sequence: z.number().int(),
  alarmShare: z.number(),
  ruleVersion: z.number().int(),
  suspendedDaysMin: z.number().int(),
  cancelCounts: z.boolean(),
  /** Number of purged runs of the month and extract: a purged run can be requested again. */
  purgedBefore: z.number().int(),
});
type ChangeSpec = ParamsOf<typeof DETECT_CHANGES>;

const behaviourChanged = eventOf('feature-store', BehaviourChanged);

const NEEDED = 'status_history';
/** Subscriptions whose events are written in one transaction. */
const ANNOUNCED_AT_ONCE = 2_000;
/** Months for which announced changes are kept; events are of the newest closed month only. */
const ANNOUNCED_MONTHS = 12;
const SHARE_COMPUTED = 0.95;
/** Rows of the status history whose subscriptions are compared with their own months at a time, in some 300 MB. */
const HISTORY_ROWS_MAX = 200_000;

const monthOpen = failure('precondition', 'changes.monthOpen', {
  en: 'The month {month} is not closed.',
  'zh-CN': '{month} 账期尚未关账。',
});

/** Subscriptions of a run, by id, with the measures that crossed their threshold, after an id. */
const CROSSED = `select subscription_id as id, min(org_unit_path) as "orgUnitPath",
    array_agg(measure order by measure) as measures, array_agg(score order by measure) as scores
  from behaviour_change where run_id = $1 and since_month = $2 and subscription_id > $3
  group by subscription_id order by subscription_id limit $4`;
const ANNOUNCE = `insert into change_announced (month, subscription_id, run_id)
  select $1, id, $2 from unnest($3::uuid[]) as of (id) on conflict do nothing returning subscription_id as id`;
const LEAST_ID = '00000000-0000-0000-0000-000000000000';

interface Crossed {
  id: string;
  orgUnitPath: string;
  measures: string[];
  scores: number[];
}

/**
 * The job `detect-changes`: on a scratch engine, for one measure at a time. Medians of the own months do not spill: they are
 * computed for some shards after the others. The rows of a measure are stored in the transaction that marks it as done; a run that begins again
 * computes the others. Then the run becomes visible, and subscriptions that crossed a threshold are announced in batches.
 */
@Injectable()
export class DetectChanges {
  private readonly log = log('changes');

  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly jobs: Jobs,
    private readonly outbox: Outbox,
    private readonly extracts: Extracts,
    private readonly facts: Facts,
    private readonly scratch: ScratchEngines,
    private readonly runs: ChangeRuns,
    private readonly monthSteps: MonthSteps,
    private readonly parameters: Parameters<FeatureStoreParameters>,
  ) {}

  async run(job: JobRun<ChangeSpec>): Promise<JobResult> {
    const { month, sequence, alarmShare, ruleVersion: version } = job.params;
    const extracts = (await this.extracts.loaded()).filter((extract) => extract.sequence <= sequence);
    if (extracts.at(-1)?.sequence !== sequence) throw monthOpen({ month }); // withdrawn meanwhile
    const now = this.clock.now();
    const knownAt = new Date(Math.max(now.getTime(), extracts.at(-1)!.extractedAt.getTime()));
    const begun = { id: job.jobId, month, sequence, knowledge_time: knownAt };
    const run = await this.runs.begin(begun, { version, alarmShare }, now);
    if (run.published_at === null) {
      await this.scratch.run(`changes-${run.id}`, job.signal, (engine) => this.compute(job, run, extracts, engine));
      await this.publish(job, extracts);
    }
    if (closedMonthsOf(extracts).at(-1) === month) await this.announce(job);
    return { runId: run.id, month };
  }

  private async compute(job: JobRun<ChangeSpec>, run: ChangeRun, extracts: readonly LoadedExtract[], engine: Engine) {
    const tables = tablesOf(extracts);
    const measures = Object.entries(CHANGE_MEASURES).filter(([, { table }]) => tables.has(table));
    for (const [at, [measure, { table }]] of measures.entries()) {
      if (run.measures_done.includes(measure)) continue;
      await job.progress({ phase: `comparing ${measure}`, fraction: (SHARE_COMPUTED * at) / measures.length });
      await this.compare(job, run, extracts, engine, measure as ChangeMeasure, table);
    }
  }

  private async compare(
    job: JobRun<ChangeSpec>,
    run: ChangeRun,
    extracts: readonly LoadedExtract[],
    engine: Engine,
    measure: ChangeMeasure,
    table: string,
  ): Promise<void> {
    const { month, alarmShare, suspendedDaysMin, cancelCounts } = job.params;
    const hasPlans = tablesOf(extracts).has('plan_history');
    const months = { from: addMonths(month, 1 - SCORED_MONTHS), to: month };
    const status = statusMonths(months, { suspendedDaysMin, cancelCounts }, { usage: false, billing: false });
    const facts = {
      tables: [NEEDED, table, ...(hasPlans ? ['plan_history'] : [])],
      fromMonth: addMonths(months.from, -MONTHS_BEFORE),
      toMonth: month,
      knowledgeTime: run.knowledge_time,
      extracts,
    };
    const sql = behaviourChanges('own_months', measure, { month, alarmShare, hasPlans });
    const pieces = piecesOf(extracts);
    for (let piece = 0; piece < pieces; piece += 1) {
      const into = piece === 0 ? 'create or replace temp table own_months as' : 'insert into own_months';
      await this.facts.withFacts(engine.connection, { ...facts, shards: shardsOfPiece(piece, pieces) }, () =>
        engine.run(`${into} ${ownMonths(status, measure)}`),
      );
    }
    await this.facts.withFacts(engine.connection, facts, () =>
      engine.run(`create or replace temp table compared as ${sql}`),
    );
    const own = `${literal(run.id)}, ${literal(measure)}`;
    const written = async (name: string, rows: string): Promise<string> => {
      const file = path.join(engine.folder, `${name}.csv`);
      await engine.run(`copy (${rows}) to ${literal(file)} (format csv, header false)`);
      return file;
    };
    const totals = await written(
      'totals',
      `select ${own}, org_unit_path, compared, changed, threshold from compared where is_total`,
    );
    const changes = await written(
      'changes',
      `select ${own}, subscription_id, org_unit_path, value, usual, exp(excess) - 1, exp(group_move) - 1, score,
         strftime(date '${month}-01' - to_months(months::integer - 1), '%Y-%m') from compared where not is_total`,
    );
    await this.database.transaction(async (tx) => {
      await copyCsv(tx, 'change_measure', createReadStream(totals), job.signal);
      await copyCsv(tx, 'behaviour_change', createReadStream(changes), job.signal);
      const done = 'update change_run set measures_done = array_append(measures_done, $2) where id = $1';
      await rowsOf(tx, done, [run.id, measure]);
    });
  }

  private async publish(job: JobRun<ChangeSpec>, extracts: readonly LoadedExtract[]): Promise<void> {
    await job.progress({ phase: 'publishing', fraction: SHARE_COMPUTED });
    await this.database.transaction(async (tx) => {
      await requireVisible(tx, extracts);
      const sql =
        'select count(distinct subscription_id)::int as subscriptions from behaviour_change where run_id = $1';
      const [counted] = await rowsOf<{ subscriptions: number }>(tx, sql, [job.jobId]);
      await this.runs.publish(tx, job, counted!);
      this.log.info({ run: job.jobId, month: job.params.month, ...counted }, 'changes published');
    });
  }

  /**
   * Writes an event for each subscription with a measure beyond its threshold that was not beyond it in the month before,
   * unless an earlier run of the month did.
   */
  private async announce(job: JobRun<ChangeSpec>): Promise<void> {
    const { jobId } = job;
    const { month } = job.params;
    await job.progress({ phase: 'announcing', fraction: SHARE_COMPUTED });
    const before = addMonths(month, -ANNOUNCED_MONTHS);
    await this.database.query('delete from change_announced where month < $1', [before]);
    let after: string | undefined = LEAST_ID;
    while (after !== undefined) after = await this.announceBatch(jobId, month, after);
  }

  /** @returns the last subscription of the batch; undefined after the last batch */
  private announceBatch(runId: string, month: string, after: string): Promise<string | undefined> {
    return this.database.transaction(async (tx) => {
      const run = await this.runs.locked(tx, runId);
      if (run.withdrawn_at !== null || run.purged_at !== null) return undefined;
      const crossed = await rowsOf<Crossed>(tx, CROSSED, [runId, month, after, ANNOUNCED_AT_ONCE]);
      const ids = crossed.map(({ id }) => id);
      const announced = await rowsOf<{ id: string }>(tx, ANNOUNCE, [month, runId, ids]);
      const isNew = new Set(announced.map(({ id }) => id));
      for (const { id: subscriptionId, orgUnitPath, measures: names, scores } of crossed) {
        if (!isNew.has(subscriptionId)) continue;
        const measures = names.map((measure, at) => ({ measure, direction: scores[at]! > 0 ? 'up' : 'down' }));
        const about = { subjectId: subscriptionId, orgUnitPath };
        await this.outbox.publish(tx, behaviourChanged, about, { subscriptionId, month, runId, measures });
      }
      return crossed.length < ANNOUNCED_AT_ONCE ? undefined : ids.at(-1);
    });
  }

  /** On request. @param month empty for the last closed month @throws precondition */
  async request(caller: Caller, month: string): Promise<Job> {
    const extracts = await this.extracts.loaded();
    if (!tablesOf(extracts).has(NEEDED)) throw needsTable({ table: NEEDED });
    const closed = closedMonthsOf(extracts);
    const wanted = month === '' ? (closed.at(-1) ?? '') : checkedMonth(month);
    if (!closed.includes(wanted)) throw monthOpen({ month: wanted });
    return this.database.transaction((tx) => this.submit(tx, caller, wanted, extracts.at(-1)!.sequence));
  }

  /**
   * Computes the newest closed month once its view has ended, so that training and scores do not wait for it. It must not
   * fail: the end of the view is in the same transaction.
   */
  async follow(tx: Transaction): Promise<void> {
    await this.due(tx, await this.extracts.loaded(), undefined);
  }

  /**
   * Changes by a withdrawn extract are history, and the newest others are current again; where there are none, the newest
   * closed month is computed.
   * @param left the extracts that are visible after it
   */
  async extractWithdrawn(tx: Transaction, sequence: number, left: readonly LoadedExtract[]): Promise<void> {
    await this.jobs.cancel(tx, DETECT_CHANGES, { sequence });
    const [again] = await this.runs.withdraw(tx, { sequence });
    await this.due(tx, left, again);
  }

  /** Submits the newest closed month of some extracts, unless a run of it counts, and records the step. */
  private async due(
    tx: Transaction,
    extracts: readonly LoadedExtract[],
    counting: ChangeRun | undefined,
  ): Promise<void> {
    const newest = extracts.at(-1);
    if (newest === undefined) return;
    const { sequence, to } = newest;
    const step = { step: 'changes', table: '', version: String(sequence) };
    const closed = closedMonthsOf(extracts).at(-1) ?? '';
    if (closed < to) await this.monthSteps.record(tx, { ...step, month: to, reason: monthNotClosed({ month: to }) });
    if (closed === '') return;
    if (!tablesOf(extracts).has(NEEDED)) {
      await this.monthSteps.record(tx, { ...step, month: closed, reason: needsTable({ table: NEEDED }) });
      return;
    }
    const jobId =
      counting?.month === closed
        ? `feature-store.${counting.id}`
        : (await this.submit(tx, systemCaller('feature-store'), closed, sequence)).jobId;
    await this.monthSteps.record(tx, { ...step, month: closed, jobId });
  }

  private async submit(tx: Transaction, caller: Caller, month: string, sequence: number): Promise<Job> {
    const { value: rule, version } = await this.parameters.inForce('changes.rule');
    const spec: ChangeSpec = {
      ...{ month, sequence, alarmShare: rule.alarmShare, ruleVersion: version },
      suspendedDaysMin: await this.parameters.get('churn.suspendedDaysMin'),
      cancelCounts: await this.parameters.get('churn.cancelCounts'),
      purgedBefore: await this.runs.purgedCount({ month, sequence }, tx),
    };
    const key = Object.values(spec).join(' ');
    return this.jobs.submit(tx, { kind: DETECT_CHANGES, key, params: spec, caller });
  }
}

/** Of the logical shards. */
function piecesOf(extracts: readonly LoadedExtract[]): number {
  const parts = extracts.flatMap(({ tables }) => tables.filter(({ table }) => table === NEEDED));
  const rows = parts.reduce((sum, part) => sum + part.rows, 1);
  return pieceCount(rows, { rowsMax: HISTORY_ROWS_MAX, piecesMin: 1, rowsMin: 1 });
}
