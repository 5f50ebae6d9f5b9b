import { Outbox, eventOf } from '@holdfast/platform/outbox';
import { systemCaller } from '@holdfast/platform/caller';
import { type Job } from '@holdfast/contracts/platform/v1/jobs';
import { ExtractLoaded, ExtractWithdrawn } from '@holdfast/contracts/feature_store/v1/extract';
import { Injectable, Inject } from '@nestjs/common';
import { Clock } from '@holdfast/platform/clock';
import { Database, insertRow, type Transaction } from '@holdfast/platform/database';
import { callOfJob, jobKind, type JobResult, type JobRun, type ParamsOf, Jobs } from '@holdfast/platform/jobs';
import { MonthSteps, monthNotClosed } from '@holdfast/platform/month-steps';
import { log } from '@holdfast/platform/log';
import { Parameters } from '@holdfast/platform/parameters';
import { z } from 'zod';
import { Gathering, type Month, type People } from '../evidence/gather.js';
import { tooSharedTexts } from '../evidence/shared-things.js';
import { trainPairModel, type PairModel } from '../model/pair-model.js';
import { Sampler } from '../model/sample.js';
import { linkedPairs } from '../pair/links.js';
import { MeetingFinder } from '../pair/meetings.js';
import { Pairs } from '../pair/pairs.js';
import type { HouseholdIdentificationParameters } from '../parameters.js';
import { EventLoopYield } from './event-loop-yield.js';
import { Decisions, decidedPairs } from './decisions.js';
import { groupHouseholds, isCandidate, type Candidates, type FoundHousehold } from './grouping.js';
import { methodText } from './method.js';
import { HouseholdPublisher, householdsIdentified } from './publisher.js';
import { Runs, type RunRow } from './runs.js';
import { settingsOf } from './settings.js';
import { PAIRS_PER_BATCH, StoredPairs } from './stored-pairs.js';

/** Which month, after which extract. */
export const IDENTIFY_HOUSEHOLDS = jobKind('identify-households', { month: z.string(), sequence: z.number().int() });
export type IdentifySpec = ParamsOf<typeof IDENTIFY_HOUSEHOLDS>;

export const extractWithdrawn = eventOf('feature-store', ExtractWithdrawn);
export const extractLoaded = eventOf('feature-store', ExtractLoaded);

/** Pairs that the model learns from: more made it no better, only slower. */
const SAMPLE_ROWS_MAX = 20_000;

/**
 * The job `identify-households`; its id is that of the run. Steps: pairs are found and stored as they come, the model
 * learns from them and judges them, households are grouped and published at once. A run that was killed goes on behind the
 * pairs that are stored; what comes after is quick and is done again.
 */
@Injectable()
export class IdentifyJob {
  private readonly log = log('households');

  constructor(
    private readonly database: Database,
    private readonly gathering: Gathering,
    private readonly storedPairs: StoredPairs,
    private readonly decisions: Decisions,
    private readonly publisher: HouseholdPublisher,
    private readonly jobs: Jobs,
    private readonly outbox: Outbox,
    private readonly runs: Runs,
    private readonly clock: Clock,
    private readonly monthSteps: MonthSteps,
    @Inject(Parameters) private readonly parameters: HouseholdIdentificationParameters,
  ) {}

  /** An extract starts recognition in its newest closed month; the run waits for the profiles of the extract. */
  async extractLoaded(tx: Transaction, { month, closedMonth, sequence }: ExtractLoaded): Promise<void> {
    const step = { step: 'households', table: '', version: String(sequence) };
    if (closedMonth < month) await this.monthSteps.record(tx, { ...step, month, reason: monthNotClosed({ month }) });
    if (closedMonth === '') return;
    const { jobId } = await this.submit(tx, { month: closedMonth, sequence });
    await this.monthSteps.record(tx, { ...step, month: closedMonth, jobId });
  }

