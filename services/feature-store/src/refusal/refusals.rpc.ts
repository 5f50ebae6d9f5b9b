import { Injectable } from '@nestjs/common';
import type { RefusalService } from '@holdfast/contracts/feature_store/v1/refusals';
import type { ColumnBatch } from '@holdfast/contracts/platform/v1/columns';
import { ROWS_PER_BATCH_MAX, columnBatch, numbers, uuids } from '@holdfast/platform/columns';
import { Database } from '@holdfast/platform/database';
import { failure } from '@holdfast/platform/errors';
import type { Rpc } from '@holdfast/platform/grpc';
import { NIL_UUID, isUuid } from '@holdfast/platform/identity';
import { rowBatches } from '@holdfast/platform/paging';
import { forServices } from '@holdfast/platform/scoped';
import { Refusals } from './refusals.js';

const refusalsUnknown = failure('notFound', 'refusals.unknown', {
  en: 'No refusals of this import were read.',
  'zh-CN': '尚未读取该导入的拒绝记录。',
});

/** Refusals of imports. */
@Injectable()
export class RefusalsRpc {
  constructor(
    private readonly database: Database,
    private readonly refusals: Refusals,
  ) {}

  readonly handlers: Rpc<RefusalService> = {
    readRefusals: forServices(['customer-profile'], (_call, { importId }) => this.read(importId)),
  };

  private async *read(importId: string): AsyncIterable<ColumnBatch> {
    if (!isUuid(importId) || (await this.refusals.readBefore(importId)) === undefined) throw refusalsUnknown();
    const batches = rowBatches<{ customer_id: string; subscription_id: string | null; at: Date }>((after) =>
      this.database.query(
        `select customer_id, subscription_id, at from refusal where import_id = $1 and customer_id > $2
         order by customer_id limit ${ROWS_PER_BATCH_MAX}`,
        [importId, after?.customer_id ?? NIL_UUID],
        'read-refusals',
      ),
    );
    for await (const rows of batches) {
      yield columnBatch(rows, {
        customer_id: uuids((row) => row.customer_id),
        subscription_id: uuids((row) => row.subscription_id ?? NIL_UUID),
        at: numbers((row) => row.at.getTime()),
      });
    }
  }
}
