import { Inject, Injectable } from '@nestjs/common';
import type { ColumnBatch } from '@holdfast/contracts/platform/v1/columns';
import {
  RefusalServiceDefinition,
  RefusalsRead,
  type RefusalService,
} from '@holdfast/contracts/feature_store/v1/refusals';
import { systemCaller } from '@holdfast/platform/caller';
import { Clock } from '@holdfast/platform/clock';
import { readCategoryTexts, readNumbers, readUuids } from '@holdfast/platform/columns';
import { Database, rowsOf, type Transaction, insertRow } from '@holdfast/platform/database';
import { asFailure } from '@holdfast/platform/errors';
import type { Call, Rpc } from '@holdfast/platform/grpc';
import { isUuid } from '@holdfast/platform/identity';
import { Jobs, callOfJob, jobKind, type JobResult, type JobRun, type ParamsOf } from '@holdfast/platform/jobs';
import { eventOf } from '@holdfast/platform/outbox';
import { CONFIG } from '@holdfast/platform/service';
import { z } from 'zod';
import type { CustomerProfileConfig } from '../config.js';

export const IMPORT_REFUSALS = jobKind('import-refusals', { importId: z.string(), origin: z.string() });
export const refusalsRead = eventOf('feature-store', RefusalsRead);

const SERVICE = 'customer-profile';

/**
 * Takes the refusals that feature-store read in a file, also of rejected rows, as imported decisions. One of a
 * customer that no row names yet is stored and holds from the customer's first day on.
 */
@Injectable()
export class ImportRefusals {
  constructor(
    private readonly database: Database,
    private readonly jobs: Jobs,
    private readonly clock: Clock,
    @Inject(CONFIG) private readonly config: CustomerProfileConfig,
    @Inject(RefusalServiceDefinition.fullName) private readonly refusals: Rpc<RefusalService>,
  ) {}

  async onRefusalsRead(tx: Transaction, { importId, origin }: RefusalsRead): Promise<void> {
    await this.jobs.submit(tx, {
      kind: IMPORT_REFUSALS,
      key: importId,
      params: { importId, origin },
      caller: systemCaller(SERVICE),
    });
  }

  async run(run: JobRun<ParamsOf<typeof IMPORT_REFUSALS>>): Promise<JobResult> {
    const { importId, origin } = run.params;
    const refusals = await this.take(callOfJob(SERVICE, run), importId, origin);
    return { importId, refusals: String(refusals) };
  }

  /** Once for each import; who takes customers of it takes its refusals before. Gives how many there are. */
  async take(call: Call, importId: string, origin: string): Promise<number> {
    const sql = 'select refusals from refusal_import where import_id = $1';
    const [done] = await this.database.query<{ refusals: string }>(sql, [importId]);
    if (done !== undefined) return Number(done.refusals);
    let refusals = 0;
    try {
      for await (const batch of this.refusals.readRefusals(call, { importId, granted: false })) {
        await this.database.transaction((tx) => this.store(tx, importId, batch, { granted: false, origin }));
        refusals += batch.rows;
      }
    } catch (thrown) {
      // A file without consents has no refusals.
      if (asFailure(thrown).kind !== 'notFound') throw thrown;
    }
    const row = { import_id: importId, refusals, imported_at: this.clock.now() };
    await insertRow(this.database, 'refusal_import', row, 'on conflict do nothing');
    return refusals;
  }

  /** Takes the consents of a visible plain table; repeated, it changes nothing. */
  async takeConsents(call: Call, importId: string, origin: string): Promise<void> {
    try {
      for await (const batch of this.refusals.readRefusals(call, { importId, granted: true }))
        await this.database.transaction((tx) => this.store(tx, importId, batch, { granted: true, origin }));
    } catch (thrown) {
      if (asFailure(thrown).kind !== 'notFound') throw thrown;
    }
  }

  private async store(
    tx: Transaction,
    importId: string,
    batch: ColumnBatch,
    { granted, origin }: { granted: boolean; origin: string },
  ): Promise<void> {
    // The job of the refusals and the job of the customers may both be taking them.
    await rowsOf(tx, 'select pg_advisory_xact_lock(hashtextextended($1, 0))', [`refusals ${importId}`]);
    await rowsOf(
      tx,
      `insert into consent_decision (customer_id, purpose, channel, granted, basis, evidence, decided_at, recorded_by,
         org_unit_path, import_id)
       select customer_id, purpose, channel, $6::boolean, 'imported', concat_ws(', ', $3::text, nullif(evidence, '')), decided_at,
         'customer-profile', coalesce(customer.org_unit_path, $4), $10::uuid
       from (select coalesce(subscription.customer_id, named.customer_id) as customer_id, purpose, channel,
             max(decided_at) as decided_at, max(evidence) as evidence
           from unnest($1::uuid[], $5::uuid[], $2::timestamptz[], $7::text[], $8::text[], $9::text[])
               as named (customer_id, subscription_id, decided_at, purpose, channel, evidence)
             left join subscription using (subscription_id) group by 1, 2, 3) incoming
         left join customer using (customer_id)
       where not exists (select from consent_decision there where there.customer_id = incoming.customer_id
         and there.withdrawn_at is null
         and there.purpose = incoming.purpose and there.channel = incoming.channel and there.granted = $6::boolean
         and there.basis = 'imported' and there.decided_at = incoming.decided_at)
       order by customer_id, purpose, channel`,
      [
        readUuids(batch, 'customer_id'),
        Array.from(readNumbers(batch, 'at'), (ms) => new Date(ms)),
        ...[origin, `${this.config.operator}/`],
        readUuids(batch, 'subscription_id').map((id) => id || null),
        granted,
        ...['purpose', 'channel', 'evidence'].map((name) => readCategoryTexts(batch, name).map((text) => text ?? '')),
        isUuid(importId) ? importId : null,
      ],
    );
  }
}
