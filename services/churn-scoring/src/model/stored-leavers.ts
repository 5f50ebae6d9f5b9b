import { Injectable } from '@nestjs/common';
import type { ColumnBatch } from '@holdfast/contracts/platform/v1/columns';
import type { OrgUnitFilter } from '@holdfast/platform/caller';
import { ROWS_PER_BATCH_MAX, bytes, categories, columnBatch, numbers, uuids } from '@holdfast/platform/columns';
import { Database, rowsOf, type Transaction } from '@holdfast/platform/database';
import { NIL_UUID } from '@holdfast/platform/identity';
import { rowBatches } from '@holdfast/platform/paging';

/** Out-of-sample prediction of a subscription that churned. */
export interface StoredLeaver {
  readonly subscriptionId: string;
  /** `YYYY-MM`. */
  readonly month: string;
  readonly orgUnitPath: string;
  readonly probability: number;
  /** An encoded Reasons message. */
  readonly reasons: Uint8Array;
}

interface LeaverRow {
  subscription_id: string;
  month: string;
  org_unit_path: string;
  probability: number;
  reasons: Buffer;
}

const ROWS_PER_INSERT = 2_000;

/** Within the transaction that stores the model. */
export async function storeLeavers(tx: Transaction, modelId: string, leavers: readonly StoredLeaver[]): Promise<void> {
  for (let from = 0; from < leavers.length; from += ROWS_PER_INSERT) {
    const some = leavers.slice(from, from + ROWS_PER_INSERT);
    await rowsOf(
      tx,
      `insert into validated_leaver (model_id, subscription_id, month, org_unit_path, probability, reasons)
       select $1, * from unnest($2::uuid[], $3::text[], $4::text[], $5::float8[], $6::bytea[])`,
      [
        modelId,
        some.map(({ subscriptionId }) => subscriptionId),
        some.map(({ month }) => month),
        some.map(({ orgUnitPath }) => orgUnitPath),
        some.map(({ probability }) => probability),
        some.map(({ reasons }) => Buffer.from(reasons)),
      ],
    );
  }
}

/** Validated churners of stored models. */
@Injectable()
export class StoredLeavers {
  constructor(private readonly database: Database) {}

  /** Those of the caller's region, by subscription and month. */
  async *batches({ id }: { id: string }, units: OrgUnitFilter): AsyncIterable<ColumnBatch> {
    const read = (after?: LeaverRow) =>
      this.database.query<LeaverRow>(
        `select subscription_id, month, org_unit_path, probability, reasons from validated_leaver
         where model_id = $1 and (subscription_id, month) > ($2::uuid, $3) and org_unit_path ^@ any($4::text[])
         order by subscription_id, month limit $5`,
        [id, after?.subscription_id ?? NIL_UUID, after?.month ?? '', units, ROWS_PER_BATCH_MAX],
      );
    for await (const rows of rowBatches(read)) {
      yield columnBatch(rows, {
        subscription_id: uuids((row) => row.subscription_id),
        month: categories((row) => row.month),
        org_unit_path: categories((row) => row.org_unit_path),
        probability: numbers((row) => row.probability),
        reasons: bytes((row) => row.reasons),
      });
    }
  }
}
