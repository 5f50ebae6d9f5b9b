import { Injectable } from '@nestjs/common';
import type { ReadRefusalsRequest, RefusalService } from '@holdfast/contracts/feature_store/v1/refusals';
import type { ColumnBatch } from '@holdfast/contracts/platform/v1/columns';
import { ROWS_PER_BATCH_MAX, categories, columnBatch, numbers, uuids } from '@holdfast/platform/columns';
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

interface RefusalRow {
  customer_id: string;
  subscription_id: string | null;
  at: Date;
  purpose: string;
  channel: string;
  evidence: string;
}

/** Refusals of imports. */
@Injectable()
export class RefusalsRpc {
  constructor(
    private readonly database: Database,
    private readonly refusals: Refusals,
  ) {}

  readonly handlers: Rpc<RefusalService> = {
    readRefusals: forServices(['customer-profile'], (_call, request) => this.read(request)),
  };

  private async *read({ importId, granted = false }: ReadRefusalsRequest): AsyncIterable<ColumnBatch> {
    if (!isUuid(importId) || (await this.refusals.readBefore(importId)) === undefined) throw refusalsUnknown();
    const batches = rowBatches<RefusalRow>((after) =>
      this.database.query(
        `select customer_id, subscription_id, at, purpose, channel, evidence from refusal
         where import_id = $1 and granted = $5 and (customer_id, purpose, channel) > ($2, $3, $4)
           and (not granted or exists (select from import where id = $1 and state = 'loaded'))
         order by customer_id, purpose, channel limit ${ROWS_PER_BATCH_MAX}`,
        [importId, after?.customer_id ?? NIL_UUID, after?.purpose ?? '', after?.channel ?? '', granted],
        'read-refusals',
      ),
    );
    for await (const rows of batches) {
      yield columnBatch(rows, {
        customer_id: uuids((row) => row.customer_id),
        subscription_id: uuids((row) => row.subscription_id ?? NIL_UUID),
        at: numbers((row) => row.at.getTime()),
        purpose: categories((row) => row.purpose),
        channel: categories((row) => row.channel),
        evidence: categories((row) => row.evidence),
      });
    }
  }
}
