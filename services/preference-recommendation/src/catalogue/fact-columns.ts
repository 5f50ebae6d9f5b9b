import type { ColumnBatch } from '@holdfast/contracts/platform/v1/columns';
import { readCategoryTexts, readNumbers } from '@holdfast/platform/columns';

function has(batch: ColumnBatch, name: string): boolean {
  return batch.columns.some((column) => column.name === name);
}

/** NaN where absent, also where the extract does not have the column. */
export function numbersOf(batch: ColumnBatch, name: string): Float64Array {
  return has(batch, name) ? readNumbers(batch, name) : new Float64Array(batch.rows).fill(Number.NaN);
}

/** Undefined where absent, also where the extract does not have the column. */
export function textsOf(batch: ColumnBatch, name: string): (string | undefined)[] {
  return has(batch, name) ? readCategoryTexts(batch, name) : new Array<undefined>(batch.rows).fill(undefined);
}
