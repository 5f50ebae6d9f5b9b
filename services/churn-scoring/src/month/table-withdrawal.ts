import { Injectable } from '@nestjs/common';
import type { TableWithdrawn } from '@holdfast/contracts/feature_store/v1/extract';
import { insertRow, rowsOf, type Transaction } from '@holdfast/platform/database';
import { Jobs } from '@holdfast/platform/jobs';
import { MonthSteps } from '@holdfast/platform/month-steps';
import { FOLLOW_TABLE } from '../jobs.js';
import { Champions } from '../model/champions.js';
import { endShadow } from '../model/end-shadow.js';
import { RETENTION } from '../model/kind.js';
import { Runs } from '../scoring/runs.js';
import { SCORE_TABLE } from '../scoring/scoring-job.js';
import { TRAIN_MODEL } from '../training/training-job.js';

const SERVICE = 'churn-scoring';

/**
 * On `table-withdrawn`: scores of the withdrawn version are history, and those of the version before are current again. A
 * champion that was trained on the withdrawn version gives way to the one before it.
 */
@Injectable()
export class TableWithdrawal {
  constructor(
    private readonly jobs: Jobs,
    private readonly runs: Runs,
    private readonly champions: Champions,
    private readonly monthSteps: MonthSteps,
  ) {}

  async withdrawn(tx: Transaction, event: TableWithdrawn): Promise<void> {
    const { table, version, withdrawnAt, newestVersion, newestMonth: month } = event;
    const of = { table_name: table, version };
    await insertRow(tx, 'withdrawn_version', { ...of, withdrawn_at: withdrawnAt }, 'on conflict do nothing');
    await this.jobs.cancel(tx, TRAIN_MODEL, { table, version });
    await this.jobs.cancel(tx, SCORE_TABLE, { table, version });
    await this.jobs.cancel(tx, FOLLOW_TABLE, { table, version });
    const again = await this.runs.withdraw(tx, { table_name: table, table_version: version });
    await endShadow(tx, { table, version }, 'withdrawal', withdrawnAt!);
    for (const kind of await this.kindsOf(tx, table)) await this.champions.withdraw(tx, kind, table, version);
    const isView = event.importId === '';
    const steps = isView ? { table: '', version: String(event.sequence) } : { table, version };
    await this.monthSteps.withdraw(tx, steps);
    const shown = again.filter(({ kind, table_version: of }) => kind === RETENTION && of === newestVersion);
    for (const run of shown) {
      const newest = isView ? { table: '', version: String(event.newestSequence) } : { table, version: newestVersion };
      await this.monthSteps.record(tx, { ...newest, month, step: 'scoring', jobId: `${SERVICE}.${run.id}` });
    }
  }

  private async kindsOf(tx: Transaction, table: string): Promise<string[]> {
    const sql = 'select distinct kind from championship where table_name = $1 and valid_to is null order by kind';
    return (await rowsOf<{ kind: string }>(tx, sql, [table])).map(({ kind }) => kind);
  }
}