  /** Households of a withdrawn extract are history, and those of the newest other run are current again. */
  async extractWithdrawn(tx: Transaction, { sequence }: ExtractWithdrawn): Promise<void> {
    await this.jobs.cancel(tx, IDENTIFY_HOUSEHOLDS, { sequence });
    const again = await this.runs.withdraw(tx, { sequence });
    await this.monthSteps.withdraw(tx, { table: '', version: String(sequence) });
    for (const { id, month, sequence: newest, households } of again) {
      const step = { month, step: 'households', table: '', version: String(newest) };
      await this.monthSteps.record(tx, { ...step, jobId: `household-identification.${id}` });
      const event = { runId: id, month, households: Number(households) };
      await this.outbox.publish(tx, householdsIdentified, { subjectId: id }, event);
    }
  }

  /** A request for a month gets the job that its extract has started. */
  submit(
    tx: Transaction,
    { month, sequence }: IdentifySpec,
    caller = systemCaller('household-identification'),
  ): Promise<Job> {
    const params = { month, sequence };
    return this.jobs.submit(tx, { kind: IDENTIFY_HOUSEHOLDS, key: `${month} ${sequence}`, params, caller });
  }

  async run(run: JobRun<IdentifySpec>): Promise<JobResult> {
    const { month, sequence } = run.params;
    const row = await this.open(run);
    if (row.published_at !== null) return { runId: run.jobId, month }; // killed between publishing and the note of it
    await run.progress({ phase: 'reading', fraction: 0 });
    const unavailable = new Set<string>(row.unavailable);
    const asked = { month, sequence, linesMax: row.settings.linesMax };
    const people = await this.gathering.people(callOfJob('household-identification', run), asked, unavailable);
    const eventLoop = new EventLoopYield(run.signal);
    if (!row.is_paired || row.evidence_hash !== people.hash) await this.pair(run, row, people, unavailable, eventLoop);
    await run.progress({ phase: 'learning', fraction: 0.6 });
    const model = await this.learn(row, people, eventLoop);
    await run.progress({ phase: 'judging', fraction: 0.7 });
    const judged = await this.judge(row, people, model, eventLoop);
    await run.progress({ phase: 'grouping', fraction: 0.8 });
    const decided = await this.decisions.all();
    const households = await this.group(row, people, judged.candidates, decided, eventLoop);
    await run.progress({ phase: 'publishing', fraction: 0.9 });
    await this.storeVerdicts(row, people, judged.probabilities, households);
    const counts = await this.storedPairs.counts(run.jobId);
    const found = { people, candidates: judged.candidates, households, counts };
    const method = methodText(row.settings, model.heldOut);
    await this.publisher.publish({ run, row, found, method, decisions: decided.length });
    this.log.info({ run: run.jobId, month, households: households.length }, 'households identified');
    return { runId: run.jobId, month };
  }

  private async open(run: JobRun<IdentifySpec>): Promise<RunRow> {
    const { month, sequence } = run.params;
    const now = this.clock.now();
    const settings = await settingsOf(this.parameters, now);
    const row = { id: run.jobId, month, sequence, settings, started_at: now };
    const again = 'on conflict (id) do update set id = excluded.id returning *';
    const [made] = await insertRow<RunRow>(this.database, 'household_run', row, again);
    return made!;
  }

  /** Finds the pairs of one subscription after the other, behind those that are stored already. */
  private async pair(
    run: JobRun<IdentifySpec>,
    row: RunRow,
    people: People,
    unavailable: Set<string>,
    eventLoop: EventLoopYield,
  ): Promise<void> {
    const call = callOfJob('household-identification', run);
    const asked = { month: row.month, contactMax: row.settings.linesMax.contact };
    const of = await this.gathering.month(call, asked, people, unavailable);
    if (row.evidence_hash !== people.hash) {
      await this.storedPairs.restart(row.id, people.hash);
      row.paired_to = -1;
    }
    const { subjects, kinship } = people;
    const linked = linkedPairs(subjects, kinship, of.calls);
    const { crowdMax } = row.settings;
    const finder = new MeetingFinder({ subjects, kinship, linked, limits: row.settings, crowdMax, ...of });
    const count = subjects.ids.count;
    let found: Pairs[] = [];
    let waiting = 0;
    for (let left = row.paired_to + 1; left < count; left += 1) {
      const pairs = finder.pairsOf(left);
      found.push(pairs);
      waiting += pairs.count;
      await eventLoop.ifDue();
      if (waiting < PAIRS_PER_BATCH && left < count - 1) continue;
      await this.storedPairs.append(row.id, found, left, subjects.ids);
      [found, waiting] = [[], 0];
      await run.progress({
        phase: 'meeting',
        fraction: 0.1 + (0.5 * left) / count,
        rowsDone: left + 1,
        rowsTotal: count,
      });
    }
    await this.notePaired(row, people, of, unavailable, finder);
  }

