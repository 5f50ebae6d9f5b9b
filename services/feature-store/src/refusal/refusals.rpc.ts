import { Injectable } from '@nestjs/common';
import type { ReadRefusalsRequest, RefusalService } from '@holdfast/contracts/feature_store/v1/refusals';
import type { ColumnBatch } from '@holdfast/contracts/platform/v1/columns';
import { requireSystem } from '@holdfast/platform/caller';
import { ROWS_PER_BATCH_MAX, columnBatch, numbers, uuids } from '@holdfast/platform/columns';
import { Database } from '@holdfast/platform/database';
import { failure } from '@holdfast/platform/errors';
import type { Call, Rpc } from '@holdfast/platform/grpc';
import { NIL_UUID, isUuid } from '@holdfast/platform/identity';
import { Refusals } from './refusals.js';

const refusalsUnknown = failure('notFound', 'refusals.unknown', {
  en: 'No refusals of this import were read.',
  'zh-CN': '尚未读取该导入的拒绝记录。',
});

/** Refusals of imports. */
@Injectable()
export class RefusalsRpc implements Rpc<RefusalService> {
  constructor(
    private readonly database: Database,
    private readonly refusals: Refusals,
  ) {}

  async *readRefusals(call: Call, { importId }: ReadRefusalsRequest): AsyncIterable<ColumnBatch> {
    requireSystem(call.caller);
    if (!isUuid(importId) || (await this.refusals.readBefore(importId)) === undefined) throw refusalsUnknown();
    for (let after = NIL_UUID; ;) {
      const rows = await this.database.query<{ customer_id: string; subscription_id: string | null; at: Date }>(
        `select customer_id, subscription_id, at from refusal where import_id = $1 and customer_id > $2
         order by customer_id limit ${ROWS_PER_BATCH_MAX}`,
        [importId, after],
        'read-refusals',
      );
      const last = rows.at(-1);
      if (last === undefined) return;
      yield columnBatch(rows, {
        customer_id: uuids((row) => row.customer_id),
        subscription_id: uuids((row) => row.subscription_id ?? NIL_UUID),
        at: numbers((row) => row.at.getTime()),
      });
      after = last.customer_id;
    }
  }
}
