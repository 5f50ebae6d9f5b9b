import { Injectable } from '@nestjs/common';
import { TableWithdrawn } from '@holdfast/contracts/feature_store/v1/extract';
import { systemCaller } from '@holdfast/platform/caller';
import type { Envelope } from '@holdfast/platform/consumer';
import { insertRow, rowsOf, type Transaction } from '@holdfast/platform/database';
import { isUuid } from '@holdfast/platform/identity';
import { Jobs } from '@holdfast/platform/jobs';
import { MonthSteps } from '@holdfast/platform/month-steps';
import { eventOf } from '@holdfast/platform/outbox';
import { IMPORT_SUBJECTS } from './import-subjects.js';

export const tableWithdrawn = eventOf('feature-store', TableWithdrawn);

const SERVICE = 'customer-profile';

/**
 * Follows the withdrawal of a version of a plain table: the version before is imported again, so that its units, personal
 * fields and numbers count. Customers that only the withdrawn version named stay, as those that a later version lacks.
 */
@Injectable()
export class WithdrawSubjects {
  constructor(
    private readonly jobs: Jobs,
    private readonly monthSteps: MonthSteps,
  ) {}

  async onTableWithdrawn(tx: Transaction, event: TableWithdrawn, { occurredAt }: Envelope): Promise<void> {
    const { withdrawnAt = occurredAt } = event;
    const { importId, table, version, newestVersion, newestRows, newestKeySpace, newestMonth } = event;
    // The subjects of a view are those of the extracts.
    if (!isUuid(importId)) return;
    const sql = `update consent_decision set withdrawn_at = $2
      where import_id = $1 and granted and basis = 'imported' and withdrawn_at is null`;
    await rowsOf(tx, sql, [importId, withdrawnAt]);
    await rowsOf(tx, 'delete from key_space where table_name = $1 and version = $2', [table, version]);
    await this.monthSteps.withdraw(tx, { table, version });
    if (newestVersion === '') return;
    await insertRow(
      tx,
      'key_space',
      { table_name: table, key_space: newestKeySpace, version: newestVersion, loaded_at: withdrawnAt },
      `on conflict (table_name, key_space) do update set version = excluded.version, loaded_at = excluded.loaded_at
       where excluded.loaded_at > key_space.loaded_at`,
    );
    const { jobId } = await this.jobs.submit(tx, {
      kind: IMPORT_SUBJECTS,
      key: `${table}@${newestVersion} without ${version}`,
      params: {
        ...{
          importId: event.newestImportId,
          table,
          version: newestVersion,
          rows: newestRows,
          keySpace: newestKeySpace,
        },
        // Later than what the withdrawn version brought.
        loadedAt: withdrawnAt.toISOString(),
      },
      caller: systemCaller(SERVICE),
    });
    await this.monthSteps.record(tx, { month: newestMonth, step: 'profiles', table, version: newestVersion, jobId });
  }
}
