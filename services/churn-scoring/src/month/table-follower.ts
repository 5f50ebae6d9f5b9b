import { Inject, Injectable } from '@nestjs/common';
import { TableServiceDefinition, type Table, type TableService } from '@holdfast/contracts/feature_store/v1/lake';
import { JobState, type Job } from '@holdfast/contracts/platform/v1/jobs';
import { systemCaller } from '@holdfast/platform/caller';
import { Database, type Transaction } from '@holdfast/platform/database';
import { Failure, failure } from '@holdfast/platform/errors';
import type { Rpc } from '@holdfast/platform/grpc';
import { Jobs, callOfJob, type JobResult, type JobRun, type ParamsOf } from '@holdfast/platform/jobs';
import { MonthSteps, policyNever } from '@holdfast/platform/month-steps';
import { Parameters } from '@holdfast/platform/parameters';
import { FOLLOW_TABLE } from '../jobs.js';
import { Champions } from '../model/champions.js';
import { RETENTION } from '../model/kind.js';
import { Registry } from '../model/registry.js';
import type { ChurnScoringParameters } from '../parameters.js';
import { ScoringRequests } from '../scoring/scoring-requests.js';
import type { TrainingSpec } from '../training/training-job.js';
import { DEFAULT_TRAINING, TrainingRequests } from '../training/training-requests.js';

type FollowSpec = ParamsOf<typeof FOLLOW_TABLE>;

const monthLearned = failure('precondition', 'training.monthLearned', {
  en: 'A model of the table has learned from {month} already; the next month is trained on.',
  'zh-CN': '该表已有模型学习过 {month} 的数据，下一账期到达后再训练。',
});

const ITSELF = systemCaller('churn-scoring');

/**
 * Job `follow-table`: requests what is due for the newest version of a table by the policies, each step when the one
 * before has ended. A version that arrives is trained on if its month is new, all kinds in one job; scoring follows the end of training,
 * whatever came of it, and the appointment of another champion.
 */
@Injectable()
export class TableFollower {
  constructor(
    private readonly database: Database,
    private readonly jobs: Jobs,
    private readonly champions: Champions,
    private readonly registry: Registry,
    private readonly training: TrainingRequests,
    private readonly scoring: ScoringRequests,
    private readonly monthSteps: MonthSteps,
    @Inject(Parameters) private readonly parameters: ChurnScoringParameters,
    @Inject(TableServiceDefinition.fullName) private readonly tables: Rpc<TableService>,
  ) {}

  /**
   * On `view-materialised` and `table-loaded`.
   * @param source sequence of the view's newest extract; version of a plain table
   */
  async arrived(tx: Transaction, arrival: { table: string; version: string; source: string }): Promise<void> {
    await this.submit(tx, { ...arrival, after: 'arrival', cause: arrival.source });
  }

  /** In the transaction in which a training ends. */
  async trained(tx: Transaction, { table, version }: TrainingSpec, jobId: string): Promise<void> {
    await this.submit(tx, { table, version, source: '', after: 'training', cause: jobId });
  }

  async run(run: JobRun<FollowSpec>): Promise<JobResult> {
    const { table: name, version, after } = run.params;
    const table = await this.tables.getTable(callOfJob('churn-scoring', run), { table: name, version: '' });
    const result = { table: name, version: table.version };
    // A newer version has its own event.
    if (version !== '' && version !== table.version) return result;
    const subject = subjectOf(table, run.params.source);
    const trained = after === 'arrival' ? await this.train(table, subject) : undefined;
    if (trained !== undefined && trained.state !== JobState.JOB_STATE_DONE) return { ...result, jobId: trained.jobId };
    const scored = await this.score(table, subject);
    return scored === undefined ? result : { ...result, jobId: scored.jobId };
  }

  /** The training that is due; undefined where none is, or nothing can be learned from the table. */
  private async train(table: Table, subject: Subject): Promise<Job | undefined> {
    const step = { ...subject, step: 'training' };
    if ((await this.parameters.get('training.policy')) === 'never') {
      const reason = policyNever({ parameter: 'training.policy' });
      await this.database.transaction((tx) => this.monthSteps.record(tx, { ...step, reason }));
      return undefined;
    }
    if (!(await this.isNew(table))) {
      await this.database.transaction(async (tx) => {
        if (await this.monthSteps.renew(tx, step)) return;
        await this.monthSteps.record(tx, { ...step, reason: monthLearned({ month: subject.month }) });
      });
      return undefined;
    }
    return this.request(step, async () => {
      const spec = await this.training.specOf(RETENTION, table, DEFAULT_TRAINING);
      return (tx) => this.training.submit(tx, spec, ITSELF);
    });
  }

  /** Whether the table has a month that no model has learned from, or no champion. */
  private async isNew({ table, months }: Table): Promise<boolean> {
    if ((await this.champions.find(RETENTION, table)) === undefined) return true;
    const month = months.at(-1) ?? '';
    return month === '' || month > (await this.registry.lastMonth(RETENTION, table));
  }

  private async score(table: Table, subject: Subject): Promise<Job | undefined> {
    const step = { ...subject, step: 'scoring' };
    if ((await this.parameters.get('scoring.policy')) === 'never') {
      const reason = policyNever({ parameter: 'scoring.policy' });
      await this.database.transaction((tx) => this.monthSteps.record(tx, { ...step, reason }));
      return undefined;
    }
    return this.request(step, async () => {
      const champion = await this.champions.of(RETENTION, table.table);
      const spec = await this.scoring.specOf(champion, table, '');
      return (tx) => this.scoring.submit(tx, spec, ITSELF);
    });
  }

  /** Requests a step and records it; where the table or its models do not allow it, records why. */
  private async request(
    step: Subject & { step: string },
    prepare: () => Promise<(tx: Transaction) => Promise<Job>>,
  ): Promise<Job | undefined> {
    try {
      const submit = await prepare();
      return await this.database.transaction(async (tx) => {
        const job = await submit(tx);
        await this.monthSteps.record(tx, { ...(await this.versioned(tx, step)), jobId: job.jobId });
        return job;
      });
    } catch (thrown) {
      // What the table or its models lack does not fail the job: the next version may have it.
      if (!(thrown instanceof Failure) || thrown.kind !== 'precondition') throw thrown;
      await this.database.transaction(async (tx) =>
        this.monthSteps.record(tx, { ...(await this.versioned(tx, step)), reason: thrown }),
      );
      return undefined;
    }
  }

  /** After a training or a promotion the step is done for what arrived last. */
  private async versioned<S extends Subject>(tx: Transaction, step: S): Promise<S> {
    if (step.version !== '') return step;
    return { ...step, version: await this.monthSteps.versionOf(tx, { ...step, step: 'training' }) };
  }

  private async submit(tx: Transaction, params: FollowSpec): Promise<void> {
    const { table, version, after, cause } = params;
    const key = JSON.stringify([table, version, after, cause]);
    await this.jobs.submit(tx, { kind: FOLLOW_TABLE, key, params, caller: ITSELF });
  }
}

/** What the steps of a table are recorded under. */
interface Subject {
  readonly month: string;
  /** Empty for the view over extracts. */
  readonly table: string;
  /** Empty where it is not known yet. */
  readonly version: string;
}

function subjectOf({ table, version, months, origin }: Table, source: string): Subject {
  const month = months.at(-1) ?? '';
  return origin === 'view' ? { month, table: '', version: source } : { month, table, version };
}
