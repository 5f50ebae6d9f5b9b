import { Injectable } from '@nestjs/common';
import { JobState, type Job } from '@holdfast/contracts/platform/v1/jobs';
import type { Caller } from '@holdfast/platform/caller';
import { rowsOf, type Transaction } from '@holdfast/platform/database';
import { failure } from '@holdfast/platform/errors';
import { Jobs, jobKind } from '@holdfast/platform/jobs';
import { Parameters } from '@holdfast/platform/parameters';
import { Extracts, type LoadedExtract } from '../facts/extracts.js';
import type { FeatureStoreParameters } from '../parameters.js';
import { VIEWS_FOLDER, readDefinition, type Definition } from './definition.js';
import { planView, viewKey, type ViewPlan, type ViewRules } from './view-plan.js';

export const MATERIALISE_VIEW = jobKind('materialise-view', {});
/** The monthly view: a row for each subscription at risk and month. */
const SUBSCRIBER_MONTHS = 'subscriber-months';

const viewUnknown = failure('notFound', 'view.unknown', {
  en: 'There is no view {view}.',
  'zh-CN': '没有视图 {view}。',
});

/** The views that are defined, and what they would be made of now. */
@Injectable()
export class Views {
  private readonly definition: Definition = readDefinition(SUBSCRIBER_MONTHS, VIEWS_FOLDER);

  constructor(
    private readonly loadedExtracts: Extracts,
    private readonly jobs: Jobs,
    private readonly parameters: Parameters<FeatureStoreParameters>,
  ) {}

  /** @throws notFound; an empty name is that of the monthly view */
  find(view: string): Definition {
    if (view !== '' && view !== this.definition.view) throw viewUnknown({ view });
    return this.definition;
  }

  /** Those that are visible, by sequence. */
  extracts(): Promise<LoadedExtract[]> {
    return this.loadedExtracts.loaded();
  }

  /**
   * Over the visible extracts; over those that counted at a moment, if one is given.
   * @throws precondition `facts.needsTable`
   */
  async plan(asOf?: Date): Promise<ViewPlan> {
    const extracts = asOf === undefined ? await this.extracts() : await this.loadedExtracts.visibleAt(asOf);
    return planView(this.definition, await this.rules(), extracts);
  }

  /** Requests the view over certain extracts; the same extracts, definitions and parameters give the same job. */
  async submit(tx: Transaction, caller: Caller, sequences: readonly number[]): Promise<Job> {
    const wanted = viewKey(this.definition, await this.rules(), sequences);
    const key = `${MATERIALISE_VIEW.name} ${this.definition.view} ${wanted}`;
    return this.jobs.submit(tx, { kind: MATERIALISE_VIEW, key, params: {}, caller });
  }

  /**
   * Requests the view over the extracts that a withdrawal leaves. One that was made of them is the newest again; where
   * there is none, although a job has ended, the view is made once more.
   */
  async resubmit(tx: Transaction, caller: Caller, extracts: readonly LoadedExtract[]): Promise<Job> {
    const sequences = extracts.map(({ sequence }) => sequence);
    const job = await this.submit(tx, caller, sequences);
    if (job.state !== JobState.JOB_STATE_DONE) return job;
    const sql = `select from table_version
      where table_name = $1 and withdrawn_at is null and extract_sequence = $2 limit 1`;
    const [made] = await rowsOf(tx, sql, [this.definition.view, sequences.at(-1)]);
    if (made !== undefined) return job;
    await this.jobs.releaseKey(tx, job.jobId);
    return this.submit(tx, caller, sequences);
  }

  private async rules(): Promise<ViewRules> {
    const { parameters } = this;
    return {
      status: {
        suspendedDaysMin: await parameters.get('churn.suspendedDaysMin'),
        cancelCounts: await parameters.get('churn.cancelCounts'),
      },
      historyMonths: await parameters.get('churn.historyMonths'),
      gapMonths: await parameters.get('churn.leadMonths'),
      value: await parameters.get('definition.valueLost'),
      asOfLagDays: await parameters.get('features.asOfLagDays'),
    };
  }
}
