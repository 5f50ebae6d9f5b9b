import { ColumnKind, type ColumnBatch } from '@holdfast/contracts/platform/v1/columns';

/** The bytes of a UUID column, 16 a row, as they came. */
export function packedIds(batch: ColumnBatch, name: string): Buffer {
  const column = batch.columns.find((candidate) => candidate.name === name);
  if (column?.kind !== ColumnKind.COLUMN_KIND_UUID || column.data.byteLength !== batch.rows * 16)
    throw new Error(`The batch has no ids ${name}`);
  return Buffer.from(column.data.buffer, column.data.byteOffset, column.data.byteLength);
}