  private async notePaired(
    row: RunRow,
    { subjects: { ids }, tooShared }: People,
    { holidayCount, presence, busyLines }: Month,
    unavailable: ReadonlySet<string>,
    { crowds }: MeetingFinder,
  ): Promise<void> {
    const { crowdMax, linesMax } = row.settings;
    const capped = [
      ...(crowds.cellDays > 0 ? [`${crowds.cellDays} cell-days with more than ${crowdMax} people`] : []),
      ...(crowds.cells > 0 ? [`${crowds.cells} cells among the most frequent of more than ${crowdMax} people`] : []),
      ...tooSharedTexts({ ...tooShared, contact: busyLines }, linesMax),
      ...(presence.strangers > 0 ? [`${presence.strangers} days in cells of subscriptions that are not active`] : []),
    ];
    await this.database.query(
      `update household_run set is_paired = true, holidays = $2, unavailable = $3, capped = $4, subscriptions = $5 where id = $1`,
      [row.id, holidayCount, [...unavailable].sort(), capped, ids.count],
    );
  }

  private async learn(row: RunRow, { subjects }: People, eventLoop: EventLoopYield): Promise<PairModel> {
    const sampler = new Sampler(subjects, SAMPLE_ROWS_MAX);
    for await (const { pairs } of this.storedPairs.batches(row.id, subjects.ids)) {
      sampler.add(pairs);
      await eventLoop.ifDue();
    }
    return trainPairModel(sampler.finish(), subjects, () => eventLoop.ifDue());
  }

  /** Probabilities of all pairs, 4 bytes each, and those pairs that matter for households. */
  private async judge(
    row: RunRow,
    { subjects }: People,
    model: PairModel,
    eventLoop: EventLoopYield,
  ): Promise<{ candidates: Candidates; probabilities: Float32Array[] }> {
    const kept: Pairs[] = [];
    const keptProbabilities: number[] = [];
    const probabilities: Float32Array[] = [];
    for await (const { pairs } of this.storedPairs.batches(row.id, subjects.ids)) {
      const probability = model.probabilities(pairs);
      const rows = Uint32Array.from(pairs.left.keys()).filter((at) => isCandidate(pairs, at, probability[at]!));
      kept.push(pairs.taken(rows));
      for (const at of rows) keptProbabilities.push(probability[at]!);
      probabilities.push(Float32Array.from(probability));
      await eventLoop.ifDue();
    }
    const candidates = { pairs: Pairs.joined(kept), probability: Float64Array.from(keptProbabilities) };
    return { candidates, probabilities };
  }

  private group(
    row: RunRow,
    { subjects, kinship }: People,
    candidates: Candidates,
    decisions: Awaited<ReturnType<Decisions['all']>>,
    eventLoop: EventLoopYield,
  ): Promise<FoundHousehold[]> {
    const { ids } = subjects;
    const decided = decidedPairs(decisions, (id) => ids.find(Buffer.from(id.replaceAll('-', ''), 'hex'), 0), ids.count);
    return groupHouseholds(candidates, subjects, kinship, decided, row.settings, eventLoop);
  }

  private async storeVerdicts(
    row: RunRow,
    { subjects }: People,
    probabilities: readonly Float32Array[],
    households: readonly FoundHousehold[],
  ): Promise<void> {
    const householdOf = new Int32Array(subjects.ids.count).fill(-1);
    households.forEach(({ members }, at) => members.forEach((member) => (householdOf[member] = at)));
    let at = 0;
    for await (const { part, pairs } of this.storedPairs.batches(row.id, subjects.ids)) {
      const isHousehold = Float64Array.from(pairs.left, (left, place) => {
        const household = householdOf[left]!;
        return household >= 0 && household === householdOf[pairs.right[place]!] ? 1 : 0;
      });
      await this.storedPairs.judge(row.id, part, Float64Array.from(probabilities[at]!), isHousehold);
      at += 1;
    }
  }
}
