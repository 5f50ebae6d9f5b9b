import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { ExtractLoaded, ExtractWithdrawn } from '@holdfast/contracts/feature_store/v1/extract';
import type { Job } from '@holdfast/contracts/platform/v1/jobs';
import { systemCaller, type Caller } from '@holdfast/platform/caller';
import { Clock } from '@holdfast/platform/clock';
import { rowsOf, type Transaction } from '@holdfast/platform/database';
import { Jobs } from '@holdfast/platform/jobs';
import { MonthSteps } from '@holdfast/platform/month-steps';
import { Parameters } from '@holdfast/platform/parameters';
import type { EvaluationParameters } from '../parameters.js';
import { EVALUATE_CAMPAIGNS } from '../jobs.js';

/** The newest known extract, including this one; an extract that was withdrawn ($2) is not known. */
const RECORD_EXTRACT = `
  insert into extract_seen (sequence) values ($1)
  on conflict (id) do update set sequence = case when extract_seen.sequence = any($2::bigint[]) then excluded.sequence
    else greatest(extract_seen.sequence, excluded.sequence) end
  returning sequence`;

/** Submits the evaluation of all campaigns. */
@Injectable()
export class EvaluationRequests {
  constructor(
    private readonly jobs: Jobs,
    private readonly clock: Clock,
    private readonly monthSteps: MonthSteps,
    private readonly parameters: Parameters<EvaluationParameters>,
  ) {}

  /** On `extract-loaded`; an older extract is included in the job of the newer one. */
  async extractLoaded(tx: Transaction, { sequence, month, withdrawn }: ExtractLoaded): Promise<void> {
    const newest = await this.recordExtract(tx, sequence, withdrawn);
    if (newest !== sequence) return;
    const { jobId } = await this.submit(tx, systemCaller('evaluation'), sequence);
    await this.monthSteps.record(tx, { month, step: 'effect', table: '', version: String(sequence), jobId });
  }

  /** On `extract-withdrawn`: evaluates again, without the extract. */
  async extractWithdrawn(tx: Transaction, { sequence, newest, newestMonth }: ExtractWithdrawn): Promise<void> {
    await this.monthSteps.withdraw(tx, { table: '', version: String(sequence) });
    const seen = await this.recordExtract(tx, newest, [sequence]);
    if (newest === 0 || seen !== newest) return;
    const { jobId } = await this.submit(tx, systemCaller('evaluation'), newest, `without ${sequence}`);
    const step = { month: newestMonth, step: 'effect', table: '', version: String(newest) };
    await this.monthSteps.record(tx, { ...step, jobId });
  }

  /**
   * The same extract, assignments and parameters return the first job. With own campaigns, which have new touches every
   * day, each day has its own job.
   * @param sequence of the newest extract known to the caller
   * @param cause of an evaluation that is repeated
   */
  async submit(tx: Transaction, caller: Caller, sequence = 0, cause = ''): Promise<Job> {
    const newest = await this.recordExtract(tx, sequence);
    const own = await rowsOf<{ id: string }>(tx, "select id from campaign where origin = 'holdfast' order by id");
    const [followMonths, controlNames] = await Promise.all([
      this.parameters.get('eval.followMonths'),
      this.parameters.get('eval.controlNames'),
    ]);
    const key = [
      `extract ${newest}`,
      `follow ${followMonths}`,
      `control ${hashOf(controlNames)}`,
      ...(cause === '' ? [] : [cause]),
      ...(own.length === 0 ? [] : [hashOf(own.map(({ id }) => id)), this.clock.now().toISOString().slice(0, 10)]),
    ].join(' ');
    return this.jobs.submit(tx, { kind: EVALUATE_CAMPAIGNS, key, params: {}, caller });
  }

  private async recordExtract(tx: Transaction, sequence: number, withdrawn: readonly number[] = []): Promise<number> {
    const [seen] = await rowsOf<{ sequence: string }>(tx, RECORD_EXTRACT, [sequence, withdrawn]);
    return Number(seen!.sequence);
  }
}

function hashOf(ids: readonly string[]): string {
  return createHash('sha256').update(ids.join(',')).digest('hex').slice(0, 16);
}
