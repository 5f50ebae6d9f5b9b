import { ReadFactsRequest } from '@holdfast/contracts/feature_store/v1/facts';
import { ColumnKind, type ColumnBatch } from '@holdfast/contracts/platform/v1/columns';
import { readCategoryTexts, readNumbers, readUuids } from '../columns/columns.js';
import { asFailure } from '../errors/errors.js';

/** A request for the rows of a table: all of them, as known now, unless it is narrowed. */
export function factsRequest(table: string, narrowed: Partial<ReadFactsRequest> = {}): ReadFactsRequest {
  return ReadFactsRequest.fromPartial({ table, ...narrowed });
}

/** Runs a read of facts. False where no extract has the table, which feature-store reports as `precondition`. */
export async function readIfAvailable(read: () => Promise<void>): Promise<boolean> {
  try {
    await read();
    return true;
  } catch (thrown) {
    if (asFailure(thrown).kind !== 'precondition') throw thrown;
    return false;
  }
}

// Extracts may lack columns that the contract does not require: their values are absent in every row.

/** Numbers or decimal texts; NaN where absent. */
export function numbersOf(batch: ColumnBatch, name: string): Float64Array {
  const kind = kindOf(batch, name);
  if (kind === undefined) return new Float64Array(batch.rows).fill(Number.NaN);
  if (kind === ColumnKind.COLUMN_KIND_NUMBER) return readNumbers(batch, name);
  return Float64Array.from(readCategoryTexts(batch, name), (text) => (text === undefined ? Number.NaN : Number(text)));
}

/** Texts of a category column; `absent` where absent. */
export function textsOf(batch: ColumnBatch, name: string): (string | undefined)[];
export function textsOf(batch: ColumnBatch, name: string, absent: string): string[];
export function textsOf(batch: ColumnBatch, name: string, absent?: string): (string | undefined)[] {
  if (kindOf(batch, name) === undefined) return new Array<string | undefined>(batch.rows).fill(absent);
  return readCategoryTexts(batch, name).map((text) => text ?? absent);
}

/** Null where absent. */
export function flagsOf(batch: ColumnBatch, name: string): (boolean | null)[] {
  return Array.from(numbersOf(batch, name), (value) => (Number.isNaN(value) ? null : value === 1));
}

/** UUIDs or texts; empty where absent. */
export function idsOf(batch: ColumnBatch, name: string): string[] {
  return kindOf(batch, name) === ColumnKind.COLUMN_KIND_UUID ? readUuids(batch, name) : textsOf(batch, name, '');
}

function kindOf(batch: ColumnBatch, name: string): ColumnKind | undefined {
  return batch.columns.find((column) => column.name === name)?.kind;
}
